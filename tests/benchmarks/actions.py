"""What a person does in the dashboard, each with how to tell that it is on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from enrich_tui.display.listing import Sort
from enrich_tui.tui.app import Dashboard

Done = Callable[[], bool]


class Action(NamedTuple):
    """A key."""

    name: str
    key: str
    character: str | None
    expect: Callable[[Any], Done]
    """Called before the key: tells later whether it has done what it is for."""


def anything(_: object) -> Done:
    """Any frame will do."""
    return lambda: True


def cursor_moved(app: Dashboard) -> Done:
    """The cursor is on another session."""
    before = app.board.selected
    return lambda: app.board.selected != before


def _at(place: int) -> Callable[[Dashboard], Done]:
    return lambda app: lambda: app.board.selected == app.board.listing[place % len(app.board.listing)]


def _sorted(key: Sort) -> Callable[[Dashboard], Done]:
    return lambda app: lambda: app.board.listing.sort is key


def _reversed(app: Dashboard) -> Done:
    before = app.board.listing.reverse
    return lambda: app.board.listing.reverse != before


def _hidden(app: Dashboard) -> Done:
    before = app.board.listing.hide_finished
    return lambda: app.board.listing.hide_finished != before


def _filter(text: str) -> Callable[[Dashboard], Done]:
    return lambda app: lambda: app.board.filter_text == text


def _asked(app: Dashboard) -> Done:
    return lambda: app.screen.name == "sort"


def _typing(app: Dashboard) -> Done:
    return lambda: app.main.filter.has_focus


ACTIONS = (
    Action("first", "g", "g", _at(0)),
    Action("down", "j", "j", cursor_moved),
    Action("page down", "pagedown", None, cursor_moved),
    Action("last", "G", "G", _at(-1)),
    Action("up", "k", "k", cursor_moved),
    Action("page up", "pageup", None, cursor_moved),
    Action("first", "g", "g", _at(0)),
    Action("ask sort", "s", "s", _asked),
    Action("sort by name", "n", "n", _sorted(Sort.NAME)),
    Action("down", "j", "j", cursor_moved),
    Action("reverse", "S", "S", _reversed),
    Action("reverse", "S", "S", _reversed),
    Action("ask sort", "s", "s", _asked),
    Action("sort by state", "s", "s", _sorted(Sort.STATE)),
    Action("open filter", "slash", None, _typing),
    Action("filter 1st", "0", "0", _filter("0")),
    Action("filter 2nd", "9", "9", _filter("09")),
    Action("filter 3rd", "3", "3", _filter("093")),
    Action("clear filter", "escape", None, _filter("")),
    Action("hide finished", "h", "h", _hidden),
    Action("show finished", "h", "h", _hidden),
)
