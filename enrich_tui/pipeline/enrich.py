"""``enrich_session`` and ``enrich_batch``: the run, for programs that embed it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from enrich_tui.config import Config
from enrich_tui.errors import ErrorHandler, get_error_handler
from enrich_tui.events import Event, Sink
from enrich_tui.logs import log_folder
from enrich_tui.model import EnrichmentOptions, Session, SessionResult, StageOutput, StageTask
from enrich_tui.pipeline.attempts import Runner
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import Worker, WorkerPool, get_worker_pool
from enrich_tui.progress import ProgressService, get_progress_service
from enrich_tui.worker.lengths import length_finder
from enrich_tui.worker.process import ProcessExecutor, ProcessExecutors, Progress


def _ignore(_event: Event, /) -> None:
    return


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
    child processes that belong to this call. ``runner`` replaces how a stage is run, ``sink`` takes the run's events.
    Results come in the order of ``sessions``. Cancelling the call stops the work; what is finished is kept.
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
    pool = worker_pool or get_worker_pool()
    settings = config or Config()
    async with _runner(pool, settings) as usual, length_finder(settings.limits) as finder:
        work = BatchRun(
            sessions,
            options or EnrichmentOptions(),
            pool=pool,
            progress=progress_service or get_progress_service(),
            errors=error_handler or get_error_handler(),
            config=settings,
            fresh=fresh,
            runner=runner or usual,
            lengths=None if runner else finder,
            batch=batch,
        )
        await work.run(sink or _ignore)
    return work.results


@asynccontextmanager
async def _runner(pool: WorkerPool, config: Config) -> AsyncIterator[Runner]:
    """Runs stages in the workers' own executors, or, where the pool only lends leases, in processes of this call."""
    cores = os.cpu_count() or 1
    threads = max(1, cores // max(1, min(cores, pool.get_pool_status().total)))
    executors = ProcessExecutors(config.limits, threads=threads, log_dir=log_folder())
    processes: dict[int, ProcessExecutor] = {}

    async def run(worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        if worker.runs_jobs:
            return await on_worker(worker, task, on_event)
        if worker.id not in processes:
            processes[worker.id] = executors(worker.id)
        return await processes[worker.id].run(task, on_event)

    try:
        yield run
    finally:
        await asyncio.gather(*(process.stop() for process in processes.values()))
        await executors.aclose()


async def on_worker(worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
    """The usual runner: the worker's own executor does it."""
    output: StageOutput = await worker.run(task, on_event)
    return output
