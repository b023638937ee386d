"""The worker pool, sentence by sentence."""

from __future__ import annotations

import asyncio
import contextlib
import gc

import pytest
from pydantic import ValidationError

from enrich_tui import (
    PoolShutdownError,
    Worker,
    WorkerAcquisitionTimeoutError,
    WorkerPool,
    get_worker_pool,
    reset_worker_pool,
)


async def test_defaults_and_the_names_of_the_figures() -> None:
    pool = WorkerPool()
    status = pool.get_pool_status()
    assert (status.total, status.idle, status.active, status.error, status.pending) == (5, 5, 0, 0, 0)
    assert (status.error_rate, status.avg_job_duration, status.uptime_percentage) == (0, 0, 100)
    assert (status.total_jobs_completed, status.total_jobs_failed, status.restarts) == (0, 0, 0)
    assert status.uptime >= 0
    with pytest.raises(ValidationError):
        status.idle = 3  # type: ignore[misc]
    await pool.shutdown()


async def test_settings_by_position_and_by_name() -> None:
    pool = WorkerPool(2, 4, 0.05, 60.0, False)
    await pool.acquire_worker()
    await pool.acquire_worker()
    with pytest.raises(WorkerAcquisitionTimeoutError):
        await pool.acquire_worker()
    await pool.shutdown(timeout=0)
    for wrong in ({"max_workers": 0}, {"error_threshold": 0}, {"acquisition_timeout": -1}):
        with pytest.raises(ValueError, match=r"."):
            WorkerPool(**wrong)  # type: ignore[arg-type]


async def test_the_life_of_a_worker() -> None:
    pool = WorkerPool(max_workers=1)
    worker = await pool.acquire_worker()
    assert isinstance(worker, Worker)
    assert worker.status == "active"
    assert (worker.error_count, worker.restart_count) == (0, 0)
    assert (worker.total_jobs_completed, worker.last_error) == (0, None)
    pool.assign_job(worker, "job")
    assert worker.current_job == "job"
    await asyncio.sleep(0.02)
    await pool.release_worker(worker)
    assert not worker.current_job
    assert (worker.status, worker.total_jobs_completed) == ("idle", 1)
    assert worker.total_processing_time >= 0.015
    assert worker.last_activity_at >= worker.created_at
    assert pool.get_pool_status().avg_job_duration == pytest.approx(worker.total_processing_time, rel=0.5)
    await pool.shutdown()
    assert worker.status == "shutdown"


async def test_first_come_first_served() -> None:
    pool = WorkerPool(max_workers=1)
    served: list[int] = []

    async def customer(number: int) -> None:
        async with pool.worker(f"job {number}"):
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*map(customer, range(20)))
    assert served == list(range(20))
    assert pool.get_pool_status().total_jobs_completed == 20
    await pool.shutdown()


async def test_a_waiter_that_leaves_leaves_no_trace() -> None:
    pool = WorkerPool(max_workers=1, acquisition_timeout=0.05)
    worker = await pool.acquire_worker()
    cancelled = asyncio.create_task(pool.acquire_worker())
    late = asyncio.create_task(pool.acquire_worker())
    await asyncio.sleep(0.01)
    assert pool.get_pool_status().pending == 2
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert pool.get_pool_status().pending == 1
    with pytest.raises(WorkerAcquisitionTimeoutError):
        await late
    assert pool.get_pool_status().pending == 0
    await pool.release_worker(worker)
    assert pool.get_pool_status().idle == 1
    await pool.shutdown()


async def test_a_worker_handed_to_a_cancelled_waiter_goes_to_the_next_one() -> None:
    pool = WorkerPool(max_workers=1, acquisition_timeout=5)
    worker = await pool.acquire_worker()
    first, second = (asyncio.create_task(pool.acquire_worker()) for _ in range(2))
    await asyncio.sleep(0)
    await pool.release_worker(worker)
    first.cancel()
    assert (await second).status == "active"
    assert pool.get_pool_status().active == 1
    await pool.shutdown(timeout=0)


async def test_a_second_release_changes_nothing() -> None:
    pool = WorkerPool(max_workers=1)
    worker = await pool.acquire_worker()
    await pool.release_worker(worker)
    await pool.release_worker(worker)
    await pool.release_worker(worker, RuntimeError("late"))
    status = pool.get_pool_status()
    assert (status.total_jobs_completed, status.total_jobs_failed, status.idle) == (1, 0, 1)
    await pool.acquire_worker()
    await pool.release_worker(worker)
    assert pool.get_pool_status().active == 1, "an old handle does not take the worker from its next holder"
    await pool.shutdown(timeout=0)


