"""Where the terms of a query stand near each other in a text, and the sentences around them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from enrich_tui.search.query import Occurrence, Query, fold, unfold
from enrich_tui.text import clean

NEAR = 240
"""Characters within which all terms have to stand, about forty words."""
REACH = 120
"""Characters of its sentence that are shown before and behind what was found, at most."""
ELLIPSIS = "…"

_STOPS = (". ", "! ", "? ", '." ', '!" ', '?" ', "。")
_ENDS = tuple(stop.rstrip() for stop in _STOPS)


class Kind(StrEnum):
    """What a text is. In this order hits are listed."""

    TITLE = "title"
    SUMMARY = "summary"
    CHAPTER = "chapter"
    SPEECH = "speech"
    NOTE = "note"
    SCREEN = "screen"


class Hit(NamedTuple):
    """A passage in which all terms stand."""

    kind: Kind
    time: float | None
    """When what was found begins to be said or shown, in seconds of the recording; None where that has no time."""
    end: float | None
    """When that ends."""
    parts: tuple[tuple[str, bool], ...]
    """The sentence in pieces of clean text, and whether the piece is what was looked for."""

    @property
    def text(self) -> str:
        """The sentence."""
        return "".join(text for text, _ in self.parts)


Span = tuple[float | None, float | None]
"""From when to when something is said or shown, in seconds; None where that has no time."""
UNTIMED: Span = (None, None)


class Flow:
    """Text that belongs together, in one or more pieces: the cues of speech, the lines of a screen."""

    def __init__(self, kind: Kind, pieces: Sequence[str], span: Span | Callable[[int], Span] = UNTIMED) -> None:
        """``span``: of all of it, or of a piece by its index. Pieces hold no white space but single spaces."""
        self.kind = kind
        self._pieces = pieces
        self._span = span
        folded = fold("\n".join(pieces))
        self.folded = folded.replace("\n", " ")
        self._starts = list(accumulate((len(piece) + 1 for piece in folded.split("\n")), initial=0))[:-1]

    def passages(self, query: Query) -> Iterator[Passage]:
        """Each passage in which all terms are near each other, in order; none overlaps the one before."""
        found = query.occurrences(self.folded)
        last: dict[int, Occurrence] = {}
        until = 0
        for one in found:
            if one.start < until:
                continue
            last[one.term] = one
            first, end = min(last.values()).start, max(other.end for other in last.values())
            if len(last) < len(query.terms) or (len(last) > 1 and end - first > NEAR):
                continue
            begin, until = self._around(first, end, until)
            last.clear()
            yield Passage(self, found, first, begin, until)

    def _around(self, first: int, end: int, least: int) -> tuple[int, int]:
        """From where to where the sentence around a stretch is shown, but nothing before ``least``."""
        folded = self.folded
        low, high = max(least, first - REACH), min(len(folded), end + REACH)
        begins = [at + len(stop) for stop in _STOPS if (at := folded.rfind(stop, low, first)) >= 0]
        stops = [at + len(stop.rstrip()) for stop in _STOPS if (at := folded.find(stop, end, high)) >= 0]
        begin = max(begins) if begins else low if low == least else folded.find(" ", low, first) + 1 or low
        until = min(stops) if stops else high if high == len(folded) else max(folded.rfind(" ", end, high), end)
        return begin + (folded[begin] == " "), until

    def span(self, at: int) -> Span:
        """When it is said or shown what stands at this offset of the folded text."""
        return self._span(bisect_right(self._starts, at) - 1) if callable(self._span) else self._span

    def text(self, begin: int, end: int) -> str:
        """The text itself, by offsets of folded text."""
        first, last = bisect_right(self._starts, begin) - 1, bisect_right(self._starts, end) - 1
        if first == last:
            piece = self._pieces[first]
            left, right = unfold(piece, (begin - self._starts[first], end - self._starts[first]))
            return piece[left:right]
        [left] = unfold(self._pieces[first], (begin - self._starts[first],))
        [right] = unfold(self._pieces[last], (end - self._starts[last],))
        return " ".join((self._pieces[first][left:], *self._pieces[first + 1 : last], self._pieces[last][:right]))


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a flow's folded text that is a hit."""

    flow: Flow
    found: Sequence[Occurrence]
    """All of the flow."""
    first: int
    """Where the first thing that was looked for stands."""
    begin: int
    until: int

    @property
    def span(self) -> Span:
        """When it is said or shown."""
        return self.flow.span(self.first)

    @property
    def folded(self) -> str:
        """What it says, as it is compared."""
        return self.flow.folded[self.begin : self.until]

    @property
    def hit(self) -> Hit:
        """The passage as it is shown."""
        folded, found, at, until = self.flow.folded, self.found, self.begin, self.until
        parts: list[tuple[str, bool]] = []
        if at and not folded[max(0, at - 3) : at].rstrip().endswith(_ENDS):
            parts.append((ELLIPSIS, False))
        for place in range(bisect_left(found, (at,)), len(found)):
            start, end = max(at, found[place].start), min(until, found[place].end)
            if start >= until:
                break
            if end > start:
                parts += [(self.flow.text(at, start), False), (self.flow.text(start, end), True)]
                at = end
        parts.append((self.flow.text(at, until), False))
        if until < len(folded) and not folded.endswith(_ENDS, 0, until):
            parts.append((ELLIPSIS, False))
        told = tuple((cleaned, marked) for text, marked in parts if (cleaned := clean(text)))
        return Hit(self.flow.kind, *self.span, told)
