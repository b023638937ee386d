"""A service that is down: what needs it waits, keeps its attempts, and goes on by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from enrich_tui.errors import ErrorHandler
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import EnrichmentOptions, SessionStatus, Stage, StageOutput, StageTask
from enrich_tui.pipeline import run as run_module
from enrich_tui.testing import FakeClock
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, write_result

AUDIO = EnrichmentOptions(video_chaptering=False, generate_summary=False, generate_canvas=False)
NAMES = ("a.wav", "b.wav", "c.wav", "d.wav")


class WatchedHandler(ErrorHandler):
    """Lets a test wait until the run has looked at a closed door some times."""

    looks: asyncio.Queue[None] | None = None

    def ready(self, operation: str) -> bool:
        """As ever, and told where nothing may be sent."""
        ready = super().ready(operation)
        if self.looks is not None and not ready:
            self.looks.put_nowait(None)
        return ready

    async def refused(self, times: int) -> None:
        """Wait for so many further looks that found nothing to be sent."""
        self.looks = asyncio.Queue()
        for _ in range(times):
            await asyncio.wait_for(self.looks.get(), 10)


async def test_an_open_circuit_parks_what_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "PARKED", 0.001)
    clock = FakeClock(1000.0)
    errors = WatchedHandler(clock=clock, failure_threshold=2, base_delay=0.0)
    down = True

    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.NETWORK) if down else write_result(task)

    sessions = make_sessions(tmp_path, NAMES)
    runner = FakeRunner(script)
    async with prepared(sessions, runner, workers=2, options=AUDIO, errors=errors) as batch, asyncio.timeout(20):
        running = asyncio.create_task(batch.run(Watcher()))
        await errors.refused(10)
        burnt = sum(runner.runs.values())
        assert errors.circuit_state("audio-review") == "open"
        await errors.refused(10)
        assert sum(runner.runs.values()) == burnt  # nothing is sent, and nobody loses an attempt over it

        down = False
        for session in sessions:
            runner.gates[session.id, Stage.AUDIO] = asyncio.Event()
        clock.advance(60)
        await errors.refused(1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(runner.running) == 1  # the probe
        for gate in runner.gates.values():
            gate.set()
        await running
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE] * len(NAMES)
    assert sum(result.stages[Stage.AUDIO].attempts for result in batch.results) == burnt + len(NAMES)
    assert errors.circuit_state("audio-review") == "closed"


async def test_what_did_not_fail_yet_tries_whether_it_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "PARKED", 0.001)
    clock = FakeClock(1000.0)
    errors = WatchedHandler(clock=clock, failure_threshold=2, base_delay=0.0)
    order: list[str] = []

    def script(task: StageTask) -> StageOutput | Exception:
        order.append(task.session.title)
        return StageError(Problem.NETWORK) if task.session.title == "a" else write_result(task)

    sessions = make_sessions(tmp_path, NAMES)
    runner = FakeRunner(script)
    async with prepared(sessions, runner, workers=1, options=AUDIO, errors=errors) as batch, asyncio.timeout(20):
        running = asyncio.create_task(batch.run(Watcher()))
        await errors.refused(1)
        assert order == ["a", "a"]
        clock.advance(60)
        await running
    assert order == ["a", "a", "b", "c", "a", "d"]  # the circuit is closed after the two that had not failed
    assert [result.status for result in batch.results] == [SessionStatus.FAILED] + [SessionStatus.COMPLETE] * 3


async def test_a_cancelled_probe_lets_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "PARKED", 0.001)
    clock = FakeClock(1000.0)
    errors = WatchedHandler(clock=clock, failure_threshold=1, base_delay=0.0)
    down = True

    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.NETWORK) if down else write_result(task)

    sessions = make_sessions(tmp_path, NAMES)
    runner = FakeRunner(script)
    async with prepared(sessions, runner, workers=1, options=AUDIO, errors=errors) as batch, asyncio.timeout(20):
        running = asyncio.create_task(batch.run(Watcher()))
        await errors.refused(10)
        down = False
        first = runner.gates[sessions[0].id, Stage.AUDIO] = asyncio.Event()
        runner.started.clear()
        clock.advance(60)
        await runner.started[sessions[0].id, Stage.AUDIO].wait()
        assert batch.controls.cancel([sessions[0].id]) == 1
        await running
    assert not first.is_set()
    assert [result.status for result in batch.results] == [SessionStatus.CANCELLED] + [SessionStatus.COMPLETE] * 3
