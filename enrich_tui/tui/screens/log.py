"""The log of this run, and the list of its errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enrich_tui.display.changes import Changes
from enrich_tui.display.rows import Line
from enrich_tui.display.troubles import Trouble
from enrich_tui.text import clean, count_text, seconds_text
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.screens.trace import TracedScreen
from enrich_tui.tui.widgets.filter import FilterInput
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.drawing import Row

_LEVEL = "level:"


class LogScreen(ReaderScreen):
    """What happened, line by line; it follows the run while its end is in sight, unless it is to stand still."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.LOG]
    OFFERED = (*keys.LOG, *keys.READER_SCREEN)
    ALL_KEYS = (*keys.LOG, *keys.READER_SCREEN, *keys.READER)
    AT_END = True

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.filter = FilterInput(placeholder="filter: text  level:warning  level:error", id="log-filter")
        self._follow = True
        self._wanted = ""

    def compose(self) -> ComposeResult:
        """The line for the filter below the box."""
        yield from super().compose()
        yield self.filter

    def head(self) -> Row:
        """See the base."""
        palette = self.board.palette
        row = Row().add("Log of this run", palette.strong)
        return row.add(f"   filter: {self._wanted}", palette.accent) if self._wanted else row

    def tail(self) -> Row:
        """See the base."""
        palette = self.board.palette
        row = Row().add(f"{count_text(len(self._lines()), 'line')} {self.board.glyphs.dot} ", palette.dim)
        return row.add("following", palette.good) if self._follow else row.add("standing still", palette.warn)

    def document(self) -> list[Paragraph]:
        """See the base."""
        palette = self.board.palette
        styles = {"good": palette.good, "warning": palette.warn, "error": palette.bad}
        lines = [
            Paragraph(line.text, styles.get(line.level, palette.text), f"{seconds_text(line.t):>7}", palette.faint, 9)
            for line in self._lines()
        ]
        nothing = "No line fits the filter." if self._wanted else "Nothing has happened yet."
        return lines or [Paragraph(nothing, palette.dim)]

    def _lines(self) -> Sequence[Line]:
        words = self._wanted.casefold().split()
        levels = [word.removeprefix(_LEVEL) for word in words if word.startswith(_LEVEL)]
        texts = [word for word in words if not word.startswith(_LEVEL)]
        return [
            line
            for line in self.board.view.log
            if all(text in line.text.casefold() for text in texts)
            and (not levels or any(line.level.startswith(level) for level in levels))
        ]

    def update(self, changes: Changes) -> None:
        """Something happened."""
        if "log" in changes.parts and self._follow:
            self.reload(to_end=True)

    def action_filter(self) -> None:
        """Open the filter."""
        self.filter.open(self._wanted)

    def on_input_changed(self, event: FilterInput.Changed) -> None:
        """Filter while it is typed."""
        self._wanted = event.value
        self.reload()

    def on_filter_input_closed(self, event: FilterInput.Closed) -> None:
        """The filter is done, or given up."""
        if not event.kept:
            self._wanted = ""
            self.reload()
        self.pane.focus()

    def action_follow(self) -> None:
        """Follow, from the newest line on, or stand still."""
        self._follow = not self._follow
        self.reload()
        if self._follow:
            self.pane.action_last()


class ErrorScreen(TracedScreen):
    """All open errors, or one of them, with everything that is known."""

    FOLLOWS = frozenset({"errors"})

    BINDINGS: ClassVar[list[BindingType]] = [*keys.OPEN_ERRORS]
    OFFERED = (keys.OPEN_ERRORS[0], *keys.TRACE, keys.FIND_HERE[0], *keys.READER_SCREEN)
    ALL_KEYS = (*keys.OPEN_ERRORS, *keys.TRACE, *keys.FIND_HERE, *keys.FOUND_HERE, *keys.READER_SCREEN, *keys.READER)

    def __init__(self, board: Board, only: Trouble | None, log: str) -> None:
        super().__init__(board, log)
        self._only = only

    def marks(self) -> Sequence[str]:
        """The attempts that met these errors, as the log names them."""
        from enrich_tui.pipeline.attempts import OPERATIONS

        met = {pair for trouble in self._troubles for pair in trouble.sessions.items()}
        return [f"{OPERATIONS[stage] if stage else ''} of {clean(ident)}, attempt" for ident, stage in met]

    @property
    def _troubles(self) -> Sequence[Trouble]:
        troubles = self.board.view.troubles.newest_first
        return [trouble for trouble in troubles if self._only in {None, trouble}]

    def head(self) -> Row:
        """See the base."""
        return Row().add("Error" if self._only else "Errors", self.board.palette.strong)

    def tail(self) -> Row:
        """See the base."""
        return Row().add("" if self._only else "newest first", self.board.palette.dim)

    def document(self) -> list[Paragraph]:
        """See the base."""
        palette = self.board.palette
        troubles = self._troubles
        if not troubles:
            nothing = "This error is not open any more." if self._only else "There are no open errors."
            return [Paragraph(nothing, palette.good)]
        lines: list[Paragraph] = []
        for trouble in troubles:
            lines += self._entry(trouble)
        return [*lines[:-1], *self.log_paragraphs()]

    def _entry(self, trouble: Trouble) -> list[Paragraph]:
        palette, glyphs, board = self.board.palette, self.board.glyphs, self.board
        count = f"{glyphs.times}{trouble.count}"
        lines = [Paragraph(trouble.message, palette.strong, count, palette.bad if trouble.final else palette.warn, 6)]
        if trouble.advice:
            todo = board.advised(trouble.advice)
            lines.append(Paragraph(todo, palette.text, f"{'':6}{glyphs.arrow}", palette.accent, 9))
        times = "once" if trouble.times == 1 else f"{trouble.times} times, first at {seconds_text(trouble.first)}"
        kind = f", kind {trouble.category}" if trouble.category != trouble.problem else ""
        facts = f"code {trouble.problem}{kind}, met {times}, last at {seconds_text(trouble.last)}"
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

    def action_retry(self) -> None:
        """Run the sessions that met these errors again."""
        self.dashboard.commands.retry(list({ident: None for trouble in self._troubles for ident in trouble.sessions}))

    def action_retry_all(self) -> None:
        """Run all failed sessions again."""
        self.dashboard.commands.retry_failed()

    def action_restart(self) -> None:
        """Restart workers in error."""
        self.dashboard.commands.restart_errored()
