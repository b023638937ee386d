"""The dashboard by its keys: what is on the screen, and what the run is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widget import Widget

from enrich_tui import events as ev
from enrich_tui.config import Config, UiConfig
from enrich_tui.display.rows import SessionState
from enrich_tui.model import SessionStatus, Stage, StageOutcome
from enrich_tui.show import Shown, show
from enrich_tui.tui import leaving
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.screens.choice import Choice
from tests.pilot.scripted import STARTED, Scripted, dashboard, shown, until, until_shown
from tests.unit.view.feeding import batch, error, pool, queued, started

FAILED = ev.StageFinished(
    session="s1",
    stage=Stage.VIDEO,
    outcome=StageOutcome.FAILED,
    problem="codec",
    word="codec",
    message="This video could not be decoded.",
    advice="convert it",
)
SCRIPT: list[ev.Event] = [
    STARTED,
    ev.WorkerChanged(worker=1, status="active", session="s0", stage=Stage.AUDIO),
    ev.WorkerChanged(worker=2, status="error"),
    *[queued(f"s{number}", f"session {number}") for number in range(30)],
    started("s0", Stage.AUDIO),
    ev.StageProgressed(session="s0", stage=Stage.AUDIO, fraction=0.62),
    started("s1", Stage.VIDEO, worker=2),
    FAILED,
    ev.SessionFinished(session="s1", status=SessionStatus.FAILED, duration=14, message=FAILED.message),
    error("This video could not be decoded.", "s1"),
    pool(),
    batch(t=42.0, elapsed=42.0, progress=12.0, eta=ev.Eta(low=840, mid=1080, high=1320), rate=3.1),
]


async def test_the_screen_at_80_by_24_tells_it_all() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await until_shown(pilot, "12%")
        lines = screen.splitlines()
        assert all(len(line) == 80 for line in lines)
        assert "enrich · recordings" in lines[0]
        assert "RUNNING ▶" in lines[0]
        assert "1/30 sessions   ETA ~18m (±4m)" in lines[1]
        assert "✖ 1 failed  ● 1 running  ○ 28 queued" in lines[2]
        assert "elapsed 0:42" in lines[2]
        assert "✖ 1 error" in lines[3]
        assert "up 99.2%" in lines[3]
        assert "sort:state ▲ · filter: none" in lines[4]
        assert lines[6].startswith("▸ session 0      ●  ███▋··  62%")
        assert "✖ codec" in lines[7]
        assert "×1  This video could not be decoded." in screen
        assert "→ convert it" in screen
        assert "? help" in lines[-1]
        assert "q quit" in lines[-1]


async def test_why_there_is_nothing_to_show_is_told() -> None:
    nothing = ev.SourceRejected(path=STARTED.library, reason='No recording here has "memo" in its name.')
    app = dashboard(Scripted([STARTED, nothing, batch(t=1.0, state="done")]))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        assert "No recordings here yet" not in await until_shown(pilot, '  No recording here has "memo" in its name.')


async def test_workers_that_had_nothing_to_do_yet_are_workers() -> None:
    source = Scripted(
        [STARTED, ev.WorkerChanged(worker=1, status="active"), pool(total=2, idle=1, error=0), batch(t=1.0)]
    )
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "RUNNING ▶  2 workers")
        source.emit(pool(t=2.0, total=3, idle=2, error=0), batch(t=2.0))
        await until_shown(pilot, "RUNNING ▶  3 workers")


async def test_wide_screens_show_workers_pool_and_details() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        screen = await until_shown(pilot, "12%")
        for words in ("Workers", "Pool", "try", "1/3", "w1", "audio  ✔ 0 ● 1 ○ 29", "● running", "0:42"):
            assert words in screen


@pytest.mark.parametrize(
    "size", [(140, 40), (100, 30), (99, 24), (80, 24), (80, 19), (60, 14), (40, 6), (30, 3), (20, 1), (7, 2)]
)
async def test_it_fits_every_size(size: tuple[int, int]) -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.board.view.batch is not None)
        await pilot.pause()
        screen = shown(app)
        assert len(screen.splitlines()) == size[1]
        assert "12%" in screen
        if 20 > size[1] >= 4 and size[0] >= 80:
            assert "1 error" in screen


async def test_resizing_keeps_the_selection() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("G")
        assert app.board.selected == "s29"
        for size in ((140, 40), (40, 6), (80, 12), (80, 24)):
            await pilot.resize_terminal(*size)
            await until_shown(pilot, "session 29"[:8])
            await until(pilot, lambda: "▸ " in shown(app))
            assert app.board.selected == "s29"


async def test_moving() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        for key, selected in (("j", "s1"), ("down", "s2"), ("k", "s1"), ("end", "s29"), ("up", "s28"), ("g", "s0")):
            await pilot.press(key)
            assert app.board.selected == selected
        await pilot.press("pagedown")
        assert app.board.selected not in {"s0", None}


async def test_the_cursor_stays_on_its_session_when_the_order_changes() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("down")
        source.emit(*[started(f"s{number}", Stage.AUDIO, t=43.0) for number in range(2, 8)])
        await until(pilot, lambda: app.board.view.counts[SessionState.RUNNING] == 7)
        assert app.board.selected == "s1"
        assert "▸ session 1 " in shown(app)
        await pilot.press("home")
        assert app.board.selected == "s0"


async def test_the_filter_eats_every_key_and_narrows_while_it_is_typed() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("slash", *"qrxwXR +-pm", "ctrl+u", *"state:failed")
        screen = await until_shown(pilot, "filter: state:failed")
        assert source.asked == []
        assert "1-1 of 1" in screen
        await pilot.press("enter", "r")
        assert source.asked == [("retry", "s1")]
        await pilot.press("escape")
        await until_shown(pilot, "of 30")
        await pilot.press("slash", *"nowhere")
        await until_shown(pilot, "no session fits the filter")
        await pilot.press("escape")
        await until_shown(pilot, "of 30")


async def test_the_sort_menu() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("s", "t")
        await until_shown(pilot, "sort:time ▲")
        await pilot.press("S")
        await until_shown(pilot, "sort:time ▼")
        await pilot.press("s", "down", "enter")  # the cursor is on the order in use at first
        await until_shown(pilot, "sort:eta ▲")
        await pilot.press("s", "escape")
        await until_shown(pilot, "sort:eta ▲")


async def test_next_goes_to_what_failed_or_to_the_next_match() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("n")
        assert app.board.selected == "s1"
        await pilot.press("slash", *"session", "space", "2", "enter", "n")
        first = app.board.selected
        await pilot.press("n", "N")
        assert app.board.selected == first


async def test_what_the_keys_ask_of_the_run() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("r", "R", "w", "x", "space", "plus", "minus", "G", "u", "d", "U", "D")
        assert source.asked == [
            ("retry", "s0"),
            ("retry_failed",),
            ("restart_errored_workers",),
            ("cancel", "s0"),
            ("pause",),
            ("add_worker",),
            ("remove_worker",),
            ("move", "s29", -1),
            ("move", "s29", 1),
            ("move", "s29", -30),
            ("move", "s29", 30),
        ]
        await pilot.press("space")
        await until_shown(pilot, "Paused.")


async def test_cancelling_the_batch_asks_first() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("X")
        await until_shown(pilot, "Cancel everything")
        await pilot.press("escape", "X", "enter", "X")  # enter alone cancels nothing
        await until_shown(pilot, "Cancel everything")
        assert source.asked == []
        await pilot.press("c")
        await until(pilot, lambda: source.asked == [("cancel_all",)])
        ended = [ev.SessionFinished(session=f"s{n}", status=SessionStatus.CANCELLED, duration=1) for n in range(30)]
        source.emit(*ended, batch(t=60.0, state="done"))
        await until_shown(pilot, "DONE")
        await pilot.press("X")  # there is nothing to ask about
        await until(pilot, lambda: source.asked == [("cancel_all",)] * 2)


async def test_an_answer_does_not_lie_over_the_next_screen() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("w")
        await until_shown(pilot, "Restarting 1 worker.")
        await pilot.press("W")
        await until_shown(pilot, "restart this one")
        await until(pilot, lambda: "Restarting" not in shown(app), 2.0)


async def test_a_filter_for_what_does_not_exist_says_so() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("slash", *"state:broken", "enter")
        await until_shown(pilot, "no state broken: running, retrying, queued, arriving, done, partial, failed")
        await pilot.press("slash", *"x state:done", "enter")
        await until_shown(pilot, "no state broken")


async def test_marks_are_what_actions_are_about() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("m", "m", "r")
        assert source.asked == [("retry", "s0", "s1")]
        await pilot.press("asterisk")
        await until_shown(pilot, "30 marked")
        await pilot.press("escape")
        assert app.board.marked == set()


async def test_a_run_that_is_only_shown_says_that_it_cannot_be_changed() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source, read_only=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "READ-ONLY")
        await pilot.press("r", "w", "x", "X", "space", "plus", "u")
        await until_shown(pilot, "cannot be changed")
        assert source.asked == []
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_quitting_while_work_runs_asks() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("q")
        await until_shown(pilot, "Drain and quit")
        await pilot.press("escape")
        assert source.asked == []
        await pilot.press("q", "d")
        await until(pilot, lambda: not app.is_running)
    assert source.asked == [("drain",)]
    assert app.return_code == 1


async def test_ctrl_c_asks_and_stops_at_once_the_second_time() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("slash", "ctrl+c")
        assert isinstance(app.screen, Choice)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert source.asked == [("stop",)]
    assert app.return_code == 130


async def test_a_run_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "PATIENCE", 0.1)
    source = Scripted(SCRIPT)
    monkeypatch.setattr(source, "end", lambda code: None)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("q", "s")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 130


async def test_it_stays_open_at_the_end_and_then_leaves_without_asking() -> None:
    ended = [
        ev.SessionFinished(session=f"s{n}", status=SessionStatus.COMPLETE, duration=1) for n in range(30) if n != 1
    ]
    source = Scripted([*SCRIPT, *ended, batch(t=60.0, state="done", elapsed=60.0, progress=100.0)])
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "DONE 29 ok, 1 failed in 1:00")
        await pilot.press("R")
        await until(pilot, lambda: ("retry_failed",) in source.asked)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 1


async def test_the_outcome_adds_up_at_every_size() -> None:
    ways = [SessionStatus.COMPLETE, SessionStatus.PARTIAL, SessionStatus.SKIPPED]
    ended = [ev.SessionFinished(session=f"s{n}", status=ways[n % 3], duration=1) for n in range(30) if n != 1]
    predicted = ev.Eta(low=50, mid=60, high=70)
    done = batch(t=60.0, state="done", elapsed=60.0, progress=100.0, predicted=predicted)
    app = dashboard(Scripted([*SCRIPT, *ended, done]))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await until_shown(pilot, "DONE 10 ok, 9 partial, 1 failed, 10 skipped in 1:00")
        assert "enter open  o open result  r retry" in screen
        assert "space pause" not in screen, "there is nothing to pause any more"
        assert all(words in screen for words in ("✔ 10 done", "◐ 9 partial", "✖ 1 failed", "– 10 skipped"))
        await pilot.resize_terminal(40, 6)
        await until_shown(pilot, "30/30 ✖1 ◐9 ●0")
        await pilot.resize_terminal(100, 30)
        await pilot.press("p")
        screen = await until_shown(pilot, "VIEW FROZEN")
        assert "recordings" in screen.split("\n")[0], "the name of the library is worth more than what was predicted"
        assert "10 skipped in 1:00" in screen


async def test_exit_on_complete_ends_by_itself() -> None:
    source = Scripted([*SCRIPT, batch(state="done")])
    app = dashboard(source)
    app._exit_on_complete = True
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: not app.is_running)
    assert source.asked == [("drain",)]


async def test_at_the_end_a_command_gets_the_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    program = f"import sys, shutil; shutil.copy(sys.argv[1], {str(tmp_path / 'got')!r})"
    source = Scripted(SCRIPT)
    app = dashboard(source, on_complete=(sys.executable, "-c", program), notify=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "12%")
        source.emit(batch(t=60.0, state="done"))
        await until(pilot, lambda: app.workers._workers == set() and (tmp_path / "got").exists())
    assert "session 1: failed" in (tmp_path / "got").read_text()


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_end_is_told_to_the_desktop_where_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, *, wanted: bool
) -> None:
    told: list[str] = []
    source = Scripted(SCRIPT)
    app = dashboard(source, notify=wanted)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "12%")
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", told.append)
        monkeypatch.setattr(type(app), "is_headless", property(lambda _: False))
        monkeypatch.setattr(app, "bell", lambda: told.append("bell"))
        source.emit(batch(t=60.0, state="done"))
        await until(pilot, lambda: app.board.view.state == "done")
        await pilot.pause()
        news = [words for words in told if words == "bell" or "\x1b]9;" in words]
        assert news == (["bell", "\x1b]9;enrich: 0 ok, 1 failed\x07"] if wanted else [])
        monkeypatch.undo()


async def test_a_command_that_fails_at_the_end_is_told_in_the_status_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Scripted(SCRIPT)
    app = dashboard(source, on_complete=("/nonexistent/command",))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        source.emit(batch(t=60.0, state="done"))
        await until(pilot, lambda: app.board.view.log[-1].text == "The on_complete command failed.")
        assert [toast.message for toast in app._notifications] == []


@pytest.mark.parametrize("motion", [True, False])
async def test_without_motion_nothing_slides_or_blinks(*, motion: bool) -> None:
    app = dashboard(Scripted(SCRIPT), motion=motion)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("slash")
        assert (app.animation_level != "none") is motion
        assert app.main.filter.cursor_blink is motion


@pytest.mark.parametrize("mouse", [True, False])
async def test_no_mouse_means_that_it_is_never_asked_for(monkeypatch: pytest.MonkeyPatch, *, mouse: bool) -> None:
    asked: list[object] = []

    async def run_async(_: Dashboard, **options: object) -> int:
        asked.append(options["mouse"])
        return 0

    monkeypatch.setattr(Dashboard, "run_async", run_async)
    config = Config(ui=UiConfig(mouse=mouse))
    assert await show(Shown(Scripted([])), "full", config) == 0
    assert asked == [mouse]


async def test_the_wheel_is_not_undone_by_the_run() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("down")
        app.main.table.scroll_to(y=16, animate=False, immediate=True, force=True)
        source.emit(started("s9", Stage.AUDIO, t=43.0))
        await until(pilot, lambda: app.board.view.counts[SessionState.RUNNING] == 2)
        await pilot.pause()
        assert app.main.table.scroll_offset.y == 16
        await pilot.press("down")
        await until(pilot, lambda: "▸ session" in shown(app))


async def test_clicks_select_sort_and_press_keys() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.click("#sessions", offset=(10, 3))
        assert app.board.selected == "s3"
        await pilot.click("#head", offset=(4, 1))
        await until_shown(pilot, "sort:name ▲")
        await pilot.click("#head", offset=(4, 1))
        await until_shown(pilot, "sort:name ▼")
        await pilot.click("#keys", offset=(1, 0))
        await until_shown(pilot, "Move to the session above")


async def test_a_click_on_any_head_sorts_by_its_column() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        heads = shown(app).splitlines()[5]
        names = {"session": "name", "st": "state", "w": "worker"}
        for head in ("session", "st", "audio", "video", "summary", "canvas", "try", "w", "time", "eta"):
            await pilot.click("#head", offset=(heads.index(f" {head} ") + 1, 1))
            await until_shown(pilot, f"sort:{names.get(head, head)} ▲")


async def test_the_head_of_the_only_stage_column_sorts_by_where_a_session_is() -> None:
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(60, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.click("#head", offset=(shown(app).splitlines()[5].index(" stage ") + 1, 1))
        await until_shown(pilot, "sort:stage ▲")


async def test_an_error_of_the_program_shows_no_values(caplog: pytest.LogCaptureFixture) -> None:
    source = Scripted(SCRIPT, error=RuntimeError("secret-value"))
    app = dashboard(source)
    with pytest.raises(RuntimeError):
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: not app.is_running)
    assert app.return_code == 70


async def test_titles_name_the_keys_that_there_are_and_tab_says_where_it_cannot_go() -> None:
    source = Scripted([STARTED, queued("s1", "session 1"), batch(t=42.0, progress=12.0)])
    app = dashboard(source, keys={"workers": "f6", "open": "f7", "errors": "f8"})
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        screen = await until_shown(pilot, "12%")
        assert "f6 menu" in screen
        assert "f7 open" in screen
        await pilot.press("tab")
        await until_shown(pilot, "There is no other panel now: no errors are shown.")
        assert app.focused is app.main.table
        source.emit(error("It broke.", "s1"))
        await until_shown(pilot, "f8 open · tab select")
        await pilot.press("tab")
        await until(pilot, lambda: app.focused is app.main.errors)
        await pilot.press("shift+tab")
        await until(pilot, lambda: app.focused is app.main.table)


async def test_keys_can_be_remapped_and_nonsense_is_ignored() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source, keys={"retry": "f5, v", "nonsense": "z", "pause": " , "})
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await until_shown(pilot, "12%")
        assert "f5 retry" in screen
        await pilot.press("r", "v", "f5")
        assert source.asked == [("retry", "s0"), ("retry", "s0")]


@pytest.mark.parametrize(("read_only", "told"), [(False, "convert it, then press f5 to retry"), (True, "run it again")])
async def test_advice_names_the_keys_that_there_are(read_only: bool, told: str) -> None:
    source = Scripted([*SCRIPT, error("Another cause.", "s2", advice="convert it, then run it again")])
    app = dashboard(source, read_only=read_only, keys={"retry": "f5"})
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "Another cause.")
        assert told in shown(app)


async def test_freezing_stops_the_view_only() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("p")
        await until_shown(pilot, "VIEW FROZEN")
        source.emit(batch(t=50.0, progress=77.0))
        await pilot.pause(0.3)
        assert "77%" not in shown(app)
        await pilot.press("p")
        await until_shown(pilot, "77%")


async def test_ascii_draws_nothing_else() -> None:
    app = dashboard(Scripted([*SCRIPT, queued("long", "long " * 30)]), ascii=True)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        assert (await until_shown(pilot, "12%")).isascii()
        await pilot.press("G")
        assert (await until_shown(pilot, "long lo..")).isascii()
        await pilot.press("enter")
        assert (await until_shown(pilot, "chapters")).isascii()
        await pilot.press("escape", "D")
        assert (await until_shown(pilot, "last in the queue")).isascii()
        await pilot.press("q")
        assert (await until_shown(pilot, "Drain")).isascii()
        await pilot.press("escape", "question_mark")
        assert (await until_shown(pilot, "Help")).isascii()


async def test_themes_go_round() -> None:
    app = dashboard(Scripted(SCRIPT), theme="enrich-light")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        seen = []
        for _ in range(4):
            await pilot.press("t")
            await pilot.pause()
            seen.append(app.theme)
        assert seen == ["enrich-contrast", "ansi", "enrich-dark", "enrich-light"]


async def test_a_new_theme_reaches_what_is_open() -> None:
    app = dashboard(Scripted(SCRIPT), theme="enrich-dark")
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("question_mark")
        await until_shown(pilot, "Help")
        app.theme = "enrich-light"
        await pilot.pause()
        await pilot.pause()
        colours = {
            segment.style.color
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.text.strip() == "Sessions"
        }
        assert app.board.palette.accent.color in colours


async def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = dashboard(Scripted(SCRIPT))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        styles = {
            (segment.style.color, segment.style.bgcolor)
            for line in app.screen._compositor.render_strips()
            for segment in app._filters[-1].apply(list(line), app.screen.background_colors[1])
            if segment.style
        }
        names = {color.name for pair in styles for color in pair if color is not None}
        assert app.theme == "ansi"
        assert names <= {"default"}


async def test_nothing_is_painted_that_did_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)
    painted: list[str | None] = []
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await until(pilot, lambda: app.focused is not None and app.focused.has_focus)
        await pilot.pause()  # the focus restyles what has it
        monkeypatch.setattr(app, "_second", lambda: None)  # the time of day goes on
        refresh = Widget.refresh

        def recorded(self: Widget, *regions: Region, **options: bool) -> Widget:
            if self.id != "header":
                painted.append(self.id)
            return refresh(self, *regions, **options)

        monkeypatch.setattr(Widget, "refresh", recorded)
        seen = app.board.view.batch
        source.emit(SCRIPT[-1].model_copy())
        await until(pilot, lambda: app.board.view.batch is not seen)
        await pilot.pause(0.2)
        assert painted == []
        source.emit(ev.StageProgressed(t=42.0, session="s0", stage=Stage.AUDIO, fraction=0.7))
        await until(pilot, lambda: "70%" in shown(app))
        assert set(painted) == {"sessions", "details"}
