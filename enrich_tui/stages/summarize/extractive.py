"""Puts a summary together out of what a session said, showed and noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enrich_tui.stages.material import Material, Note
from enrich_tui.stages.results import Chapters, Point, Summary
from enrich_tui.stages.summarize import cues
from enrich_tui.stages.summarize.keywords import keywords
from enrich_tui.stages.summarize.language import stem, stop_words, tokens
from enrich_tui.stages.summarize.rank import Vector, centrality, select, vectors
from enrich_tui.stages.summarize.sentences import Sentence, spoken, written
from enrich_tui.text import clean

ENGINE = "enrich-tui extractive 1"
LISTED = 8
"""Most actions, and most questions, that are listed."""
LONG_POINT = 400
"""Characters after which a point is cut at a word."""

_TASK = re.compile(r"^\[( |x|X)\]\s+(.*)$")
_PLAIN_HEADING = re.compile(
    r"^(?:meeting |session |my |daily )?"
    r"(?:notes?|todos?|to-do|agenda|readme|summary|minutes|notas|notizen|protokoll)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence as it would stand in a summary, and what it is made of."""

    text: str
    start: float | None
    end: float | None
    source: str
    words: tuple[str, ...]
    """Stems of its content words."""
    action: bool
    question: bool

    def point(self, score: float = 0.0) -> Point:
        source = "note" if self.source == "note" else "transcript"
        return Point(text=_shorten(self.text), start=self.start, end=self.end, source=source, score=round(score, 4))


def summarize(
    material: Material, title: str, count: int, report: Callable[[float], object] = lambda _: None
) -> Summary | None:
    """The summary of a session, with about ``count`` points; None where there is nothing to tell at all."""
    transcript = material.transcript
    heard = spoken(transcript) if transcript is not None else []
    noted = [sentence for note in material.notes for sentence in written(note.text)]
    said = [tokens(sentence.text) for sentence in (*heard, *noted)]
    stop = stop_words(transcript.language if transcript else None, said)
    report(0.15)
    lines = _lines(heard, "transcript", stop) or _lines(noted, "note", stop)
    aside = _lines(noted, "note", stop) if heard else []
    chapters = material.chapters if material.chapters and material.chapters.chapters else None
    report(0.3)
    heading = _heading(material.notes) or title
    topics = keywords([sentence.text for sentence in (heard or noted)], stop)
    frame = _frame(material, bool(heard), topics if sum(map(len, said)) >= 100 else ())

    if not lines:
        rest = [sentence for sentence in heard if sentence.text]
        if chapters is None and not rest and not material.notes:
            return None
        points = _chapter_points(chapters) if chapters else _as_they_are(rest, count)
        return Summary(engine=ENGINE, method="basic", title=heading, overview=frame, points=points, keywords=topics)

    bags = vectors([line.words for line in lines])
    scores = _scores(lines, bags)
    report(0.7)
    places = _places(lines, material.duration)
    everything = range(len(lines))
    actions = select(scores, bags, places, LISTED, among=[i for i in everything if lines[i].action], relevance=0.8)
    questions = select(scores, bags, places, LISTED, among=[i for i in everything if lines[i].question], relevance=0.8)
    rest_ = [i for i in everything if not lines[i].question and not lines[i].action]
    if len(rest_) < count:
        rest_ = [i for i in everything if i not in actions and not lines[i].question]
    lead = select(scores, bags, places, 2 if len(rest_) >= 6 else 1, among=rest_) if len(rest_) >= 4 else []
    points_ = select(scores, bags, places, count, among=[i for i in rest_ if i not in lead], taken=lead)
    if not points_:
        points_ = lead or [max(everything, key=lambda i: scores[i])]
    report(0.9)

    todo = [lines[i].point(scores[i]) for i in sorted(actions)]
    asked = [lines[i].point(scores[i]) for i in sorted(questions)]
    todo += [line.point() for line in aside if line.action][:LISTED]
    return Summary(
        engine=ENGINE,
        method="extractive",
        title=heading,
        overview=" ".join([*([frame] if heard or not lead else []), *(_closed(lines[i].text) for i in sorted(lead))]),
        points=tuple(lines[i].point(scores[i]) for i in sorted(points_)),
        keywords=topics,
        actions=tuple(_distinct(todo)),
        questions=tuple(asked),
    )


