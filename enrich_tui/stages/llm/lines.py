"""A transcript as lines with their times, in portions that a model takes in, and the way back from a time to a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from enrich_tui.stages.results import Transcript
from enrich_tui.text import clean, seconds_text

SLACK = 2.0
"""Seconds by which a time may miss the line that it means."""

_CLOCK = re.compile(r"\W{0,2}(?:(\d{1,3}):)?(\d{1,4}):(\d\d)(?!\d)")


class Line(NamedTuple):
    """What was said at a time, in seconds."""

    start: float
    end: float
    text: str

    @property
    def shown(self) -> str:
        """The line as a model reads it."""
        return f"[{seconds_text(self.start)}] {self.text}"


def spoken_lines(transcript: Transcript | None, longest: int) -> list[Line]:
    """The lines of a transcript that say something, in the order of time; each of at most ``longest`` characters."""
    segments = sorted(transcript.segments, key=lambda segment: segment.start) if transcript else ()
    said = ((segment, clean(segment.text, longest).strip()) for segment in segments)
    return [Line(segment.start, max(segment.start, segment.end), text) for segment, text in said if text]


def size(text: str) -> int:
    """About how much room a text takes: Latin characters count as one, others as two or three."""
    return len(text.encode("utf-8", "replace")) + 1


def fitted(text: str, most: int) -> str:
    """The beginning of a text, no larger than ``most``."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def portions(texts: Iterable[str], most: int) -> list[slice]:
    """Which texts go together so that no portion is larger than ``most``, unless a single text is."""
    cuts, begin, held, index = [], 0, 0, -1
    for index, text in enumerate(texts):
        more = size(text)
        if held and held + more > most:
            cuts.append(slice(begin, index))
            begin, held = index, 0
        held += more
    return [*cuts, slice(begin, index + 1)] if index >= 0 else []


class Timeline:
    """Finds the line that a time means; lines are in the order of time."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._starts = [line.start for line in lines]
        self._shown = {int(line.start): line for line in reversed(lines)}

    def find(self, time: str | float) -> Line | None:
        """The line that is shown with this time, or in which it lies; None where there is none: it was made up."""
        seconds = _seconds(time)
        if seconds is None:
            return None
        if (line := self._shown.get(int(seconds))) is not None:
            return line
        index = bisect_right(self._starts, seconds + SLACK) - 1
        if index < 0 or not self._starts[index] - SLACK <= seconds <= self._lines[index].end + SLACK:
            return None
        return self._lines[index]


def _seconds(time: str | float) -> float | None:
    """
    >>> _seconds("1:02:03"), _seconds("[62:03]"), _seconds(12.5), _seconds("later")
    (3723.0, 3723.0, 12.5, None)
    """
    if isinstance(time, int | float):
        return float(time) if 0 <= time < 1e9 else None
    if (clock := _CLOCK.match(time)) is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds
