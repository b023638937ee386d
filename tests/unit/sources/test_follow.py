from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from enrich_tui import events as ev
from enrich_tui.display.view import RunView
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.sources.follow import LEFT_UNFINISHED, Follow
from enrich_tui.sources.takeover import Begin, SharedRun
from enrich_tui.sources.tape import Tape
from enrich_tui.store.owner import NoLockError, Owner, is_free, lock_of, own
from tests.unit.pipeline.harness import FakeRunner, make_sessions, prepared
from tests.unit.sources.streams import STARTED, batch, finished, run, session

SOON = 0.01


class Watching:
    """A follower and what it shows."""

    def __init__(self, source: Follow | SharedRun) -> None:
        self.view = RunView()
        self.events: list[ev.Event] = []
        self.task = asyncio.create_task(source.run(self.take))

    def take(self, event: ev.Event) -> None:
        self.events.append(event)
        self.view.apply(event)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                assert not self.task.done(), self.task
                await asyncio.sleep(SOON)

    async def over(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    @property
    def notes(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, ev.Noted)]


def follow(home: Path, **options: object) -> Follow:
    return Follow(home, **{"interval": SOON, "quiet": 2 * SOON, **options})  # type: ignore[arg-type]


def keep(owner: Owner, *events: ev.Event) -> None:
    with Tape(owner.path, owner.epoch, interval=SOON) as tape:
        for event in events:
            tape(event)


async def test_it_shows_what_there_is_and_then_what_comes(tmp_path: Path) -> None:
    with own(tmp_path) as owner, Tape(owner.path, owner.epoch, interval=SOON) as tape:
        for event in run()[:4]:
            tape(event)
        watching = Watching(follow(tmp_path))
        await watching.until(lambda: watching.view.rows)
        assert watching.view.started is not None
        assert watching.view.started.read_only
        for event in run()[4:]:
            tape(event)
        await watching.until(lambda: watching.view.finished)
        assert watching.view.state == "done"
        await watching.over()


async def test_an_owner_that_is_gone_leaves_a_run_that_is_stopped(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, *run()[:5], batch(3))
        watching = Watching(follow(tmp_path))
        await watching.until(lambda: watching.view.batch)
        assert watching.view.state == "running"
    await watching.until(lambda: watching.view.owner == "gone")
    assert watching.view.state == "stopped"
    assert watching.notes == ["The program that worked here has ended before its work was done."]
    await watching.over()


async def test_an_owner_that_does_nothing_is_silent_until_it_does(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, *run()[:5], batch(3))
        watching = Watching(follow(tmp_path, silent=0.05))
        await watching.until(lambda: watching.view.state == "silent")
        assert f"(process {os.getpid()}) does not answer" in watching.notes[-1]
        owner_stream = next((tmp_path / ".enrich-tui" / "runs").iterdir())
        with owner_stream.open("ab") as stream:
            stream.write(ev.EVENT.dump_json(batch(9)) + b"\n")
        await watching.until(lambda: watching.view.state == "running")
        assert "answers again" in watching.notes[-1]
        await watching.over()


async def test_an_owner_that_shows_nothing_is_named(tmp_path: Path) -> None:
    with own(tmp_path):
        watching = Watching(follow(tmp_path, silent=0.05))
        await watching.until(lambda: watching.notes)
        assert "tells nothing of its run" in watching.notes[0]
        await watching.over()


async def test_an_owner_of_another_version_is_named_and_not_misread(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, STARTED.model_copy(update={"version": 99}), *run()[1:])
        watching = Watching(follow(tmp_path))
        await watching.until(lambda: watching.notes)
        assert "is of another version" in watching.notes[0]
        assert not watching.view.rows
        await watching.over()


async def test_the_next_owner_is_followed_too(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, STARTED, *session("a", 0, 1), batch(1))
        watching = Watching(follow(tmp_path))
        await watching.until(lambda: "a" in watching.view.rows)
    await watching.until(lambda: watching.view.owner == "gone")
    with own(tmp_path) as owner:
        keep(owner, STARTED, *session("b", 0, 1), batch(1))
        await watching.until(lambda: "b" in watching.view.rows)
        assert list(watching.view.rows) == ["b"]
        assert watching.view.state == "running"
        await watching.over()


