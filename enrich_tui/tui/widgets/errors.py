"""The error panel of the dashboard: two lines an entry, with a cursor, keys and clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message

from enrich_tui import widgets
from enrich_tui.display.troubles import Trouble
from enrich_tui.text import count_text
from enrich_tui.tui.board import Board
from enrich_tui.tui.keys import CHANGES, ERRORS, key_of
from enrich_tui.widgets.drawing import Row, rule
from enrich_tui.widgets.glyphs import ASCII

_BESIDE = (("errors", "open"), ("next-panel", "select"))
_CHOSEN = (("errors-open", "open"), ("retry", "retry"), ("copy", "copy"))
"""Keys that its title names, by their ids: while the focus is elsewhere, and for the entry under the cursor."""


class ErrorPanel(widgets.ErrorPanel, can_focus=True):
    """The open errors of the run, as many as there is room for; with the focus a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*ERRORS]
    MESSAGE_LINES = ADVICE_LINES = 1

    class Opened(Message):
        """A person wants to see this entry whole."""

        def __init__(self, trouble: Trouble) -> None:
            super().__init__()
            self.trouble = trouble

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(title_of=board.title, ascii_only=board.glyphs is ASCII, paced=True, id=id)
        self._board = board
        self._index = 0
        self._top = 0

    @property
    def entries(self) -> list[Trouble]:
        """Those of the run."""
        return self._board.view.troubles.newest_first

    @property
    def selected(self) -> Trouble | None:
        """The entry under the cursor."""
        entries = self.entries
        return entries[min(self._index, len(entries) - 1)] if entries else None

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        palette, glyphs, entries = self.palette, self.glyphs, self.entries
        self._index = max(0, min(self._index, len(entries) - 1))
        room = max(1, (self.size.height - 1) // 2)
        self._top = max(min(self._top, self._index), self._index - room + 1, 0)
        kinds = f"{count_text(len(entries), 'kind')} {glyphs.dot} newest first"
        title = Row().add("Errors", palette.accent if self.has_focus else palette.bad)
        title.add(f" {glyphs.dot} {kinds}", palette.dim)
        tail = Row()
        for ident, word in _CHOSEN if self.has_focus else _BESIDE:
            if ident in CHANGES and self._board.controls is None:
                continue
            tail.add(f" {glyphs.dot} " if tail.width else "", palette.faint)
            tail.add(key_of(ident, self._board.keymap), palette.accent).add(f" {word}", palette.dim)
        lines = [rule(title, tail if width >= 60 else Row(), width, glyphs, palette.faint)]
        for entry in entries[self._top : self._top + room]:
            lines += self.entry(entry, width)
        return lines

    def advice_of(self, entry: Trouble) -> str:
        """What to do, with the keys; never nothing, for each entry has its two lines."""
        return self._board.advised(entry.advice) or "see the log"

    def overlay(self, line: int) -> Style | None:
        """The cursor."""
        here = self.has_focus and line > 0 and (line - 1) // 2 == self._index - self._top
        return self.palette.cursor if here else None

    def watch_has_focus(self, value: bool) -> None:
        """The cursor comes and goes with the focus."""
        super().watch_has_focus(value)
        self.redraw()

    def action_up(self) -> None:
        """One entry up."""
        self._index = max(0, self._index - 1)
        self.redraw()

    def action_down(self) -> None:
        """One entry down."""
        self._index += 1
        self.redraw()

    def action_open(self) -> None:
        """See the entry whole."""
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def on_click(self, event: events.Click) -> None:
        """A click on an entry shows its sessions."""
        place = self._top + (event.y - 1) // 2
        if event.y > 0 and place < len(self.entries):
            self._index = place
            self.redraw()
            self.action_open()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_up()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.action_down()
