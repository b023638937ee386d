"""Text is looked for in what there is to read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from enrich_tui import events as ev
from enrich_tui.model import Stage
from enrich_tui.stages.results import SUMMARY, TRANSCRIPT, Segment, Summary, Transcript
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.screens.details import DetailScreen
from enrich_tui.tui.screens.help import HelpScreen
from enrich_tui.tui.widgets.filter import FilterInput
from enrich_tui.tui.widgets.finder import FinderPane
from tests.pilot.hostile import HOSTILE, check_clean
from tests.pilot.scripted import STARTED, Scripted, dashboard, shown, until, until_shown
from tests.pilot.test_dashboard import SCRIPT
from tests.unit.view.feeding import batch, queued

LINES = [f"Line {number} of what was said." for number in range(100)]
LINES[10] = "Here is a Needle."
LINES[40] = "Here is another needle, and a needle."


@asynccontextmanager
async def reading(
    folder: Path, lines: Sequence[str] = LINES, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Dashboard, Pilot[int], Scripted]]:
    """The transcript of a session is on the screen."""
    said = Transcript(segments=tuple(Segment(id=n, start=n, end=n + 1, text=text) for n, text in enumerate(lines)))
    (folder / TRANSCRIPT).write_text(said.model_dump_json(), encoding="utf-8")
    source = Scripted([STARTED, queued("own").model_copy(update={"output": str(folder)}), batch(t=1.0, progress=12)])
    app = dashboard(source)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("enter", "4")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen) and "0:00" in app.screen.pane.text)
        yield app, pilot, source


def pane(app: Dashboard) -> FinderPane:
    return app.screen.query_one(FinderPane)


def marked(app: Dashboard, *, current: bool) -> list[str]:
    """What is marked in the text, line by line."""
    style = app.board.palette.badge if current else app.board.palette.found
    finder = pane(app)
    return [
        segment.text
        for number in range(finder.virtual_size.height)
        for segment in finder.line(number)._segments
        if segment.style and segment.style.bgcolor == style.bgcolor and segment.style.underline == style.underline
    ]


async def test_it_is_marked_counted_and_gone_to(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"NEEDLE")
        screen = await until_shown(pilot, "find: NEEDLE   1 of 3")
        assert "Here is a Needle." in screen
        assert (marked(app, current=True), marked(app, current=False)) == (["Needle"], ["needle", "needle"])
        await pilot.press("enter")
        await until_shown(pilot, "1 of 3  n next  N previous  esc clear")
        for key, number in (("n", 2), ("n", 3), ("n", 1), ("N", 3), ("N", 2)):
            await pilot.press(key)
            screen = await until_shown(pilot, f"{number} of 3")
            assert ("Here is a Needle." if number == 1 else "another needle") in screen
        assert marked(app, current=False) == ["Needle", "needle"]


async def test_what_is_typed_is_no_key(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, source):
        await pilot.press("slash", *"qr?1o nN")
        await until_shown(pilot, "find: qr?1o nN   not found")
        assert isinstance(app.screen, DetailScreen)
        assert not source.asked
        assert not marked(app, current=True)
        await until_shown(pilot, "not found  enter keep  esc clear")
        await pilot.press("enter", "n", "N")
        await until_shown(pilot, "not found  esc clear")


async def test_escape_gives_it_up_before_it_goes_back(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"another")
        await until(pilot, lambda: pane(app).scroll_offset.y > 0)
        await pilot.press("escape")
        await until(pilot, lambda: pane(app).scroll_offset.y == 0 and app.focused is pane(app))
        assert "find:" not in shown(app)
        await pilot.press("n")
        await until_shown(pilot, "Nothing is looked for yet: press /.")
        await pilot.press("slash", *"another", "enter", "escape")
        await until(pilot, lambda: "find:" not in shown(app))
        assert isinstance(app.screen, DetailScreen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_back_goes_back_whatever_is_looked_for(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"needle", "enter", "q")
        await until(pilot, lambda: app.screen is app.main)


async def test_next_goes_on_from_what_is_in_sight(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"line", "enter")
        await until_shown(pilot, "1 of 98")
        await pilot.press("end", "n")
        await until(pilot, lambda: pane(app).number > 80)
        top = pane(app).number
        await pilot.press("home", "N")
        await until(pilot, lambda: pane(app).number == 98)
        assert top < 98


async def test_the_search_begins_at_what_is_in_sight(tmp_path: Path) -> None:
    async with reading(tmp_path) as (_, pilot, _source):
        await pilot.press(*["pagedown"] * 2, "slash", *"needle")
        await until_shown(pilot, "2 of 3")


async def test_it_is_counted_on_a_low_screen_too(tmp_path: Path) -> None:
    async with reading(tmp_path, size=(60, 8)) as (_, pilot, _source):
        await pilot.press("slash", *"needle")
        assert "Here is a Needle." in await until_shown(pilot, "find: needle   1 of 3")
        await pilot.press("enter", "n")
        assert "another needle" in await until_shown(pilot, "2 of 3")


@pytest.mark.parametrize("width", [120, 80, 41, 24])
async def test_it_is_found_over_the_ends_of_lines(tmp_path: Path, width: int) -> None:
    long = "one two  three four five six seven " * 5
    async with reading(tmp_path, [long, "多" * 90, "x" * 300], (width, 24)) as (app, pilot, _):
        for text in ("six seven one two three", "多多多多", "x" * 70):
            await pilot.press("slash")
            pane(app).find(text)
            for _number in range(pane(app).count):
                assert "".join("".join(marked(app, current=True)).split()) == "".join(text.split())
                pane(app).step(1)
            await pilot.press("escape")
        pane(app).find("six seven one two three")
        assert pane(app).count == 4
        pane(app).find("xx")
        assert pane(app).count == 150


async def test_the_place_stays_when_the_screen_becomes_narrower(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"needle", "enter", "n", "n")
        await until_shown(pilot, "3 of 3")
        await pilot.resize_terminal(48, 24)
        await until(pilot, lambda: pane(app).scrollable_content_region.width < 48)
        assert marked(app, current=True) == ["needle"]
        assert pane(app).number == 3


async def test_times_are_found_too(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"1:17")
        await until_shown(pilot, "1 of 1")
        assert marked(app, current=True) == ["1:17"]
        assert "Line 77" in shown(app)


async def test_it_is_looked_for_in_the_next_section_too(tmp_path: Path) -> None:
    told = Summary(title="All of it", overview="\n".join([*["word"] * 60, "the needle"]))
    (tmp_path / SUMMARY).write_text(told.model_dump_json())
    async with reading(tmp_path) as (_, pilot, _source):
        await pilot.press("slash", *"needle", "enter", "3")
        screen = await until_shown(pilot, "1 of 1")
        assert "the needle" in screen
        await pilot.press("4")
        await until_shown(pilot, "1 of 3")


async def test_the_help_can_be_searched_and_names_the_keys(tmp_path: Path) -> None:
    async with reading(tmp_path) as (app, pilot, _):
        assert "/ find" in shown(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        for words in ("Find text here", "The next place where the text was found", "Look for the text no longer"):
            pane(app).find(words)
            assert pane(app).count == 1


async def test_hostile_text_is_found_as_text(tmp_path: Path) -> None:
    lines = [text.encode("utf-8", "replace").decode() or "nothing" for text in HOSTILE.values()]
    async with reading(tmp_path, lines) as (app, pilot, _):
        await pilot.press("slash")
        for text in (*HOSTILE.values(), "[", "(", "\\", ".*", "x", "多"):
            app.screen.query_one(FilterInput).value = text
            await pilot.pause()
            check_clean(app)
        await pilot.press("enter")
        for size in ((80, 24), (40, 6), (12, 2)):
            await pilot.resize_terminal(*size)
            await pilot.press("n", "N")
            check_clean(app)


async def test_a_run_that_goes_on_leaves_the_place_where_it_is() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("enter", "slash", *"pending", "enter", "n")
        await until_shown(pilot, "2 of 3")
        source.emit(ev.StageProgressed(t=9.0, session="s0", stage=Stage.AUDIO, fraction=0.5, message="still pending"))
        await until_shown(pilot, "of 4")
        assert pane(app).number in {2, 3}
        assert marked(app, current=True) == ["pending"]
        assert marked(app, current=False) == ["pending"] * 3
