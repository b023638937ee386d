"""Jobs that wait as records: in line with everybody else, and each under a lease of its own."""

from __future__ import annotations

import asyncio
import contextvars
import math

import pytest

from enrich_tui.errors.problems import WorkerCrashedError
from enrich_tui.pool import (
    PoolShutdownError,
    Worker,
    WorkerAcquisitionTimeoutError,
    WorkerPool,
    WorkerSnapshot,
    WorkerState,
    jobs,
)
from enrich_tui.testing.executor import Crash, FakeExecutor, FakeExecutors, Hang, Succeed


async def turn(times: int = 10) -> None:
    """Let everybody move who can."""
    for _ in range(times):
        await asyncio.sleep(0)


class Gates:
    """Work that goes on until the test lets it end; keeps what began, in order."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.gates: dict[str, asyncio.Future[str]] = {}

    async def __call__(self, worker: Worker, job: str) -> str:
        assert worker.leased
        assert worker.current_job == job
        self.began.append(job)
        self.gates[job] = asyncio.get_running_loop().create_future()
        return await self.gates[job]

    def open(self, job: str) -> None:
        """Let this job end."""
        self.gates[job].set_result(f"{job} done")


async def double(_worker: Worker, job: int) -> int:
    await asyncio.sleep(0)
    return 2 * job


async def test_what_came_of_each_job_is_told_in_the_order_of_the_jobs() -> None:
    pool = WorkerPool(3)

    async def work(_worker: Worker, job: int) -> int:
        for _ in range(10 - job):
            await asyncio.sleep(0)
        if job == 4:
            raise ValueError("four")
        return 2 * job

    outcomes = await pool.run(work, range(10))
    assert [repr(outcome) for outcome in outcomes] == [
        *("0", "2", "4", "6", "ValueError('four')", "10", "12", "14", "16", "18"),
    ]
    status = pool.get_pool_status()
    assert (status.total_jobs_completed, status.total_jobs_failed, status.idle) == (9, 1, 3)


async def test_no_jobs_are_done_at_once() -> None:
    assert await WorkerPool(1).run(double, ()) == []


async def test_only_jobs_at_work_have_a_task() -> None:
    pool, gates = WorkerPool(2), Gates()
    before = len(asyncio.all_tasks())
    run = asyncio.create_task(pool.run(gates, [f"{number}" for number in range(1000)]))
    await turn()
    assert len(asyncio.all_tasks()) == before + 1 + 2
    assert len(pool._roster.waiters.line) == 1
    assert pool.get_pool_status().pending == 998
    run.cancel()
    await asyncio.wait([run])
    assert (pool.get_pool_status().pending, pool.get_pool_status().idle) == (0, 2)


async def test_they_stand_in_one_line_with_the_other_callers() -> None:
    pool, gates = WorkerPool(1), Gates()
    served: list[str] = []

    async def caller(name: str) -> None:
        async with pool.worker(name):
            served.append(name)

    holder = await pool.acquire_worker()
    before = asyncio.create_task(caller("before"))
    await turn()
    run = asyncio.create_task(pool.run(gates, ["a", "b"]))
    await turn()
    after = asyncio.create_task(caller("after"))
    second = asyncio.create_task(pool.run(gates, ["c"]))
    await turn()
    assert pool.get_pool_status().pending == 5
    await pool.release_worker(holder)
    await before
    await turn()
    gates.open("a")
    await turn()
    assert (served, gates.began, run.done()) == (["before"], ["a", "b"], False)
    gates.open("b")
    assert await run == ["a done", "b done"]
    await after
    await turn()
    assert (served, gates.began) == (["before", "after"], ["a", "b", "c"])
    gates.open("c")
    assert await second == ["c done"]


async def test_each_job_has_a_lease_of_its_own() -> None:
    pool = WorkerPool(1)
    handles: list[Worker] = []

    async def work(worker: Worker, _job: int) -> None:
        if handles:
            await pool.release_worker(handles[-1])  # the former lease, which is over
            assert not handles[-1].leased
        assert worker.leased
        handles.append(worker)

    assert await pool.run(work, range(3)) == [None] * 3
    assert len({id(handle) for handle in handles}) == 3
    assert pool.get_pool_status().total_jobs_completed == 3


async def test_a_job_may_give_its_worker_back_itself() -> None:
    pool = WorkerPool(1)
    taken = 0

    async def work(worker: Worker, _job: int) -> None:
        nonlocal taken
        await pool.release_worker(worker)
        taken += await pool.acquire_worker(timeout=math.inf) == worker
        await pool.release_worker(worker)  # it is another lease now

    run = asyncio.create_task(pool.run(work, range(2)))
    await turn(50)
    assert not run.done()  # both wait for the worker that they took and never gave back
    assert taken == 1
    run.cancel()
    await asyncio.wait([run])


async def test_jobs_have_names_and_run_in_the_callers_context() -> None:
    pool = WorkerPool(1)
    variable = contextvars.ContextVar("variable", default="nobody")
    seen: list[tuple[str | None, str]] = []

    async def work(worker: Worker, _job: int) -> None:
        seen.append((worker.current_job, variable.get()))

    async def run(who: str) -> None:
        variable.set(who)
        await pool.run(work, range(2), name=lambda job: f"{who}-{job}")

    holder = await pool.acquire_worker()
    tasks = [asyncio.create_task(run(who)) for who in ("a", "b")]
    await turn()
    await pool.release_worker(holder)
    await asyncio.gather(*tasks)
    assert seen == [("a-0", "a"), ("a-1", "a"), ("b-0", "b"), ("b-1", "b")]


async def test_jobs_that_never_wait_let_others_have_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_COURTESY", -1.0)
    pool = WorkerPool(1)
    done = 0
    seen: list[int] = []

    async def work(_worker: Worker, _job: int) -> None:
        nonlocal done
        done += 1

    async def other() -> None:
        for _ in range(4):
            await asyncio.sleep(0)
            seen.append(done)

    await asyncio.gather(pool.run(work, range(10)), other())
    assert seen[-1] < 10


# -- workers come and go


async def test_a_new_worker_does_jobs_and_a_removed_one_finishes_its_own() -> None:
    pool, gates = WorkerPool(1), Gates()
    run = asyncio.create_task(pool.run(gates, ["a", "b", "c", "d"]))
    await turn()
    await pool.add_worker()
    await turn()
    assert gates.began == ["a", "b"]
    await pool.remove_worker(1)
    gates.open("a")
    await turn()
    assert gates.began == ["a", "b"]
    for job in ("b", "c", "d"):
        gates.open(job)
        await turn()
    assert await run == ["a done", "b done", "c done", "d done"]
    assert [snapshot.jobs for snapshot in pool.snapshots()] == [3]


async def test_errors_in_a_row_restart_the_worker_and_the_jobs_go_on() -> None:
    pool = WorkerPool(1, error_threshold=2, enable_auto_restart=False)

    async def work(_worker: Worker, job: int) -> int:
        if job < 2:
            raise RuntimeError("boom")
        return job

    run = asyncio.create_task(pool.run(work, range(3)))
    await turn()
    status = pool.get_pool_status()
    assert (status.error, status.pending, run.done()) == (1, 1, False)
    assert await pool.restart_errored_workers() == 1
    assert [repr(outcome) for outcome in await run] == ["RuntimeError('boom')", "RuntimeError('boom')", "2"]


async def test_executors_start_for_the_jobs_that_wait_and_no_more() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(3, executor_factory=executors)
    executors[1].script.extend([Succeed("one"), Crash()])
    assert await pool.run(Worker.run, ["a"]) == ["one"]
    assert [made.starts for made in executors.made.values()] == [1, 0, 0]
    outcomes = await pool.run(Worker.run, ["b", "c"])
    assert isinstance(outcomes[0], WorkerCrashedError)
    assert outcomes[1] is None
    await turn()
    assert [made.starts for made in executors.made.values()] == [2, 1, 0]
    assert pool.get_pool_status().restarts == 1
    await pool.shutdown()


async def test_listeners_hear_of_each_job() -> None:
    pool = WorkerPool(1)
    heard: list[WorkerSnapshot] = []
    pool.subscribe(heard.append)
    await pool.run(double, range(2))
    assert [seen.current_job for seen in heard if seen.status == "active" and seen.current_job] == ["0", "1"]


# -- time, cancellation and the end


async def test_jobs_that_waited_too_long_are_not_done() -> None:
    pool, gates = WorkerPool(1), Gates()
    run = asyncio.create_task(pool.run(gates, ["a", "b", "c"], timeout=0.01))
    await asyncio.sleep(0.02)
    assert pool.get_pool_status().pending == 0
    gates.open("a")
    outcomes = await run
    assert outcomes[0] == "a done"
    assert [type(outcome) for outcome in outcomes[1:]] == [WorkerAcquisitionTimeoutError] * 2
    assert pool.get_pool_status().total_jobs_failed == 0
    with pytest.raises(ValueError, match="below 0"):
        await pool.run(gates, ["d"], timeout=-1)


async def test_cancelling_the_caller_ends_what_runs_and_drops_the_rest() -> None:
    pool, gates = WorkerPool(2), Gates()
    run = asyncio.create_task(pool.run(gates, ["a", "b", "c"]))
    await turn()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (await waiter).leased
    status = pool.get_pool_status()
    assert (status.idle, status.active, status.pending) == (1, 1, 0)
    assert (status.total_jobs_completed, status.total_jobs_failed) == (0, 0)
    assert gates.began == ["a", "b"]


async def test_a_job_that_was_cancelled_before_it_began_gives_its_worker_back() -> None:
    pool, gates = WorkerPool(1), Gates()
    holder = await pool.acquire_worker()
    run = asyncio.create_task(pool.run(gates, ["a", "b"]))
    await turn()
    run.cancel()
    await pool.release_worker(holder)  # the job has the worker before its run hears of the end
    assert pool.get_pool_status().active == 1
    await asyncio.wait([run])
    assert (run.cancelled(), gates.began, pool.get_pool_status().idle) == (True, [], 1)


async def test_a_job_that_cancels_itself_is_its_own_affair() -> None:
    pool = WorkerPool(1)

    async def work(_worker: Worker, job: int) -> int:
        if job == 0:
            raise asyncio.CancelledError
        return job

    outcomes = await pool.run(work, range(2))
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] == 1
    status = pool.get_pool_status()
    assert (status.total_jobs_completed, status.total_jobs_failed) == (1, 0)


async def test_what_ends_the_program_ends_the_jobs() -> None:
    class EndError(BaseException):
        """Not a job's failure."""

    pool = WorkerPool(1)

    async def work(_worker: Worker, _job: int) -> None:
        raise EndError

    with pytest.raises(BaseExceptionGroup) as caught:
        await pool.run(work, range(3))
    assert [type(error) for error in caught.value.exceptions] == [EndError]
    status = pool.get_pool_status()
    assert (status.idle, status.pending) == (1, 0)


