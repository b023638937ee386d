"""The log of this run, and the list of its errors."""

from __future__ import annotations

from enrich_tui.display.troubles import Trouble
from enrich_tui.text import seconds_text
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.drawing import Row


class LogScreen(ReaderScreen):
    """What happened, line by line; it follows the run while its end is in sight."""

    FOLLOWS = frozenset({"log"})

    AT_END = True

    def head(self) -> Row:
        """See the base."""
        return Row().add("Log of this run", self.board.palette.strong)

    def tail(self) -> Row:
        """See the base."""
        return Row().add(f"{len(self.board.view.log)} lines", self.board.palette.dim)

    def document(self) -> list[Paragraph]:
        """See the base."""
        palette = self.board.palette
        styles = {"good": palette.good, "warning": palette.warn, "error": palette.bad}
        lines = [
            Paragraph(line.text, styles.get(line.level, palette.text), f"{seconds_text(line.t):>7}", palette.faint, 9)
            for line in self.board.view.log
        ]
        return lines or [Paragraph("Nothing has happened yet.", palette.dim)]


class ErrorScreen(ReaderScreen):
    """All open errors, or one of them, with everything that is known."""

    FOLLOWS = frozenset({"errors"})

    def __init__(self, board: Board, only: Trouble | None, log: str) -> None:
        super().__init__(board)
        self._only = only
        self._log = log

    def head(self) -> Row:
        """See the base."""
        return Row().add("Error" if self._only else "Errors", self.board.palette.strong)

    def tail(self) -> Row:
        """See the base."""
        return Row().add("newest first", self.board.palette.dim)

    def document(self) -> list[Paragraph]:
        """See the base."""
        palette = self.board.palette
        troubles = [self._only] if self._only else self.board.view.troubles.newest_first
        if not troubles:
            return [Paragraph("There are no open errors.", palette.good)]
        lines: list[Paragraph] = []
        for trouble in troubles:
            lines += self._entry(trouble)
        if self._log:
            lines.append(Paragraph(f"More is in {self._log}", palette.dim))
        return lines

    def _entry(self, trouble: Trouble) -> list[Paragraph]:
        palette, glyphs, board = self.board.palette, self.board.glyphs, self.board
        count = f"{glyphs.times}{trouble.count}"
        lines = [Paragraph(trouble.message, palette.strong, count, palette.bad if trouble.final else palette.warn, 6)]
        if trouble.advice:
            lines.append(Paragraph(trouble.advice, palette.text, f"{'':6}{glyphs.arrow}", palette.accent, 9))
        times = "once" if trouble.times == 1 else f"{trouble.times} times, first at {seconds_text(trouble.first)}"
        facts = f"code {trouble.problem}, kind {trouble.category}, met {times}, last at {seconds_text(trouble.last)}"
        lines.append(Paragraph(facts, palette.dim, indent=6))
        shown = list(trouble.sessions.items())
        for ident, stage in shown if self._only else shown[:5]:
            where = f" ({stage})" if stage else ""
            lines.append(
                Paragraph(f"{board.title(ident)}{where}", palette.text, f"{'':6}{glyphs.dot}", palette.faint, 8)
            )
        if len(shown) > 5 and not self._only:
            lines.append(Paragraph(f"and {len(shown) - 5} more", palette.dim, indent=8))
        return [*lines, Paragraph()]
