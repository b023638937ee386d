"""A stage that goes on where it was: what its worker tells of that reaches the estimates."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from enrich_tui.config import Limits
from enrich_tui.errors import ErrorHandler
from enrich_tui.events import Event, StageProgressed
from enrich_tui.model import EnrichmentOptions, Session, Stage, StageOutcome
from enrich_tui.pipeline.processes import on_worker
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import EtaEstimator, ProgressService
from enrich_tui.worker.process import ProcessExecutors

ROOT = Path(__file__).parents[3]
AUDIO = EnrichmentOptions(video_chaptering=False, generate_summary=False, generate_canvas=False)


class Listening(EtaEstimator):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, float | None]] = []
        self.ends: list[str] = []

    def progressed(self, session_id: str, stage: str, fraction: float, now: float, kept: float | None = None) -> None:
        self.told.append((fraction, kept))
        super().progressed(session_id, stage, fraction, now, kept)

    def finished(self, session_id: str, stage: str, now: float, outcome: str = "completed", **more: str) -> None:
        self.ends.append(outcome)
        super().finished(session_id, stage, now, outcome, **more)  # type: ignore[arg-type]


async def test_the_second_attempt_of_a_killed_worker_tells_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    session = Session(id="a", title="go_on", source=recording, output=tmp_path / "a.enriched", audio=(recording,))
    executors = ProcessExecutors(
        Limits(), threads=1, log_dir=tmp_path / "log", spare=0, stage_package="tests.unit.worker.fake_stages"
    )
    pool = WorkerPool(max_workers=1, acquisition_timeout=60, executor_factory=executors)
    estimator = Listening()

    progress: list[StageProgressed] = []

    def killing(event: Event, /) -> None:
        if isinstance(event, StageProgressed):
            progress.append(event)
        if isinstance(event, StageProgressed) and event.message:
            os.kill(int(event.message), signal.SIGKILL)

    run = BatchRun(
        [session],
        AUDIO,
        pool=pool,
        progress=ProgressService(estimator=estimator),
        errors=ErrorHandler(base_delay=0.0),
        runner=on_worker(Limits()),
    )
    try:
        async with asyncio.timeout(60):
            await run.run(killing)
    finally:
        await pool.shutdown(timeout=1)
        await executors.aclose()
    result = run.result_of("a").stages[Stage.AUDIO]
    assert (result.status, result.attempts) == (StageOutcome.COMPLETED, 2)
    assert estimator.told == [(0.0, None), (0.5, 0.0), (0.0, None), (0.5, 0.5)]
    assert estimator.ends[:2] == ["retry", "completed"]
    assert [(event.fraction, event.kept) for event in progress] == [(0.5, 0.0), (0.5, 0.5)]  # for who only hears events