async def test_failures_in_a_row_make_an_error_and_one_success_clears_them() -> None:
    pool = WorkerPool(max_workers=1, error_threshold=2, enable_auto_restart=False, acquisition_timeout=0.05)

    async def job(error: Exception | None) -> Worker:
        worker = await pool.acquire_worker()
        pool.assign_job(worker, "job")
        await pool.release_worker(worker, error)
        return worker

    assert (await job(ValueError("one"))).error_count == 1
    assert (await job(None)).error_count == 0
    await job(ValueError("one"))
    worker = await job(ValueError("two"))
    assert (worker.status, worker.error_count) == ("error", 2)
    assert "two" in str(worker.last_error)
    status = pool.get_pool_status()
    assert (status.error, status.idle, status.restarts) == (1, 0, 0)
    assert status.error_rate == pytest.approx(75)
    waiter = asyncio.create_task(pool.acquire_worker(timeout=5))
    await asyncio.sleep(0.03)
    assert await pool.restart_errored_workers() == 1
    back = await waiter
    assert (back.id, back.restart_count, back.error_count, back.status) == (worker.id, 1, 0, "active")
    await pool.release_worker(back)
    status = pool.get_pool_status()
    assert status.error_rate == pytest.approx(60), "over the pool's life, across restarts"
    assert 0 < status.uptime_percentage < 100, "it moves when a worker is really down"
    assert await pool.restart_errored_workers() == 0
    await pool.shutdown()


async def test_with_auto_restart_an_errored_worker_is_back_at_once() -> None:
    pool = WorkerPool(max_workers=1, error_threshold=1)
    worker = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await asyncio.sleep(0)
    await pool.release_worker(worker, error=OSError("gone"))
    again = await waiter
    assert (again.id, again.restart_count) == (worker.id, 1)
    assert pool.get_pool_status().restarts == 1
    await pool.shutdown(timeout=0)


async def test_the_lease_as_a_block() -> None:
    pool = WorkerPool(max_workers=1)
    with contextlib.suppress(ZeroDivisionError):
        async with pool.worker("bad") as worker:
            assert worker.current_job == "bad"
            raise ZeroDivisionError
        raise AssertionError("the block hides its error")
    assert worker.error_count == 1
    assert pool.get_pool_status().total_jobs_failed == 1

    async def hang() -> None:
        async with pool.worker("cancelled"):
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    status = pool.get_pool_status()
    assert (status.idle, status.total_jobs_failed) == (1, 1), "cancellation is no fault of the worker"
    await pool.shutdown()


async def test_shutdown_rejects_waiters_waits_for_active_then_forces() -> None:
    pool = WorkerPool(max_workers=1)
    worker = await pool.acquire_worker()
    waiter = asyncio.create_task(pool.acquire_worker())
    await asyncio.sleep(0)
    ending = asyncio.create_task(pool.shutdown(timeout=5))
    with pytest.raises(PoolShutdownError):
        await waiter
    with pytest.raises(PoolShutdownError):
        await pool.acquire_worker()
    assert not ending.done()
    await pool.release_worker(worker)
    await asyncio.wait_for(ending, 1)
    await pool.shutdown()
    await pool.release_worker(worker)

    forced = WorkerPool(max_workers=1)
    held = await forced.acquire_worker()
    await asyncio.wait_for(forced.shutdown(timeout=0.02), 1)
    assert held.status == "shutdown"
    await forced.release_worker(held)
    assert forced.get_pool_status().active == 0


async def test_a_leaked_worker_is_found_by_the_health_check() -> None:
    pool = WorkerPool(max_workers=1, health_check_interval=0.05, acquisition_timeout=2)

    async def forgetful() -> None:
        pool.assign_job(await pool.acquire_worker(), "leak")

    await asyncio.create_task(forgetful())
    gc.collect()
    worker = await pool.acquire_worker()
    assert worker.status == "active"
    await pool.release_worker(worker)
    await pool.shutdown()


async def test_a_time_out_of_nothing_takes_what_is_free_only() -> None:
    pool = WorkerPool(max_workers=1, acquisition_timeout=0)
    worker = await pool.acquire_worker()
    with pytest.raises(WorkerAcquisitionTimeoutError):
        await pool.acquire_worker()
    await pool.release_worker(worker)
    await pool.release_worker(await pool.acquire_worker())
    await pool.shutdown()


async def test_the_default_pool() -> None:
    pool = get_worker_pool()
    assert get_worker_pool() is pool
    assert pool.get_pool_status().total == 5
    reset_worker_pool()
    other = get_worker_pool()
    assert other is not pool
    await other.shutdown()
    reset_worker_pool()
    reset_worker_pool()


def test_a_pool_made_outside_of_a_loop_works_inside_one() -> None:
    pool = WorkerPool(max_workers=1)

    async def use() -> int:
        async with pool.worker("job"):
            pass
        await pool.shutdown()
        return pool.get_pool_status().total_jobs_completed

    assert asyncio.run(use()) == 1