def _lines(sentences: Sequence[Sentence], source: str, stop: frozenset[str]) -> list[_Line]:
    """The sentences that could stand in a summary."""
    lines: list[_Line] = []
    for sentence in sentences:
        task = _TASK.match(sentence.text) if sentence.item else None
        if task and task[1] != " ":
            continue
        text = cues.polish(task[2] if task else sentence.text)
        if cues.is_courtesy(text):
            continue
        all_words = tokens(text)
        content = tuple(stem(word) for word in all_words if (word not in stop and len(word) > 1) or _is_wide(word))
        question = not task and cues.is_question(text) and not cues.is_request(text)
        action = task is not None or cues.is_action(text) or (cues.is_question(text) and cues.is_request(text))
        enough = 1 if sentence.item else 2
        if len(content) < enough or (len(all_words) < 4 and not sentence.item):
            continue
        lines.append(_Line(text, sentence.start, sentence.end, source, content, action, question))
    return lines


def _is_wide(word: str) -> bool:
    return len(word) == 1 and word > "\u3000"


def _scores(lines: Sequence[_Line], bags: Sequence[Vector]) -> list[float]:
    """Centrality, times what the form says, times how much is in it, times where it stands."""
    count = len(lines)
    scores: list[float] = []
    for index, (line, central) in enumerate(zip(lines, centrality(bags), strict=True)):
        size = len(line.words)
        body = min(1.0, size / 6) * (1.0 if size <= 25 else 25 / size)
        place = index / count
        position = 1.15 if place < 0.1 or place > 0.92 else 1.0
        scores.append((0.15 + central) * cues.weight(line.text) * body * position)
    return scores


def _places(lines: Sequence[_Line], duration: float) -> list[float]:
    """Where each line stands in the session, 0 to 1."""
    if duration <= 0 or any(line.start is None for line in lines):
        return [index / len(lines) for index in range(len(lines))]
    return [min(1.0, (line.start or 0.0) / duration) for line in lines]


def _frame(material: Material, heard: bool, topics: Sequence[str]) -> str:
    """One sentence of our own that says what kind of session this is."""
    chapters = material.chapters
    parts = len(chapters.chapters) if chapters else 0
    length = _length(material.duration)
    if chapters is not None and chapters.video is not None:
        what = f"A {length} recording" if length else "A recording"
    elif heard or material.transcript is not None or material.review is not None:
        what = f"A {length} audio recording" if length else "An audio recording"
    elif parts:
        what = f"A series of {parts} screenshots" if parts > 1 else "One screenshot"
        parts = 0
    else:
        what = "Written notes"
    what = re.sub(r"^A (?=8|11[- ]|18[- ])", "An ", what)
    if topics:
        named = list(topics[:3])
        what += " about " + (", ".join(named[:-1]) + f" and {named[-1]}" if len(named) > 1 else named[0])
    if parts > 1:
        what += f", in {parts} chapters"
    if not heard and material.transcript is not None:
        what += ". No words were found in it"
    return what + "."


def _length(seconds: float) -> str:
    if seconds < 1:
        return ""
    if seconds < 90:
        return f"{round(seconds)}-second"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)}-minute"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}-hour" if not minutes else f"{hours} h {minutes} min"


def _chapter_points(chapters: Chapters) -> tuple[Point, ...]:
    timed = chapters.video is not None
    return tuple(
        Point(
            text=clean(chapter.title),
            start=chapter.start if timed else None,
            end=chapter.end if timed else None,
            source="chapter",
            score=round(max(0.0, chapter.strength), 4),
        )
        for chapter in chapters.chapters
    )


def _as_they_are(sentences: Sequence[Sentence], count: int) -> tuple[Point, ...]:
    """What little was said, where nothing of it makes a summary."""
    return tuple(
        Point(text=_shorten(cues.polish(sentence.text) or sentence.text), start=sentence.start, end=sentence.end)
        for sentence in sentences[:count]
    )


def _heading(notes: Sequence[Note]) -> str | None:
    """The first heading of the notes that names something."""
    for note in notes:
        lines = note.text.splitlines()
        for line, below in zip(lines, [*lines[1:], ""], strict=True):
            marked = re.match(r"\s{0,3}#{1,2}\s+(.*?)\s*#*$", line)
            text = marked[1] if marked else line.strip() if re.fullmatch(r"\s{0,3}={3,}\s*", below) else ""
            if text and not _PLAIN_HEADING.match(text) and any(c.isalnum() for c in text):
                return text[:200]
    return None


def _distinct(points: Sequence[Point]) -> list[Point]:
    """Points whose words were not listed before."""
    seen: list[frozenset[str]] = []
    kept: list[Point] = []
    for point in points:
        words = frozenset(stem(word) for word in tokens(point.text))
        if all(len(words & other) < 0.7 * min(len(words), len(other)) for other in seen if words and other):
            seen.append(words)
            kept.append(point)
    return kept


def _shorten(text: str) -> str:
    if len(text) <= LONG_POINT:
        return text
    return text[:LONG_POINT].rsplit(" ", 1)[0].rstrip(",;:. ") + " …"


def _closed(text: str) -> str:
    text = _shorten(text)
    return text if text.endswith((".", "!", "?", "…", "。", "！", "？")) else text + "."
