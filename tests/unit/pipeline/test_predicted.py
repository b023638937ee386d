"""What a run tells of its own estimates: what was predicted beside what happened, and why an estimate jumped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from enrich_tui.display.report import report
from enrich_tui.display.summary import summary_lines
from enrich_tui.display.view import RunView
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.events import BatchChanged, RunFinished, SessionFinished, StageStarted
from enrich_tui.model import EnrichmentOptions, Stage
from enrich_tui.pipeline import figures
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.state import Queue
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import EtaEstimator, ProgressService
from enrich_tui.progress.eta import DEFAULT_HISTORY
from tests.unit.pipeline.harness import FakeRunner, Watcher, failing, make_sessions, prepared, run


async def test_the_end_tells_what_was_predicted(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4", "b.wav", "c.wav"])
    runner, watcher = FakeRunner(), Watcher()
    held = runner.gates["c.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(sessions, runner) as batch:
        running = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: isinstance(event, BatchChanged) and event.predicted is not None)
        held.set()
        await running
    end = watcher.events[-1]
    assert isinstance(end, RunFinished)
    assert end.predicted is not None
    assert 0.0 < end.predicted.low <= end.predicted.mid <= end.predicted.high
    assert batch.predicted == end.predicted
    assert ", predicted ~" in summary_lines(batch.results, batch.elapsed, batch.predicted)[0]
    view = RunView()
    for event in watcher.events:
        view.apply(event)
    assert view.predicted == end.predicted
    assert ", predicted ~" in report(view)


class Ahead:
    """Stands for the module ``time``, some seconds ahead."""

    seconds = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds


async def test_time_in_which_all_was_done_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Ahead()
    monkeypatch.setattr(figures, "time", clock)
    runner, watcher = FakeRunner(failing(Stage.VIDEO, StageError(Problem.CODEC), times=1)), Watcher()
    gate = runner.gates["a.mp4", Stage.VIDEO] = asyncio.Event()
    async with prepared(make_sessions(tmp_path, ["a.mp4"]), runner, keep_open=True) as batch:
        running = asyncio.create_task(batch.run(watcher))
        await runner.started["a.mp4", Stage.VIDEO].wait()
        clock.seconds += 1000.0
        gate.set()
        await watcher.until(lambda event: isinstance(event, SessionFinished))
        took = batch.elapsed
        assert 1000.0 <= took < 2000.0
        clock.seconds += 5000.0
        assert batch.elapsed == took
        gate.clear()
        watcher.events.clear()
        batch.controls.retry_failed()
        await watcher.until(lambda event: isinstance(event, StageStarted))
        await watcher.until(lambda event: isinstance(event, BatchChanged) and event.predicted is not None)
        assert batch.predicted is not None
        assert took < batch.predicted.low < 2000.0
        gate.set()
        await watcher.until(lambda event: isinstance(event, SessionFinished))
        assert took < batch.elapsed < 2000.0
        batch.controls.drain()
        await running


async def test_nothing_is_told_of_it_where_nothing_had_to_be_done(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4"])
    await run(sessions, FakeRunner())
    batch, _, _ = await run(sessions, FakeRunner())
    assert batch.predicted is None
    assert "predicted" not in summary_lines(batch.results, batch.elapsed, batch.predicted)[0]


async def test_the_estimate_goes_by_the_workers_that_are_alive(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, [f"{number}.wav" for number in range(20)])
    pool = WorkerPool(max_workers=2, error_threshold=1, enable_auto_restart=False)
    progress = ProgressService(clock=lambda: 0.0, estimator=EtaEstimator(DEFAULT_HISTORY))
    announcer = Announcer(Queue(sessions), pool, progress, tmp_path, EnrichmentOptions(), 2, cores=2)
    watcher = Watcher()
    announcer.begin(watcher, [])
    two = progress.batch_eta()
    ticking = asyncio.create_task(announcer.tick())
    with contextlib.suppress(RuntimeError):
        async with pool.worker("job"):
            raise RuntimeError
    told = await watcher.until(lambda event: isinstance(event, BatchChanged) and bool(event.eta_reason))
    ticking.cancel()
    await pool.shutdown(timeout=0.0)
    assert isinstance(told, BatchChanged)
    assert told.eta_reason == "1 worker lost"
    assert two is not None
    assert told.eta is not None
    assert told.eta.mid > 1.6 * two.mid
