"""A question with a few answers, each with its own key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from enrich_tui.tui.board import Board
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets.drawing import Row
from enrich_tui.widgets.wrapping import wrap

_FRAME = 4
"""Lines that the box has above and below."""
LOW = 14
"""Lines of a screen from which on there is room for a frame."""

Answer = tuple[str, str, str]
"""Key, name of the answer, and what it means."""


class _Question(BoardPanel, can_focus=True):
    def __init__(self, board: Board, question: str, answers: Sequence[Answer], index: int) -> None:
        super().__init__(board)
        self._question = question
        self.answers = answers
        self.index = index
        self._first_line = self._first_shown = 0

    def rows(self, width: int) -> Sequence[Row]:
        palette, glyphs = self.palette, self.glyphs
        lines = [Row().add(line, palette.strong) for line in wrap(self._question, width)]
        height = self.screen.size.height
        if height >= LOW:
            lines.append(Row())
            height -= _FRAME
        self._first_line = len(lines)
        room = max(1, height - len(lines))
        self._first_shown = max(0, self.index - room + 1)
        for index, (key, _, text) in enumerate(self.answers[self._first_shown :][:room], self._first_shown):
            here = index == self.index
            row = Row().add(f"{glyphs.cursor} " if here else "  ", palette.accent).cell(key, 5, palette.accent)
            lines.append(row.add(text, palette.text if here else palette.dim).cut(width, glyphs.ellipsis))
        return lines

    def on_click(self, event: events.Click) -> None:
        """A click on an answer gives it."""
        index = event.y - self._first_line + self._first_shown
        if event.y >= self._first_line and index < len(self.answers) and isinstance(self.screen, Choice):
            self.screen.dismiss(self.answers[index][1])


class Choice(ModalScreen[str]):
    """Ends with the name of the answer; escape is the last answer.

    ``chosen``: the name of the answer that the cursor is on at first; the first one where it is none of them.
    """

    CSS_PATH = "../modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", id="choice-up", tooltip="The answer above"),
        Binding("down,j", "move(1)", "down", id="choice-down", tooltip="The answer below"),
        Binding("enter", "answer", "choose", id="choice-enter", tooltip="Give the answer under the cursor"),
        Binding("escape", "back", "back", id="choice-back", tooltip="Change nothing"),
    ]

    def __init__(
        self, board: Board, question: str, answers: Sequence[Answer], *, name: str, chosen: str | None = None
    ) -> None:
        super().__init__(name=name)
        names = [answer for _, answer, _ in answers]
        self._panel = _Question(board, question, answers, names.index(chosen) if chosen in names else 0)

    def compose(self) -> ComposeResult:
        """The question in a box."""
        with Vertical(classes="box"):
            yield self._panel

    def on_key(self, event: events.Key) -> None:
        """An answer's own key gives it."""
        for key, name, _ in self._panel.answers:
            if event.character == key:
                event.stop()
                self.dismiss(name)

    def action_move(self, by: int) -> None:
        """The cursor up or down."""
        self._panel.index = (self._panel.index + by) % len(self._panel.answers)
        self._panel.redraw()

    def action_answer(self) -> None:
        """The answer under the cursor."""
        self.dismiss(self._panel.answers[self._panel.index][1])

    def action_back(self) -> None:
        """Nothing."""
        self.dismiss(self._panel.answers[-1][1])
