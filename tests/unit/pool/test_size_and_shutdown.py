"""More and fewer workers, and the end."""

from __future__ import annotations

import asyncio

import pytest

from enrich_tui.errors.problems import WorkerCrashedError
from enrich_tui.pool import PoolShutdownError, WorkerPool, WorkerSnapshot, WorkerState, WorkerStatus
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import FakeExecutor, FakeExecutors, Hang


async def turn(times: int = 10) -> None:
    """Let everybody move who can."""
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.mark.parametrize("with_executors", [False, True])
async def test_a_new_worker_serves_who_waits(with_executors: bool) -> None:
    pool = WorkerPool(1, executor_factory=FakeExecutors() if with_executors else None)
    await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    assert await pool.add_worker() == 2
    assert (await waiter).id == 2
    assert pool.get_pool_status().total == 2
    await pool.shutdown(timeout=0)


async def test_the_worker_that_is_missed_least_goes_first() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(3, executor_factory=executors)
    heard: list[WorkerSnapshot] = []
    pool.subscribe(heard.append)
    active = await pool.acquire_worker()
    assert await pool.remove_worker() == 3
    assert await pool.remove_worker() == 2
    assert await pool.remove_worker() is None  # one stays
    assert await pool.remove_worker(active.id) is None
    assert [(seen.id, seen.status.value) for seen in heard if seen.status == "removed"] == [
        (3, "removed"),
        (2, "removed"),
    ]
    with pytest.raises(ValueError, match="no worker 7"):
        await pool.remove_worker(7)
    await pool.shutdown(timeout=0)


async def test_an_active_worker_leaves_when_its_job_has_ended() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(2, executor_factory=executors)
    worker = await pool.acquire_worker()
    assert await pool.remove_worker(worker.id) == worker.id
    assert await pool.remove_worker(worker.id) == worker.id
    assert pool.snapshots()[0].status is WorkerState.ACTIVE
    assert await worker.run("payload") is None
    await pool.release_worker(worker)
    assert worker.status is WorkerStatus.SHUTDOWN
    status = pool.get_pool_status()
    assert (status.total, status.total_jobs_completed) == (1, 1)
    await turn()
    assert executors[worker.id].stops == 1
    await pool.release_worker(worker)  # changes nothing
    await pool.shutdown()


async def test_resizing(clock: FakeClock) -> None:
    pool = WorkerPool(2, clock=clock)
    await pool.resize(5)
    workers = [await pool.acquire_worker() for _ in range(5)]
    await pool.resize(2)
    assert pool.get_pool_status().total == 5
    await pool.resize(3)  # one of those that were to leave stays
    for worker in workers:
        await pool.release_worker(worker)
    assert (pool.get_pool_status().total, pool.get_pool_status().idle) == (3, 3)
    await pool.resize(4)
    assert len({snapshot.id for snapshot in pool.snapshots()}) == 4
    with pytest.raises(ValueError, match="at least one"):
        await pool.resize(0)


async def test_former_workers_count_in_the_uptime(clock: FakeClock) -> None:
    pool = WorkerPool(2, error_threshold=1, enable_auto_restart=False, clock=clock)
    worker = await pool.acquire_worker()
    await pool.release_worker(worker, error=RuntimeError("boom"))
    clock.advance(10)
    await pool.remove_worker(worker.id)
    clock.advance(20)
    assert pool.get_pool_status().uptime_percentage == pytest.approx(100 * (1 - 10 / 40))


async def test_a_worker_that_cannot_come_up_can_be_removed() -> None:
    executors = FakeExecutors(lambda worker: FakeExecutor(failing_starts=[OSError("no")] * (9 if worker == 1 else 0)))
    pool = WorkerPool(2, executor_factory=executors)
    assert await pool.start() == 1
    assert await pool.remove_worker() == 1
    assert pool.get_pool_status().error == 0
    await pool.shutdown()


