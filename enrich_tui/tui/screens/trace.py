"""A reading screen that also shows, when asked, what the log says of the errors on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from enrich_tui.logs import records_of
from enrich_tui.text import clean, gate
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.findable import FindableScreen
from enrich_tui.tui.widgets.reader import Paragraph

_DEEPEST = 12
"""Cells of a line's own indentation that are kept."""
RECORDS = 3
"""Records of the log that are shown at most."""


class TracedScreen(FindableScreen):
    """Adds the records of the log, tracebacks among them, below the text. They are looked for off the event loop."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.TRACE]

    def __init__(self, board: Board, log: str) -> None:
        super().__init__(board)
        self.log_file = log
        """Where the log is; empty where there is none."""
        self._records: Sequence[str] | None = None

    def marks(self) -> Sequence[str]:
        """Texts of which one stands in each record that is wanted."""
        raise NotImplementedError

    def log_paragraphs(self) -> list[Paragraph]:
        """Where the log is, and what it says if that was asked for."""
        palette = self.board.palette
        if not self.log_file:
            return []
        lines = [Paragraph(), Paragraph(clean(self.log_file), palette.dim, "log", palette.dim, 6)]
        if self._records is None:
            shown = keys.keys_of(keys.TRACE[0], self.dashboard.keymap_in_use)[0]
            return [*lines, Paragraph(f"press {shown} for what it says of this", palette.faint, indent=6)]
        if not self._records:
            return [*lines, Paragraph("It says nothing of this.", palette.dim, indent=6)]
        for record in self._records:
            lines.append(Paragraph())
            for line in record.split("\n"):
                words = line.lstrip()
                lines.append(Paragraph(words, palette.dim, indent=2 + min(len(line) - len(words), _DEEPEST)))
        return lines

    async def action_trace(self) -> None:
        """Look into the log, or hide it again."""
        if self._records is None and self.log_file:
            self._records = await asyncio.to_thread(_find, Path(self.log_file), tuple(self.marks()))
            self.reload()
            self.call_after_refresh(self.pane.action_last)
        else:
            self._records = None
            self.reload()


def _find(file: Path, marks: Sequence[str]) -> list[str]:
    return [gate(record) for record in records_of(file, marks, RECORDS)]
