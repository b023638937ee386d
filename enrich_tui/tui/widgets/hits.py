"""The pane of what a search found: sessions with their hits, a line each, of which the cursor is on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from enrich_tui.display.found import label, stamp
from enrich_tui.search import Found, Hit, Place
from enrich_tui.search.passages import ELLIPSIS
from enrich_tui.text import cells, count_text, fit_end
from enrich_tui.tui.keys import HITS
from enrich_tui.tui.widgets.reader import ReaderPane
from enrich_tui.widgets.drawing import Row, ends
from enrich_tui.widgets.palette import palette

_STAMP = 9
_BEFORE = 3
"""What was found begins in this part of the line, at the latest: the first of so many."""


class Entry(NamedTuple):
    """A line: of a session, or of a hit of it, or of how many more it has."""

    found: Found
    hit: Hit | None = None
    more: int = 0


class HitPane(ReaderPane, inherit_bindings=False):
    """Lines are drawn when they come in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [*HITS]

    class Opened(Message):
        """A person wants to read what is around the hit under the cursor."""

    def __init__(self, ellipsis: str) -> None:
        super().__init__()
        self._ellipsis = ellipsis
        self._entries: list[Entry] = []
        self._hits: list[int] = []
        """Which lines are hits."""
        self._index = 0

    @property
    def selected(self) -> tuple[Place, Hit] | None:
        """The hit under the cursor, and whose it is."""
        entry = self._entries[self._hits[self._index]] if self._hits else None
        return (entry.found.place, entry.hit) if entry is not None and entry.hit is not None else None

    @property
    def text(self) -> str:
        """Everything, to copy."""
        return "\n".join(self._row(entry, 10_000).text.rstrip() for entry in self._entries)

    def list(self, founds: Sequence[Found]) -> None:
        """Show these instead; the cursor stays on its hit if it has been moved there."""
        before = self.selected if self._index else None
        self._entries = [entry for found in founds for entry in _entries(found)]
        self._hits = [line for line, entry in enumerate(self._entries) if entry.hit is not None]
        now = [(self._entries[line].found.place, self._entries[line].hit) for line in self._hits]
        self._index = now.index(before) if before in now else 0
        self._measure()
        self._keep_in_sight()

    def on_resize(self) -> None:
        """Lines are cut at another place."""
        self._measure()
        self._keep_in_sight()

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._entries))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line, with the cursor on it if it is there."""
        line, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if line >= len(self._entries):
            return Strip.blank(width, self.rich_style)
        here = self.has_focus and bool(self._hits) and line == self._hits[self._index]
        row = self._row(self._entries[line], width)
        return row.strip(width, self.rich_style, palette(self.app).cursor if here else None)

    def _row(self, entry: Entry, width: int) -> Row:
        colours, found, hit = palette(self.app), entry.found, entry.hit
        if hit is not None:
            row = Row().cell(f"{stamp(hit):>{_STAMP - 1}}", _STAMP, colours.dim).add(label(hit), colours.dim)
            return _shown(row, hit, width, self._ellipsis, colours.text, colours.accent + Style(bold=True))
        if entry.more:
            return Row().to(_STAMP).add(f"and {entry.more} more", colours.faint)
        when = f"  {found.place.started:%Y-%m-%d}" if found.place.started else ""
        name = Row().add(found.place.title, colours.strong).add(when, colours.dim)
        return ends(name, Row().add(count_text(found.total, "hit"), colours.dim), width, self._ellipsis)

    def watch_has_focus(self, value: bool) -> None:
        """The cursor comes and goes with the focus."""
        super().watch_has_focus(value)
        self.refresh()

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def _move_to(self, index: int) -> None:
        self._index = max(0, min(index, len(self._hits) - 1))
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        """The cursor's line, and the name of its session where that is just above."""
        if not self._hits:
            return
        line, top, height = self._hits[self._index], self.scroll_offset.y, max(1, self.size.height)
        first = line - 1 if line and self._entries[line - 1].hit is None else line
        if first < top:
            self.scroll_to(y=first, animate=False, immediate=True, force=True)
        elif line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False, immediate=True, force=True)

    def _leap(self, lines: int) -> None:
        if self._hits:
            goal = self._hits[self._index] + lines
            nearest = min(range(len(self._hits)), key=lambda place: abs(self._hits[place] - goal))
            self._move_to(nearest)

    def action_up(self) -> None:
        """One hit up."""
        self._move_to(self._index - 1)

    def action_down(self) -> None:
        """One hit down."""
        self._move_to(self._index + 1)

    def action_page_up(self) -> None:
        """One screenful up."""
        self._leap(1 - max(2, self.size.height))

    def action_page_down(self) -> None:
        """One screenful down."""
        self._leap(max(2, self.size.height) - 1)

    def action_first(self) -> None:
        """To the first hit."""
        self._move_to(0)

    def action_last(self) -> None:
        """To the last hit."""
        self._move_to(len(self._hits) - 1)

    def action_open(self) -> None:
        """Read what is around it."""
        if self._hits:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        line = event.y + self.scroll_offset.y
        if line in self._hits:
            self._move_to(self._hits.index(line))
            if event.chain == 2:
                self.action_open()


def _entries(found: Found) -> list[Entry]:
    more = found.total - len(found.hits)
    hits = [Entry(found, hit) for hit in found.hits]
    return [Entry(found), *hits, *([Entry(found, more=more)] if more else [])]


def _shown(row: Row, hit: Hit, width: int, ellipsis: str, plain: Style, marked: Style) -> Row:
    """The hit in a line, cut at its beginning too where what was found would be out of sight."""
    room = (width - row.width) // _BEFORE
    parts = [(ellipsis if text == ELLIPSIS else text, is_match) for text, is_match in hit.parts]
    first = next((place for place, (_, is_match) in enumerate(parts) if is_match), 0)
    before = "".join(text for text, _ in parts[:first])
    if cells(hit.text) > width - row.width and cells(before) > room:
        tail = fit_end(before, room - cells(ellipsis), ellipsis="")
        before = ellipsis + tail.partition(" ")[2]
    row.add(before, plain)
    for text, is_match in parts[first:]:
        row.add(text, marked if is_match else plain)
    return row.cut(width, ellipsis)
