"""The guide's shutdown, and its examples of tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from enrich_tui import (
    EnrichmentOptions,
    PoolShutdownError,
    ProgressService,
    SessionStatus,
    WorkerPool,
    enrich_session,
    get_error_handler,
    get_progress_service,
    get_worker_pool,
    reset_worker_pool,
)
from enrich_tui.testing import FakeServices, make_session
from enrich_tui.testing.plugin import enrich_services

__all__ = ["enrich_services"]


async def shutdown(worker_pool: WorkerPool, progress_service: ProgressService) -> None:
    """Wait for the work that runs, then end; a program calls it in the ``finally`` of its main function."""
    await worker_pool.shutdown(timeout=30.0)
    progress_service.shutdown()


async def test_graceful_shutdown(worker_pool: WorkerPool, progress_service: ProgressService) -> None:
    going, gate = asyncio.Event(), asyncio.Event()

    async def job() -> str:
        async with worker_pool.worker("job"):
            going.set()
            await gate.wait()
            return "finished"

    working = asyncio.create_task(job())
    await going.wait()
    ending = asyncio.create_task(shutdown(worker_pool, progress_service))
    await asyncio.sleep(0)
    with pytest.raises(PoolShutdownError):
        await worker_pool.acquire_worker()
    assert not ending.done()
    gate.set()
    await ending
    assert await working == "finished"


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    reset_worker_pool()
    pool = WorkerPool(max_workers=3)
    yield pool
    await pool.shutdown()


async def test_unit_testing(pool: WorkerPool) -> None:
    worker = await pool.acquire_worker()
    assert worker.status == "active"
    await pool.release_worker(worker)
    assert worker.total_jobs_completed == 1


async def test_integration_testing(enrich_services: FakeServices, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    result = await enrich_session(
        session,
        EnrichmentOptions(generate_canvas=False),
        get_worker_pool(),
        get_progress_service(),
        get_error_handler(),
        runner=enrich_services.runner,
    )
    assert result.status is SessionStatus.COMPLETE
    progress = get_progress_service().get_progress(session.id)
    assert progress is not None
    assert progress.stage == "complete"
