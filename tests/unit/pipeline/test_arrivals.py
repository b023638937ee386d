"""Sessions that come in, change and go while a run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from enrich_tui import events as ev
from enrich_tui.discovery import discover
from enrich_tui.display.listing import Listing
from enrich_tui.display.view import RunView
from enrich_tui.errors.problems import Problem
from enrich_tui.model import Rejected, Session, SessionStatus, Stage, StageOutcome, StageOutput, StageTask
from enrich_tui.pipeline.intake import Inbox
from enrich_tui.pipeline.run import BatchRun
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, write_result


class Feeder:
    """A feed that does as the test says, step by step."""

    def __init__(self) -> None:
        self.inbox: asyncio.Future[Inbox] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()

    async def __call__(self, inbox: Inbox) -> None:
        """Hand out the inbox, and stay until told to end."""
        self.inbox.set_result(inbox)
        await self.over.wait()


@asynccontextmanager
async def fed(
    runner: FakeRunner, sessions: list[Session] | None = None, *, workers: int = 2
) -> AsyncIterator[tuple[BatchRun, Watcher, Inbox, Callable[[], Awaitable[int]]]]:
    """A run that goes on; the last of the four ends the feed and waits for the end."""
    feeder, watcher = Feeder(), Watcher()
    async with prepared(sessions or [], runner, feed=feeder, workers=workers) as batch:
        task = asyncio.create_task(batch.run(watcher))
        inbox = await feeder.inbox

        async def finish() -> int:
            feeder.over.set()
            async with asyncio.timeout(20):
                return await task

        try:
            yield batch, watcher, inbox, finish
        finally:
            task.cancel()


def ended(session: str, times: int = 1) -> Callable[[list[ev.Event]], bool]:
    return lambda events: (
        sum(isinstance(event, ev.SessionFinished) and event.session == session for event in events) >= times
    )


async def seen(watcher: Watcher, wanted: Callable[[list[ev.Event]], bool]) -> None:
    await watcher.until(lambda _: wanted(watcher.events))


def states(watcher: Watcher) -> list[str]:
    told = [event.state for event in watcher.events if isinstance(event, ev.BatchChanged)]
    return [state for number, state in enumerate(told) if not number or told[number - 1] != state]


async def test_sessions_that_come_in_later_are_worked_on(tmp_path: Path) -> None:
    first, second = make_sessions(tmp_path, ["a.wav", "b.wav"])
    runner = FakeRunner()
    async with fed(runner, [first]) as (batch, watcher, inbox, finish):
        await seen(watcher, ended("a.wav"))
        inbox.arrive([second], [Rejected(path=tmp_path / "x.pdf", reason="This kind of file is not a recording.")])
        await seen(watcher, ended("b.wav"))
        assert await finish() == 0
    assert [result.session_id for result in batch.results] == ["a.wav", "b.wav"]
    assert set(runner.runs.values()) == {1}
    assert any(isinstance(event, ev.SourceRejected) for event in watcher.events)
    totals = [event.total for event in watcher.events if isinstance(event, ev.BatchChanged)]
    assert (totals[0], totals[-1]) == (1, 2)


async def test_the_run_looks_then_runs_then_watches_and_ends_with_its_feed(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    async with fed(FakeRunner()) as (_, watcher, inbox, finish):
        await seen(watcher, lambda _: states(watcher) == ["looking"])
        inbox.arrive([session])
        inbox.watching()
        await seen(watcher, ended("a.wav"))
        await seen(watcher, lambda _: states(watcher)[-1] == "watching")
        await finish()
    assert states(watcher) == ["looking", "running", "watching", "done"]
    assert isinstance(watcher.events[0], ev.RunStarted)


async def test_a_feed_that_fails_ends_the_waiting_and_no_work(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])

    async def failing(inbox: Inbox) -> None:
        inbox.arrive(sessions)
        raise OSError("the drive is gone")

    watcher = Watcher()
    async with prepared([], FakeRunner(), feed=failing) as batch, asyncio.timeout(20):
        assert await batch.run(watcher) == 1  # not all went well: there may be more than what was found
    assert any(isinstance(event, ev.Noted) and "failed" in event.message for event in watcher.events)
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE]


async def test_a_note_that_comes_later_runs_only_what_depends_on_it(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])

    def script(task: StageTask) -> StageOutput | Exception:
        done = write_result(task)
        if task.stage is Stage.SUMMARY:
            (task.session.output / "summary.json").write_text(f"with {len(task.session.notes)} notes")
        return done

    runner = FakeRunner(script)
    async with fed(runner, [session]) as (batch, watcher, inbox, finish):
        await seen(watcher, ended("a.wav"))
        (tmp_path / "a.md").write_text("# What was said")
        inbox.arrive(discover(tmp_path).sessions)
        await seen(watcher, ended("a.wav", 2))
        assert await finish() == 0
    assert runner.runs == {("a.wav", Stage.AUDIO): 1, ("a.wav", Stage.SUMMARY): 2, ("a.wav", Stage.CANVAS): 2}
    assert len(batch.results) == 1
    figures = [event for event in watcher.events if isinstance(event, ev.BatchChanged)]
    for event in figures:
        assert event.pending + event.processing + event.completed + event.failed == event.total == 1


async def test_a_recording_that_is_replaced_while_it_is_worked_on_is_done_again_afterwards(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    runner = FakeRunner()
    gate = runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with fed(runner, [session]) as (batch, watcher, inbox, finish):
        await runner.started["a.wav", Stage.AUDIO].wait()
        (tmp_path / "a.wav").write_text("other bytes, and more of them")
        inbox.arrive(discover(tmp_path).sessions)
        gate.set()
        await seen(watcher, ended("a.wav"))
        assert await finish() == 0
    assert runner.runs == {("a.wav", Stage.AUDIO): 2, ("a.wav", Stage.SUMMARY): 1, ("a.wav", Stage.CANVAS): 1}
    assert batch.results[0].status is SessionStatus.COMPLETE


async def test_a_recording_that_is_gone_before_its_turn_ends_with_a_message(tmp_path: Path) -> None:
    first, second = make_sessions(tmp_path, ["a.wav", "b.wav"])
    runner = FakeRunner()
    gate = runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with fed(runner, [first, second], workers=1) as (batch, watcher, inbox, finish):
        await runner.started["a.wav", Stage.AUDIO].wait()
        inbox.withdraw([second])
        (tmp_path / "b.wav").unlink()
        await seen(watcher, ended("b.wav"))
        gate.set()
        await finish()
    by_id = {result.session_id: result for result in batch.results}
    assert by_id["a.wav"].status is SessionStatus.COMPLETE
    problems = {stage: result.problem for stage, result in by_id["b.wav"].stages.items()}
    assert problems.pop(Stage.AUDIO) == Problem.FILE_MISSING
    assert set(problems.values()) <= {Problem.LEFT_OUT, Problem.NO_INPUT}
    assert by_id["b.wav"].status is SessionStatus.SKIPPED
    assert by_id["b.wav"].message == "A file of this session is no longer there."
    assert not any(isinstance(event, ev.ErrorRaised) for event in watcher.events), "nothing failed"
    assert all(result.status is StageOutcome.SKIPPED for result in by_id["b.wav"].stages.values())
    assert not second.output.exists()


async def test_a_recording_that_comes_back_is_worked_on(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    runner = FakeRunner()
    async with fed(runner) as (batch, watcher, inbox, finish):
        (tmp_path / "a.wav").unlink()
        inbox.arrive([session])
        await seen(watcher, ended("a.wav"))
        make_sessions(tmp_path, ["a.wav"])
        inbox.arrive([session])
        await seen(watcher, ended("a.wav", 2))
        assert await finish() == 0
    assert batch.results[0].status is SessionStatus.COMPLETE
    assert set(runner.runs.values()) == {1}


async def test_what_is_gone_after_it_ended_stays_as_it_ended(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    async with fed(FakeRunner(), [session]) as (batch, watcher, inbox, finish):
        await seen(watcher, ended("a.wav"))
        inbox.withdraw([session])
        assert await finish() == 0
    assert batch.results[0].status is SessionStatus.COMPLETE
    assert len([event for event in watcher.events if isinstance(event, ev.SessionFinished)]) == 1


@pytest.mark.parametrize("running", [False, True])
async def test_stopping_loses_no_change_that_waits(tmp_path: Path, running: bool) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    runner = FakeRunner()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with fed(runner, [session]) as (batch, watcher, inbox, finish):
        if running:
            await runner.started["a.wav", Stage.AUDIO].wait()
        inbox.arrive([session])
        batch.controls.stop()
        assert await finish() == 130
    again = FakeRunner()
    async with fed(again, [session]) as (_, watcher, _inbox, finish):
        await seen(watcher, ended("a.wav"))
        assert await finish() == 0
    assert set(again.runs.values()) == {1}


async def test_the_view_follows_what_comes_in_late(tmp_path: Path) -> None:
    first, second = make_sessions(tmp_path, ["a.wav", "b.wav"])
    view = RunView()
    listing = Listing(view)
    async with fed(FakeRunner(), [first]) as (_, watcher, inbox, finish):
        await seen(watcher, ended("a.wav"))
        inbox.arrive([second])
        await seen(watcher, ended("b.wav"))
        inbox.arrive([first])
        await seen(watcher, ended("a.wav", 2))
        await finish()
    for event in watcher.events:
        view.apply(event)
        listing.update(view.take().rows)
    assert sorted(listing.ids) == ["a.wav", "b.wav"]
    assert {row.state for row in view.rows.values()} == {"done"}
    assert view.ended == view.counts.total() == 2


async def test_nothing_of_a_session_starts_while_its_files_are_written_to(tmp_path: Path) -> None:
    first, second = make_sessions(tmp_path, ["a.wav", "b.wav"])
    runner = FakeRunner()
    gate = runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with fed(runner, [first, second]) as (_, watcher, inbox, finish):
        await runner.started["a.wav", Stage.AUDIO].wait()
        inbox.arriving(first, growing=True)
        gate.set()
        await seen(watcher, ended("b.wav"))
        await seen(watcher, lambda _: Stage.AUDIO in watcher.finished("a.wav"))
        assert runner.runs.keys() & {("a.wav", Stage.SUMMARY), ("a.wav", Stage.CANVAS)} == set()
        inbox.arrive([first])
        await seen(watcher, ended("a.wav"))
        assert await finish() == 0
    assert set(runner.runs.values()) == {1}


async def test_what_was_still_being_written_at_the_end_is_told(tmp_path: Path) -> None:
    first, second = make_sessions(tmp_path, ["a.wav", "b.wav"])
    async with fed(FakeRunner()) as (_, watcher, inbox, finish):
        for session in (first, second):
            inbox.arriving(session, growing=False)
        inbox.arrive([second])
        await seen(watcher, ended("b.wav"))
        assert await finish() == 0
    assert any(
        isinstance(event, ev.Noted) and "1 recording was not finished" in event.message for event in watcher.events
    )
