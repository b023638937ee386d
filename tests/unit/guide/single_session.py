"""One session through the three services, stage by stage: to be copied into a program that does its own work.

A program that wants this package's own stages calls ``enrich_tui.enrich_session`` instead, which does all this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from enrich_tui import (
    EnrichmentOptions,
    ErrorContext,
    ErrorHandler,
    Operation,
    ProgressService,
    Session,
    Stage,
    WorkerPool,
)

Work = Callable[[Session, Stage], Awaitable[None]]

OPERATIONS = {
    Stage.AUDIO: Operation.AUDIO_REVIEW,
    Stage.VIDEO: Operation.VIDEO_CHAPTERING,
    Stage.SUMMARY: Operation.SUMMARY_GENERATION,
    Stage.CANVAS: Operation.CANVAS_GENERATION,
}
MESSAGES = {
    Stage.AUDIO: "Analyzing audio...",
    Stage.VIDEO: "Processing video...",
    Stage.SUMMARY: "Generating summary...",
    Stage.CANVAS: "Drawing the canvas...",
}


class EnrichmentFailedError(Exception):
    """A session cannot go on; the text is for a person."""


async def enrich_one(
    session: Session,
    options: EnrichmentOptions,
    work: Work,
    *,
    worker_pool: WorkerPool,
    progress_service: ProgressService,
    error_handler: ErrorHandler,
) -> None:
    """Do the wanted stages one after another on one worker. Raises :class:`EnrichmentFailedError`."""
    progress_service.start_progress(
        session.id,
        include_audio=options.audio_review,
        include_video=options.video_chaptering,
        include_summary=options.generate_summary,
        include_canvas=options.generate_canvas,
    )
    try:
        async with worker_pool.worker(session.id):
            for stage in Stage:
                if stage in options.stages:
                    await run_stage(session, stage, work, progress_service, error_handler)
    except Exception:
        progress_service.complete_progress(session.id, success=False, message="Enrichment failed")
        raise
    progress_service.complete_progress(session.id, success=True, message="Enrichment complete!")
    error_handler.record_success(Operation.FULL_ENRICHMENT)


async def run_stage(
    session: Session, stage: Stage, work: Work, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    """Do one stage, again where that may help; return where the session can go on without it."""
    attempt = 1
    while True:
        progress_service.update_progress(session.id, stage=stage, progress=0, message=MESSAGES[stage])
        try:
            await work(session, stage)
        except Exception as error:
            context = ErrorContext(session.id, OPERATIONS[stage], attempt)
            resolution = await error_handler.handle_error(error, context)
            if resolution.should_retry:
                await asyncio.sleep(resolution.retry_delay)
                attempt += 1
                continue
            progress_service.update_stage(session.id, stage, status="failed", error=resolution.user_message)
            if resolution.can_continue:
                return
            raise EnrichmentFailedError(resolution.user_message) from error
        progress_service.update_stage(session.id, stage, status="completed", progress=100)
        error_handler.record_success(OPERATIONS[stage])
        return


async def enrich_many(
    sessions: Sequence[Session],
    options: EnrichmentOptions,
    work: Work,
    *,
    worker_pool: WorkerPool,
    progress_service: ProgressService,
    error_handler: ErrorHandler,
) -> list[BaseException | None]:
    """Enrich side by side, as far as the pool allows; what became of each session, in order."""
    progress_service.start_batch(session.id for session in sessions)
    return await asyncio.gather(
        *(
            enrich_one(
                session,
                options,
                work,
                worker_pool=worker_pool,
                progress_service=progress_service,
                error_handler=error_handler,
            )
            for session in sessions
        ),
        return_exceptions=True,
    )
