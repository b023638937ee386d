"""A pane for reading in which text can be looked for: all its places are marked, and one of them is the current one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from textual.binding import BindingType
from textual.message import Message

from enrich_tui.tui.board import Board
from enrich_tui.tui.keys import FOUND_HERE
from enrich_tui.tui.widgets.reader import Paragraph, ReaderPane
from enrich_tui.widgets.drawing import Row
from enrich_tui.widgets.wrapping import wrap


class _Span(NamedTuple):
    """Part of a place, in one line; it goes from one character of that to another."""

    row: int
    start: int
    end: int


class _Place(NamedTuple):
    """Where the text was found: in which paragraph, how far into it, and in which lines that is shown."""

    paragraph: int
    start: int
    spans: tuple[_Span, ...]


class FinderPane(ReaderPane):
    """Upper and lower case are the same, and so is all white space; a place may go over the end of a line."""

    BINDINGS: ClassVar[list[BindingType]] = [*FOUND_HERE]

    class Changed(Message):
        """Something else is looked for, or another place is the current one."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self.wanted = ""
        """What is looked for; empty where nothing is."""
        self._places: list[_Place] = []
        self._current = 0
        self._marks: dict[int, list[tuple[_Span, int]]] = {}
        """By line: what is to be marked there, and of which place it is a part."""

    @property
    def count(self) -> int:
        """In how many places the text was found."""
        return len(self._places)

    @property
    def number(self) -> int:
        """Which of them is the current one, from 1; 0 where there is none."""
        return self._current + 1 if self._places else 0

    def find(self, text: str, line: int = 0) -> None:
        """Look for this text, and go to its first place from this line on; after the last one comes the first."""
        self.wanted = text.strip()
        self._locate()
        self._go(self._first_from(line))

    def step(self, by: int) -> None:
        """Go on to the next place, or back, by -1; from what is in sight, where the current one is not.

        After the last one comes the first.
        """
        if not self.count or self._in_sight(self._current):
            self._go(self._current + by)
        else:
            self._go(self._first_from(self.scroll_offset.y) + min(0, by))

    def action_forget(self) -> None:
        """Look for nothing any more."""
        self.find("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key that forgets has its other meaning where there is nothing to forget."""
        return bool(self.wanted) if action == "forget" else super().check_action(action, parameters)

    def _first_from(self, line: int) -> int:
        return bisect_left(self._places, line, key=lambda place: place.spans[0].row)

    def _in_sight(self, number: int) -> bool:
        return 0 <= self._places[number].spans[0].row - self.scroll_offset.y < self.scrollable_content_region.height

    def _go(self, number: int) -> None:
        self._current = number % max(1, self.count)
        if self._places and not self._in_sight(self._current):
            above = self.scrollable_content_region.height // 3
            row = self._places[self._current].spans[0].row
            self.scroll_to(y=max(0, row - above), animate=False, immediate=True, force=True)
        self.refresh()
        self.post_message(self.Changed())

    def _wrap(self) -> None:
        """The text or the width has changed: the current place stays as far as it is still there."""
        super()._wrap()
        if self.wanted:
            before = self._places[self._current][:2] if self._places else (0, 0)
            self._locate()
            self._current = min(bisect_left(self._places, before, key=lambda place: place[:2]), max(0, self.count - 1))
            self.post_message(self.Changed())

    def _locate(self) -> None:
        words = [re.escape(word) for word in self.wanted.split()]
        self._places = list(self._search(re.compile(r"\s+".join(words), re.IGNORECASE))) if words else []
        self._marks = {}
        for number, place in enumerate(self._places):
            for span in place.spans:
                self._marks.setdefault(span.row, []).append((span, number))

    def _search(self, pattern: re.Pattern[str]) -> Iterator[_Place]:
        for number, (paragraph, row) in enumerate(zip(self._paragraphs, self._first_rows, strict=True)):
            for match in pattern.finditer(paragraph.label):
                yield _Place(number, match.start() - len(paragraph.label), (_Span(row, match.start(), match.end()),))
            matches = [*pattern.finditer(paragraph.text)]
            lines = self._lines(paragraph, row) if matches else []
            for match in matches:
                yield _Place(number, match.start(), tuple(_spans(match, lines)))

    def _lines(self, paragraph: Paragraph, row: int) -> list[tuple[_Span, int]]:
        """What each line of a paragraph shows of its text, and how many characters stand before that in the line."""
        found, end = [], 0
        for number, line in enumerate(wrap(paragraph.text, self.room(paragraph)), row):
            start = paragraph.text.index(line, end)
            end = start + len(line)
            found.append((_Span(number, start, end), len(self._rows[number].text) - len(line)))
        return found

    def line(self, number: int) -> Row:
        """With what was found marked."""
        row, palette = super().line(number), self._board.palette
        for span, place in self._marks.get(number, ()):
            row = row.marked(span.start, span.end, palette.badge if place == self._current else palette.found)
        return row


def _spans(match: re.Match[str], lines: list[tuple[_Span, int]]) -> Iterator[_Span]:
    for (row, start, end), before in lines:
        first, last = max(start, match.start()), min(end, match.end())
        if first < last:
            yield _Span(row, before + first - start, before + last - start)