async def test_shutdown_rejects_waiters_and_waits_for_the_active(clock: FakeClock) -> None:
    pool = WorkerPool(2, clock=clock)
    worker = await pool.acquire_worker()
    other = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    ending = asyncio.create_task(pool.shutdown())
    await turn()
    with pytest.raises(PoolShutdownError, match="shut down"):
        await waiter
    with pytest.raises(PoolShutdownError):
        await pool.acquire_worker()
    with pytest.raises(PoolShutdownError):
        await pool.add_worker()
    with pytest.raises(PoolShutdownError):
        await pool.remove_worker()
    await pool.release_worker(other)
    await turn()
    assert not ending.done()
    clock.advance(5)
    await pool.release_worker(worker)
    await ending
    assert worker.status == "shutdown"
    status = pool.get_pool_status()
    assert (status.total, status.idle, status.active, status.pending, status.total_jobs_completed) == (0, 0, 0, 0, 2)
    assert {snapshot.status for snapshot in pool.snapshots()} == {WorkerState.SHUTDOWN}
    clock.advance(100)
    assert pool.get_pool_status().uptime == 5
    await pool.shutdown()
    with pytest.raises(PoolShutdownError):
        await pool.restart_worker(1)


async def test_shutdown_forces_those_who_do_not_end() -> None:
    executors = FakeExecutors(lambda _worker: FakeExecutor([Hang()]))
    pool = WorkerPool(1, executor_factory=executors)

    async def hold() -> None:
        async with pool.worker("job") as worker:
            await worker.run("payload")

    task = asyncio.create_task(hold())
    await turn()
    await pool.shutdown(timeout=0.01)
    with pytest.raises(WorkerCrashedError):
        await task
    assert executors[1].stops == 1


async def test_a_second_shutdown_hastens_the_first() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    first = asyncio.create_task(pool.shutdown(timeout=60))
    await turn()
    await pool.shutdown(timeout=0)
    await asyncio.wait_for(first, 1)
    assert worker.status is WorkerStatus.SHUTDOWN
    with pytest.raises(PoolShutdownError):
        pool.assign_job(worker, "late")
    await pool.release_worker(worker)


async def test_who_was_given_a_worker_as_the_pool_ended_hears_of_the_end() -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    await pool.release_worker(worker)
    pool._roster.closing = True
    for slot in pool._roster.slots.values():
        pool._roster.close(slot, WorkerState.SHUTDOWN)
    with pytest.raises(PoolShutdownError):
        await waiter


async def test_shutdown_ends_what_is_coming_up() -> None:
    gate = asyncio.Event()
    executors = FakeExecutors(lambda _worker: FakeExecutor(gate=gate))
    pool = WorkerPool(1, executor_factory=executors)
    starting = asyncio.create_task(pool.start())
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    await pool.shutdown()
    assert await starting == 0
    assert (executors[1].starts, executors[1].stops) == (0, 1)
    with pytest.raises(PoolShutdownError):
        await waiter


async def test_an_executor_that_cannot_be_stopped_does_not_stop_the_shutdown(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(FakeExecutor):
        async def stop(self, grace: float = 2.0) -> None:
            raise OSError("no")

    pool = WorkerPool(1, executor_factory=lambda _worker: Stubborn())
    await pool.start()
    await pool.shutdown()
    assert "could not be stopped" in caplog.text


async def test_who_counted_on_a_worker_that_does_not_come_up_gets_another() -> None:
    gates = {1: asyncio.Event(), 2: asyncio.Event(), 3: asyncio.Event()}
    executors = FakeExecutors(
        lambda worker: FakeExecutor(gate=gates[worker], failing_starts=[OSError("no")] * (worker == 1))
    )
    pool = WorkerPool(3, executor_factory=executors)
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    gates[1].set()  # it fails
    await turn()
    await pool.remove_worker(2)  # as it starts
    gates[3].set()
    assert (await waiter).id == 3
    await pool.shutdown(timeout=0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
async def test_without_time_to_wait_active_workers_are_stopped_at_once(seconds: float) -> None:
    pool = WorkerPool(1)
    worker = await pool.acquire_worker()
    await asyncio.wait_for(pool.shutdown(timeout=seconds), 10)
    assert worker.status is WorkerStatus.SHUTDOWN
