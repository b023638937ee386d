"""Help for what has the focus: its keys, and what they do."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from enrich_tui.text import cells
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.findable import FindableScreen
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.drawing import Row

Section = tuple[str, Sequence[Binding]]

SIGNS = "Signs"


class HelpScreen(FindableScreen):
    """Sections of keys, then the meaning of the signs."""

    OFFERED = (keys.FIND_HERE[0], *keys.READER_SCREEN[:2])

    def __init__(self, board: Board, sections: Sequence[Section]) -> None:
        super().__init__(board)
        self._sections = sections

    def head(self) -> Row:
        """See the base."""
        return Row().add("Help", self.board.palette.strong)

    def document(self) -> list[Paragraph]:
        """See the base."""
        palette, glyphs = self.board.palette, self.board.glyphs
        lines: list[Paragraph] = []
        shown_of = {
            binding: " ".join(keys.keys_of(binding, self.dashboard.keymap_in_use))
            for _, bindings in self._sections
            for binding in bindings
        }
        indent = max(14, *map(cells, shown_of.values())) + 4
        for title, bindings in self._sections:
            lines.append(Paragraph(title, palette.accent))
            for binding in bindings:
                if binding.id == "take-over" and self.board.handover is None:
                    continue
                shown = shown_of[binding]
                off = binding.id in keys.CHANGES and self.board.controls is None
                text = f"{binding.tooltip} (not here: this run is only shown)" if off else binding.tooltip
                style = palette.faint if off else palette.text
                lines.append(Paragraph(text, style, f"  {shown}", palette.faint if off else palette.strong, indent))
            lines.append(Paragraph())
        lines.append(Paragraph(SIGNS, palette.accent))
        signs = "   ".join(f"{sign} {state}" for state, sign in glyphs.states.items())
        lines.append(Paragraph(signs, palette.text, "  sessions", palette.dim, indent))
        signs = "   ".join(f"{sign} {state}" for state, sign in glyphs.workers.items())
        lines.append(Paragraph(signs, palette.text, "  workers", palette.dim, indent))
        return lines