async def test_an_owner_that_has_kept_nothing_yet_is_waited_for(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, *run())
    with own(tmp_path) as owner:
        watching = Watching(follow(tmp_path))
        await asyncio.sleep(10 * SOON)
        assert watching.events == []  # not the run before
        keep(owner, STARTED)
        await watching.until(lambda: watching.view.started)
        await watching.over()


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([*run(), finished(10, 1)], 1),
        ([STARTED, *session("a", 0, 1), batch(2, state="done", progress=100.0)], 0),
        ([STARTED, *session("a", 0, 1)[:3]], LEFT_UNFINISHED),
    ],
    ids=["ended", "done, and open", "left"],
)
async def test_its_exit_code_is_that_of_the_run(tmp_path: Path, events: list[ev.Event], code: int) -> None:
    with own(tmp_path) as owner:
        keep(owner, *events)
    assert await asyncio.wait_for(follow(tmp_path, until="done").run(lambda _event: None), 10) == code


async def test_it_ends_when_the_work_is_done_though_the_owner_stays(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, STARTED, *session("a", 0, 1), batch(2, state="done", progress=100.0))
        assert await asyncio.wait_for(follow(tmp_path, until="done").run(lambda _event: None), 10) == 0


async def test_where_nobody_ever_worked_there_is_nothing(tmp_path: Path) -> None:
    source = follow(tmp_path, until="done")
    await asyncio.wait_for(source.run(lambda _event: None), 10)
    assert not source.found
    assert not (tmp_path / ".enrich-tui").exists()


def test_looking_whether_it_is_free_takes_nothing(tmp_path: Path) -> None:
    assert is_free(lock_of(tmp_path))
    with own(tmp_path) as owner:
        assert not is_free(owner.path)
        owner.check()
    assert is_free(owner.path)


# -- taking over ------------------------------------------------------------------------------------------------------


def beginning(home: Path, epochs: list[int]) -> Begin:
    """Begins a run over a made-up session, as the program would."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[BatchRun]:
        with own(home) as owner:
            epochs.append(owner.epoch)
            async with prepared(make_sessions(home, ["x.mp3"]), FakeRunner(), owner=owner) as batch:
                yield batch

    return begin


async def test_the_work_goes_on_in_the_same_view(tmp_path: Path) -> None:
    epochs: list[int] = []
    with own(tmp_path) as owner:
        keep(owner, *run()[:5], batch(3))
        shared = SharedRun(follow(tmp_path), beginning(tmp_path, epochs))
        watching = Watching(shared)
        await watching.until(lambda: watching.view.rows)
        assert not shared.free
        shared.take_over()  # somebody works: nothing comes of it
        await asyncio.sleep(5 * SOON)
        assert shared.controls is None
    await watching.until(lambda: shared.free)
    shared.take_over()
    assert await asyncio.wait_for(watching.task, 10) == 0
    assert list(watching.view.rows) == ["x.mp3"]
    assert watching.view.state == "done"
    assert watching.view.started is not None
    assert not watching.view.started.read_only
    assert epochs == [2]
    assert shared.batch is not None
    assert shared.controls is shared.batch.controls


async def test_it_can_wait_for_its_turn(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        keep(owner, *run()[:5], batch(3))
        watching = Watching(SharedRun(follow(tmp_path, until="free"), beginning(tmp_path, []), waiting=True))
        await watching.until(lambda: watching.view.rows)
    assert await asyncio.wait_for(watching.task, 10) == 0
    assert list(watching.view.rows) == ["x.mp3"]


async def test_who_is_too_late_goes_on_watching(tmp_path: Path) -> None:
    @asynccontextmanager
    async def late() -> AsyncIterator[BatchRun]:
        with own(tmp_path) as faster:
            keep(faster, STARTED, *session("b", 0, 1))
            async with beginning(tmp_path, [])() as batch:
                yield batch

    with own(tmp_path) as owner:
        keep(owner, STARTED, *session("a", 0, 1))
    shared = SharedRun(follow(tmp_path), late)
    watching = Watching(shared)
    await watching.until(lambda: shared.free)
    shared.take_over()
    await watching.until(lambda: "Another program was faster; it works here now." in watching.notes)
    shared.stop(143)
    assert await asyncio.wait_for(watching.task, 10) == 143


def refuse() -> None:
    raise NoLockError(PermissionError())


async def test_what_cannot_be_taken_over_is_said(tmp_path: Path) -> None:
    @asynccontextmanager
    async def nowhere() -> AsyncIterator[BatchRun]:
        refuse()
        async with beginning(tmp_path, [])() as batch:
            yield batch

    shared = SharedRun(follow(tmp_path), nowhere)
    watching = Watching(shared)
    await watching.until(lambda: shared.free)
    shared.take_over()
    await watching.until(lambda: any("cannot be taken over: nothing can be written" in note for note in watching.notes))
    assert shared.free
    await watching.over()
    waiting = SharedRun(follow(tmp_path, until="free"), nowhere, waiting=True)
    with pytest.raises(NoLockError):
        await asyncio.wait_for(waiting.run(lambda _event: None), 10)
