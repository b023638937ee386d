"""enrich_session and enrich_batch over real worker processes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from enrich_tui import (
    EnrichmentOptions,
    ErrorHandler,
    ProgressService,
    Session,
    WorkerPool,
    discover,
    enrich_batch,
    enrich_session,
    get_progress_service,
    get_worker_pool,
)
from tests.acceptance.making import captioned, noise, review


@pytest.fixture
def library(tmp_path: Path) -> Path:
    captioned(tmp_path / "library" / "call")
    review(tmp_path / "library" / "review")
    noise(tmp_path / "library" / "noise.mp4")
    (tmp_path / "library" / "zero.wav").touch()
    return tmp_path / "library"


def sessions_of(library: Path) -> dict[str, Session]:
    return {session.title: session for session in discover(library).sessions}


async def test_a_batch_over_the_default_services(library: Path) -> None:
    sessions = list(discover(library).sessions)
    started: list[str] = []
    get_progress_service().on("started", lambda session, _: started.append(session))
    results = await enrich_batch(sessions, EnrichmentOptions())
    assert [result.session_id for result in results] == [session.id for session in sessions]
    by_title = {session.title: result for session, result in zip(sessions, results, strict=True)}
    assert by_title["call"].status == "complete"
    assert by_title["review"].status == "complete"
    assert by_title["noise"].status == by_title["zero"].status == "skipped"

    call = by_title["call"]
    assert list(call.stages) == ["audio", "video", "summary", "canvas"]
    assert call.stages["audio"].status == "completed"  # type: ignore[index]
    assert call.stages["video"].status == "skipped"  # type: ignore[index]
    for stage in call.stages.values():
        assert stage.duration >= 0
        assert all(path.is_file() for path in stage.outputs)
        if stage.status == "completed":
            assert stage.attempts >= 1
            assert stage.outputs
        else:
            assert stage.message
    assert {path.name for stage in call.stages.values() for path in stage.outputs} >= {
        "transcript.json", "transcript.vtt", "transcript.srt", "transcript.txt", "summary.md", "canvas.html",
    }  # fmt: skip
    assert by_title["zero"].message == "The file is empty."
    assert by_title["noise"].message == "The file could not be read as a recording."
    with pytest.raises(ValidationError):
        call.status = "failed"  # type: ignore[misc, assignment]

    batch = get_progress_service().get_batch_progress()
    assert batch is not None
    assert (batch.total, batch.completed, batch.failed, batch.pending, batch.processing) == (4, 2, 2, 0, 0)
    assert sorted(started) == sorted(session.id for session in sessions)
    progress = get_progress_service().get_progress(call.session_id)
    assert progress is not None
    assert (progress.stage, progress.progress) == ("complete", 100)
    assert progress.stages["video"].status == "skipped"
    status = get_worker_pool().get_pool_status()
    assert (status.active, status.pending, status.total_jobs_failed) == (0, 0, 0)
    await get_worker_pool().shutdown()


async def test_more_calls_than_workers_for_longer_than_the_acquisition_timeout(tmp_path: Path) -> None:
    for number in range(6):
        review(tmp_path / "library" / f"review {number}")
    pool, progress = WorkerPool(max_workers=1, acquisition_timeout=0.1), ProgressService()
    sessions = discover(tmp_path / "library").sessions
    began = time.monotonic()
    results = await asyncio.gather(
        *[enrich_session(session, EnrichmentOptions(), pool, progress, ErrorHandler()) for session in sessions]
    )
    assert time.monotonic() - began > 0.2
    assert [result.status for result in results] == ["complete"] * 6
    assert {found.stage for found in progress.get_all_progress()} == {"complete"}
    assert pool.get_pool_status().active == 0
    await pool.shutdown()


async def test_only_the_stages_that_are_wanted(library: Path) -> None:
    session = sessions_of(library)["call"]
    pool, progress = WorkerPool(max_workers=1), ProgressService()
    options = EnrichmentOptions(
        audio_review=True, video_chaptering=False, generate_summary=False, generate_canvas=False
    )
    result = await enrich_session(session, options, pool, progress, ErrorHandler())
    assert result.status == "complete"
    assert {stage: found.status for stage, found in result.stages.items()} == {
        "audio": "completed", "video": "skipped", "summary": "skipped", "canvas": "skipped",
    }  # fmt: skip
    assert not (session.output / "canvas.html").exists()
    again = await enrich_session(session, options, pool, progress, ErrorHandler())
    assert again.stages["audio"].cached  # type: ignore[index]
    found = progress.get_progress(session.id)
    assert found is not None
    assert found.stage == "complete"
    await pool.shutdown()


async def test_nothing_to_do_and_the_same_twice(library: Path) -> None:
    pool, progress = WorkerPool(max_workers=1), ProgressService()
    assert await enrich_batch([], EnrichmentOptions(), pool, progress, ErrorHandler()) == []
    session = sessions_of(library)["zero"]
    results = await enrich_batch([session, session], EnrichmentOptions(), pool, progress, ErrorHandler())
    assert [result.status for result in results] == ["skipped", "skipped"]
    other = session.model_copy(update={"title": "another"})
    with pytest.raises(ValueError, match="same id"):
        await enrich_batch([session, other], EnrichmentOptions(), pool, progress, ErrorHandler())
    await pool.shutdown()


async def test_cancelling_a_call_stops_its_work_and_frees_the_worker(library: Path) -> None:
    pool, progress = WorkerPool(max_workers=1), ProgressService()
    task = asyncio.create_task(
        enrich_session(sessions_of(library)["call"], EnrichmentOptions(), pool, progress, ErrorHandler())
    )
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pool.get_pool_status().active == 0
    assert pool.get_pool_status().total_jobs_failed == 0
    await pool.shutdown()


async def test_sources_are_read_and_never_changed(library: Path) -> None:
    session = sessions_of(library)["review"]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in session.source.iterdir()}
    pool = WorkerPool(max_workers=1)
    await enrich_session(session, EnrichmentOptions(), pool, ProgressService(), ErrorHandler())
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before
    await pool.shutdown()


async def test_the_guides_way_to_hold_a_worker_beside_a_session(library: Path) -> None:
    """A program may lease workers of the same pool for its own work."""
    pool, progress, errors = WorkerPool(max_workers=2), ProgressService(), ErrorHandler()
    worker = await pool.acquire_worker()
    try:
        pool.assign_job(worker, "my own")
        result = await enrich_session(sessions_of(library)["review"], EnrichmentOptions(), pool, progress, errors)
    finally:
        await pool.release_worker(worker)
    assert result.status == "complete"
    await pool.shutdown()
