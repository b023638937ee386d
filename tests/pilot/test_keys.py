"""Every key of the dashboard, one after another, each with what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from enrich_tui import events as ev
from enrich_tui.stages.results import CANVAS, TRANSCRIPT, Segment, Transcript
from enrich_tui.tui import keys, outward
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.screens.choice import Choice
from enrich_tui.tui.screens.details import DetailScreen
from enrich_tui.tui.screens.find import FindScreen
from enrich_tui.tui.screens.help import HelpScreen
from enrich_tui.tui.screens.log import ErrorScreen, LogScreen
from enrich_tui.tui.screens.workers import WorkerScreen
from enrich_tui.tui.widgets.hits import HitPane
from tests.pilot.scripted import Scripted, dashboard, shown, until, until_shown
from tests.pilot.test_dashboard import SCRIPT
from tests.unit.search.making import SENTENCE, enriched
from tests.unit.view.feeding import error, queued

Check = Callable[[Dashboard, Scripted], object]
Step = tuple[str, str, Check]
"""Id of the binding, the key to press, and what is true afterwards."""


def on(ident: str) -> Check:
    return lambda app, _: app.board.selected == ident


def asked(*what: object) -> Check:
    return lambda _, source: source.asked[-1:] == [what]


def says(words: str) -> Check:
    return lambda app, _: words in shown(app)


def at(kind: type) -> Check:
    return lambda app, _: isinstance(app.screen, kind)


def read_to(line: int) -> Check:
    def reached(app: Dashboard, _: Scripted) -> bool:
        pane = app.screen.query_one("#reader")
        return pane.scroll_offset.y == (line if line >= 0 else pane.max_scroll_y)

    return reached


def hits(app: Dashboard) -> HitPane:
    return app.screen.query_one(HitPane)


def hit_time(app: Dashboard) -> float:
    """When the hit under the cursor is said; less than nothing where there is none."""
    chosen = hits(app).selected
    return chosen[1].time or 0.0 if chosen is not None and hits(app).has_focus else -1.0


def found_at(number: int) -> Check:
    return lambda app, _: hit_time(app) == number * SENTENCE


def home(app: Dashboard, _: Scripted) -> bool:
    return app.screen is app.main


TABLE: list[Step] = [
    ("down", "down", on("s1")),
    ("down", "j", on("s2")),
    ("up", "up", on("s1")),
    ("up", "k", on("s0")),
    ("last", "end", on("s29")),
    ("first", "home", on("s0")),
    ("last", "G", on("s29")),
    ("first", "g", on("s0")),
    ("page-down", "pagedown", lambda app, _: app.board.selected not in {"s0", "s1", None}),
    ("page-up", "pageup", on("s0")),
    ("open", "enter", at(DetailScreen)),
    ("back", "escape", home),
]

MAIN: list[Step] = [
    ("retry", "r", asked("retry", "s0")),
    ("retry-all", "R", asked("retry_failed")),
    ("restart", "w", asked("restart_errored_workers")),
    ("cancel", "x", asked("cancel", "s0")),
    ("cancel-all", "X", says("Cancel everything")),
    ("choice", "c", asked("cancel_all")),
    ("pause", "space", asked("pause")),
    ("more-workers", "plus", asked("add_worker")),
    ("fewer-workers", "minus", asked("remove_worker")),
    ("last", "end", on("s29")),
    ("earlier", "u", asked("move", "s29", -1)),
    ("later", "d", asked("move", "s29", 1)),
    ("front", "U", asked("move", "s29", -30)),
    ("rear", "D", asked("move", "s29", 30)),
    ("first", "home", on("s0")),
    ("next", "n", on("s1")),
    ("previous", "N", on("s1")),
    ("filter", "slash", lambda app, _: app.focused is app.main.filter),
    ("typing", "9", says("filter: 9")),
    ("filter-keep", "enter", lambda app, _: app.focused is app.main.table and len(app.board.listing) == 3),
    ("clear", "escape", says("filter: none")),
    ("filter", "slash", lambda app, _: app.focused is app.main.filter),
    ("typing", "9", says("filter: 9")),
    ("filter-clear", "escape", says("filter: none")),
    ("sort", "s", at(Choice)),
    ("choice", "n", says("sort:name ▲")),
    ("reverse", "S", says("sort:name ▼")),
    ("reverse", "S", says("sort:name ▲")),
    ("mark", "m", says("1 marked")),
    ("clear", "escape", lambda app, _: not app.board.marked),
    ("mark-all", "asterisk", says("30 marked")),
    ("mark-all", "asterisk", lambda app, _: not app.board.marked),
    ("hide", "h", says("finished hidden")),
    ("hide", "h", lambda app, _: "finished hidden" not in shown(app)),
    ("freeze", "p", says("VIEW FROZEN")),
    ("freeze", "p", lambda app, _: "VIEW FROZEN" not in shown(app)),
    ("next-panel", "tab", lambda app, _: app.focused is app.main.errors),
    ("errors-down", "down", lambda app, _: app.main.errors.selected is app.main.errors.entries[1]),
    ("errors-up", "up", lambda app, _: app.main.errors.selected is app.main.errors.entries[0]),
    ("errors-down", "j", lambda app, _: app.main.errors.selected is app.main.errors.entries[1]),
    ("errors-up", "k", lambda app, _: app.main.errors.selected is app.main.errors.entries[0]),
    ("help", "question_mark", says("Move to the error above")),
    ("back", "escape", home),
    ("errors-open", "enter", at(ErrorScreen)),
    ("back", "q", home),
    ("previous-panel", "shift+tab", lambda app, _: app.focused is app.main.table),
    ("errors", "e", at(ErrorScreen)),
    ("trace", "b", at(ErrorScreen)),
    ("reader-help", "question_mark", says("Show what the log says of it")),
    ("back", "escape", at(ErrorScreen)),
    ("back", "escape", home),
    ("workers", "W", at(WorkerScreen)),
    ("worker-down", "down", says("▸ 2")),
    ("worker-up", "up", says("▸ 1")),
    ("worker-down", "j", says("▸ 2")),
    ("worker-restart", "r", asked("restart_worker", 2)),
    ("worker-up", "k", says("▸ 1")),
    ("worker-restart-errored", "w", asked("restart_errored_workers")),
    ("worker-add", "plus", asked("add_worker")),
    ("worker-remove", "minus", asked("remove_worker")),
    ("reader-help", "f1", at(HelpScreen)),
    ("back", "escape", at(WorkerScreen)),
    ("back", "escape", home),
    ("log", "L", at(LogScreen)),
    ("log-filter", "slash", lambda app, _: app.focused is app.screen.query_one("#log-filter")),
    ("filter-clear", "escape", lambda app, _: app.focused is app.screen.query_one("#reader")),
    ("log-follow", "f", says("standing still")),
    ("log-follow", "f", says("following")),
    ("back", "escape", home),
    ("help", "f1", at(HelpScreen)),
    ("back", "escape", home),
    ("palette", "ctrl+p", lambda app, _: type(app.screen).__name__ == "CommandPalette"),
    ("palette", "escape", home),
    ("theme", "t", lambda app, _: app.theme == "enrich-light"),
    ("quit", "q", says("Quit?")),
    ("choice", "escape", home),
    ("interrupt", "ctrl+c", says("Quit?")),
    ("choice", "down", at(Choice)),
    ("choice", "up", at(Choice)),
    ("choice", "escape", home),
]

COPIES: list[Step] = [
    ("copy", "y", lambda app, _: app.clipboard.startswith("- session 0")),
    ("copy-report", "Y", lambda app, _: "## Sessions" in app.clipboard),
    ("export", "E", at(Choice)),
    ("choice", "j", says("Wrote")),
    ("screenshot", "ctrl+s", lambda *_: any(Path.cwd().glob("*.svg"))),
    ("result", "o", says("Opened")),
]

DETAILS: list[Step] = [
    ("open", "enter", says("1 overview")),
    ("details-retry", "r", asked("retry", "own")),
    ("details-result", "o", says("Opened")),
    ("section-2", "2", says("There is nothing yet.")),
    ("section-3", "3", says("There is nothing yet.")),
    ("section-1", "1", says("results")),
    ("section-previous", "left", says("word 0")),
    ("section-next", "right", says("results")),
    ("section-previous", "shift+tab", says("word 0")),
    ("section-next", "tab", says("results")),
    ("section-4", "4", says("word 0")),
    ("line-down", "down", read_to(1)),
    ("line-down", "j", read_to(2)),
    ("line-up", "up", read_to(1)),
    ("line-up", "k", read_to(0)),
    ("read-last", "end", read_to(-1)),
    ("read-first", "home", read_to(0)),
    ("read-last", "G", read_to(-1)),
    ("read-first", "g", read_to(0)),
    ("read-page-down", "pagedown", lambda app, _: app.screen.query_one("#reader").scroll_offset.y > 5),
    ("read-page-up", "pageup", read_to(0)),
    ("read-page-down", "space", lambda app, _: app.screen.query_one("#reader").scroll_offset.y > 5),
    ("find-here", "slash", lambda app, _: app.focused is app.screen.query_one("#find-here")),
    ("typing", "9", says("find: 9   7 of 30")),
    ("filter-keep", "enter", lambda app, _: app.focused is app.screen.query_one("#reader")),
    ("next-place", "n", says("8 of 30")),
    ("previous-place", "N", says("7 of 30")),
    ("forget-text", "escape", lambda app, _: isinstance(app.screen, DetailScreen) and "find:" not in shown(app)),
    ("copy-text", "y", lambda app, _: "word 99" in app.clipboard),
    ("back", "escape", home),
]

FIND: list[Step] = [
    ("find", "f", lambda app, _: app.focused is app.screen.query_one("#words")),
    ("typing", "w", says("40 hits in 1 of 1 session")),
    ("find-hits", "down", found_at(0)),
    ("hit-down", "down", found_at(1)),
    ("hit-down", "j", found_at(2)),
    ("hit-up", "up", found_at(1)),
    ("hit-up", "k", found_at(0)),
    ("hit-last", "end", found_at(19)),
    ("hit-first", "home", found_at(0)),
    ("hit-last", "G", found_at(19)),
    ("hit-first", "g", found_at(0)),
    ("hit-page-down", "pagedown", lambda app, _: hit_time(app) > 40),
    ("hit-page-up", "pageup", found_at(0)),
    ("hit-page-down", "space", lambda app, _: hit_time(app) > 40),
    ("hit-first", "g", found_at(0)),
    ("hit-result", "o", says("Opened")),
    ("reader-help", "question_mark", says("Look for other words")),
    ("back", "escape", at(FindScreen)),
    ("find-words", "slash", lambda app, _: app.focused is app.screen.query_one("#words")),
    ("find-hits", "enter", found_at(0)),
    ("hit-open", "enter", says("find: W   1 of 40")),
    ("forget-text", "escape", at(DetailScreen)),
    ("back", "escape", at(FindScreen)),
    ("back", "escape", home),
]

ELSEWHERE = {"suspend", "take-over", *(binding.id for binding in keys.PLAYER)}
"""Tested on a real terminal, with two programs, and with a recording."""


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def opened(_: Path, __: float | None = None) -> bool:
        return True

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outward, "open_path", opened)
    monkeypatch.setattr(outward, "takes_osc52", lambda: True)


async def walk(source: Scripted, first: str, steps: Sequence[Step]) -> None:
    """Press each key and wait for what it is for."""
    app = dashboard(source)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, first)
        for number, (ident, key, check) in enumerate(steps):
            await pilot.press(key)
            try:
                await until(pilot, lambda check=check: check(app, source))  # type: ignore[misc]
            except AssertionError as waited:
                raise AssertionError(f"step {number}: {ident} ({key}): {waited}") from None


async def test_moving_and_opening() -> None:
    await walk(Scripted(SCRIPT), "12%", TABLE)


async def test_the_run_the_view_and_the_other_screens() -> None:
    more: list[ev.Event] = [error("Another cause.", "s9"), *[ev.Noted(message=f"line {number}") for number in range(3)]]
    await walk(Scripted([*SCRIPT, *more]), "2 kinds", MAIN)


async def test_what_leaves_the_dashboard(tmp_path: Path) -> None:
    await walk(Scripted(_with_results(tmp_path)), "12%", COPIES)


async def test_details_and_reading(tmp_path: Path) -> None:
    segments = tuple(Segment(id=number, start=number, end=number + 1, text=f"word {number}") for number in range(100))
    (tmp_path / TRANSCRIPT).write_text(Transcript(segments=segments).model_dump_json())
    own = _with_results(tmp_path)
    await walk(Scripted(own[:1] + own[-2:]), "12%", DETAILS)


async def test_finding(tmp_path: Path) -> None:
    enriched(tmp_path / "own.mp4", [f"Word {number}." for number in range(40)])
    own = queued("own", "own session").model_copy(update={"output": str(tmp_path / "own.mp4.enriched")})
    await walk(Scripted([SCRIPT[0], own, *SCRIPT[-1:]]), "12%", FIND)


def _with_results(folder: Path) -> list[ev.Event]:
    (folder / CANVAS).write_text("<!doctype html>")
    script: list[ev.Event] = [
        event.model_copy(update={"output": str(folder)}) if isinstance(event, ev.SessionQueued) else event
        for event in SCRIPT
    ]
    own = queued("own", "own session").model_copy(update={"output": str(folder)})
    script.insert(-1, own)
    return script


def test_no_key_is_left_out() -> None:
    walked = {(ident, key) for ident, key, _ in (*TABLE, *MAIN, *COPIES, *DETAILS, *FIND)}
    wanted = {
        (binding.id, key) for binding in keys.ALL if binding.id not in ELSEWHERE for key in binding.key.split(",")
    }
    assert wanted <= walked, sorted(map(str, wanted - walked))
