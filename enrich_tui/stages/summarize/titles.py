"""Titles of chapters, from what is said in them: phrases that a chapter repeats and the rest of the session does not.

A title that says nothing is worse than a number. So two words have to occur twice together, a single word three times,
far more often than elsewhere, and where a noun stands: after an article or the like, or with a capital within a
sentence. Scripts without spaces have no such places; their chapters keep their numbers.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from enrich_tui.stages.results import Chapter, Segment, Transcript
from enrich_tui.stages.summarize.keywords import bare, spelling, usable
from enrich_tui.stages.summarize.language import is_dense, stem, stop_words, tokens

LEAST_WORDS = 20
"""Words that have to be said in a chapter, for it to get a title."""
LIFT = 3.0
"""A phrase has to be so many times as frequent in its chapter as in the rest of the session."""
SURE = 0.5
"""Words that the engine was less sure of do not count."""
PHRASES = 2
"""Most phrases in a title."""
SECOND = 0.5
"""Share of the first phrase's weight that the second has to have."""
PAIR = 1.6
"""What two words that belong together weigh more than one."""
LONGEST = 60
"""Most characters of a title."""

DETERMINERS = """
the a an this these those our your my its their his her every each another of
el la los las un una unos unas este estos estas ese esos esas su sus mi mis tu tus nuestro nuestra nuestros nuestras
cada del al
le les une des du ce cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs au aux chaque
der die das den dem ein eine einen einem einer eines dieser diese dieses diesen diesem mein meine meinen dein deine
unser unsere unseren unserem euer eure kein keine keinen ihr ihre ihren sein seine seinen jeder jede jedes jeden
"""
"""Words that nouns stand after, of the languages that have a list of small words."""

_BEFORE_NOUNS = frozenset(DETERMINERS.split())
_SENTENCE_ENDS = frozenset(".!?…:")
_ENDS = _SENTENCE_ENDS | frozenset(",;")

Phrase = tuple[str, ...]
"""Stems."""


class _Word(NamedTuple):
    text: str
    time: float
    sure: bool
    first: bool
    """A sentence may begin with it."""
    last: bool
    """A phrase ends with it."""


class _Heard:
    """What was said in one chapter."""

    def __init__(self) -> None:
        self.words = 0
        self.times: Counter[Phrase] = Counter()
        self.as_noun: Counter[Phrase] = Counter()
        """How often a phrase stands where a noun does."""


def titles(chapters: Sequence[Chapter], transcript: Transcript) -> list[str | None]:
    """A title for each chapter; None where the words are too few or too common for one."""
    text = " ".join(segment.text for segment in transcript.segments)
    if len(chapters) < 2 or is_dense(text):
        return [None] * len(chapters)
    stop = stop_words(transcript.language, [tokens(segment.text) for segment in transcript.segments])
    heard = [_Heard() for _ in chapters]
    forms: defaultdict[Phrase, Counter[str]] = defaultdict(Counter)
    starts = [chapter.start for chapter in chapters]
    before: tuple[str, str, bool] | None = None
    previous = ""
    for word in _words(transcript.segments):
        part = heard[max(0, bisect_right(starts, word.time) - 1)]
        part.words += 1
        plain = bare(word.text)
        if not word.sure or not usable(plain, stop):
            before, previous = None, plain.lower()
            continue
        key = stem(plain.lower())
        shown = plain.lower() if word.first and plain[1:].islower() else plain
        noun = (not word.first and plain[:1].isupper()) or previous in _BEFORE_NOUNS
        part.times[key,] += 1
        part.as_noun[key,] += noun
        forms[key,][shown] += 1
        if before is not None and before[0] != key:
            pair = (before[0], key)
            part.times[pair] += 1
            part.as_noun[pair] += before[2]
            forms[pair][f"{before[1]} {shown}"] += 1
        before, previous = (None, "") if word.last else ((key, shown, noun), plain.lower())
    whole: Counter[Phrase] = Counter()
    for part in heard:
        whole.update(part.times)
    total = sum(part.words for part in heard)
    made: list[str | None] = []
    for part in heard:
        title = _title(part, whole, total, forms) if part.words >= LEAST_WORDS else None
        made.append(None if title in made else title)
    return made


def _title(part: _Heard, whole: Counter[Phrase], total: int, forms: defaultdict[Phrase, Counter[str]]) -> str | None:
    weights: dict[Phrase, float] = {}
    for phrase, times in part.times.items():
        pair = len(phrase) > 1
        if times < (2 if pair else 3) or not part.as_noun[phrase]:
            continue
        elsewhere = (whole[phrase] - times + 0.5) / (total - part.words + 1)
        lift = (times + 0.5) / (part.words + 1) / elsewhere
        if lift >= LIFT:
            weights[phrase] = times * math.log(lift) * (PAIR if pair else 1.0)
    chosen: list[Phrase] = []
    words: list[str] = []
    for phrase in sorted(weights, key=lambda phrase: (-weights[phrase], phrase)):
        if len(chosen) == PHRASES or (chosen and weights[phrase] < SECOND * weights[chosen[0]]):
            break
        told = spelling(forms[phrase])
        if any(set(phrase) & set(other) for other in chosen) or len(", ".join([*words, told])) > LONGEST:
            continue
        chosen.append(phrase)
        words.append(told)
    title = ", ".join(words)
    return title[:1].upper() + title[1:] if title else None


def _words(segments: Sequence[Segment]) -> Iterator[_Word]:
    """Every word that was said, with a time that it was said at, in seconds."""
    for segment in segments:
        middle = (segment.start + max(segment.start, segment.end)) / 2
        timed = [((word.start + word.end) / 2, word.text, word.probability >= SURE) for word in segment.words]
        first = True
        for time, text, sure in timed or [(middle, text, True) for text in segment.text.split()]:
            if stripped := text.strip():
                closed = stripped.rstrip("\"'”»)]")[-1:]
                yield _Word(stripped, time, sure, first, closed in _ENDS)
                first = closed in _SENTENCE_ENDS
