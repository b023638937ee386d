"""The services over fakes: a whole batch runs in milliseconds, without a process, a recording or a wait."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from enrich_tui.config import Limits
from enrich_tui.errors import ErrorHandler
from enrich_tui.model import Session
from enrich_tui.pipeline.attempts import Runner
from enrich_tui.pipeline.processes import on_worker
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import FakeExecutors
from enrich_tui.testing.stages import FakeStages

_NEVER = 10**9


@dataclass(frozen=True)
class FakeServices:
    """The three services and what stands behind them.

    >>> async def my_test(services: FakeServices, sessions: list[Session]) -> None:
    ...     services.stages.script("one", "audio", Fail(TimeoutError()))
    ...     results = await enrich_batch(
    ...         sessions,
    ...         worker_pool=services.worker_pool,
    ...         progress_service=services.progress_service,
    ...         error_handler=services.error_handler,
    ...         runner=services.runner,
    ...     )
    """

    clock: FakeClock
    """The time of all three, in seconds."""
    worker_pool: WorkerPool
    progress_service: ProgressService
    error_handler: ErrorHandler
    """Retries without a delay. Its circuits never open, because time stands still; to test circuits, make another one
    with this clock."""
    stages: FakeStages
    """What comes of each stage."""
    executors: FakeExecutors
    """The executors by worker id, from 1."""

    @property
    def runner(self) -> Runner:
        """For ``enrich_session`` and ``enrich_batch``: runs stages in the fake executors, and measures no recording."""
        return on_worker(Limits())


@asynccontextmanager
async def fake_services(workers: int = 2) -> AsyncIterator[FakeServices]:
    """Services over fakes with so many workers, shut down at the end of the block. Raises ``ValueError`` below 1."""
    clock, stages = FakeClock(), FakeStages()
    executors = FakeExecutors(stages.executor)
    pool = WorkerPool(
        max_workers=workers,
        acquisition_timeout=1.0,
        health_check_interval=math.inf,
        executor_factory=executors,
        clock=clock,
    )
    progress = ProgressService(clock=clock)
    errors = ErrorHandler(clock=clock, base_delay=0.0, max_retry_after=0.0, failure_threshold=_NEVER)
    try:
        yield FakeServices(clock, pool, progress, errors, stages, executors)
    finally:
        await pool.shutdown(timeout=0.0)
        progress.shutdown()


def make_session(folder: Path, name: str = "session", *, audio: bool = True, video: bool = True) -> Session:
    """A session in ``folder`` with small files that stand for its recordings; they are no real media."""
    source = folder / name
    source.mkdir(parents=True)
    sound, picture = source / "audio.wav", source / "screen.mp4"
    for path, wanted in ((sound, audio), (picture, video)):
        if wanted:
            path.write_bytes(f"{name} {path.name}".encode())
    return Session(
        id=name,
        title=name,
        source=source,
        output=source / "enriched",
        audio=(sound,) if audio else (),
        video=(picture,) if video else (),
    )
