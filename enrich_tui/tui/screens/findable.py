"""A reading screen in which text can be looked for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enrich_tui.text import fit
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.widgets.filter import TYPING, FilterInput
from enrich_tui.tui.widgets.finder import FinderPane
from enrich_tui.widgets.drawing import Row

_SHOWN = 30
"""Cells of the text that is looked for which are shown."""


class FindableScreen(ReaderScreen):
    """Adds the line to type the text in, and says where it was found."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.FIND_HERE]

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.pane = self.finder = FinderPane(board)
        self.input = FilterInput(placeholder="find text", id="find-here")
        self._begun_at = 0

    def compose(self) -> ComposeResult:
        """The line to type in below the box."""
        yield from super().compose()
        yield self.input

    def note(self) -> Row:
        """What is looked for, which of its places is the current one, and the keys that go on from there."""
        finder, palette, ellipsis = self.finder, self.board.palette, self.board.glyphs.ellipsis
        if not finder.wanted:
            return Row()
        row = Row().add("find: ", palette.dim).add(fit(finder.wanted, _SHOWN, ellipsis=ellipsis), palette.accent)
        if finder.count:
            row.add(f"   {finder.number} of {finder.count}", palette.strong)
        else:
            row.add("   not found", palette.warn)
        onwards = keys.FIND_HERE[1:] if finder.count else []
        for binding in TYPING if self.input.is_open else (*onwards, *keys.FOUND_HERE):
            shown = keys.keys_of(binding, self.dashboard.keymap_in_use)
            row.add(f"  {shown[0]}", palette.accent).add(f" {binding.description}", palette.dim)
        return row

    def action_find_here(self) -> None:
        """Ask for the text."""
        self._begun_at = self.finder.scroll_offset.y
        self.input.open("")

    def action_find_step(self, by: int) -> None:
        """The next place, or the one before."""
        if self.finder.wanted:
            self.finder.step(by)
        else:
            shown = keys.keys_of(keys.FIND_HERE[0], self.dashboard.keymap_in_use)[0]
            self.dashboard.say(f"Nothing is looked for yet: press {shown}.")

    def on_input_changed(self, event: FilterInput.Changed) -> None:
        """Look while it is typed, from where that began."""
        self.finder.find(event.value, self._begun_at)

    def on_filter_input_closed(self, event: FilterInput.Closed) -> None:
        """It is typed, or given up."""
        if not event.kept:
            self.finder.find("")
            self.finder.scroll_to(y=self._begun_at, animate=False, immediate=True, force=True)
        self.finder.focus()
        self.foot.redraw()

    def on_input_blurred(self) -> None:
        """A click elsewhere keeps it."""
        self.foot.redraw()

    def on_finder_pane_changed(self) -> None:
        """Say so, also where there is no room for the keys."""
        self.set_class(bool(self.finder.wanted), "-finding")
        self.foot.redraw()
