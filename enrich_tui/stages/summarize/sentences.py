"""Sentences with their times, out of a transcript's segments or a note's lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from enrich_tui.stages.results import Segment, Transcript
from enrich_tui.stages.summarize.language import is_dense
from enrich_tui.stages.wording import placed
from enrich_tui.text import clean

SHORTEST = 6
"""Words that a piece has at least when a sentence is cut."""

_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*$")
_DENSE_END = re.compile(r"(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"^(?:[a-z]|(?:[a-z]\.)+[a-z]?|mr|mrs|ms|dr|prof|sr|sra|st|vs|etc|approx|no|fig|z\.b|d\.h|bzw|usw|ca|nr|p\.ej|ej|mme|mlle)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that was said or written, in one breath. Times are seconds; None where there is no time line."""

    text: str
    start: float | None = None
    end: float | None = None
    item: bool = False
    """True for a line of a list in a note, which needs no verb to count."""


class _Habit(NamedTuple):
    """How far a transcript's punctuation can be trusted."""

    longest: int
    """Words after which a sentence without an end is cut at its longest pause."""
    pause: float
    """Seconds of silence that end a sentence whatever its punctuation."""


_PUNCTUATED = _Habit(45, 2.5)
_BARE = _Habit(28, 0.7)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: float
    end: float
    closes: bool
    """True for the last piece of a segment, where a cut hurts least."""


def spoken(transcript: Transcript) -> list[Sentence]:
    """The sentences of a transcript in the order of time, rejoined across segments, track by track."""
    sentences: list[Sentence] = []
    by_track = sorted(transcript.segments, key=lambda segment: (segment.track, segment.start))
    for _, segments in groupby(by_track, key=lambda segment: segment.track):
        pieces = [piece for segment in segments for piece in _pieces(segment)]
        ends = sum(1 for piece in pieces if _ends(piece.text))
        habit = _PUNCTUATED if ends * 60 > len(pieces) else _BARE
        for run in _runs(pieces, habit.pause):
            sentences += [_sentence(part) for part in _cut(run, habit.longest)]
    return sorted((sentence for sentence in sentences if sentence.text), key=lambda sentence: sentence.start or 0.0)


def written(text: str) -> list[Sentence]:
    """The sentences of a note: list items and headings stand alone, lines of a paragraph belong together."""
    sentences: list[Sentence] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            sentences.extend(Sentence(part) for part in _split(" ".join(paragraph)))
            paragraph.clear()

    fenced = False
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            flush()
            fenced = not fenced
        elif fenced:
            continue
        elif not bare or bare.startswith("#") or not any(c.isalnum() for c in bare):
            flush()
        elif item := re.match(r"(?:[-*+•]|\d+[.)])\s+(.*)", bare):
            flush()
            sentences.append(Sentence(_plain(item[1]), item=True))
        else:
            paragraph.append(_plain(bare))
    flush()
    return [sentence for sentence in sentences if sentence.text]


def _plain(text: str) -> str:
    """Text without the marks of Markdown: links, emphasis, code."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"(\*\*|__|`|\*(?=\w)|(?<=\w)\*)", "", text).strip()


def _pieces(segment: Segment) -> Iterator[_Piece]:
    """A segment's words with times; where the engine gave none, they are spread by their length."""
    text = clean(segment.text).strip()
    if not text:
        return
    if is_dense(text):
        parts = [part for part in _DENSE_END.split(text) if part]
    elif words := placed(text, segment.words):
        for word, after in zip(words, [*words[1:], None], strict=True):
            until = after.begin if after else len(text)
            yield _Piece(text[word.begin : until].strip(), word.start, word.stop, after is None)
        return
    else:
        parts = text.split()
    length = max(0.0, segment.end - segment.start)
    total = sum(len(part) for part in parts)
    at = 0
    for part in parts:
        start = segment.start + length * at / total
        at += len(part)
        yield _Piece(part, start, segment.start + length * at / total, at == total)


def _runs(pieces: Iterable[_Piece], pause: float) -> Iterator[list[_Piece]]:
    """Pieces up to an end mark or a long silence."""
    run: list[_Piece] = []
    for piece in pieces:
        if run and piece.start - run[-1].end > pause:
            yield run
            run = []
        run.append(piece)
        if _ends(piece.text) or is_dense(piece.text):
            yield run
            run = []
    if run:
        yield run


def _ends(word: str) -> bool:
    return bool(_END.search(word)) and not _ABBREVIATION.match(word)


def _cut(pieces: list[_Piece], longest: int) -> Iterator[list[_Piece]]:
    """Cut what is too long at the longest pauses; commas and the ends of segments count as small ones."""
    waiting = [pieces]
    while waiting:
        run = waiting.pop()
        if len(run) <= longest:
            yield run
            continue

        def gap(at: int, run: Sequence[_Piece] = run) -> float:
            before = run[at - 1]
            return run[at].start - before.end + 0.3 * before.closes + 0.15 * before.text.endswith((",", ";", ":", "、"))

        # a window in the middle keeps the pieces alike, and the work in proportion to the length
        middle, reach = len(run) // 2, max(longest // 2 - SHORTEST, len(run) // 4)
        around = range(max(SHORTEST, middle - reach), min(len(run) - SHORTEST, middle + reach))
        at = max(around, key=gap)
        waiting += [run[at:], run[:at]]


def _sentence(pieces: list[_Piece]) -> Sentence:
    joint = "" if pieces and is_dense(pieces[0].text) else " "
    return Sentence(joint.join(piece.text for piece in pieces).strip(), pieces[0].start, pieces[-1].end)


def _split(text: str) -> Iterator[str]:
    run: list[str] = []
    for word in text.split():
        run.append(word)
        if _ends(word):
            yield " ".join(run)
            run = []
    if run:
        yield " ".join(run)
