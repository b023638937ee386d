"""Puts a live run together: workers, pool, services, and the run over them; and takes it apart again."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from enrich_tui.config import Config
from enrich_tui.discovery import Search
from enrich_tui.errors import ErrorHandler
from enrich_tui.logs import log_folder
from enrich_tui.model import EnrichmentOptions
from enrich_tui.pipeline.finding import find, watch, wholeness
from enrich_tui.pipeline.processes import on_worker
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import EtaEstimator, ProgressService
from enrich_tui.progress.awake import AwakeClock
from enrich_tui.progress.eta import or_default
from enrich_tui.sources.tape import Tape
from enrich_tui.store.history import history_path, load_history, save_history
from enrich_tui.store.owner import home_of, own
from enrich_tui.worker.lengths import LengthFinder
from enrich_tui.worker.process import ProcessExecutors


@asynccontextmanager
async def live_run(
    root: Path,
    options: EnrichmentOptions,
    config: Config,
    *,
    output: Path | None = None,
    keep_open: bool = False,
    fresh: bool = False,
    retry: bool = False,
    only: Sequence[str] = (),
) -> AsyncIterator[BatchRun]:
    """A run over the library at ``root`` that has not begun; its workers end with the block, whatever happens in it.

    Its recordings are looked for when it begins, or again and again where the configuration says to watch. ``output``:
    where all results go, where they do not go beside their sources. ``fresh``: do everything again; ``retry``: what
    failed for good, too. ``only``: see :class:`~enrich_tui.discovery.Search`. The library is held until the block ends.
    Raises :class:`~enrich_tui.store.owner.NotOwnedError` where another program holds it, or nothing can be written.
    """
    search = Search(root, output, only)
    with own(home_of(search.root, output)) as owner, Tape(owner.path, owner.epoch) as tape:
        cores = os.cpu_count() or 1
        workers = config.worker_count
        slots = min(workers, cores)
        executors = ProcessExecutors(config.limits, threads=max(1, cores // slots), log_dir=log_folder())
        pool = WorkerPool(
            max_workers=workers,
            enable_auto_restart=config.limits.auto_restart,
            executor_factory=executors,
            recycle_after=config.limits.recycle_after,
        )
        history = history_path()
        estimator = EtaEstimator(or_default(load_history(history)))
        progress = ProgressService(clock=AwakeClock(), estimator=estimator)
        finder = LengthFinder(config.limits)
        try:
            yield BatchRun(
                (),
                options,
                pool=pool,
                progress=progress,
                errors=ErrorHandler(),
                config=config,
                library=search.root,
                feed=lambda inbox: (
                    watch(search, inbox, config.watch, wholeness(finder)) if config.watch.on else find(search, inbox)
                ),
                runner=on_worker(config.limits),
                lengths=finder,
                cpu_slots=cores,
                keep_open=keep_open,
                fresh=fresh,
                retry=retry,
                owner=owner,
                witness=tape,
                output=output,
            )
        finally:
            await pool.shutdown(timeout=0.0)
            await executors.aclose()
            await finder.aclose()
            save_history(history, progress.history())
            progress.shutdown()
