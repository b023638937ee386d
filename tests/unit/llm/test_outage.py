"""A server that is down: what waits for it, what is said, and when something stands in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from enrich_tui.config import Config, StageConfig, SummaryConfig
from enrich_tui.errors import ErrorContext, ErrorHandler
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.events import BatchChanged, ErrorRaised, Event, Noted, PoolChanged
from enrich_tui.model import EnrichmentOptions, Stage, StageOutput, StageTask
from enrich_tui.pipeline import run as run_module
from enrich_tui.pipeline.outage import Outage
from enrich_tui.store.outputs import write_text
from enrich_tui.testing import FakeClock
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, run, write_result

OPERATION = "summary-generation"
OPTIONS = EnrichmentOptions(video_chaptering=False)


def config(patience: float) -> Config:
    served = SummaryConfig(
        engine="openai-compatible", base_url="http://127.0.0.1:1/v1", model="tiny", patience=patience
    )
    return Config(stage=StageConfig(summary=served))


def down(task: StageTask) -> StageOutput | Exception:
    """A server that does not answer; everything else goes well."""
    return StageError(Problem.NETWORK) if task.config.summary.served and task.stage == "summary" else write_result(task)


async def test_it_is_told_once_when_it_goes_and_once_when_it_is_back() -> None:
    clock, notes = FakeClock(1000.0), list[str]()
    errors = ErrorHandler(clock=clock, failure_threshold=2, reset_timeout=60, success_threshold=2)
    outage = Outage(errors, OPERATION, patience=100, note=notes.append, clock=clock)

    async def fail() -> bool:
        assert errors.ready(OPERATION)
        error = TimeoutError()
        outage.failed(await errors.handle_error(error, ErrorContext("s", OPERATION)), error)
        return outage.hopeless is not None

    assert not await fail()
    assert notes == []
    assert not await fail()
    told = "The service could not be reached in time. Summaries wait for it; everything else goes on."
    assert notes == [told]
    clock.advance(61)
    assert not await fail()
    clock.advance(61)
    assert await fail()
    assert notes == [told]
    clock.advance(61)
    assert outage.hopeless is None  # one may try
    for _ in range(2):
        assert errors.allow(OPERATION)
        errors.record_success(OPERATION)
        outage.succeeded()
    assert notes == [told, "The service for summaries answers again."]


async def test_what_waited_for_too_long_is_done_without_it(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav", "c.wav", "d.wav", "e.wav"))
    errors = ErrorHandler(clock=FakeClock(1000.0), failure_threshold=2, base_delay=0.0)  # its door stays closed
    runner = FakeRunner(down)
    batch, watcher, code = await run(
        sessions, runner, workers=1, options=OPTIONS, errors=errors, config=config(patience=0.0)
    )
    results = {result.session_id: result.stages[Stage.SUMMARY] for result in batch.results}
    assert code == 1
    assert len(results) == len(sessions)
    for summary in results.values():
        assert (summary.status, summary.problem) == ("failed", "network")
        assert summary.message == "The service could not be reached in time. An extractive summary stands in."
        assert [path.name for path in summary.outputs] == ["summary.json"]
    assert all(result.stages[Stage.CANVAS].status == "completed" for result in batch.results)
    final = [event.session for event in watcher.events if isinstance(event, ErrorRaised) and event.final]
    assert sorted(str(session) for session in final) == sorted(results)
    assert [event.message for event in watcher.events if isinstance(event, Noted)] == [
        "The service could not be reached in time. Summaries wait for it; everything else goes on."
    ]


async def test_patience_ends_also_while_nobody_asks_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "PARKED", 0.01)
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav"))
    errors = ErrorHandler(clock=FakeClock(1000.0), failure_threshold=1)  # its door closes at once, and stays closed
    async with asyncio.timeout(20):
        batch, _, code = await run(
            sessions, FakeRunner(down), workers=1, options=OPTIONS, errors=errors, config=config(patience=0.1)
        )
    assert code == 1
    assert {result.stages[Stage.SUMMARY].status for result in batch.results} == {"failed"}


async def test_until_then_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is back before patience is: every summary comes from it, and no attempt was used up by waiting."""
    monkeypatch.setattr(run_module, "PARKED", 0.001)
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav", "c.wav"))
    clock = FakeClock(1000.0)
    errors = ErrorHandler(clock=clock, failure_threshold=1, base_delay=0.0)
    watcher, runner = Watcher(), FakeRunner(lambda task: down(task) if clock() < 1010.0 else write_result(task))

    def sink(event: Event, /) -> None:
        watcher(event)
        if isinstance(event, BatchChanged) and event.eta_reason == "waiting after failures in a row":
            clock.advance(61.0)

    settings = config(patience=600.0)
    async with prepared(sessions, runner, workers=1, options=OPTIONS, errors=errors, config=settings) as batch:
        async with asyncio.timeout(20):
            code = await batch.run(sink)
    assert code == 0
    assert sum(runner.runs[session.id, Stage.SUMMARY] for session in sessions) == len(sessions) + 1
    assert [result.status for result in batch.results] == ["complete"] * len(sessions)


