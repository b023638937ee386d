"""The error panel: what went wrong, what to do about it, and whom it befell; the same cause only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message

from enrich_tui.display.rows import CellState
from enrich_tui.display.troubles import Trouble
from enrich_tui.text import cells, fit
from enrich_tui.tui.board import Board
from enrich_tui.tui.keys import ERRORS
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row, rule


class ErrorPanel(BoardPanel, can_focus=True):
    """Two lines an entry, the newest first; with the focus a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*ERRORS]

    class Opened(Message):
        """A person wants to see this entry whole."""

        def __init__(self, trouble: Trouble) -> None:
            super().__init__()
            self.trouble = trouble

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board, id=id)
        self._index = 0
        self._top = 0

    @property
    def selected(self) -> Trouble | None:
        """The entry under the cursor."""
        entries = self.board.view.troubles.newest_first
        return entries[min(self._index, len(entries) - 1)] if entries else None

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        board, palette, glyphs = self.board, self.palette, self.glyphs
        entries = board.view.troubles.newest_first
        self._index = max(0, min(self._index, len(entries) - 1))
        room = max(1, (self.size.height - 1) // 2)
        self._top = max(min(self._top, self._index), self._index - room + 1, 0)
        kinds = f"{len(entries)} {'kind' if len(entries) == 1 else 'kinds'} {glyphs.dot} newest first"
        title = (
            Row()
            .add("Errors", palette.accent if self.has_focus else palette.bad)
            .add(f" {glyphs.dot} {kinds}", palette.dim)
        )
        tail = Row().add("e", palette.accent).add(" open ", palette.dim).add(glyphs.dot, palette.faint)
        tail.add(" y", palette.accent).add(" copy", palette.dim)
        lines = [rule(title, tail if width >= 60 else Row(), width, glyphs, palette.faint)]
        for entry in entries[self._top : self._top + room]:
            lines += self._entry(entry, width)
        return lines

    def _entry(self, entry: Trouble, width: int) -> list[Row]:
        palette, glyphs = self.palette, self.glyphs
        sign = glyphs.cells[CellState.FAILED if entry.final else CellState.RETRYING]
        count = f"{glyphs.times}{entry.count}"
        whom = self._whom(entry, max(12, width // 4))
        first = Row().add(sign, palette.bad if entry.final else palette.warn)
        first.add(" ").cell(count, max(4, cells(count) + 1), palette.strong)
        room = width - first.width - (cells(whom) + 3 if whom else 1)
        first.cell(entry.message, room, palette.text)
        if whom:
            first.add("  ").add(whom, palette.dim).add(" ")
        second = Row().to(6).add(f"{glyphs.arrow} ", palette.accent)
        second.add(fit(entry.advice or "see the log", width - second.width - 1), palette.dim)
        return [first, second]

    def _whom(self, entry: Trouble, width: int) -> str:
        if entry.sessions:
            more = f" +{len(entry.sessions) - 1}" if len(entry.sessions) > 1 else ""
            return fit(self.board.title(next(iter(entry.sessions))), width - cells(more)) + more
        return ""

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
        """A click selects, a second one opens."""
        if event.y > 0:
            self._index = self._top + (event.y - 1) // 2
            self.redraw()
            if event.chain == 2:
                self.action_open()
