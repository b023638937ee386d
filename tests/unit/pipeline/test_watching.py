"""Watching a real folder with a clock that the test turns: what arrives when, whole and once."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from enrich_tui.config import WatchConfig
from enrich_tui.discovery import Search
from enrich_tui.model import Rejected, Session
from enrich_tui.pipeline.finding import REST, watch
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run

SETTINGS = WatchConfig(every=2.0, settle=6.0, patience=60.0)


class Scene:
    """A library, its watcher, and the clock; also the inbox of what it passes on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = 0.0
        self.slept: list[float] = []
        self.arrived: list[str] = []
        self.sessions: dict[str, Session] = {}
        self.rejected: list[str] = []
        self.waiting: list[tuple[str, bool]] = []
        self.gone: list[str] = []
        self.watched = False
        self.unfinished: set[str] = set()
        """Names of recordings that are not whole."""
        self.asked: list[str] = []
        self._asleep = asyncio.Event()
        self._awake = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """As the watcher sleeps: until the test turns the clock."""
        self.slept.append(seconds)
        self._awake.clear()
        self._asleep.set()
        await self._awake.wait()

    async def after(self, seconds: float) -> None:
        """Let time go by, look by look."""
        async with asyncio.timeout(20):
            await self._asleep.wait()
            until = self.now + seconds
            while self.now < until:
                self.now = min(until, self.now + SETTINGS.every)
                self._asleep.clear()
                self._awake.set()
                await self._asleep.wait()

    def put(self, name: str, text: str = "x") -> None:
        """Write a file, with a time that says nothing."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    async def is_whole(self, session: Session) -> bool:
        self.asked.append(session.id)
        return not any(path.name in self.unfinished for path in session.recordings)

    def arrive(self, sessions: Iterable[Session], rejected: Iterable[Rejected] = ()) -> None:
        for session in sessions:
            self.arrived.append(session.id)
            self.sessions[session.id] = session
        self.rejected += [one.path.name for one in rejected]

    def arriving(self, session: Session, *, growing: bool) -> None:
        self.waiting.append((session.id, growing))

    def withdraw(self, sessions: Iterable[Session]) -> None:
        self.gone += [session.id for session in sessions]

    def watching(self) -> None:
        assert not self.watched
        self.watched = True


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "lib").mkdir()
    return Scene(tmp_path / "lib")


@asynccontextmanager
async def watched(scene: Scene) -> AsyncIterator[Scene]:
    task = asyncio.create_task(
        watch(Search(scene.root), scene, SETTINGS, scene.is_whole, clock=lambda: scene.now, sleep=scene.sleep)
    )
    try:
        await scene.after(0)
        yield scene
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_new_recording_is_taken_up_when_it_is_still_and_only_once(scene: Scene) -> None:
    async with watched(scene):
        assert scene.watched
        scene.put("a.wav")
        await scene.after(2)
        assert (scene.waiting, scene.arrived) == ([("a.wav", False)], [])
        await scene.after(4)
        assert scene.arrived == []
        await scene.after(2)
        assert scene.arrived == ["a.wav"]
        await scene.after(300)
    assert (scene.arrived, scene.asked) == (["a.wav"], ["a.wav"])


async def test_one_that_grows_is_told_of_and_taken_up_whole(scene: Scene) -> None:
    async with watched(scene):
        for size in range(1, 20):
            scene.put("a.wav", "x" * size)
            await scene.after(4)
        assert (scene.arrived, scene.asked) == ([], [])
        assert scene.waiting[1:] == [("a.wav", True)] * 18
        await scene.after(6)
    assert scene.arrived == ["a.wav"]
    assert scene.sessions["a.wav"].size == 19


async def test_one_that_is_still_and_not_whole_waits_until_patience_ends(scene: Scene) -> None:
    scene.unfinished.add("a.mp4")
    async with watched(scene):
        scene.put("a.mp4")
        await scene.after(58)
        assert scene.arrived == []
        assert scene.waiting == [("a.mp4", False), ("a.mp4", True)]
        assert scene.asked == ["a.mp4"]
        await scene.after(6)
        assert scene.arrived == ["a.mp4"]
        await scene.after(100)
    assert scene.arrived == ["a.mp4"]


async def test_a_slow_writer_that_rests_is_not_taken_for_finished(scene: Scene) -> None:
    scene.unfinished.add("a.mp4")
    async with watched(scene):
        scene.put("a.mp4")
        await scene.after(30)
        scene.put("a.mp4", "more of it")
        await scene.after(50)
        assert scene.arrived == []
        scene.unfinished.clear()
        scene.put("a.mp4", "more of it, and the index")
        await scene.after(8)
    assert scene.arrived == ["a.mp4"]


async def test_a_note_that_comes_later_brings_its_session_again(scene: Scene) -> None:
    async with watched(scene):
        scene.put("a.wav")
        await scene.after(8)
        scene.put("a.md", "# What was said")
        await scene.after(10)
        assert scene.arrived == ["a.wav", "a.wav"]
        assert [path.name for path in scene.sessions["a.wav"].notes] == ["a.md"]
    assert scene.rejected == []


async def test_a_note_that_comes_first_is_no_reject_when_its_recording_follows(scene: Scene) -> None:
    async with watched(scene):
        scene.put("a.md")
        await scene.after(4)
        scene.put("a.wav")
        scene.put("b.md")
        await scene.after(20)
    assert (scene.arrived, scene.rejected) == (["a.wav"], ["b.md"])


async def test_removed_restored_and_renamed(scene: Scene) -> None:
    async with watched(scene):
        scene.put("a.wav")
        scene.put("b.wav")
        await scene.after(8)
        (scene.root / "a.wav").rename(scene.root.parent / "away.wav")
        (scene.root / "b.wav").rename(scene.root / "c.wav")
        await scene.after(10)
        assert sorted(scene.gone) == ["a.wav", "b.wav"]
        assert scene.arrived == ["a.wav", "b.wav", "c.wav"]
        (scene.root.parent / "away.wav").rename(scene.root / "a.wav")
        await scene.after(10)
    assert scene.arrived[3:] == ["a.wav"]


async def test_one_that_goes_before_it_was_taken_up_is_told_of(scene: Scene) -> None:
    async with watched(scene):
        scene.put("a.wav")
        await scene.after(2)
        (scene.root / "a.wav").unlink()
        await scene.after(20)
    assert (scene.arrived, scene.gone) == ([], ["a.wav"])


async def test_an_unfinished_download_gets_its_turn_when_it_gets_its_name(scene: Scene) -> None:
    async with watched(scene):
        scene.put("a.mp4.crdownload")
        scene.put("b.part")
        await scene.after(100)
        assert (scene.waiting, scene.rejected) == ([], [])
        (scene.root / "a.mp4.crdownload").rename(scene.root / "a.mp4")
        await scene.after(8)
    assert scene.arrived == ["a.mp4"]


@pytest.mark.parametrize("moment", [0, 2**40, 4_000_000_000])
async def test_times_of_files_may_be_anything_and_go_back(scene: Scene, moment: int) -> None:
    async with watched(scene):
        scene.put("a.wav")
        os.utime(scene.root / "a.wav", (moment, moment))
        await scene.after(8)
        assert scene.arrived == ["a.wav"]
        os.utime(scene.root / "a.wav", (1, 1))
        await scene.after(10)
    assert scene.arrived == ["a.wav", "a.wav"]


async def test_a_drive_that_is_away_for_a_while_takes_nothing_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_folder: object) -> None:
        raise OSError(5, "Input/output error")

    async with watched(scene):
        scene.put("deep/a.wav")
        await scene.after(8)
        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", away)
            await scene.after(100)
        await scene.after(20)
    assert (scene.arrived, scene.gone, scene.rejected) == (["deep/a.wav"], [], [])


async def test_a_folder_that_goes_takes_its_recordings_with_it(scene: Scene) -> None:
    async with watched(scene):
        scene.put("deep/a.wav")
        await scene.after(8)
        shutil.rmtree(scene.root / "deep")
        await scene.after(10)
    assert scene.gone == ["deep/a.wav"]


async def test_what_was_finished_before_is_there_at_once_and_not_asked_about(scene: Scene) -> None:
    sessions = make_sessions(scene.root, ["a.wav", "b.wav"])
    await run(sessions, FakeRunner())
    scene.put("b.wav", "other bytes")
    async with watched(scene):
        assert scene.arrived == ["a.wav"]
        await scene.after(8)
    assert (scene.arrived, scene.asked) == (["a.wav", "b.wav"], ["b.wav"])


async def test_a_look_that_takes_long_is_followed_by_a_long_rest(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(search: Search) -> Iterable[object]:
        scene.now += 1.0
        yield from ()

    monkeypatch.setattr(Search, "look", slow)
    async with watched(scene):
        pass
    assert scene.slept == [REST * 1.0]


async def test_what_changes_while_it_is_looked_into_is_not_taken_for_what_was_found(scene: Scene) -> None:
    async def is_whole(session: Session) -> bool:
        scene.asked.append(session.id)
        if len(scene.asked) == 1:
            scene.put("a.wav", "and the rest of it")
        return True

    scene.is_whole = is_whole  # type: ignore[method-assign]
    async with watched(scene):
        scene.put("a.wav")
        await scene.after(10)
        assert (scene.arrived, scene.asked) == ([], ["a.wav"])
        await scene.after(10)
    assert scene.arrived == ["a.wav"]
    assert scene.sessions["a.wav"].size == len("and the rest of it")
