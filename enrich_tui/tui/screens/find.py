"""Find words in what was made of all sessions: the hits are listed while the words are typed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from enrich_tui.display.found import totals
from enrich_tui.search import Found, Hit, Kind, Place, Query, by_merit, search_place
from enrich_tui.text import clean
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.widgets.hits import HitPane
from enrich_tui.widgets.drawing import Row

PAUSE = 0.15
"""Seconds without a key after which is looked for what was typed."""
TURN = 0.15
"""Seconds of looking after which is shown what was found so far."""
MOST = 20
"""Hits of a session that are listed."""
_SECTIONS = {Kind.SPEECH: "transcript", Kind.CHAPTER: "chapters", Kind.SCREEN: "chapters", Kind.SUMMARY: "summary"}


class WordsInput(Input):
    """The line in which the words are typed; it eats every key that can be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "screen.hits", "hits", id="find-hits", tooltip="Go to the hits"),
        Binding("escape", "screen.back", "back", id="find-back", tooltip="Back to the dashboard"),
    ]


class FindScreen(ReaderScreen):
    """Sessions that tell most of it first. Looking goes on beside the event loop, and ends when words are typed."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.FIND]
    AUTO_FOCUS = "#words"
    OFFERED = (keys.HITS[-1], *keys.FIND, *keys.READER_SCREEN)
    ALL_KEYS = (*keys.FIND, *keys.HITS, *keys.READER_SCREEN)

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.hits = self.pane = HitPane(board.glyphs.ellipsis)
        self.words = WordsInput(
            board.find_text, id="words", compact=True, placeholder='words near each other, or "a phrase"'
        )
        self._founds: list[Found] = []
        self._searched = 0
        self._unreadable = 0
        self._state = ""
        self._due: Timer | None = None

    def body(self) -> Iterator[Widget]:
        """See the base; the words are above."""
        yield self.words
        yield self.hits

    def on_mount(self) -> None:
        """Look at once for what was looked for before."""
        self.words.cursor_blink = self.app.animation_level != "none"
        self._begin()

    def head(self) -> Row:
        """See the base."""
        return Row().add("Find in all sessions", self.board.palette.strong)

    def tail(self) -> Row:
        """See the base."""
        palette = self.board.palette
        row = Row()
        if self._unreadable:
            row.add(f"{self._unreadable} cannot be read  ", palette.warn)
        return row.add(self._state, palette.dim)

    def reload(self, *, to_end: bool = False) -> None:
        """See the base."""
        del to_end
        self.hits.list(self._founds)
        self.redraw()

    def recolour(self) -> None:
        """See the base."""
        self.hits.refresh()
        self.redraw(whole=True)

    # -- looking ------------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for it when the person pauses."""
        self.board.find_text = clean(event.value, 200)
        if self._due is not None:
            self._due.stop()
        self._due = self.set_timer(PAUSE, self._begin)

    def _begin(self) -> None:
        self.run_worker(self._look(Query.parse(self.board.find_text)), exclusive=True, group="find")

    async def _look(self, query: Query) -> None:
        founds: list[Found] = []
        searched = unreadable = 0
        rows = list(self.board.view.rows.values()) if query else []
        looked = _looking([Place(row.id, row.title, Path(row.output)) for row in rows if row.output], query)
        going = bool(query)
        while going:
            some, going = await asyncio.to_thread(_turn, looked)
            searched += len(some)
            unreadable += sum(len(found.unreadable) for found in some)
            founds = sorted([*founds, *(found for found in some if found.total)], key=by_merit)
            self._founds, self._searched, self._unreadable = founds, searched, unreadable
            self._state = totals(founds, searched) + (" so far" if going else "")
            self.reload()
        if not query:
            self._founds, self._unreadable, self._state = [], 0, ""
            self.reload()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def action_hits(self) -> None:
        """From the words to the hits."""
        if self.hits.selected is not None:
            self.hits.focus()

    def action_words(self) -> None:
        """From the hits to the words."""
        self.words.focus()

    def on_hit_pane_opened(self) -> None:
        """Read what is around the hit."""
        if (chosen := self._chosen) is None:
            return
        from enrich_tui.tui.screens.details import DetailScreen

        ident, hit = chosen
        section = "transcript" if hit.kind is Kind.SUMMARY and hit.time is not None else _SECTIONS.get(hit.kind, "")
        log = self.dashboard.log_file
        said = "" if hit.kind is Kind.SCREEN or not section else next(text for text, is_match in hit.parts if is_match)
        self.app.push_screen(DetailScreen(self.board, ident, log, section=section, at=hit.time, find=said))

    async def action_result(self) -> None:
        """Open the canvas at that moment."""
        if (chosen := self._chosen) is not None:
            await self.dashboard.open_result(chosen[0], at=chosen[1].time)

    @property
    def _chosen(self) -> tuple[str, Hit] | None:
        """The hit under the cursor, with the id of its session, where the run still has that."""
        chosen = self.hits.selected
        return (chosen[0].session, chosen[1]) if chosen and chosen[0].session in self.board.view.rows else None


def _looking(places: Sequence[Place], query: Query) -> Iterator[Found | None]:
    for place in places:
        yield search_place(place, query, MOST)


def _turn(looked: Iterator[Found | None]) -> tuple[list[Found], bool]:
    """What is found in a while, and whether there is more to look at."""
    until = time.monotonic() + TURN
    found: list[Found] = []
    for one in looked:
        if one is not None:
            found.append(one)
        if time.monotonic() > until:
            return found, True
    return found, False
