"""The time that a stage may take, where a server does it and no worker's process can be ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from enrich_tui.config import Config, Limits
from enrich_tui.errors import StageError
from enrich_tui.errors.problems import Problem
from enrich_tui.model import Stage, StageOutput, StageTask
from enrich_tui.pipeline import processes
from enrich_tui.pipeline.processes import on_worker
from enrich_tui.pool import Worker
from enrich_tui.stages import waits
from enrich_tui.worker.process import Progress
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run, write_result

CONFIG = Config.model_validate(
    {"stage": {"summary": {"engine": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "model": "m"}}}
)


class Server:
    """Never answers, and knows what became of who asked."""

    def __init__(self) -> None:
        self.left = 0

    async def __call__(self, _task: StageTask, _report: object) -> StageOutput:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        raise AssertionError


class Runner(FakeRunner):
    """Runs what a server does as the program would, with little time for it."""

    served = staticmethod(on_worker(Limits(stage_seconds=0.05)))

    async def __call__(self, worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        if not waits(task.stage, task.config):
            return await super().__call__(worker, task, on_event)
        self.runs[task.session.id, task.stage] += 1
        return await self.served(worker, task, on_event)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(processes, "serve", server)
    return server


async def test_a_server_that_takes_too_long_is_not_waited_for(tmp_path: Path, server: Server) -> None:
    runner = Runner()
    batch, watcher, code = await run(make_sessions(tmp_path, ["a.wav"]), runner, config=CONFIG)
    summary = batch.result_of("a.wav").stages[Stage.SUMMARY]
    assert (server.left, code, summary.problem, summary.attempts) == (1, 1, "time-limit", 1)
    assert summary.message is not None
    assert summary.message.startswith("The stage took longer than it may and was stopped. An extractive summary stands")
    assert "limits.stage_seconds" in (summary.advice or "")
    assert runner.runs["a.wav", Stage.SUMMARY] == 2  # there, and on this machine instead
    assert watcher.finished("a.wav")[Stage.CANVAS].outcome == "completed"


async def test_what_goes_wrong_in_time_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_task: StageTask, _report: object) -> StageOutput:
        raise TimeoutError("of its own")

    monkeypatch.setattr(processes, "serve", late)
    (session,) = make_sessions(tmp_path, ["a.wav"])
    task = StageTask(session=session, stage=Stage.SUMMARY, config=CONFIG.stage, attempt=1, threads=1)
    with pytest.raises(StageError) as caught:
        await on_worker(Limits())(Worker.__new__(Worker), task, lambda _: None)
    assert caught.value.problem is not Problem.TIME_LIMIT


async def test_what_answers_in_time_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def quick(task: StageTask, _report: object) -> StageOutput:
        return write_result(task)

    monkeypatch.setattr(processes, "serve", quick)
    batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), Runner(), config=CONFIG)
    assert (code, batch.result_of("a.wav").status) == (0, "complete")
