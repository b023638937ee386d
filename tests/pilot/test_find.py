"""Finding words in all sessions from the dashboard: while they are typed, off its loop, and going where they are."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import platformdirs
import pytest

from enrich_tui import events as ev
from enrich_tui.config import UiConfig
from enrich_tui.search import Found, Place, Query, search_place
from enrich_tui.stages.results import CANVAS, SUMMARY
from enrich_tui.tui import outward
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.screens import find
from enrich_tui.tui.screens.details import DetailScreen
from enrich_tui.tui.screens.find import FindScreen
from enrich_tui.tui.widgets.hits import HitPane
from tests.pilot.hostile import HOSTILE, check_clean
from tests.pilot.scripted import STARTED, Scripted, dashboard, shown, until, until_shown
from tests.pilot.test_handover import Foreign
from tests.unit.search.making import enriched
from tests.unit.view.feeding import batch, queued

SAID = ["We begin.", *["And so on." for _ in range(60)], "The Büdget is due.", *["The end." for _ in range(60)]]


def script(folders: Sequence[tuple[str, Path]]) -> list[ev.Event]:
    """A run over these sessions: title and results of each."""
    sessions = [
        queued(f"s{number}", title).model_copy(update={"output": str(folder)})
        for number, (title, folder) in enumerate(folders)
    ]
    return [STARTED, *sessions, batch(t=1.0, progress=12)]


@pytest.fixture
def library(tmp_path: Path) -> list[ev.Event]:
    plan = enriched(tmp_path / "plan.mp4", SAID, chapters=[("Start", []), ("Budget", ["x"])])
    talk = enriched(tmp_path / "talk.mp4", ["A hotel."])
    return script([("Plan", plan), ("Talk", talk), ("New", tmp_path / "new.mp4.enriched")])


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_hits_are_listed_while_words_are_typed_and_opened_where_they_are(
    library: list[ev.Event], size: tuple[int, int]
) -> None:
    app = dashboard(Scripted(library))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("f", *"budg")
        screen = await until_shown(pilot, "2 hits in 1 of 2 sessions")
        assert "0:10 chapter: Budget" in screen
        assert "4:04 The Büdget is due." in screen
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        screen = await until_shown(pilot, "find: Büdg   1 of 1")
        assert "4:04  The Büdget is due." in screen
        assert "We begin." not in screen
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, FindScreen))
        await pilot.press("up", "enter")
        await until_shown(pilot, "Start")
        await until_shown(pilot, "find: Budg   1 of 1")
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        await pilot.press("f")
        await until_shown(pilot, "2 hits in 1 of 2 sessions")


async def test_the_canvas_opens_at_the_moment(library: list[ev.Event], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[Path, float | None]] = []

    async def remember(path: Path, at: float | None = None) -> bool:
        opened.append((path, at))
        return True

    monkeypatch.setattr(outward, "open_path", remember)
    app = dashboard(Scripted(library))
    async with app.run_test(notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("f", *"budget due")
        await until_shown(pilot, "1 hit in")
        await pilot.press("down", "o")
        await until(pilot, lambda: bool(opened))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await pilot.press("o")
        await until(pilot, lambda: len(opened) == 2)
        assert [(path.name, at) for path, at in opened] == [(CANVAS, 244.0)] * 2


def test_the_address_of_a_moment(tmp_path: Path) -> None:
    page = tmp_path / "été #1 100%" / CANVAS
    assert outward.address(page, 12.5) == f"{tmp_path.as_uri()}/%C3%A9t%C3%A9%20%231%20100%25/canvas.html#t=12.50"
    assert outward.address(page, 3600.0).endswith("canvas.html#t=3600.00")


async def test_where_openers_drop_the_moment_a_page_leads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def run(arguments: Sequence[str]) -> bool:
        asked.extend(arguments)
        return True

    def write(path: Path, text: str) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    monkeypatch.setattr(outward, "run_command", run)
    monkeypatch.setattr(outward, "write_text", write)  # that of another system is not to be had here
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    page = tmp_path / "a & b" / CANVAS
    monkeypatch.setattr(sys, "platform", "linux")
    assert await outward.open_path(page, 7.0)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert await outward.open_path(page, 7.0)
    assert asked == ["xdg-open", outward.address(page, 7.0), "open", str(tmp_path / "cache" / "moment.html")]
    told = (tmp_path / "cache" / "moment.html").read_text()
    assert f"url={tmp_path.as_uri()}/a%20%26%20b/canvas.html#t=7.00" in told
    (tmp_path / "cache" / "moment.html").unlink()
    (tmp_path / "cache").rmdir()
    (tmp_path / "cache").write_text("no folder")
    assert await outward.open_path(page, 7.0)
    assert asked[-1] == str(page)


async def test_looking_keeps_no_key_waiting_and_what_is_outdated_is_dropped(
    library: list[ev.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(place: Place, query: Query, most: int | None = None) -> Found | None:
        if query.terms == (("budget",),):
            begun.set()
            go.wait(30)
        return search_place(place, query, most)

    monkeypatch.setattr(find, "search_place", slow)
    app = dashboard(Scripted(library))
    async with app.run_test(notifications=True) as pilot:
        try:
            await until_shown(pilot, "12%")
            await pilot.press("f", *"budget")
            await until(pilot, begun.is_set)
            await pilot.press(*" due")
            await until_shown(pilot, "1 hit in 1 of 2 sessions")
        finally:
            go.set()
        await pilot.press("down", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_nothing_found_nothing_typed_and_nothing_there(library: list[ev.Event], tmp_path: Path) -> None:
    (tmp_path / "talk.mp4.enriched" / SUMMARY).write_bytes(b"\xff")
    app = dashboard(Scripted(library))
    async with app.run_test(notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("f", *"zeppelin")
        assert "1 cannot be read" in await until_shown(pilot, "nothing found in 2 sessions")
        await pilot.press("down", "enter", "ctrl+u")
        await until(pilot, lambda: "nothing found" not in shown(app))
        assert app.focused is app.screen.query_one("#words")
    app = dashboard(Scripted(script([("New", tmp_path / "none")])))
    async with app.run_test(notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("f", "a")
        await until_shown(pilot, "No session has results yet.")


async def test_it_is_there_over_the_run_of_another_program_and_under_another_key(library: list[ev.Event]) -> None:
    source = Foreign(*library)
    app = Dashboard(source, None, ui=UiConfig(motion=False), keys={"find": "ctrl+f"}, handover=source)
    async with app.run_test(size=(40, 6), notifications=True) as pilot:
        await until(pilot, lambda: len(app.board.view.rows) == 3 and app.main.furnished)
        await pilot.press("ctrl+f", *"hotel", "enter")
        await until(pilot, lambda: isinstance(app.screen, FindScreen) and app.screen.hits.selected is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.screen.query_one(HitPane))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))


async def test_plain_characters_are_enough(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["word " * 60 + "budget " + "word " * 60])
    app = Dashboard(Scripted(script([("Talk", folder)])), None, ui=UiConfig(motion=False, ascii=True))
    async with app.run_test(size=(140, 24), notifications=True) as pilot:
        await until(pilot, lambda: len(app.board.view.rows) == 1 and app.main.furnished)
        await pilot.press("f", *"budget")
        screen = await until_shown(pilot, "1 hit in 1 of 1 session")
        assert "..word" in screen.replace(" ", "")
        assert screen.isascii()


async def test_text_from_outside_is_text(tmp_path: Path) -> None:
    folders = []
    for number, text in enumerate(HOSTILE.values()):
        said = f"Found {text} found".replace("\n", " ").encode("utf-8", "replace").decode()
        folder = enriched(tmp_path / f"{number}.mp4", [said], chapters=[(said, [said])], note=said, overview=said)
        folders.append((text, folder))
    app = dashboard(Scripted(script(folders)))
    async with app.run_test(size=(140, 60), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("f", *"found")
        await until_shown(pilot, f"in {len(HOSTILE)} of {len(HOSTILE)} sessions")
        check_clean(app)
        await pilot.press("down")
        for _ in range(4):
            await pilot.press("pagedown")
            check_clean(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        check_clean(app)
