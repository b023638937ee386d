"""The guide's advanced usage."""

from __future__ import annotations

import asyncio
from typing import assert_never

import pytest

from enrich_tui import (
    BatchProgress,
    EnrichmentProgress,
    ErrorContext,
    ErrorHandler,
    Operation,
    Problem,
    ProgressService,
    RecommendedAction,
    Stage,
    StageError,
    WorkerPool,
)


async def test_custom_worker_pool_configuration() -> None:
    worker_pool = WorkerPool(
        max_workers=10,  # more workers for larger batches
        error_threshold=5,  # higher tolerance for transient errors
        acquisition_timeout=30.0,  # seconds
        health_check_interval=60.0,  # seconds
        enable_auto_restart=True,
    )
    assert worker_pool.get_pool_status().total == 10
    await worker_pool.shutdown()


@pytest.mark.parametrize(
    ("error", "attempt", "outcome"),
    [
        (TimeoutError(), 1, "retried"),
        (TimeoutError(), 3, "continued"),
        (StageError(Problem.KEY_REFUSED), 1, "aborted"),
        (StageError(Problem.NOT_MEDIA), 1, "skipped"),
    ],
)
async def test_custom_error_handling(error: Exception, attempt: int, outcome: str, error_handler: ErrorHandler) -> None:
    async def deal_with(error: Exception, context: ErrorContext) -> str:
        resolution = await error_handler.handle_error(error, context)
        match resolution.recommended_action:
            case RecommendedAction.RETRY:
                await asyncio.sleep(resolution.retry_delay)
                return "retried"
            case RecommendedAction.CONTINUE_PARTIAL:
                return "continued"
            case RecommendedAction.ABORT:
                return "aborted"
            case RecommendedAction.SKIP:
                return "skipped"
            case action:
                assert_never(action)

    assert await deal_with(error, ErrorContext("s1", Operation.AUDIO_REVIEW, attempt)) == outcome


def test_progress_event_listeners(progress_service: ProgressService) -> None:
    lines: list[str] = []

    def on_progress(session_id: str, progress: EnrichmentProgress) -> None:
        lines.append(f"{session_id}: {progress.stages[Stage.AUDIO].progress:.0f}% - {progress.message}")

    def on_stage(session_id: str, stage: Stage, _progress: EnrichmentProgress) -> None:
        lines.append(f"{session_id}: Moved to stage {stage}")

    def on_batch(batch: BatchProgress) -> None:
        lines.append(f"Batch: {batch.completed}/{batch.total} complete")

    progress_service.on("started", lambda session_id, _progress: lines.append(f"Started enriching {session_id}"))
    unsubscribe = progress_service.on("progress", on_progress)
    progress_service.on("stage", on_stage)
    progress_service.on("completed", lambda session_id, _progress: lines.append(f"{session_id}: Enrichment complete!"))
    progress_service.on("failed", lambda session_id, progress: lines.append(f"{session_id}: {progress.message}"))
    progress_service.on("batch-update", on_batch)

    progress_service.start_progress("a")
    progress_service.start_progress("b")
    progress_service.update_progress("a", stage="audio", progress=50, message="Listening")
    unsubscribe()
    progress_service.update_progress("a", progress=60)
    progress_service.complete_progress("a", success=True)
    progress_service.complete_progress("b", success=False, message="Enrichment failed")
    progress_service.start_batch(["a", "b"])

    assert lines == [
        "Started enriching a",
        "Started enriching b",
        "a: Moved to stage audio",
        "a: 50% - Listening",
        "a: Enrichment complete!",
        "b: Enrichment failed",
        "Batch: 1/2 complete",
    ]


async def test_worker_pool_monitoring() -> None:
    worker_pool = WorkerPool(max_workers=2, error_threshold=1, enable_auto_restart=False)
    worker = await worker_pool.acquire_worker()
    await worker_pool.release_worker(worker, error=RuntimeError("no answer"))

    status = worker_pool.get_pool_status()
    report = (
        f"Total Workers: {status.total}, Idle: {status.idle}, Active: {status.active}, Error: {status.error}, "
        f"Error Rate: {status.error_rate:.2f}%, Avg Job Duration: {status.avg_job_duration:.0f} s, "
        f"Uptime: {status.uptime_percentage:.3f}%"
    )
    restarted = await worker_pool.restart_errored_workers() if status.error > 0 else 0

    assert "Total Workers: 2, Idle: 1, Active: 0, Error: 1, Error Rate: 100.00%" in report
    assert restarted == 1
    assert worker_pool.get_pool_status().error == 0
    await worker_pool.shutdown()
