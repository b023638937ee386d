from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from enrich_tui import events as ev
from enrich_tui.discovery import Search
from enrich_tui.model import Rejected, Session
from enrich_tui.pipeline.finding import PORTION, find
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared


class Box:
    """An inbox that keeps what arrives."""

    def __init__(self) -> None:
        self.portions: list[list[Session]] = []
        self.rejected: list[Rejected] = []

    def arrive(self, sessions: Iterable[Session], rejected: Iterable[Rejected] = ()) -> None:
        self.portions.append(list(sessions))
        self.rejected += rejected

    def arriving(self, session: Session, *, growing: bool) -> None:
        raise AssertionError(session, growing)

    def withdraw(self, sessions: Iterable[Session]) -> None:
        raise AssertionError(sessions)

    def watching(self) -> None:
        raise AssertionError


async def test_everything_is_found_once_in_portions_and_in_order(tmp_path: Path) -> None:
    names = [f"{number}.wav" for number in range(PORTION * 2 + 7)]
    make_sessions(tmp_path, [*names, "table.csv"])
    box = Box()
    await find(Search(tmp_path), box)
    assert [session.id for portion in box.portions for session in portion] == names
    assert max(map(len, box.portions)) <= PORTION
    assert [rejected.path.name for rejected in box.rejected] == ["table.csv"]


async def test_where_no_name_is_wanted_that_is_said(tmp_path: Path) -> None:
    make_sessions(tmp_path, ["a.wav"])
    box = Box()
    await find(Search(tmp_path, only=["memo", "talk"]), box)
    assert box.rejected == [Rejected(path=tmp_path, reason='No recording here has "memo" or "talk" in its name.')]
    box = Box()
    await find(Search(tmp_path, only=["A"]), box)
    assert box.rejected == []


async def test_work_begins_with_the_first_that_is_found(tmp_path: Path) -> None:
    make_sessions(tmp_path, ["a.wav", "b.wav", "c.csv"])
    watcher = Watcher()
    async with prepared([], FakeRunner(), feed=partial(find, Search(tmp_path))) as batch, asyncio.timeout(20):
        assert await batch.run(watcher) == 0
    kinds = [type(event) for event in watcher.events]
    assert kinds[0] is ev.RunStarted
    assert isinstance(watcher.events[1], ev.BatchChanged)
    assert watcher.events[1].state == "looking"
    assert kinds.index(ev.SessionQueued) < kinds.index(ev.StageStarted)
    assert kinds.count(ev.SessionQueued) == 2
    assert kinds[-1] is ev.RunFinished


async def test_a_library_without_recordings_ends_well(tmp_path: Path) -> None:
    watcher = Watcher()
    async with prepared([], FakeRunner(), feed=partial(find, Search(tmp_path))) as batch, asyncio.timeout(20):
        assert await batch.run(watcher) == 0
