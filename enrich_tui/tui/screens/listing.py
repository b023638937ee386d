"""Which sessions are shown and in which order, by keys: filter, sort, marks, and going from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from enrich_tui.display.listing import Query, Sort
from enrich_tui.display.rows import UNHAPPY
from enrich_tui.model import STAGES
from enrich_tui.text import clean
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.choice import Choice
from enrich_tui.tui.widgets.filter import FilterInput
from enrich_tui.tui.widgets.sessions import SessionTable, TableHead

if TYPE_CHECKING:
    from enrich_tui.tui.app import Dashboard

_SORTS = (
    ("s", Sort.STATE, "state: running, failed, retrying, queued, done"),
    ("n", Sort.NAME, "name"),
    ("a", Sort.AUDIO, "audio: in work, retrying, failed, done"),
    ("v", Sort.VIDEO, "video"),
    ("u", Sort.SUMMARY, "summary"),
    ("c", Sort.CANVAS, "canvas"),
    ("g", Sort.STAGE, "stage that it is at"),
    ("r", Sort.TRY, "try, the most attempts first"),
    ("w", Sort.WORKER, "worker"),
    ("t", Sort.TIME, "time worked on it, longest first"),
    ("e", Sort.ETA, "eta, the next to be done first"),
    ("q", Sort.QUEUE, "queue: the order in which they are worked on"),
)
"""Key, what is sorted by, and what that means."""


class ListScreen(Screen[None], inherit_bindings=False):
    """A screen around the session table."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.table = SessionTable(board, id="sessions")
        self.head = TableHead(board, self.table, id="head")
        self.filter = FilterInput(id="filter")

    @property
    def dashboard(self) -> Dashboard:
        """The app."""
        return cast("Dashboard", self.app)

    def relist(self) -> None:
        """Sort and filter anew."""
        self.board.listing.rebuild()
        self.table.reordered()
        self.head.redraw()

    async def action_filter(self) -> None:
        """Open the filter."""
        if not self.filter.is_attached:
            await self.mount(self.filter)
        self.filter.open(self.board.filter_text)

    def on_input_changed(self, event: FilterInput.Changed) -> None:
        """Filter while it is typed."""
        self.set_filter(event.value)

    def on_filter_input_closed(self, event: FilterInput.Closed) -> None:
        """The filter is done, or given up."""
        if not event.kept:
            self.set_filter("")
        self.table.focus()

    def set_filter(self, text: str) -> None:
        """Show the sessions that fit."""
        self.board.filter_text = clean(text, 100)
        self.board.listing.query = Query.parse(self.board.filter_text)
        self.relist()

    def action_clear(self) -> None:
        """The filter goes, then the marks."""
        if self.board.filter_text:
            self.set_filter("")
        elif self.board.marked:
            self.board.marked.clear()
            self.table.repaint()
            self.head.redraw()
        else:
            self.table.focus()

    def action_next(self) -> None:
        """The next session of interest."""
        self._seek(1)

    def action_previous(self) -> None:
        """The one before."""
        self._seek(-1)

    def _seek(self, step: int) -> None:
        board, listing = self.board, self.board.listing
        count = len(listing)
        start = listing.index(board.selected) if board.selected is not None else None
        for offset in range(1, count + 1):
            ident = listing[((start or 0) + step * offset) % count]
            if listing.query or board.view.rows[ident].state in UNHAPPY:
                self.table.go_to(ident)
                return
        self.dashboard.say("No session failed." if not listing.query else "No session fits the filter.")

    def action_sort(self) -> None:
        """Ask what to sort by."""
        absent = {stage.value for stage in STAGES if stage not in self.board.view.stages}
        answers = [(key, sort.value, words) for key, sort, words in _SORTS if sort.value not in absent]
        menu = [*answers, ("esc", "", "as it is")]
        now = self.board.listing.sort.value
        self.app.push_screen(Choice(self.board, "Sort by", menu, name="sort", chosen=now), self._sort_by)

    def _sort_by(self, answer: str | None) -> None:
        if answer:
            self.board.listing.sort, self.board.listing.reverse = Sort(answer), False
            self.relist()

    def action_reverse(self) -> None:
        """The other way round."""
        self.board.listing.reverse = not self.board.listing.reverse
        self.table.reordered()
        self.head.redraw()

    def action_hide(self) -> None:
        """Hide or show the finished."""
        self.board.listing.hide_finished = not self.board.listing.hide_finished
        self.relist()

    def action_mark(self) -> None:
        """Mark or unmark the selected session."""
        if self.board.selected is not None:
            self.board.marked ^= {self.board.selected}
            self.table.repaint()
            self.table.action_down()
            self.head.redraw()

    def action_mark_all(self) -> None:
        """Mark all that are shown, or none."""
        shown = set(self.board.listing.ids)
        self.board.marked = set() if shown <= self.board.marked else self.board.marked | shown
        self.table.repaint()
        self.head.redraw()

    def action_freeze(self) -> None:
        """Stand still, or go on."""
        self.dashboard.freeze(on=not self.board.frozen)

    def on_table_head_sorted(self, event: TableHead.Sorted) -> None:
        """A click on a column's head: sort by it, or the other way round."""
        listing = self.board.listing
        if listing.sort is event.key:
            listing.reverse = not listing.reverse
        else:
            listing.sort, listing.reverse = event.key, False
        self.relist()

    def unmark(self) -> None:
        """No session is marked any more."""
        if self.board.marked:
            self.board.marked.clear()
            self.table.repaint()
            self.head.redraw()
