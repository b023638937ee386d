"""Takes the snapshots: every state at every size in every theme, from scripted events and a clock that stands still.

    python -m tests.snapshots

records them anew; ``--pictures FOLDER`` writes PNG files instead, to look at.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from unittest import mock

from textual.pilot import Pilot

from enrich_tui.config import UiConfig
from enrich_tui.controls import Player
from enrich_tui.events import Event
from enrich_tui.tui import themes
from enrich_tui.tui.app import Dashboard
from tests.pilot.scripted import Scripted, dashboard, shown, until
from tests.pilot.test_handover import Foreign
from tests.snapshots.picture import picture, screen_cells
from tests.snapshots.states import arriving, found, states, stopped

FOLDER = Path(__file__).parent / "screens"
TEXTUAL = "8.2.8"
"""The version that they were recorded with; others draw their own parts differently."""
SIZES = ((40, 6), (80, 24), (100, 30), (140, 40))
SCREENS = {
    "details": ("enter",),
    "error-list": ("e",),
    "log": ("L",),
    "workers": ("W", "down"),
    "sorting": ("s",),
    "leaving": ("q",),
    "find-here": ("enter", "slash", *"attempt"),
    "filtering": ("slash", *"state:failed"),
    "marked": ("m", "m", "tab"),
    "find": ("f", *"tide"),
}
"""The other screens, with the keys that open them, over the state with errors; at one size."""
SCREEN_SIZE = (80, 24)
OTHERS = {
    "find": ((140, 40),),
    "arriving": ((80, 24), (140, 40)),
    "replay": ((40, 6), (80, 24), (140, 40)),
    "read-only": ((80, 24), (140, 40)),
    "stopped": ((40, 6), (80, 24), (140, 40)),
}
"""Runs that are watched, played again, or another program's; at the sizes at which they look different."""
THEMES = {theme.name.removeprefix("enrich-"): theme.name for theme in themes.THEMES}


def cases() -> Iterator[tuple[str, tuple[int, int]]]:
    """All states and sizes, the other screens, and the other kinds of runs."""
    for state in states():
        for size in SIZES:
            yield state, size
    for screen in SCREENS:
        yield screen, SCREEN_SIZE
    for state, sizes in OTHERS.items():
        for size in sizes:
            yield state, size


def file_of(state: str, size: tuple[int, int]) -> Path:
    """Where this snapshot is."""
    return FOLDER / f"{state}-{size[0]}x{size[1]}.txt"


@contextlib.contextmanager
def _still() -> Iterator[None]:
    """The same environment and the same time of day everywhere."""
    plain = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    clock = mock.Mock(wraps=datetime)
    clock.now.return_value = mock.Mock(astimezone=lambda: datetime(2026, 1, 1, 14, 32, 7, tzinfo=UTC))
    with (
        mock.patch.dict("os.environ", plain),
        mock.patch("enrich_tui.tui.board.datetime", clock),
        mock.patch("enrich_tui.tui.screens.find.search_place", found),
        mock.patch("enrich_tui.widgets.glyphs.locale.getpreferredencoding", return_value="UTF-8"),
    ):
        os.environ.pop("NO_COLOR", None)
        yield


class _Still:
    """A recording that stands still."""

    speed, paused, position, length = 2.0, True, 402.0, 4900.0


def _script(state: str) -> Sequence[Event]:
    match state:
        case "arriving":
            return arriving()
        case "stopped":
            return stopped()
        case "replay" | "read-only":
            return states()["running"]
        case _:
            return states()["errors" if state in SCREENS else state]


def _app(state: str, script: Sequence[Event]) -> Dashboard:
    ui = UiConfig(motion=False)
    if state == "replay":
        return Dashboard(Scripted(script), None, ui=ui, player=cast("Player", _Still()))
    if state in {"read-only", "stopped"}:
        source = Foreign(*script)
        source.free = state == "stopped"
        return Dashboard(source, None, ui=ui, handover=source)
    return dashboard(Scripted(script), motion=False)


@contextlib.asynccontextmanager
async def opened(state: str, size: tuple[int, int]) -> AsyncIterator[tuple[Dashboard, Pilot[int]]]:
    """A dashboard that shows this state, or another screen."""
    script = _script(state)
    with _still():
        app = _app(state, script)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.board.view.now >= script[-1].t and not app._events)
            await pilot.press(*SCREENS.get(state, ()))
            if state == "find":
                await until(pilot, lambda: "hits in 3 of 3 sessions  " in shown(app))
                await pilot.press("down")
            await pilot.pause()
            yield app, pilot


async def _at_rest(pilot: Pilot[int]) -> list[list[tuple[str, str]]]:
    """The screen once it does not change any more: one part may follow another's size."""
    before = None
    while True:
        await pilot.pause()
        now = screen_cells(pilot.app.screen._compositor.render_strips())
        if now == before:
            return now
        before = now


async def take(state: str, size: tuple[int, int]) -> str:
    """One snapshot, in all themes."""
    screens = {}
    async with opened(state, size) as (app, pilot):
        for name, theme in THEMES.items():
            app.theme = theme
            await pilot.pause()
            screens[name] = await _at_rest(pilot)
    return picture(screens)
