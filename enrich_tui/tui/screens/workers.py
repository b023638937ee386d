"""The worker menu: restart one, add one, remove one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType

from enrich_tui.display.changes import Changes
from enrich_tui.errors.messages import describe
from enrich_tui.errors.problems import Problem
from enrich_tui.text import count_text, length_text
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.drawing import Row, bytes_text


class WorkerScreen(ReaderScreen):
    """Workers by number, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.WORKERS]
    OFFERED = (*keys.WORKERS[2:], keys.READER_SCREEN[0])
    ALL_KEYS = (*keys.WORKERS, *keys.READER_SCREEN)
    FOLLOWS = frozenset({"workers", "second"})

    def __init__(self, board: Board, selected: int | None = None) -> None:
        super().__init__(board)
        self._selected = min(board.view.workers, default=0) if selected is None else selected

    def head(self) -> Row:
        """See the base."""
        return Row().add("Workers", self.board.palette.strong)

    def tail(self) -> Row:
        """See the base."""
        pool = self.board.view.pool
        return Row().add(f"{count_text(pool.restarts, 'restart')} so far" if pool else "", self.board.palette.dim)

    @property
    def _numbers(self) -> Sequence[int]:
        return sorted(self.board.view.workers)

    def document(self) -> list[Paragraph]:
        """See the base."""
        board, palette, glyphs = self.board, self.board.palette, self.board.glyphs
        lines = []
        for number in self._numbers:
            worker = board.view.workers[number]
            here = number == self._selected
            words = [
                f"{glyphs.workers.get(worker.status, '?')} {worker.status:<10}",
                f"{length_text(max(0.0, board.view.now - worker.since), short=True):>6}",
                f"{count_text(worker.jobs, 'job'):>9}",
                f"{count_text(worker.restarts, 'restart'):<11}",
                f"{bytes_text(worker.memory):>7}",
            ]
            style: Style = palette.bad if worker.status == "error" else palette.strong if here else palette.text
            label = f"{glyphs.cursor if here else ' '} {number}"
            lines.append(Paragraph("  ".join(words), style, label, palette.accent, 5))
            doing = f"{board.title(worker.session)}, {worker.stage}" if worker.session else _told(worker.last_error)
            if doing:
                lines.append(Paragraph(doing, palette.dim, indent=7))
        return lines or [Paragraph("There are no workers now.", palette.dim)]

    def update(self, changes: Changes) -> None:
        """The workers changed."""
        if changes.parts & self.FOLLOWS:
            self.reload()

    def action_move(self, by: int) -> None:
        """The cursor up or down."""
        numbers = self._numbers
        if numbers:
            place = numbers.index(self._selected) if self._selected in numbers else 0
            self._selected = numbers[max(0, min(len(numbers) - 1, place + by))]
            self.reload()

    def action_restart_one(self) -> None:
        """Restart the worker under the cursor."""
        if self._selected in self.board.view.workers:
            self.dashboard.commands.restart(self._selected)

    def action_restart_errored(self) -> None:
        """Restart all in error."""
        self.dashboard.commands.restart_errored()

    def action_add(self) -> None:
        """One more."""
        self.dashboard.commands.add_worker()

    def action_remove(self) -> None:
        """One less."""
        self.dashboard.commands.remove_worker()


def _told(problem: str) -> str:
    """What went wrong last, in words; empty where nothing did."""
    try:
        return f"before: {describe(Problem(problem)).message}"
    except ValueError:  # nothing, or a problem of another version
        return problem
