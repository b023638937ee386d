"""What is painted when: a first frame at once, and then nothing that did not change."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from textual._compositor import ChopsUpdate
from textual.pilot import Pilot

from enrich_tui import events as ev
from enrich_tui.model import SessionStatus, Stage
from enrich_tui.tui.app import MANY, Dashboard
from enrich_tui.widgets.panel import Panel
from tests.pilot.scripted import STARTED, Scripted, dashboard, shown, until, until_shown
from tests.unit.view.feeding import batch, queued, started

SCRIPT: list[ev.Event] = [
    STARTED,
    *[queued(f"s{number}", f"session {number:02}") for number in range(60)],
    *[started(f"s{number}", Stage.AUDIO, worker=number) for number in range(3)],
    batch(t=7.0, progress=12.0),
]


class Brush:
    """Notes which lines of the screen each frame paints; a frame that is painted whole counts as all lines."""

    def __init__(self, app: Dashboard) -> None:
        self.lines: set[int] = set()
        display = app._display

        def noting(screen: Any, renderable: Any) -> None:
            whole = range(app.size.height)
            self.lines |= {y for y, _, _ in renderable.spans} if isinstance(renderable, ChopsUpdate) else set(whole)
            display(screen, renderable)

        app._display = noting  # type: ignore[method-assign]


async def at_rest(app: Dashboard, pilot: Pilot[int]) -> None:
    before = None
    while before != (before := shown(app)):
        await pilot.pause()


def line_of(app: Dashboard, text: str) -> int:
    return next(number for number, line in enumerate(shown(app).splitlines()) if text in line)


async def painted_by(source: Scripted, *events: ev.Event) -> tuple[set[int], Dashboard]:
    """The lines that these events paint, at a clock that stands still."""
    app = dashboard(source)
    still = mock.Mock(wraps=datetime)
    still.now.return_value = mock.Mock(astimezone=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    with mock.patch("enrich_tui.tui.board.datetime", still):
        async with app.run_test(size=(140, 40)) as pilot:
            await until_shown(pilot, "session 02")
            await until(pilot, lambda: app.board.view.batch is not None)
            await at_rest(app, pilot)
            brush = Brush(app)
            source.emit(*events)
            await until(pilot, lambda: not app._events)
            await at_rest(app, pilot)
            where = {line_of(app, f"session {number:02} ") for number in range(3)}
            assert len(where) == 3
            return brush.lines, app


async def test_progress_paints_the_line_of_its_session_only() -> None:
    progress = ev.StageProgressed(t=7.5, session="s1", stage=Stage.AUDIO, fraction=0.5)
    lines, app = await painted_by(Scripted(SCRIPT), progress)
    assert app.board.listing.index("s1") == 1
    assert len(lines) == 1


async def test_what_is_not_in_sight_paints_nothing() -> None:
    progress = ev.SessionMeasured(t=7.5, session="s59", media={Stage.AUDIO: 60.0})
    lines, _ = await painted_by(Scripted(SCRIPT), progress)
    assert lines == set()


async def test_the_same_figures_again_paint_nothing() -> None:
    lines, _ = await painted_by(Scripted(SCRIPT), batch(t=7.0, progress=12.0))
    assert lines == set()


async def test_a_second_paints_what_runs_and_nothing_else() -> None:
    """Three sessions at work with their times and bars, the totals, three workers, and the details of the selected."""
    lines, _ = await painted_by(Scripted(SCRIPT), batch(t=8.0, progress=12.0))
    assert lines
    assert len(lines) <= 12


async def test_nothing_is_drawn_while_only_time_passes_but_what_tells_the_time() -> None:
    """With all sessions done: the ages of the workers and the processors' graph; not the totals, not the table."""
    ended = [
        ev.SessionFinished(session=f"s{number}", status=SessionStatus.COMPLETE, duration=1) for number in range(60)
    ]
    done = {"state": "done", "total": 60, "completed": 60, "progress": 100.0}
    source = Scripted([*SCRIPT, *ended, batch(t=8.0, **done)])
    app = dashboard(source)
    async with app.run_test(size=(140, 40)) as pilot:
        await until_shown(pilot, "DONE")
        await until(pilot, lambda: not app._events)
        drawn: list[Panel] = []
        with mock.patch.object(Panel, "redraw", autospec=True, side_effect=lambda panel, **_: drawn.append(panel)):
            source.emit(batch(t=9.0, **done))
            await until(pilot, lambda: not app._events)
    assert set(drawn) <= {app.main.worker_panel, app.main.pool, app.main.pool_box, app.main.header}


async def test_it_does_not_look_for_changes_while_nothing_comes_or_what_comes_is_no_news() -> None:
    source = Scripted(SCRIPT)
    app = dashboard(source)

    def looks() -> bool:
        return any(timer._active.is_set() for timer in app._timers_by_focus.values())

    async with app.run_test(size=(140, 40)) as pilot:
        await until_shown(pilot, "session 02")
        await until(pilot, lambda: not looks())
        source.emit(batch(t=8.0, progress=12.0))
        assert not looks()
        await until(pilot, lambda: app.board.view.now == 8.0)
        await until(pilot, lambda: not looks())
        source.emit(batch(t=9.0, progress=24.0))
        assert looks()
        await until_shown(pilot, "24%")


async def test_the_first_frame_waits_for_nothing() -> None:
    app = dashboard(Scripted(SCRIPT))
    frames: list[str] = []
    app.post_display_hook = lambda: frames.append(shown(app))  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "session 02")
    assert "enrich" in frames[0]
    assert "quit" in frames[0]
    assert "Sessions" not in frames[0]


@pytest.mark.parametrize(("count", "times"), [(MANY, 1), (10, 0)])
async def test_many_sessions_are_not_looked_through_for_garbage(count: int, times: int) -> None:
    app = dashboard(Scripted([STARTED, *[queued(f"s{number}", "a") for number in range(count)], batch()]))
    with mock.patch.object(gc, "freeze") as freeze:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.board.view.batch is not None)
            for _ in range(3):
                app._second()
    assert freeze.call_count == times
