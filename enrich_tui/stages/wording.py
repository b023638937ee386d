"""Where a segment's timed words stand in its text: engines cut words (``ill`` + ``-disposed``) and drop spaces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from enrich_tui.stages.results import Word
from enrich_tui.stages.summarize.language import is_dense
from enrich_tui.text import clean


class Placed(NamedTuple):
    """A word, or what an engine cut it into, put together again."""

    begin: int
    """Offset of its first character in the segment's text."""
    end: int
    """Offset behind its last character."""
    start: float
    """Seconds."""
    stop: float
    """Seconds."""


def placed(text: str, words: Iterable[Word]) -> list[Placed]:
    """The timed words of a segment found in its text, in order; what is glued together in the text is one word.

    Empty where the engine gave no words, or words that are not those of the text.
    """
    found: list[Placed] = []
    at = 0
    for word in words:
        bare = clean(word.text).strip()
        begin = text.find(bare, at, at + len(bare) + 40) if bare else -1
        if begin < 0:
            continue
        at = begin + len(bare)
        glued = found and begin == found[-1].end and not text[begin - 1].isspace() and not is_dense(bare)
        if glued:
            last = found.pop()
            found.append(Placed(last.begin, at, last.start, word.end))
        else:
            found.append(Placed(begin, at, word.start, word.end))
    return found if 2 * len(found) >= len(text.split()) else []
