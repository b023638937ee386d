"""What a model is to answer, and what is believed of it: clean text within bounds, at times that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from enrich_tui.stages.llm.lines import Line, Timeline
from enrich_tui.stages.results import Point
from enrich_tui.text import clean

LONG_OVERVIEW = 2000
LONG_POINT = 400
LONG_TITLE = 60
"""Characters of each that are kept."""
LISTED = 8
"""Most actions, and most questions, that are kept."""

_TIMED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"time": {"type": "string"}, "text": {"type": "string"}},
        "required": ["time", "text"],
        "additionalProperties": False,
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "overview": {"type": "string"},
        "points": _TIMED,
        "actions": _TIMED,
        "questions": _TIMED,
        "chapters": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "title": {"type": "string"}},
                "required": ["number", "title"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["overview", "points", "actions", "questions", "chapters"],
    "additionalProperties": False,
}
"""What is asked for. Written out, because servers differ in which words of JSON Schema they know: these are few."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Timed(_Answer):
    """A statement, and the time of the line that it rests on."""

    time: str | int | float
    text: str


class Titled(_Answer):
    """A title for a chapter."""

    number: int
    title: str


class Told(_Answer):
    """An answer; more than is asked for does no harm."""

    overview: str
    points: tuple[Timed, ...] = ()
    actions: tuple[Timed, ...] = ()
    questions: tuple[Timed, ...] = ()
    chapters: tuple[Titled, ...] = ()


class Kept(NamedTuple):
    """What is believed of an answer."""

    overview: str
    points: tuple[Point, ...]
    actions: tuple[Point, ...]
    questions: tuple[Point, ...]
    titles: dict[int, str]
    """By the number of the chapter."""

    @property
    def empty(self) -> bool:
        """True where nothing is left."""
        return not (self.overview or self.points or self.actions or self.questions)

    @property
    def lines(self) -> list[Line]:
        """Its statements as lines of a text that a model can read."""
        marked = (("", self.points), ("To do: ", self.actions), ("Open question: ", self.questions))
        told = [(point, mark) for mark, points in marked for point in points]
        found = [Line(point.start or 0.0, point.end or 0.0, mark + point.text) for point, mark in told]
        return sorted(found, key=lambda line: line.start)


def keep(told: Told, lines: Sequence[Line], numbers: Iterable[int], most: int) -> Kept:
    """What can be believed of an answer about these lines and these chapters, with at most ``most`` points."""
    timeline = Timeline(lines)
    known = frozenset(numbers)
    titles = ((one.number, _cleaned(one.title, LONG_TITLE).strip(".\"'")) for one in told.chapters)
    return Kept(
        overview=_cleaned(told.overview, LONG_OVERVIEW),
        points=_points(told.points, timeline, most),
        actions=_points(told.actions, timeline, LISTED),
        questions=_points(told.questions, timeline, LISTED),
        titles={number: title for number, title in titles if number in known and title},
    )


def _points(told: Iterable[Timed], timeline: Timeline, most: int) -> tuple[Point, ...]:
    """The statements whose time is there, in the order of time; what is said twice counts once."""
    found: dict[str, Point] = {}
    for one in told:
        if len(found) == most:
            break
        line, text = timeline.find(one.time), _cleaned(one.text, LONG_POINT)
        if line is not None and text:
            found.setdefault(text, Point(text=text, start=line.start, end=line.end))
    return tuple(sorted(found.values(), key=lambda point: point.start or 0.0))


def _cleaned(text: str, most: int) -> str:
    """At most so many characters; what is far longer is not even looked through."""
    return clean(text[: 4 * most], most).strip()
