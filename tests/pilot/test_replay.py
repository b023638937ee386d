"""A recorded run in the dashboard: the keys for its pace, and what the screen says of it."""

from __future__ import annotations

import io

from enrich_tui.config import UiConfig
from enrich_tui.sources.recording import read_recording
from enrich_tui.sources.replay import Replay
from enrich_tui.testing.clock import FakeClock
from enrich_tui.tui import keys
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.screens.replay import ReplayScreen
from tests.pilot.scripted import until, until_shown
from tests.unit.sources.streams import lines, run


def recorded(clock: FakeClock, **options: object) -> tuple[Dashboard, Replay]:
    source = Replay(read_recording(io.BytesIO(lines(run(100)))), 1.0, keep_open=True, clock=clock)
    return Dashboard(source, None, ui=UiConfig.model_validate(options), player=source), source


async def test_the_screen_is_marked_and_its_clock_is_the_recordings() -> None:
    clock = FakeClock()
    app, source = recorded(clock)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "Talk a")
        screen = await until_shown(pilot, "REPLAY 1x 0:00/1:40")
        assert "READ-ONLY" not in screen
        assert "10:00:00" in screen
        clock.advance(50)
        source._wake.set()
        screen = await until_shown(pilot, "10:00:50")
        assert "elapsed 0:50" in screen
        assert "1/2 sessions" in screen


async def test_keys_change_the_pace() -> None:
    clock = FakeClock()
    app, source = recorded(clock)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "REPLAY 1x")
        await pilot.press("plus")
        await until_shown(pilot, "REPLAY 2x")
        await pilot.press("minus", "minus")
        await until_shown(pilot, "REPLAY 0.5x")
        await pilot.press("space")
        assert "space play" in await until_shown(pilot, "REPLAY ‖")
        await pilot.press("full_stop")
        await until_shown(pilot, "REPLAY ‖ 0:01/1:40")
        await pilot.press("right", "right")
        await until_shown(pilot, "0:11/1:40")
        await pilot.press("left")
        await until_shown(pilot, "0:06/1:40")
        await pilot.press("space")
        assert not source.paused


async def test_going_back_shows_what_was_then() -> None:
    clock = FakeClock()
    app, source = recorded(clock)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "Talk a")
        clock.advance(100)
        source._wake.set()
        await until_shown(pilot, "DONE 2 ok, 0 failed")
        await pilot.press("enter")
        await until_shown(pilot, "transcript")
        await pilot.press("escape", *["left"] * 15)
        await until(pilot, lambda: app.board.view.state == "running")
        screen = await until_shown(pilot, "0/2 sessions")
        assert "Talk b" in screen


async def test_what_would_change_the_run_says_that_it_cannot() -> None:
    app, _ = recorded(FakeClock())
    async with app.run_test(size=(80, 80), notifications=True) as pilot:
        await until_shown(pilot, "REPLAY")
        await pilot.press("r")
        await until_shown(pilot, "only shown here")
        await pilot.press("question_mark")
        help_text = await until_shown(pilot, "Play the recording faster")
        assert "One worker more" not in help_text
        await pilot.press("escape", "q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_the_end_of_a_recording_is_no_news() -> None:
    clock = FakeClock()
    app, source = recorded(clock, on_complete=("false",), notify=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "Talk a")
        clock.advance(100)
        source._wake.set()
        screen = await until_shown(pilot, "DONE")
        assert "enrich-report" not in screen
        assert not app.workers


def test_a_recording_has_every_key_of_the_view() -> None:
    offered = {binding.id for binding in ReplayScreen.ALL_KEYS}
    assert {binding.id for binding in keys.MAIN} - offered == {"pause", "more-workers", "fewer-workers", "take-over"}
    taken = [key for binding in ReplayScreen.ALL_KEYS for key in binding.key.split(",")]
    assert len(taken) == len(set(taken))