async def test_a_server_that_refuses_the_key_is_asked_again_only_by_a_person(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav", "c.wav"))
    refusing = True

    def script(task: StageTask) -> StageOutput | Exception:
        asked = task.stage is Stage.SUMMARY and task.config.summary.served
        return StageError(Problem.KEY_REFUSED) if asked and refusing else write_result(task)

    watcher, runner = Watcher(), FakeRunner(script)
    settings = config(patience=600.0)

    def ended(event: Event) -> bool:
        return isinstance(event, BatchChanged) and event.state == "done" and event.completed == len(sessions)

    async with (
        prepared(sessions, runner, workers=1, options=OPTIONS, config=settings, keep_open=True) as batch,
        asyncio.timeout(20),
    ):
        running = asyncio.create_task(batch.run(watcher))
        await watcher.until(ended)
        assert sum(runner.runs[session.id, Stage.SUMMARY] for session in sessions) == 1
        assert {result.stages[Stage.SUMMARY].problem for result in batch.results} == {"key-refused"}
        refusing = False
        watcher.events.clear()
        batch.controls.retry([session.id for session in sessions])
        await watcher.until(ended)
        batch.controls.stop(0)
        await running
    assert [result.status for result in batch.results] == ["complete"] * len(sessions)


async def test_what_stands_in_is_no_reason_to_make_the_chapters_anew(tmp_path: Path) -> None:
    """A summary gives titles to the chapters, which are a result of the stage before it."""
    (session,) = make_sessions(tmp_path, ("a.mp4",))
    fails = [StageError(Problem.MODEL_UNKNOWN)]

    def script(task: StageTask) -> StageOutput | Exception:
        if task.stage is Stage.SUMMARY and task.config.summary.served and fails:
            return fails.pop()
        made = write_result(task)
        if task.stage in {Stage.VIDEO, Stage.SUMMARY}:
            write_text(session.output / "chapters.json", f"titles by {task.stage} of {task.config.summary.engine}")
            made = made.model_copy(update={"outputs": {**made.outputs, "chapters": "chapters.json"}})
        return made

    runner = FakeRunner(script)
    for status in ("partial", "complete", "complete"):
        batch, _, _ = await run([session], runner, options=EnrichmentOptions(audio_review=False), config=config(600.0))
        assert [result.status for result in batch.results] == [status]
    assert (runner.runs[session.id, Stage.VIDEO], runner.runs[session.id, Stage.SUMMARY]) == (1, 3)


async def test_servers_that_take_long_leave_a_lease_to_the_processors(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav", "c.wav", "d.wav"))
    runner = FakeRunner()
    for session in sessions:
        runner.gates[session.id, Stage.SUMMARY] = asyncio.Event()
    async with prepared(sessions, runner, workers=2, options=OPTIONS, config=config(600.0)) as batch:
        async with asyncio.timeout(20):
            running = asyncio.create_task(batch.run(Watcher()))
            for session in sessions:
                await runner.started[session.id, Stage.AUDIO].wait()
            for session in sessions[:2]:  # with nothing left to compute they may have both
                await runner.started[session.id, Stage.SUMMARY].wait()
            for gate in runner.gates.values():
                gate.set()
            assert await running == 0


async def test_what_goes_wrong_with_a_server_is_no_worker_s_fault(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ("a.wav", "b.wav"))

    def script(task: StageTask) -> StageOutput | Exception:
        asked = task.stage is Stage.SUMMARY and task.config.summary.served
        return StageError(Problem.INTERNAL) if asked else write_result(task)

    _, watcher, _ = await run(sessions, FakeRunner(script), options=OPTIONS, config=config(600.0))
    assert [event.error_rate for event in watcher.events if isinstance(event, PoolChanged)][-1] == 0.0


async def test_where_nothing_can_stand_in_a_basic_summary_does(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ("a.wav",))

    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.BAD_ANSWER) if task.stage is Stage.SUMMARY else write_result(task)

    runner = FakeRunner(script)
    batch, watcher, _ = await run([session], runner, options=OPTIONS, config=config(600.0))
    (result,) = batch.results
    assert result.stages[Stage.SUMMARY].message == (
        "The service gave an answer that could not be used. A basic summary stands in."
    )
    assert runner.runs[session.id, Stage.SUMMARY] == 2
    assert watcher.finished(session.id)[Stage.CANVAS].outcome == "completed"
