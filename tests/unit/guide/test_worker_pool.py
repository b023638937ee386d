"""The guide's best practices of the worker pool, and its advice on performance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from enrich_tui import EnrichmentOptions, ErrorHandler, ProgressService, Session, Stage, WorkerPool
from enrich_tui.testing import FakeClock, make_session
from tests.unit.guide.single_session import enrich_many, enrich_one


async def broken(_session: Session) -> None:
    raise RuntimeError("no answer")


async def test_always_release_workers(worker_pool: WorkerPool, session: Session) -> None:
    worker = await worker_pool.acquire_worker()
    try:
        with pytest.raises(RuntimeError):
            await broken(session)
    finally:
        await worker_pool.release_worker(worker)
    assert worker_pool.get_pool_status().active == 0

    async with worker_pool.worker("job") as worker:  # the same in one line
        assert worker.current_job == "job"
    assert worker_pool.get_pool_status().active == 0


async def test_report_errors_to_the_pool(worker_pool: WorkerPool, session: Session) -> None:
    worker = await worker_pool.acquire_worker()
    try:
        await broken(session)
    except RuntimeError as error:
        await worker_pool.release_worker(worker, error)
    else:
        await worker_pool.release_worker(worker)
    assert worker_pool.get_pool_status().total_jobs_failed == 1

    with pytest.raises(RuntimeError):
        async with worker_pool.worker("job"):  # the same in one line
            await broken(session)
    status = worker_pool.get_pool_status()
    assert (status.total_jobs_failed, status.error_rate) == (2, 100)


async def watch(worker_pool: WorkerPool, warn: Callable[[str], object], interval: float = 60.0) -> None:
    """Look at the pool every ``interval`` seconds."""
    while True:
        status = worker_pool.get_pool_status()
        if status.error_rate > 50:
            warn("High error rate in worker pool!")
        if status.uptime_percentage < 99:
            warn("Worker pool uptime below target!")
        await asyncio.sleep(interval)


async def test_monitor_pool_health(clock: FakeClock) -> None:
    worker_pool = WorkerPool(max_workers=2, error_threshold=1, enable_auto_restart=False, clock=clock)
    warnings: list[str] = []

    async def look() -> list[str]:
        warnings.clear()
        watching = asyncio.create_task(watch(worker_pool, warnings.append))
        await asyncio.sleep(0)
        watching.cancel()
        return list(warnings)

    clock.advance(100)
    assert await look() == []
    async with worker_pool.worker("good"):
        pass
    with pytest.raises(RuntimeError):
        async with worker_pool.worker("bad"):
            raise RuntimeError
    assert await look() == []  # 50 % is not above 50 %
    clock.advance(100)
    assert await look() == ["Worker pool uptime below target!"]  # one of two workers was down half of the time
    assert worker_pool.get_pool_status().uptime_percentage == 75
    with pytest.raises(RuntimeError):
        async with worker_pool.worker("bad"):
            raise RuntimeError
    assert await look() == ["High error rate in worker pool!", "Worker pool uptime below target!"]
    await worker_pool.shutdown()


async def test_batch_operations(
    tmp_path: Path, worker_pool: WorkerPool, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    sessions = [make_session(tmp_path, name) for name in "abcd"]
    both = asyncio.Barrier(2)

    async def work(_session: Session, _stage: Stage) -> None:
        await both.wait()  # goes on only where two sessions are worked on at the same time

    async with asyncio.timeout(5):
        await enrich_many(
            sessions,
            EnrichmentOptions(),
            work,
            worker_pool=worker_pool,
            progress_service=progress_service,
            error_handler=error_handler,
        )
    assert worker_pool.get_pool_status().total_jobs_completed == 4


async def test_adjust_the_worker_pool_size() -> None:
    worker_pool = WorkerPool(max_workers=10)
    assert worker_pool.get_pool_status().total == 10
    await worker_pool.resize(3)
    assert worker_pool.get_pool_status().total == 3
    await worker_pool.shutdown()


async def test_skip_unnecessary_stages(
    tmp_path: Path, worker_pool: WorkerPool, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    session = make_session(tmp_path, video=False)
    done: list[Stage] = []

    async def work(_session: Session, stage: Stage) -> None:
        done.append(stage)

    await enrich_one(
        session,
        EnrichmentOptions(
            audio_review=bool(session.audio),
            video_chaptering=bool(session.video),
            generate_summary=True,
            generate_canvas=False,
        ),
        work,
        worker_pool=worker_pool,
        progress_service=progress_service,
        error_handler=error_handler,
    )
    assert done == [Stage.AUDIO, Stage.SUMMARY]
    progress = progress_service.get_progress(session.id)
    assert progress is not None
    assert progress.stages[Stage.VIDEO].status == "skipped"
