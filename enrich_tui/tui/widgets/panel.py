"""The base of all panels: lines drawn from the board, of which only those that changed are painted again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from enrich_tui.tui.board import Board
from enrich_tui.tui.drawing import Row


class Panel(Widget):
    """Draws the rows that :meth:`rows` gives."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Panel { height: auto; width: 1fr; }"

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.board = board
        self._strips: list[Strip] = []
        self._drawn_size = (0, 0)

    def rows(self, width: int) -> Sequence[Row]:
        """The lines for this width, in cells; those that are too many are cut off."""
        raise NotImplementedError

    def overlay(self, line: int) -> Style | None:
        """What is laid over a line, such as a cursor; by default nothing."""
        del line
        return None

    def redraw(self, *, whole: bool = False) -> None:
        """Draw again; ``whole``: also what looks the same, after a change of colours."""
        if not self.display or not self.is_attached:
            return
        width, height = self.size
        before = self._strips if self._drawn_size == (width, height) and not whole else []
        drawn = self.rows(width)[:height] if width > 0 else []
        base = self.rich_style
        self._strips = [row.strip(width, base, self.overlay(line)) for line, row in enumerate(drawn)]
        self._drawn_size = (width, height)
        if not before:
            self.refresh()
            return
        for line in range(max(len(before), len(self._strips))):
            if before[line : line + 1] != self._strips[line : line + 1]:
                self.refresh(Region(0, line, width, 1))

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line, as it was last drawn."""
        if (self.size.width, self.size.height) != self._drawn_size:
            self.redraw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)
