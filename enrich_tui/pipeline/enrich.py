"""``enrich_session`` and ``enrich_batch``: the run, for programs that embed it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from enrich_tui.config import Config
from enrich_tui.errors import ErrorHandler, Problem, describe, get_error_handler
from enrich_tui.events import Event, Sink
from enrich_tui.model import EnrichmentOptions, Session, SessionResult
from enrich_tui.pipeline.attempts import Runner
from enrich_tui.pipeline.processes import processes_of
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import PoolShutdownError, WorkerPool, get_worker_pool
from enrich_tui.progress import ProgressService, get_progress_service

_log = logging.getLogger(__name__)


async def enrich_session(
    session: Session,
    options: EnrichmentOptions | None = None,
    worker_pool: WorkerPool | None = None,
    progress_service: ProgressService | None = None,
    error_handler: ErrorHandler | None = None,
    *,
    config: Config | None = None,
    runner: Runner | None = None,
    fresh: bool = False,
) -> SessionResult:
    """Enrich one session; see :func:`enrich_batch`. What goes wrong is in the result, not raised."""
    (result,) = await _enrich(
        [session], options, worker_pool, progress_service, error_handler, config, runner, None, fresh=fresh, batch=False
    )
    return result


async def enrich_batch(
    sessions: Sequence[Session],
    options: EnrichmentOptions | None = None,
    worker_pool: WorkerPool | None = None,
    progress_service: ProgressService | None = None,
    error_handler: ErrorHandler | None = None,
    *,
    config: Config | None = None,
    runner: Runner | None = None,
    sink: Sink | None = None,
    fresh: bool = False,
) -> list[SessionResult]:
    """Enrich sessions side by side, as far as the pool allows; one failure never stops the others.

    The services default to the process-wide ones. A pool without executors lends its leases only, and the stages run in
    child processes, which all calls over that pool share and which end with the last of them. ``runner`` replaces how a
    stage is run, ``sink`` takes the run's events; one that raises is logged. Results come in the order of ``sessions``.
    Cancelling the call stops the work; what is finished is kept, and for the progress service the others have failed.
    Where the pool is shut down meanwhile, what had not begun is cancelled. Raises ``ValueError`` where two different
    sessions have the same id, and :class:`PoolShutdownError` where the pool is shut down already.
    """
    return await _enrich(
        list(sessions),
        options,
        worker_pool,
        progress_service,
        error_handler,
        config,
        runner,
        sink,
        fresh=fresh,
        batch=True,
    )


async def _enrich(
    sessions: list[Session],
    options: EnrichmentOptions | None,
    worker_pool: WorkerPool | None,
    progress_service: ProgressService | None,
    error_handler: ErrorHandler | None,
    config: Config | None,
    runner: Runner | None,
    sink: Sink | None,
    *,
    fresh: bool,
    batch: bool,
) -> list[SessionResult]:
    known: dict[str, Session] = {}
    if any(known.setdefault(session.id, session) != session for session in sessions):
        raise ValueError("Two different sessions have the same id.")
    pool = worker_pool or get_worker_pool()
    if not pool.usable:
        raise PoolShutdownError
    progress = progress_service or get_progress_service()
    settings = config or Config()
    async with processes_of(pool, settings.limits) as processes:
        work = BatchRun(
            sessions,
            options or EnrichmentOptions(),
            pool=pool,
            progress=progress,
            errors=error_handler or get_error_handler(),
            config=settings,
            fresh=fresh,
            runner=runner or processes.run,
            lengths=None if runner else processes.lengths,
            batch=batch,
        )
        try:
            await work.run(_harmless(sink))
        finally:
            _end(work.left, progress, batch=batch)
    return [work.result_of(session.id) for session in sessions]


def _harmless(sink: Sink | None) -> Sink:
    def tell(event: Event, /) -> None:
        if sink is not None:
            try:
                sink(event)
            except Exception:  # noqa: BLE001 - it is the sink's own
                _log.exception("A sink of the run's events failed; the run goes on.")

    return tell


def _end(left: Sequence[Session], progress: ProgressService, *, batch: bool) -> None:
    """Nobody works on these any more: who watches them is not to wait for ever."""
    for session in left:
        if batch and progress.get_progress(session.id) is None:
            progress.start_progress(session.id)
        if progress.get_progress(session.id) is not None:
            progress.complete_progress(session.id, success=False, message=describe(Problem.CANCELLED).message)