async def test_shutdown_drops_the_jobs_that_wait_and_lets_those_at_work_finish() -> None:
    pool, gates = WorkerPool(1), Gates()
    run = asyncio.create_task(pool.run(gates, ["a", "b"]))
    await turn()
    ending = asyncio.create_task(pool.shutdown())
    await turn()
    assert (ending.done(), pool.get_pool_status().pending) == (False, 0)
    gates.open("a")
    outcomes = await run
    await ending
    assert outcomes[0] == "a done"
    assert isinstance(outcomes[1], PoolShutdownError)
    with pytest.raises(PoolShutdownError):
        await pool.run(gates, ["c"])


async def test_a_forced_shutdown_ends_the_jobs_at_work() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Hang()]))
    pool = WorkerPool(1, executor_factory=executors)
    run = asyncio.create_task(pool.run(Worker.run, ["a", "b"]))
    await turn()
    await pool.shutdown(timeout=0)
    assert [type(outcome) for outcome in await run] == [WorkerCrashedError, PoolShutdownError]


async def test_a_worker_that_was_given_as_the_pool_ended_does_nothing() -> None:
    pool, gates = WorkerPool(1), Gates()
    run = asyncio.create_task(pool.run(gates, ["a"]))
    await asyncio.sleep(0)  # it has the worker, but nothing has begun
    assert (pool.get_pool_status().active, gates.began) == (1, [])
    pool._roster.closing = True
    pool._roster.close(pool._roster.slots[1], WorkerState.SHUTDOWN)
    assert [type(outcome) for outcome in await run] == [PoolShutdownError]
    assert gates.began == []


async def test_a_job_at_work_is_never_taken_for_a_holder_that_is_gone() -> None:
    pool, gates = WorkerPool(2), Gates()
    run = asyncio.create_task(pool.run(gates, ["a", "b", "c"]))
    await asyncio.sleep(0)
    pool.check_health()
    await turn()
    gates.open("a")
    await turn()
    pool.check_health()
    assert (pool.get_pool_status().active, sum(seen.leaked for seen in pool.snapshots())) == (2, 0)
    gates.open("b")
    gates.open("c")
    assert len(await run) == 3
