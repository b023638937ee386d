"""Errors, restarts, and the executors behind the workers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.pool import PoolError, Worker, WorkerPool, WorkerSnapshot, WorkerState, WorkerStatus, upkeep
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import Crash, Fail, FakeExecutor, FakeExecutors, Hang, Succeed


async def turn(times: int = 10) -> None:
    """Let everybody move who can."""
    for _ in range(times):
        await asyncio.sleep(0)


async def fail(pool: WorkerPool, error: Exception | None = None) -> Worker:
    """Have one job fail."""
    worker = await pool.acquire_worker()
    pool.assign_job(worker, "job")
    await pool.release_worker(worker, error=error or RuntimeError("boom"))
    return worker


# -- without executors


async def test_failures_in_a_row_restart_a_worker_at_once() -> None:
    pool = WorkerPool(1)
    for expected in (1, 2):
        worker = await fail(pool)
        assert (worker.error_count, worker.restart_count) == (expected, 0)
    worker = await fail(pool)
    assert (worker.id, worker.status, worker.error_count, worker.restart_count) == (1, "idle", 0, 1)
    assert pool.get_pool_status().restarts == 1


async def test_one_success_clears_the_failures() -> None:
    pool = WorkerPool(1)
    await fail(pool)
    await fail(pool)
    async with pool.worker("good"):
        pass
    worker = await fail(pool)
    assert (worker.error_count, worker.restart_count) == (1, 0)


async def test_without_auto_restart_a_worker_stays_in_error_until_it_is_asked_for(clock: FakeClock) -> None:
    pool = WorkerPool(2, error_threshold=1, enable_auto_restart=False, clock=clock)
    worker = await fail(pool)
    status = pool.get_pool_status()
    assert (worker.status, status.error, status.idle, status.total) == (WorkerStatus.ERROR, 1, 1, 2)
    other = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    assert not waiter.done()
    assert await pool.restart_errored_workers() == 1
    assert (await waiter).id == worker.id
    assert other.id != worker.id
    assert worker.restart_count == 1
    assert await pool.restart_errored_workers() == 0


async def test_uptime_moves_when_a_worker_is_down(clock: FakeClock) -> None:
    pool = WorkerPool(2, error_threshold=1, enable_auto_restart=False, clock=clock)
    assert pool.get_pool_status().uptime_percentage == 100
    clock.advance(10)
    await fail(pool)
    assert pool.get_pool_status().uptime_percentage == 100
    clock.advance(10)
    assert pool.get_pool_status().uptime_percentage == pytest.approx(100 * (1 - 10 / 40))
    await pool.restart_errored_workers()
    clock.advance(20)
    status = pool.get_pool_status()
    assert status.uptime_percentage == pytest.approx(100 * (1 - 10 / 80))
    assert status.uptime == 40


async def test_the_error_rate_is_over_the_life_of_the_pool(clock: FakeClock) -> None:
    pool = WorkerPool(1, error_threshold=1, clock=clock)
    assert pool.get_pool_status().error_rate == 0
    for _ in range(3):
        async with pool.worker("good"):
            clock.advance(2)
    await fail(pool)
    status = pool.get_pool_status()
    assert (status.error_rate, status.restarts) == (25.0, 1)
    assert (status.total_jobs_completed, status.total_jobs_failed) == (3, 1)
    assert status.avg_job_duration == pytest.approx(1.5)
    await pool.add_worker()
    await pool.remove_worker(1)
    assert pool.get_pool_status().error_rate == 25.0


async def test_a_workers_own_figures(clock: FakeClock) -> None:
    pool = WorkerPool(1, clock=clock)
    clock.advance(5)
    worker = await pool.acquire_worker()
    assert (worker.created_at, worker.last_activity_at) == (100.0, 105.0)
    clock.advance(1)
    pool.assign_job(worker, "job")
    clock.advance(3)
    await pool.release_worker(worker)
    assert (worker.total_processing_time, worker.last_activity_at, worker.last_error) == (3.0, 109.0, None)


async def test_an_active_worker_can_be_restarted_and_keeps_its_holder() -> None:
    pool = WorkerPool(1)
    await fail(pool)
    worker = await pool.acquire_worker()
    assert await pool.restart_worker(worker.id)
    assert (worker.leased, worker.status, worker.restart_count, worker.error_count) == (True, "active", 1, 0)
    await pool.release_worker(worker, error=RuntimeError("from before"))
    assert worker.error_count == 0
    with pytest.raises(ValueError, match="no worker 9"):
        await pool.restart_worker(9)


# -- with executors


async def test_executors_start_when_they_are_needed() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(2, executor_factory=executors)
    assert [made.starts for made in executors.made.values()] == [0, 0]
    events: list[Any] = []
    executors[1].script.append(Succeed("done", events=(1, 2)))
    async with pool.worker("job") as worker:
        assert await worker.run("payload", events.append) == "done"
    assert (events, executors[1].jobs, executors[2].starts) == ([1, 2], ["payload"], 0)
    assert await pool.start() == 1
    assert executors[2].starts == 1
    await pool.shutdown()
    assert [made.stops for made in executors.made.values()] == [1, 1]


async def test_a_cold_worker_that_was_never_needed_is_never_stopped() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(1, executor_factory=executors)
    await pool.shutdown()
    assert executors[1].stops == 0


async def test_a_jobs_own_error_does_not_restart_the_worker() -> None:
    error = StageError(Problem.CODEC)
    executors = FakeExecutors(lambda _worker: FakeExecutor([Fail(error)]))
    pool = WorkerPool(1, executor_factory=executors)
    with pytest.raises(StageError):
        async with pool.worker("job") as worker:
            await worker.run("payload")
    assert (worker.restart_count, worker.error_count, executors[1].starts) == (0, 1, 1)
    assert pool.snapshots()[0].last_error == Problem.CODEC


@pytest.mark.parametrize("by_error", [True, False])
async def test_a_crash_replaces_the_process_whatever_the_threshold(by_error: bool) -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Crash()]))
    pool = WorkerPool(1, executor_factory=executors)
    worker = await pool.acquire_worker()
    pool.assign_job(worker, "job")
    with pytest.raises(WorkerCrashedError) as caught:
        await worker.run("payload")
    await pool.release_worker(worker, error=caught.value if by_error else RuntimeError("noticed otherwise"))
    assert pool.snapshots()[0].status is WorkerState.RESTARTING
    assert worker.status is WorkerStatus.ERROR
    next_one = await pool.acquire_worker()  # served as soon as the slot is back
    assert (next_one.id, next_one.restart_count, executors[1].starts) == (1, 1, 2)
    await pool.shutdown(timeout=0)


async def test_without_auto_restart_a_crash_waits_for_the_key() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Crash()]))
    pool = WorkerPool(1, enable_auto_restart=False, executor_factory=executors)
    with pytest.raises(WorkerCrashedError):
        async with pool.worker("job") as worker:
            await worker.run("payload")
    assert worker.status is WorkerStatus.ERROR
    assert pool.snapshots()[0].status is WorkerState.ERROR
    assert await pool.restart_errored_workers() == 1
    assert (worker.status, executors[1].starts) == (WorkerStatus.IDLE, 2)
    await pool.shutdown()


async def test_a_restart_that_fails_is_tried_again_and_counts_as_downtime(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr(upkeep, "FIRST_DELAY", 0.005)
    executors = FakeExecutors(lambda _worker: FakeExecutor([Crash()]))
    pool = WorkerPool(1, executor_factory=executors, clock=clock)
    await pool.start()
    executors[1].failing_starts.extend([OSError("no"), OSError("still no")])
    with pytest.raises(WorkerCrashedError):
        async with pool.worker("job") as worker:
            await worker.run("payload")
    await turn()
    snapshot = pool.snapshots()[0]
    assert (snapshot.status, snapshot.failed_starts, snapshot.restarts) == (WorkerState.RESTARTING, 1, 0)
    clock.advance(10)
    assert pool.get_pool_status().uptime_percentage == 0
    assert (await pool.acquire_worker(timeout=5)).restart_count == 1
    assert (executors[1].starts, worker.restart_count) == (2, 1)
    assert pool.snapshots()[0].failed_starts == 0
    clock.advance(10)
    assert pool.get_pool_status().uptime_percentage == pytest.approx(50)
    await pool.shutdown(timeout=0)


async def test_the_key_tries_at_once_what_waits_to_be_tried_again() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor(failing_starts=[OSError("no"), OSError("still no")]))
    pool = WorkerPool(1, executor_factory=executors)
    assert await pool.start() == 0
    await turn()
    assert pool.get_pool_status().error == 1
    assert await pool.restart_errored_workers() == 0
    await turn()
    assert await pool.restart_worker(1)
    assert (pool.get_pool_status().idle, executors[1].starts) == (1, 1)
    await pool.shutdown()


async def test_restarting_an_active_worker_ends_its_job_once() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Hang()]))
    pool = WorkerPool(1, error_threshold=1, executor_factory=executors)

    async def hold() -> None:
        async with pool.worker("job") as worker:
            await worker.run("payload")

    task = asyncio.create_task(hold())
    await turn()
    assert await pool.restart_worker(1)
    with pytest.raises(WorkerCrashedError):
        await task
    await turn()
    status = pool.get_pool_status()
    assert (status.restarts, status.idle, status.total_jobs_failed, executors[1].starts) == (1, 1, 1, 2)
    await pool.shutdown()


async def test_a_late_release_of_a_crash_does_not_restart_the_new_process() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Hang()]))
    pool = WorkerPool(1, error_threshold=1, executor_factory=executors)
    worker = await pool.acquire_worker()
    run = asyncio.create_task(worker.run("payload"))
    await turn()
    await pool.restart_worker(1)
    error = (await asyncio.gather(run, return_exceptions=True))[0]
    assert isinstance(error, WorkerCrashedError)
    await pool.release_worker(worker, error=error)
    assert (executors[1].starts, worker.restart_count, worker.status) == (2, 1, WorkerStatus.IDLE)
    await pool.shutdown()


async def test_a_job_cannot_run_on_a_worker_that_is_restarting_or_given_back() -> None:
    gate = asyncio.Event()
    gate.set()
    executors = FakeExecutors(lambda _worker: FakeExecutor(gate=gate))
    pool = WorkerPool(1, executor_factory=executors)
    worker = await pool.acquire_worker()
    gate.clear()
    restart = asyncio.create_task(pool.restart_worker(1))
    await turn()
    with pytest.raises(WorkerCrashedError):
        await worker.run("payload")
    gate.set()
    assert await restart
    assert await worker.run("payload") is None
    await pool.release_worker(worker)
    with pytest.raises(PoolError, match="given back"):
        await worker.run("payload")
    await pool.shutdown()


async def test_a_cancelled_job_that_took_its_process_along_is_no_failure() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Hang()]))
    pool = WorkerPool(1, enable_auto_restart=False, executor_factory=executors)

    async def hold() -> None:
        async with pool.worker("job") as worker:
            try:
                await worker.run("payload")
            finally:
                executors[1].die()

    task = asyncio.create_task(hold())
    await turn()
    task.cancel()
    await asyncio.wait([task])
    await turn()
    status = pool.get_pool_status()
    assert (status.idle, status.total_jobs_failed, executors[1].starts) == (1, 0, 2)
    await pool.shutdown()


async def test_a_worker_is_recycled_after_so_many_jobs() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(1, executor_factory=executors, recycle_after=2)
    for _ in range(5):
        async with pool.worker("job") as worker:
            await worker.run("payload")
    assert (executors[1].starts, pool.get_pool_status().restarts) == (3, 2)
    await pool.shutdown()


async def test_a_worker_is_recycled_when_it_outgrew_the_memory_limit() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(1, executor_factory=executors, memory_limit=1000)
    async with pool.worker("job"):
        executors[1].memory = 1000
    assert executors[1].starts == 1
    async with pool.worker("job"):
        executors[1].memory = 1001
    await turn()
    assert executors[1].starts == 2
    executors[1].memory = 2000
    pool.check_health()
    executors[1].memory = 0
    await turn()
    assert (executors[1].starts, pool.get_pool_status().idle) == (3, 1)
    await pool.shutdown()


async def test_listeners_hear_of_every_change_and_a_bad_one_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Crash()]))
    pool = WorkerPool(1, executor_factory=executors)
    heard: list[WorkerSnapshot] = []

    def bad(_snapshot: WorkerSnapshot) -> None:
        raise RuntimeError("listener")

    pool.subscribe(bad)
    unsubscribe = pool.subscribe(heard.append)
    with pytest.raises(WorkerCrashedError):
        async with pool.worker("job") as worker:
            await worker.run("payload")
    await turn()
    assert [(snapshot.status.value, snapshot.current_job, snapshot.pid) for snapshot in heard] == [
        ("idle", None, None),  # starting
        ("active", None, 1),
        ("active", "job", 1),
        ("restarting", None, None),
        ("idle", None, 2),
    ]
    assert "A listener of the worker pool failed." in caplog.text
    unsubscribe()
    unsubscribe()
    await pool.shutdown()
    assert len(heard) == 5
