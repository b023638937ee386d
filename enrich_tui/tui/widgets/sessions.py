"""The session table: one scrolling view over the store, whatever the number of sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from enrich_tui.display.listing import Sort
from enrich_tui.tui.board import Board
from enrich_tui.tui.columns import Columns, columns, heading, session_line
from enrich_tui.tui.keys import TABLE
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row, rule

_CACHED = 1000
_EMPTY = {
    "starting": "Looking for recordings ...",
    "looking": "Looking for recordings ...",
    "watching": "No recordings here yet: what you put here is taken up when it is finished.",
    "done": "No recordings here yet. Put some here and start again, or use --watch.",
}
"""What stands in the table by the state of the run, while there are no sessions."""


class TableHead(BoardPanel):
    """The line above the table, with sort, filter and position, and the names of the columns."""

    class Sorted(Message):
        """A person clicked on the head of a column."""

        def __init__(self, key: Sort) -> None:
            super().__init__()
            self.key = key

    def __init__(self, board: Board, table: SessionTable, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board, id=id)
        self._table = table

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        board, palette, glyphs = self.board, self.palette, self.glyphs
        listing = board.listing
        tail = Row().add(f"sort:{listing.sort} {glyphs.down if listing.reverse else glyphs.up}", palette.dim)
        tail.add(f" {glyphs.dot} ", palette.faint)
        filtered = bool(listing.query)
        tail.add(f"filter: {board.filter_text if filtered else 'none'}", palette.accent if filtered else palette.dim)
        if listing.hide_finished:
            tail.add(f" {glyphs.dot} ", palette.faint).add("finished hidden", palette.accent)
        if board.marked:
            tail.add(f" {glyphs.dot} ", palette.faint).add(f"{len(board.marked)} marked", palette.warn)
        first, last = self._table.shown_range
        tail.add(f" {glyphs.dot} ", palette.faint)
        count = len(listing)
        tail.add(f"{first}-{last} of {count}" if count else "0 sessions", palette.dim)
        style = palette.accent if self._table.has_focus else palette.strong
        top = rule(Row().add("Sessions", style), tail, width, glyphs, palette.faint)
        return [top, heading(self._table.columns, listing.sort, palette)]

    def on_click(self, event: events.Click) -> None:
        """A click on the name of a column sorts by it."""
        if event.y != 1:
            return
        for start, end, key in self._table.columns.heads:
            if start <= event.x < end:
                self.post_message(self.Sorted(key))


class SessionTable(ScrollView, can_focus=True, inherit_bindings=False):
    """All sessions that are shown, one a line. The cursor stays on its session, whatever the order becomes."""

    BINDINGS: ClassVar[list[BindingType]] = [*TABLE]
    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor is on another session, others are in sight, or the columns are others."""

    class Opened(Message):
        """A person wants the details of the session under the cursor."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.board = board
        self._strips: dict[str, Strip] = {}
        self._strips_for: Columns | None = None
        self._index = 0
        self._pinned = True
        """Until the cursor is moved it stays on the first line, whichever session that is."""

    # -- what the screen asks -----------------------------------------------------------------------------------------

    @property
    def columns(self) -> Columns:
        """The columns at the present width; a scroll bar stands one cell apart."""
        bar = 1 if self.show_vertical_scrollbar and self.styles.scrollbar_size_vertical else 0
        return columns(self.scrollable_content_region.width - bar, self.board.view.stages)

    @property
    def shown_range(self) -> tuple[int, int]:
        """Numbers of the first and the last session in sight, from 1; (0, 0) where there is none."""
        count = len(self.board.listing)
        first = self.scroll_offset.y
        return (first + 1, min(count, first + self.size.height)) if count else (0, 0)

    def update(self, dirty: Iterable[str]) -> None:
        """These sessions changed: put them into their places, and paint what is in sight."""
        dirty = set(dirty)
        for ident in dirty:
            self._strips.pop(ident, None)
        if self.board.listing.update(dirty):
            self.reordered()
            return
        top, height = self.scroll_offset.y, self.size.height
        for ident in dirty:
            index = self.board.listing.index(ident)
            if index is not None and top <= index < top + height:
                self.refresh_line(index)

    def reordered(self) -> None:
        """The order or the number of sessions changed: keep the cursor on its session, at the same height."""
        listing = self.board.listing
        height_on_screen = self._index - self.scroll_offset.y
        in_sight = 0 <= height_on_screen < self.size.height
        self.virtual_size = Size(self.scrollable_content_region.width, len(listing))
        place = None
        if not self._pinned and self.board.selected is not None:
            place = listing.index(self.board.selected)
        if place is None:
            place = 0 if self._pinned else min(self._index, len(listing) - 1)
        self._select(max(place, 0))
        if not self._pinned and in_sight:
            self.scroll_to(y=place - height_on_screen, animate=False, immediate=True, force=True)
            self._keep_in_sight()
        self.refresh()

    def repaint(self) -> None:
        """Draw everything again: colours, marks or columns changed."""
        self._strips.clear()
        self.refresh()

    def go_to(self, ident: str) -> bool:
        """Put the cursor on this session; False where it is not shown."""
        index = self.board.listing.index(ident)
        if index is None:
            return False
        self._move_to(index)
        return True

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the table."""
        board = self.board
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if index >= len(board.listing):
            if index == 0:
                return self._nothing().strip(width, self.rich_style)
            return Strip.blank(width, self.rich_style)
        layout = self.columns
        if layout != self._strips_for:
            self._strips.clear()
            self._strips_for = layout
            self.post_message(self.Moved())  # the names of the columns stand above
        ident = board.listing[index]
        selected = index == self._index
        strip = None if selected else self._strips.get(ident)
        if strip is None:
            line = session_line(board.view.rows[ident], board, layout, selected=selected)
            strip = line.strip(width, self.rich_style, board.palette.cursor if selected and self.has_focus else None)
            if not selected:
                if len(self._strips) > _CACHED:
                    self._strips.clear()
                self._strips[ident] = strip
        return strip

    def _nothing(self) -> Row:
        board = self.board
        if board.view.rows:
            query = board.listing.query
            words = query.unknown or (
                "no session fits the filter; esc clears it" if query else "all finished are hidden"
            )
        else:
            words = board.view.without or _EMPTY.get(board.view.state, "No recordings here yet.")
        row = Row().add("  ").add(words, board.palette.dim)
        return row.cut(self.scrollable_content_region.width, board.glyphs.ellipsis)

    def on_resize(self) -> None:
        """Other columns for another width, and another number of sessions in sight."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.board.listing))
        self._keep_in_sight()
        self.refresh()
        self.post_message(self.Moved())

    def watch_has_focus(self, value: bool) -> None:
        """The cursor's line looks different with the focus."""
        super().watch_has_focus(value)
        self.refresh()

    # -- the cursor ---------------------------------------------------------------------------------------------------

    def _select(self, index: int) -> None:
        listing = self.board.listing
        self._index = index
        ident = listing[index] if index < len(listing) else None
        if ident != self.board.selected:
            self.board.selected = ident
            self.post_message(self.Moved())

    def _move_to(self, index: int, *, pin: bool = False) -> None:
        count = len(self.board.listing)
        if not count:
            return
        self._pinned = pin
        before = self._index
        self._select(max(0, min(index, count - 1)))
        self._keep_in_sight()
        self.refresh_line(before)
        self.refresh_line(self._index)

    def _keep_in_sight(self) -> None:
        height = max(1, self.size.height)
        top = self.scroll_offset.y
        if self._index < top:
            self.scroll_to(y=self._index, animate=False, immediate=True, force=True)
        elif self._index >= top + height:
            self.scroll_to(y=self._index - height + 1, animate=False, immediate=True, force=True)

    def action_up(self) -> None:
        """One session up."""
        self._move_to(self._index - 1)

    def action_down(self) -> None:
        """One session down."""
        self._move_to(self._index + 1)

    def action_page_up(self) -> None:
        """One screenful up."""
        self._move_to(self._index - max(1, self.size.height - 1))

    def action_page_down(self) -> None:
        """One screenful down."""
        self._move_to(self._index + max(1, self.size.height - 1))

    def action_first(self) -> None:
        """To the first line, and stay there."""
        self._move_to(0, pin=True)

    def action_last(self) -> None:
        """To the last session."""
        self._move_to(len(self.board.listing) - 1)

    def action_open(self) -> None:
        """The details of the selected session."""
        if self.board.selected is not None:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        index = event.y + self.scroll_offset.y
        if index < len(self.board.listing):
            self._move_to(index)
            if event.chain == 2:
                self.action_open()
