"""The base of the dashboard's own panels: what they draw is the board."""

from __future__ import annotations

from enrich_tui.tui.board import Board
from enrich_tui.widgets.panel import Panel


class BoardPanel(Panel):
    """A panel over the board."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board.glyphs, id=id)
        self.board = board
