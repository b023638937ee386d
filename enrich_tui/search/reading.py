"""What the results of a session say, as texts to look in. Nothing is taken apart that cannot hold what is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from enrich_tui.search.passages import UNTIMED, Flow, Kind, Span
from enrich_tui.search.query import Query
from enrich_tui.stages.material import read_note
from enrich_tui.stages.page.blocks import blocks
from enrich_tui.stages.results import CHAPTERS, SUBTITLES, SUMMARY, Chapters, Summary
from enrich_tui.store.reading import read_regular

LIMIT = 64 * 1024**2
"""Largest result that is looked through, in bytes; the subtitles of a whole day are a twentieth of it."""
_ARROW = " --> "
_OBJECT = re.compile(r"\s*\{(?s:.*)\}\s*\Z")
_CUES = re.compile(r"\s*(?:\d+\r?\n\d+:\d\d:\d\d,\d{3} --> |\Z)")
"""What a result begins and ends with; without a look at it, one that is spoilt is taken for one without a hit."""


class UnreadableError(Exception):
    """A result cannot be read, or is not what it should be; the text is its path."""


def flows(folder: Path, notes: Iterable[Path], query: Query) -> Iterator[Flow | UnreadableError]:
    """The texts of a session that may hold what is wanted, those that sum it up first; what is not there is left out.

    A result that cannot be read is yielded as an error.
    """
    for name, shape, parse in (
        (SUMMARY, _OBJECT, _summary),
        (CHAPTERS, _OBJECT, _chapters),
        (SUBTITLES, _CUES, _speech),
    ):
        try:
            text = read_regular(folder / name, LIMIT).decode()
            if not shape.match(text):
                yield UnreadableError(str(folder / name))
            elif query.may_be_in(text):
                yield from parse(text)
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            yield UnreadableError(str(folder / name))
    for path in notes:
        try:
            text = read_note(path)
        except FileNotFoundError:
            continue
        except OSError:
            yield UnreadableError(str(path))
            continue
        if query.may_be_in(text):
            yield from _note(text)


def _speech(text: str) -> Iterator[Flow]:
    """Subtitles as the audio stage writes them: number, times, text, and an empty line. Raises ``ValueError``."""
    lines = text.replace("\r\n", "\n").split("\n")
    times, said = lines[1::4], lines[2::4]
    if not all(_ARROW in line for line in times):
        raise ValueError("no subtitles")

    def span(at: int) -> Span:
        start, _, end = times[at].partition(_ARROW)
        return _seconds(start), _seconds(end)

    yield Flow(Kind.SPEECH, said, span)


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def _chapters(text: str) -> Iterator[Flow]:
    told = Chapters.model_validate_json(text)
    for chapter in told.chapters:
        span = (chapter.start, chapter.end) if told.video is not None else UNTIMED
        yield Flow(Kind.CHAPTER, _lines([chapter.title]), span)
        yield Flow(Kind.SCREEN, _lines(chapter.text), span)
    for lines in told.screenshots:
        yield Flow(Kind.SCREEN, _lines(lines))


def _summary(text: str) -> Iterator[Flow]:
    told = Summary.model_validate_json(text)
    for point in dict.fromkeys((*told.points, *told.actions, *told.questions)):
        if point.source == "transcript":  # the others stand in their own places
            end = (
                point.end if told.method == "extractive" else None
            )  # a model's words are not those that were said then
            yield Flow(Kind.SUMMARY, _lines([point.text]), (point.start, end))
    yield Flow(Kind.SUMMARY, _lines([told.title]))
    yield Flow(Kind.SUMMARY, _lines([told.overview]))


def _note(text: str) -> Iterator[Flow]:
    for block in blocks(text):
        lines = _lines(line for _, line in block.lines)
        for part in [lines] if block.kind == "text" else [[line] for line in lines]:
            yield Flow(Kind.NOTE, part)


def _lines(lines: Iterable[str]) -> list[str]:
    return [" ".join(words) for line in lines if (words := line.split())]
