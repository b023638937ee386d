"""What the health check finds: holders that are gone, processes that died; and what it must leave alone."""

from __future__ import annotations

import asyncio
import gc

import pytest

from enrich_tui.errors.problems import Problem
from enrich_tui.pool import Worker, WorkerPool, WorkerSnapshot, WorkerState
from enrich_tui.testing.executor import FakeExecutor, FakeExecutors


async def turn(times: int = 10) -> None:
    """Let everybody move who can."""
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.fixture
def pool() -> WorkerPool:
    return WorkerPool(1)


async def take(pool: WorkerPool) -> Worker:
    """Take a worker and give it a job."""
    worker = await pool.acquire_worker()
    pool.assign_job(worker, "lost")
    return worker


async def forget(pool: WorkerPool) -> None:
    await take(pool)


async def break_down(pool: WorkerPool) -> None:
    worker = await take(pool)
    raise RuntimeError(f"with worker {worker.id}")


async def hold_for_ever(pool: WorkerPool) -> None:
    worker = await take(pool)
    await asyncio.sleep(3600)
    await pool.release_worker(worker)


async def test_a_holder_that_ended_is_found_by_the_regular_check(caplog: pytest.LogCaptureFixture) -> None:
    pool = WorkerPool(1, health_check_interval=0.01)
    heard: list[WorkerSnapshot] = []
    pool.subscribe(heard.append)
    await asyncio.create_task(forget(pool))
    assert pool.get_pool_status().active == 1
    async with pool.worker("next", timeout=5) as worker:
        assert worker.id == 1
    assert "the holder of job 'lost' is gone" in caplog.text
    assert [snapshot.leaked for snapshot in heard if snapshot.leaked][:1] == [1]
    status = pool.get_pool_status()
    assert (status.total_jobs_completed, status.total_jobs_failed) == (1, 0)
    await pool.shutdown()


async def test_a_holder_that_failed_is_found_although_its_error_is_kept(pool: WorkerPool) -> None:
    kept = await asyncio.gather(break_down(pool), return_exceptions=True)
    pool.check_health()
    assert isinstance(kept[0], RuntimeError)
    assert pool.get_pool_status().idle == 1


async def test_a_holder_that_was_cancelled_is_found_although_its_task_is_kept(pool: WorkerPool) -> None:
    task = asyncio.create_task(hold_for_ever(pool))
    await turn()
    pool.check_health()
    assert pool.get_pool_status().active == 1
    task.cancel()
    await asyncio.wait([task])
    pool.check_health()
    assert pool.get_pool_status().idle == 1


async def test_a_holder_that_had_to_wait_is_found_too(pool: WorkerPool) -> None:
    worker = await pool.acquire_worker()
    holder = asyncio.create_task(forget(pool))
    await turn()
    await pool.release_worker(worker)
    await holder
    assert pool.get_pool_status().active == 1
    pool.check_health()
    assert pool.get_pool_status().idle == 1


async def test_a_found_worker_goes_to_who_waits(pool: WorkerPool) -> None:
    await asyncio.create_task(forget(pool))
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    pool.check_health()
    assert (await waiter).leased


async def test_a_lease_may_end_in_another_task(pool: WorkerPool) -> None:
    worker = await asyncio.create_task(take(pool))
    pool.check_health()
    assert worker.leased

    async def give_back(worker: Worker) -> None:
        await pool.release_worker(worker)

    await asyncio.create_task(give_back(worker))
    assert pool.get_pool_status().total_jobs_completed == 1


async def test_a_lease_in_the_result_of_a_task_is_left_alone(pool: WorkerPool) -> None:
    task = asyncio.create_task(take(pool))
    await asyncio.wait([task])
    pool.check_health()
    assert task.result().leased


async def test_a_lease_in_a_list_is_left_alone(pool: WorkerPool) -> None:
    held: list[Worker] = []

    async def put() -> None:
        held.append(await take(pool))

    await asyncio.create_task(put())
    pool.check_health()
    assert held[0].leased


async def test_a_lease_in_a_suspended_coroutine_is_left_alone(pool: WorkerPool) -> None:
    worker = await pool.acquire_worker()

    async def hold(worker: Worker) -> None:
        await asyncio.sleep(3600)
        await pool.release_worker(worker)

    task = asyncio.create_task(hold(worker))
    del worker
    await turn()
    gc.collect()
    pool.check_health()
    assert pool.get_pool_status().active == 1
    task.cancel()


def test_a_lease_in_a_running_function_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    pool = WorkerPool(1)
    worker = loop.run_until_complete(take(pool))

    async def check() -> None:
        pool.check_health()

    loop.run_until_complete(check())
    assert worker.leased
    loop.close()


async def test_a_worker_that_was_given_but_not_yet_taken_is_left_alone(pool: WorkerPool) -> None:
    worker = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await turn()
    await pool.release_worker(worker)
    pool.check_health()
    assert (await waiter).leased


@pytest.mark.parametrize("auto_restart", [True, False])
async def test_a_process_that_died_while_idle_is_found(auto_restart: bool, caplog: pytest.LogCaptureFixture) -> None:
    executors = FakeExecutors()
    pool = WorkerPool(1, health_check_interval=0.01, enable_auto_restart=auto_restart, executor_factory=executors)
    await pool.start()
    executors[1].die()
    await asyncio.sleep(0.03)
    assert "ended while it was idle" in caplog.text
    snapshot = pool.snapshots()[0]
    assert snapshot.status is (WorkerState.IDLE if auto_restart else WorkerState.ERROR)
    assert (snapshot.restarts, snapshot.last_error) == (int(auto_restart), Problem.WORKER_CRASHED)
    assert await pool.restart_errored_workers() == int(not auto_restart)
    assert executors[1].starts == 2
    await pool.shutdown()


@pytest.mark.parametrize("auto_restart", [True, False])
async def test_a_process_that_died_under_its_holder_is_found(
    auto_restart: bool, caplog: pytest.LogCaptureFixture
) -> None:
    executors = FakeExecutors()
    pool = WorkerPool(1, enable_auto_restart=auto_restart, executor_factory=executors)
    await pool.start()
    async with pool.worker("job") as worker:
        executors[1].die()
        pool.check_health()
        assert "ended under its holder" in caplog.text
        assert pool.snapshots()[0].last_error == Problem.WORKER_CRASHED
        await turn()
        pool.check_health()
        assert worker.leased
        await worker.run("payload")
    snapshot = pool.snapshots()[0]
    assert (snapshot.status, snapshot.restarts, executors[1].starts) == (WorkerState.IDLE, 1, 2)
    assert (pool.get_pool_status().total_jobs_completed, pool.get_pool_status().total_jobs_failed) == (1, 0)
    await pool.shutdown()


async def test_nobody_is_given_a_worker_that_is_dead() -> None:
    executors = FakeExecutors()
    pool = WorkerPool(2, executor_factory=executors)
    await pool.start()
    executors[1].die()
    executors[2].die()
    async with pool.worker("job") as worker:
        await worker.run("payload")
    assert pool.get_pool_status().restarts == 2
    await pool.shutdown()


async def test_a_worker_that_ends_as_it_starts_does_not_spin() -> None:
    class Stillborn(FakeExecutor):
        async def start(self) -> None:
            await super().start()
            self.die()

    executors = FakeExecutors(lambda _worker: Stillborn())
    pool = WorkerPool(1, executor_factory=executors)
    assert await pool.start() == 0
    await turn(50)
    assert executors[1].starts == 1
    await pool.shutdown()
