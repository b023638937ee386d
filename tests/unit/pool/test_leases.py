"""Who gets a worker, when, and what a handle can still do when its lease is over."""

from __future__ import annotations

import asyncio
import math
import pickle
import subprocess
import sys
import time

import pytest

from enrich_tui.pool import (
    PoolError,
    PoolShutdownError,
    Worker,
    WorkerAcquisitionTimeoutError,
    WorkerPool,
    WorkerStatus,
    get_worker_pool,
    reset_worker_pool,
)
from enrich_tui.testing.clock import FakeClock


async def turn() -> None:
    """Let everybody move who can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_new_pool_is_usable_at_once() -> None:
    pool = WorkerPool()
    workers = [await pool.acquire_worker() for _ in range(5)]
    assert sorted(worker.id for worker in workers) == [1, 2, 3, 4, 5]
    assert {worker.status for worker in workers} == {"active"}
    await pool.shutdown(timeout=0)


def test_a_pool_can_be_made_before_any_loop_runs() -> None:
    pool = WorkerPool(1)
    assert pool.get_pool_status().idle == 1

    async def use() -> int:
        async with pool.worker("job") as worker:
            return worker.id

    assert asyncio.run(use()) == 1
    assert not pool.usable


async def test_waiters_are_served_in_order_of_arrival() -> None:
    pool = WorkerPool(2)
    served: list[int] = []

    async def caller(number: int) -> None:
        async with pool.worker(f"job {number}"):
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*[caller(number) for number in range(50)])
    assert served == list(range(50))
    assert pool.get_pool_status().pending == 0


async def test_a_newcomer_does_not_overtake_a_waiter() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    first = asyncio.create_task(pool.acquire_worker())
    await turn()
    await pool.release_worker(worker)
    second = asyncio.create_task(pool.acquire_worker())
    await turn()
    assert first.done()
    assert not second.done()
    await pool.shutdown(timeout=0)
    with pytest.raises(PoolShutdownError):
        await second


async def test_a_waiter_gives_up_after_the_timeout_and_leaves_no_trace() -> None:
    pool = WorkerPool(1, acquisition_timeout=0.01)
    worker = await pool.acquire_worker()
    with pytest.raises(WorkerAcquisitionTimeoutError, match=r"No worker became free within 0\.01 s\.") as caught:
        await pool.acquire_worker()
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, PoolError)
    assert pool.get_pool_status().pending == 0
    await pool.release_worker(worker)
    assert pool.get_pool_status().idle == 1


async def test_each_call_may_have_its_own_timeout() -> None:
    pool = WorkerPool(1, acquisition_timeout=0.02)
    worker = await pool.acquire_worker()
    ended: list[str] = []

    async def wait(name: str, limit: float | None) -> None:
        try:
            await pool.acquire_worker(timeout=limit)
        except WorkerAcquisitionTimeoutError:
            ended.append(name)

    for_ever = asyncio.create_task(wait("for ever", math.inf))
    await asyncio.gather(wait("long", 0.04), wait("default", None), wait("short", 0.001))
    assert ended == ["short", "default", "long"]
    assert not for_ever.done()
    assert pool.get_pool_status().pending == 1
    await pool.release_worker(worker)
    await for_ever
    with pytest.raises(ValueError, match="below 0"):
        await pool.acquire_worker(timeout=-1)
    with pytest.raises(ValueError, match="below 0"):
        await pool.acquire_worker(timeout=math.nan)


async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    first, second = (asyncio.create_task(pool.acquire_worker()) for _ in range(2))
    await turn()
    assert pool.get_pool_status().pending == 2
    first.cancel()
    await turn()
    assert pool.get_pool_status().pending == 1
    await pool.release_worker(worker)
    assert (await second).id == worker.id


async def test_a_worker_that_a_cancelled_waiter_was_given_goes_to_the_next() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    first, second = (asyncio.create_task(pool.acquire_worker()) for _ in range(2))
    await turn()
    await pool.release_worker(worker)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).status is WorkerStatus.ACTIVE
    assert pool.get_pool_status().total_jobs_completed == 1  # only the first holder's


async def test_many_waiters_may_leave_from_the_middle() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    tasks = [asyncio.create_task(pool.acquire_worker()) for _ in range(1000)]
    await turn()
    for task in tasks[1:]:
        if task is not tasks[500]:
            task.cancel()
    await turn()
    assert pool.get_pool_status().pending == 2
    assert len(pool._roster.waiters.line) < 200  # swept, not only forgotten
    await pool.release_worker(worker)
    await pool.release_worker(await tasks[0])
    assert (await tasks[500]).status is WorkerStatus.ACTIVE


async def test_who_was_served_in_time_leaves_no_deadline() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    for _ in range(1000):
        waiter = asyncio.create_task(pool.acquire_worker())
        await asyncio.sleep(0)
        await pool.release_worker(worker)
        worker = await waiter
    assert len(pool._roster.waiters._deadlines) < 5


async def test_giving_back_is_an_activity_however_the_job_ended(clock: FakeClock) -> None:
    pool = WorkerPool(1, clock=clock)
    for error in (None, RuntimeError("boom"), asyncio.CancelledError()):
        worker = await pool.acquire_worker()
        clock.advance(5)
        await pool.release_worker(worker, error)
        assert worker.last_activity_at == clock()


async def test_a_second_release_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    pool.assign_job(worker, "job")
    await pool.release_worker(worker)
    before = pool.snapshots()
    await pool.release_worker(worker, error=RuntimeError("late"))
    assert pool.snapshots() == before
    assert "released a second time" in caplog.text
    assert pool.get_pool_status().total_jobs_failed == 0


async def test_an_old_handle_cannot_end_the_next_lease() -> None:
    pool = WorkerPool(1)
    old = await pool.acquire_worker()
    await pool.release_worker(old)
    new = await pool.acquire_worker()
    pool.assign_job(new, "new job")
    await pool.release_worker(old)
    with pytest.raises(PoolError, match="given back"):
        pool.assign_job(old, "another")
    assert new.leased
    assert new.current_job == "new job"
    assert pool.get_pool_status().active == 1
    assert old == new  # the same worker
    assert {old, new} == {new}
    assert old != object()
    assert old.status is WorkerStatus.ACTIVE  # the live worker's, not the lease's
    assert "Worker 1" in repr(old)


async def test_a_worker_of_another_pool_is_refused() -> None:
    here, there = WorkerPool(1), WorkerPool(1)
    worker = await there.acquire_worker()
    with pytest.raises(ValueError, match="another pool"):
        here.assign_job(worker, "job")
    assert worker.current_job is None
    with pytest.raises(ValueError, match="another pool"):
        await here.release_worker(worker)


async def test_the_block_assigns_and_releases() -> None:
    pool = WorkerPool(1)
    async with pool.worker("session-1") as worker:
        assert isinstance(worker, Worker)
        assert worker.current_job == "session-1"
        assert worker.leased
    assert pool.snapshots()[0].current_job is None
    assert worker.status == "idle"
    assert worker.total_jobs_completed == 1


async def test_the_block_reports_the_error_that_it_lets_through() -> None:
    pool = WorkerPool(1)
    with pytest.raises(RuntimeError, match="boom"):
        async with pool.worker("session-1") as worker:
            raise RuntimeError("boom")
    assert worker.error_count == 1
    assert worker.last_error == "boom"
    assert pool.get_pool_status().total_jobs_failed == 1
    assert pool.get_pool_status().idle == 1


async def test_cancelling_the_holder_is_no_fault_of_the_worker() -> None:
    pool = WorkerPool(1, error_threshold=1)

    async def hold() -> None:
        async with pool.worker("session-1"):
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await turn()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    status = pool.get_pool_status()
    assert (status.idle, status.restarts, status.total_jobs_completed, status.total_jobs_failed) == (1, 0, 0, 0)


async def test_a_pool_without_executors_cannot_run_jobs() -> None:
    pool = WorkerPool(1)
    async with pool.worker("job") as worker:
        with pytest.raises(PoolError, match="await the work while you hold the worker"):
            await worker.run("job")


@pytest.mark.parametrize(
    "settings",
    [
        {"max_workers": 0},
        {"error_threshold": 0},
        {"acquisition_timeout": -1},
        {"acquisition_timeout": math.nan},
        {"health_check_interval": 0},
        {"recycle_after": -1},
    ],
)
def test_settings_outside_of_their_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"more than 0|below 0"):
        WorkerPool(**settings)  # type: ignore[arg-type]


async def test_the_default_pool_is_one_until_it_is_reset() -> None:
    reset_worker_pool()
    pool = get_worker_pool()
    assert get_worker_pool() is pool
    worker = await pool.acquire_worker()
    reset_worker_pool()
    other = get_worker_pool()
    assert other is not pool
    await turn()
    assert worker.status is WorkerStatus.SHUTDOWN
    await other.shutdown()
    assert get_worker_pool() is not other
    reset_worker_pool()


def test_the_default_pool_outlives_its_loop_as_a_new_one() -> None:
    async def lease() -> WorkerPool:
        pool = get_worker_pool()
        await pool.acquire_worker()
        return pool

    reset_worker_pool()
    assert asyncio.run(lease()) is not asyncio.run(lease())
    reset_worker_pool()


def test_a_pool_stays_with_its_loop() -> None:
    pool = WorkerPool(1)

    async def start() -> int:
        return await pool.start()

    asyncio.run(start())
    with pytest.raises(PoolError, match="another event loop"):
        asyncio.run(start())


def test_nobody_waits_for_a_pool_of_another_loop() -> None:
    pool = WorkerPool(1)

    async def wait() -> None:
        async with pool.worker("one"):
            await pool.acquire_worker(timeout=0)

    with pytest.raises(WorkerAcquisitionTimeoutError):
        asyncio.run(wait())
    with pytest.raises(PoolError, match="another event loop"):
        asyncio.run(wait())
    assert pool.get_pool_status().pending == 0


def test_errors_travel_between_processes() -> None:
    late = pickle.loads(pickle.dumps(WorkerAcquisitionTimeoutError(1.5)))
    assert (late.timeout, str(late)) == (1.5, str(WorkerAcquisitionTimeoutError(1.5)))
    assert str(pickle.loads(pickle.dumps(PoolShutdownError()))) == str(PoolShutdownError())


async def test_the_time_may_be_replaced_for_a_pool_without_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", clock)
        pool = WorkerPool(1)
        worker = await pool.acquire_worker()
        clock.advance(10)
        await pool.release_worker(worker)
    assert pool.get_pool_status().avg_job_duration == 10


def test_the_pool_runs_headless() -> None:
    code = "import sys, enrich_tui.pool; print([m for m in sys.modules if m.split('.')[0] in ('textual', 'rich')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
