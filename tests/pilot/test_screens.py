"""The screens over the dashboard, what leaves it, and titles that mean harm."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from textual import events
from textual.widget import Widget

from enrich_tui import events as ev
from enrich_tui.display.listing import Sort
from enrich_tui.model import Stage, StageOutcome
from enrich_tui.stages.results import (
    CHAPTERS,
    SUMMARY,
    TRANSCRIPT,
    Chapter,
    Chapters,
    Point,
    Segment,
    Summary,
    Transcript,
)
from enrich_tui.tui import keys, outward
from enrich_tui.tui.palette import RunProvider
from enrich_tui.tui.screens.details import DetailScreen
from enrich_tui.tui.screens.find import FindScreen
from enrich_tui.tui.screens.log import ErrorScreen, LogScreen
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.screens.workers import WorkerScreen
from enrich_tui.tui.widgets.finder import FinderPane
from enrich_tui.tui.widgets.hits import HitPane
from enrich_tui.tui.widgets.reader import ReaderPane
from tests.pilot.hostile import check_clean
from tests.pilot.scripted import STARTED, Scripted, dashboard, shown, until, until_shown
from tests.pilot.test_dashboard import SCRIPT
from tests.unit.view.feeding import batch, error, queued, started


async def test_every_key_has_help_and_an_action() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        idents = [binding.id for binding in keys.ALL]
        assert len(idents) == len(set(idents))
        for bindings, node in ((keys.MAIN, app.main), (keys.TABLE, app.main.table), (keys.ERRORS, app.main.errors)):
            for binding in bindings:
                assert binding.tooltip
                name = binding.action.partition("(")[0].removeprefix("app.")
                assert hasattr(node, f"action_{name}") or hasattr(app, f"action_{name}"), binding.id
        for bindings, kind in (
            (keys.READER, ReaderPane),
            (keys.READER_SCREEN, ReaderScreen),
            (keys.FIND_HERE, DetailScreen),
            (keys.FOUND_HERE, FinderPane),
            (keys.DETAILS, DetailScreen),
            (keys.TRACE, DetailScreen),
            (keys.TRACE, ErrorScreen),
            (keys.OPEN_ERRORS, ErrorScreen),
            (keys.LOG, LogScreen),
            (keys.WORKERS, WorkerScreen),
            (keys.FIND, FindScreen),
            (keys.HITS, HitPane),
        ):
            for binding in bindings:
                name = binding.action.partition("(")[0]
                assert hasattr(kind, f"action_{name}") or hasattr(app, f"action_{name.removeprefix('app.')}"), (
                    binding.id
                )
        for binding in keys.APP:
            assert hasattr(app, f"action_{binding.action}"), binding.id
        await pilot.press("question_mark")
        screen = await until_shown(pilot, "Move to the session above")
        assert "up k" in screen
        await pilot.press("q")
        assert "Move to the session above" not in shown(app)
        assert app.is_running
        await pilot.press("W", "question_mark")
        await until_shown(pilot, "Restart this worker; its stage is done again")
        await pilot.press("escape", "escape", "enter", "question_mark")
        await until_shown(pilot, "left shift+tab  The section before")  # keys stand apart from what they do
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.main)


async def test_details_show_stages_and_results(tmp_path: Path) -> None:
    said = Transcript(segments=(Segment(id=0, start=61, end=62, text="hello there\x1b[2J"),))
    seen = Chapters(chapters=(Chapter(index=0, start=0, end=9, title="The opening"),))
    told = Summary(
        title="All of it", overview="It went well.", points=(Point(text="A point", start=5),), keywords=("one",)
    )
    for name, result in ((TRANSCRIPT, said), (CHAPTERS, seen), (SUMMARY, told)):
        (tmp_path / name).write_text(result.model_dump_json())
    own = queued("own", "own session").model_copy(update={"output": str(tmp_path)})
    source = Scripted([STARTED, own, started("own", Stage.AUDIO), batch(t=1.0, progress=12)])
    app = dashboard(source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("enter")
        await until_shown(pilot, "attempt 1 of 3")
        for key, words in (
            ("2", "The opening"),
            ("right", "It went well."),
            ("4", "1:01  hello there"),
            ("1", "results"),
        ):
            await pilot.press(key)
            await until_shown(pilot, words)
        (tmp_path / SUMMARY).write_text("{}")
        await pilot.press("3")
        await until_shown(pilot, "--fresh")
        (tmp_path / SUMMARY).unlink()
        await pilot.press("1", "3")
        await until_shown(pilot, "There is nothing yet.")
        (tmp_path / CHAPTERS).unlink()
        without = {"outcome": StageOutcome.SKIPPED, "message": "The session has nothing for this stage."}
        source.emit(ev.StageFinished.model_validate({"session": "own", "stage": Stage.VIDEO, **without}))
        await until(pilot, lambda: app.board.view.rows["own"].cells[Stage.VIDEO].state == "skipped")
        await pilot.press("2")
        await until_shown(pilot, "The session has nothing for this stage.")
        await pilot.press("r")
        assert source.asked == [("retry", "own")]
        await pilot.press("escape")
        await until_shown(pilot, "sort:state")


async def test_details_show_a_code_only_where_something_is_to_be_done() -> None:
    def ended(stage: Stage, outcome: StageOutcome, problem: str, advice: str | None = None) -> ev.StageFinished:
        return ev.StageFinished(session="own", stage=stage, outcome=outcome, problem=problem, advice=advice)

    ends = [
        ended(Stage.AUDIO, StageOutcome.FAILED, "codec"),
        ended(Stage.VIDEO, StageOutcome.SKIPPED, "no-input"),
        ended(Stage.SUMMARY, StageOutcome.SKIPPED, "engine-missing", "install it"),
    ]
    app = dashboard(Scripted([STARTED, queued("own", "own session"), *ends, batch(t=1.0, progress=12)]))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("enter")
        screen = await until_shown(pilot, "code codec")
        assert "code engine-missing" in screen
        assert "no-input" not in screen


async def test_errors_open_from_the_panel() -> None:
    source = Scripted([*SCRIPT, *[error("Another cause.", f"s{number}", advice="do this") for number in range(8, 16)]])
    app = dashboard(source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        assert "e open · tab select" in await until_shown(pilot, "2 kinds")
        await pilot.press("tab")
        await until_shown(pilot, "enter open · r retry · y copy")
        await pilot.press("enter")
        screen = await until_shown(pilot, "code codec")
        assert "×8" in screen
        assert "session 15" in screen
        await pilot.press("escape", "down", "r")
        assert source.asked == [("retry", "s1")]


async def test_the_keys_that_advice_names_work_where_it_is_read() -> None:
    source = Scripted([*SCRIPT, error("Another cause.", "s8", advice="convert it, then run it again")])
    app = dashboard(source, keys={"retry": "f5"})
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "2 kinds")
        await pilot.press("e")
        screen = await until_shown(pilot, "convert it, then press f5 to retry")
        assert "f5 retry these" in screen
        await pilot.press("f5", "R", "w")
        assert source.asked == [("retry", "s8", "s1"), ("retry_failed",), ("restart_errored_workers",)]
        await pilot.press("escape", "tab", "enter")
        await until_shown(pilot, "code codec, kind video-failed, met once")
        assert "newest first" not in shown(app).partition("code")[0].rpartition("Error")[2]
        source.emit(ev.SessionRequeued(session="s8", stages=(Stage.VIDEO,)))
        await until_shown(pilot, "This error is not open any more.")


async def test_the_worker_menu() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("W")
        await until_shown(pilot, "restart this one")
        source.emit(ev.WorkerChanged(worker=1, status="idle", restarts=1, jobs=1, last_error="worker-crashed"))
        screen = await until_shown(pilot, "1 job  1 restart ")
        assert "0 jobs  0 restarts" in screen
        assert "before: A worker stopped unexpectedly." in screen
        await pilot.press("down", "r", "w", "plus", "minus")
        assert source.asked == [
            ("restart_worker", 2),
            ("restart_errored_workers",),
            ("add_worker",),
            ("remove_worker",),
        ]


@pytest.mark.parametrize(("cores", "told"), [(8, False), (2, True)])
async def test_a_worker_beyond_the_processors_is_said_to_be_a_reserve(
    monkeypatch: pytest.MonkeyPatch, cores: int, told: bool
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("plus")
        screen = await until_shown(pilot, "Adding a worker.")
        assert ("2 work at a time" in screen) is told


async def test_the_log_follows_the_run() -> None:
    source = Scripted([*SCRIPT, *[ev.Noted(message=f"line {number}") for number in range(50)]])
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("L")
        await until_shown(pilot, "line 49")
        source.emit(ev.Noted(message="the newest"))
        await until_shown(pilot, "the newest")


async def test_the_palette_goes_to_a_session_by_name() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("ctrl+p", *"session 23")
        await until_shown(pilot, "go to session 23")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.board.selected == "s23")


async def test_copies_go_through_the_terminal_or_into_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(outward, "takes_osc52", lambda: True)
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("y")
        await until_shown(pilot, "to the clipboard")
        assert app.clipboard.startswith("- session 0: running")
        monkeypatch.setattr(outward, "takes_osc52", lambda: False)
        await pilot.press("Y")
        await until_shown(pilot, "this terminal takes no")
        assert "## Errors" in (tmp_path / "enrich-tui" / "copied.txt").read_text()


@pytest.mark.parametrize(
    ("key", "ending", "begins"), [("m", "md", "# "), ("h", "html", "<!doctype"), ("j", "json", "{")]
)
async def test_a_report_is_a_file_in_the_format_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, ending: str, begins: str
) -> None:
    monkeypatch.chdir(tmp_path)
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("E", key)
        await until_shown(pilot, "Wrote")
    (file,) = tmp_path.iterdir()  # noqa: ASYNC240 - a test waits for nothing else
    assert file.suffix == f".{ending}"
    told = file.read_text()
    assert told.startswith(begins)
    for words in ("session 1", "failed", "This video could not be decoded."):
        assert words in told


async def test_a_picture_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("E", "escape", "ctrl+s")
        await until_shown(pilot, "Wrote")
    (file,) = tmp_path.iterdir()  # noqa: ASYNC240 - a test waits for nothing else
    assert file.read_text().startswith("<svg")


async def test_the_log_is_filtered_and_can_stand_still() -> None:
    source = Scripted([*SCRIPT, ev.Noted(message="plain words"), ev.Noted(level="warning", message="hot words")])
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("L", "slash", *"WORDS level:warn")
        screen = await until_shown(pilot, "1 line ")
        assert "hot words" in screen
        assert "plain words" not in screen
        await pilot.press("enter", "f")
        await until_shown(pilot, "standing still")
        source.emit(ev.Noted(level="warning", message="later words"))
        await until(pilot, lambda: app.board.view.log[-1].text == "later words")
        await pilot.pause()
        assert "later words" not in shown(app)
        await pilot.press("f")
        await until_shown(pilot, "later words")
        await pilot.press("slash", "escape")
        await until_shown(pilot, "plain words")
        await pilot.press("escape")
        await until_shown(pilot, "sort:state")


async def test_a_traceback_is_looked_for_only_when_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "enrich-tui.log"
    file.write_text(
        "2026-01-01 10:00:00,000 WARNING enrich_tui.errors.handler: video-chaptering of s1, attempt 1: Boom: it broke\n"
        "Traceback (most recent call last):\n  somewhere\nThe request cost $2.\n"
        "2026-01-01 10:00:01,000 INFO enrich_tui: something else\n"
        "2026-01-01 10:00:02,000 WARNING enrich_tui.errors.handler: audio-review of s7, attempt 1: not this one\n"
    )
    handler = logging.FileHandler(file, delay=True)
    logging.getLogger("enrich_tui").addHandler(handler)
    try:
        app = dashboard(Scripted(SCRIPT))
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until_shown(pilot, "12%")
            for way in (("down", "enter"), ("e",)):
                await pilot.press(*way)
                screen = await until_shown(pilot, "press b for what it says of this")
                assert "Traceback" not in screen
                await pilot.press("b")
                screen = await until_shown(pilot, "attempt 1: Boom")
                assert "Traceback (most recent call last):" in screen
                assert "not this one" not in screen
                assert "$2" not in screen
                check_clean(app)
                await pilot.press("b")
                await until(pilot, lambda: "Boom" not in shown(app))
                await pilot.press("escape")
            await pilot.press("home", "enter", "b")
            await until_shown(pilot, "It says nothing of this.")
    finally:
        logging.getLogger("enrich_tui").removeHandler(handler)
        handler.close()


async def test_details_tell_what_happened_to_the_session() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("down", "enter")
        screen = await until_shown(pilot, "What happened")
        assert "0:00     This video could not be decoded." in screen


async def test_clicks_and_the_wheel_do_what_the_keys_do() -> None:
    source = Scripted([*SCRIPT, *[error(f"Cause {number}.", f"s{number}", problem=str(number)) for number in range(6)]])
    app = dashboard(source)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "7 kinds")
        await pilot.click("#errors", offset=(20, 3))
        screen = await until_shown(pilot, "code 4")
        assert "session 4" in screen
        await pilot.press("escape")
        top = app.main.errors.selected
        app.main.errors.post_message(_wheel(app.main.errors, up=False))
        await until(pilot, lambda: app.main.errors.selected is not top)
        app.main.errors.post_message(_wheel(app.main.errors, up=True))
        await until(pilot, lambda: app.main.errors.selected is top)
        await pilot.click("#workers", offset=(5, 3))
        await until_shown(pilot, "▸ 2")
        await pilot.press("escape")
        await pilot.click("#details", offset=(5, 3))
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))


async def test_the_cursor_of_a_menu_stays_in_sight_on_a_low_screen() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(60, 10), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("s")
        assert "as it is" not in await until_shown(pilot, "▸ s    state")
        await pilot.press("up")
        await until_shown(pilot, "▸ esc  as it is")
        await pilot.click(".box Panel", offset=(4, 8))
        await until(pilot, lambda: app.board.listing.sort is Sort.QUEUE)


@pytest.mark.parametrize("ascii_only", [True, False])
async def test_a_screen_of_six_lines_has_room_for_what_is_asked_for(*, ascii_only: bool) -> None:
    app = dashboard(Scripted(SCRIPT), ascii=ascii_only)
    async with app.run_test(size=(40, 6), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        for key, words in (
            ("s", ("Sort by", "state: running", "video")),
            ("e", ("Errors", "This video could not be", "convert it")),
            ("question_mark", ("Help", "up k", "Move to the", "down j")),
            ("W", ("Workers", "active", "session 0, audio", "error")),
            ("ctrl+p", ("Retry", "Run the selected or marked")),
        ):
            await pilot.press(key)
            for part in words:
                await until_shown(pilot, part)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main)
        await pilot.press("down", "enter")
        await until_shown(pilot, "1 overview")
        await until_shown(pilot, "state       failed")
        await pilot.resize_terminal(80, 24)
        await until_shown(pilot, "session 1   " if ascii_only else "✖ session 1")
        await until_shown(pilot, "esc back")


async def test_what_is_selected_with_the_mouse_is_shown_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    lines = [ev.Noted(t=1.0, message=words) for words in ("the first line", "会議 の録画 of it", "the last line")]
    app = dashboard(Scripted([*SCRIPT, *lines]))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("L")
        screen = (await until_shown(pilot, "the last line")).splitlines()
        row = next(number for number, line in enumerate(screen) if "the first line" in line)
        column = screen[row].index("first")
        assert await pilot.mouse_down(offset=(column, row))
        assert await pilot.hover(offset=(column + 1, row + 1))
        assert await pilot.mouse_up(offset=(column + 1, row + 1))
        await until(pilot, app.screen.get_selected_text)
        style = app.screen.get_component_rich_style("screen--selection")
        drawn = "".join(
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.bgcolor == style.bgcolor
        )
        assert "first line" in drawn
        assert "last" not in drawn
        await pilot.press("y")
        await until_shown(pilot, "Copied the selection")
        assert app.clipboard.startswith("first line\n")
        assert app.clipboard.endswith("会議 の")


def _wheel(widget: Widget, *, up: bool) -> events.MouseEvent:
    kind = events.MouseScrollUp if up else events.MouseScrollDown
    return kind(widget, 1, 1, 0, -1 if up else 1, 0, shift=False, meta=False, ctrl=False)


async def test_the_palette_has_every_action_with_its_keys() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        provider = RunProvider(app.screen)
        offered = {hit.text: hit.help async for hit in provider.discover()}
        for binding in (*keys.MAIN, *keys.APP):
            if binding.id not in {"palette", "interrupt"}:
                told = offered[binding.description[:1].upper() + binding.description[1:]]
                assert told is not None
                assert binding.tooltip in told
                assert told.startswith(keys.keys_of(binding, {})[0])
        await pilot.press("ctrl+p", *"open result")
        await until_shown(pilot, "o  Open the result of the selected session")


@pytest.mark.parametrize(
    ("environ", "takes"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, False),
        ({"TERM": "screen.xterm-256color"}, False),
    ],
)
def test_which_terminals_take_copies(environ: dict[str, str], takes: bool) -> None:
    assert outward.takes_osc52(environ) is takes


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (40, 12)])
async def test_a_recording_that_arrives_can_be_looked_at_and_does_not_keep_one_from_leaving(
    size: tuple[int, int],
) -> None:
    arriving = ev.SessionArriving(session="a.mp4", title="lecture", source="/r/a.mp4", size=9000, growing=True)
    watching = batch(state="watching")
    source = Scripted([STARTED, arriving, watching])
    source.cancel = lambda _sessions: 0  # type: ignore[method-assign,assignment]
    app = dashboard(source)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_shown(pilot, "still being written" if size[0] > 40 else "lecture")
        await pilot.press("x")
        await until_shown(pilot, "This has not been taken up yet.")
        await pilot.press("enter")
        await until_shown(pilot, "arriving")
        await pilot.press("escape", "s", "escape", "e", "escape", "q")
        await until(pilot, lambda: ("drain",) in source.asked)


@pytest.mark.parametrize("error", [None, OSError("no program is associated with it")])
async def test_windows_opens_a_result_itself_or_says_that_it_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    start = Mock(side_effect=error)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", start, raising=False)
    assert await outward.open_path(Path("canvas.html")) is (error is None)
    start.assert_called_once_with(str(tmp_path / "canvas.html"))
