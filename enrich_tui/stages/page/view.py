"""What the page shows, ready to be drawn: plain values, made from the models of the stages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from enrich_tui.model import Session
from enrich_tui.stages.material import Material
from enrich_tui.stages.results import Chapter, Moment, Segment, Summary, Transcript
from enrich_tui.stages.wording import placed
from enrich_tui.text import clean, length_text, seconds_text

CHUNK = 30
"""Lines of the transcript that the browser lays out together."""
MOMENTS = 10
BARS = 160
"""Bars of the ribbon over the whole session."""
WIDTH = 1000.0
"""The ribbon's own unit: its whole length."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript."""

    id: int
    start: float
    end: float
    text: str
    speaker: str
    words: list[float]
    """Flat: offset, end offset (UTF-16 units of the text), start in seconds; word after word."""

    @property
    def clock(self) -> str:
        return seconds_text(self.start)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines, and the chapter that begins with them."""

    chapter: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the ribbon or of a chart, in its own units."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""


def facts(session: Session, material: Material) -> list[tuple[str, str]]:
    """The figures under the title."""
    found: list[tuple[str, str]] = []
    if session.started_at is not None:
        at = session.started_at
        found.append(("Recorded", f"{at.day} {at:%B %Y, %H:%M}"))
    if material.duration >= 1:
        found.append(("Length", length_text(material.duration)))
    if material.transcript is not None and material.transcript.segments:
        words = sum(len(segment.text.split()) for segment in material.transcript.segments)
        found.append(("Words", f"{words:,}"))
    language = (material.review and material.review.language_name) or (
        material.transcript and material.transcript.language
    )
    if language:
        found.append(("Language", language))
    if material.chapters is not None and len(material.chapters.chapters) > 1:
        found.append(("Chapters", str(len(material.chapters.chapters))))
    return found


def chunks(transcript: Transcript, chapters: Sequence[Chapter]) -> list[Chunk]:
    """The transcript in pieces of at most :data:`CHUNK` lines; a chapter begins a piece of its own."""
    starts = [chapter.start for chapter in chapters]
    made: list[Chunk] = []
    lines: list[Line] = []
    heading: str | None = None
    current = -1
    segments = sorted((s for s in transcript.segments if s.text.strip()), key=lambda segment: segment.start)
    for number, segment in enumerate(segments):
        # a segment that ends just after a cut still belongs to the chapter before it
        chapter = bisect_right(starts, (segment.start + max(segment.start, segment.end)) / 2) - 1
        if lines and (chapter > current or len(lines) == CHUNK):
            made.append(Chunk(heading, tuple(lines)))
            lines, heading = [], None
        if chapter > current:
            current = chapter
            heading = chapters[chapter].title
        lines.append(_line(number, segment, transcript.tracks))
    if lines:
        made.append(Chunk(heading, tuple(lines)))
    return made


def _line(number: int, segment: Segment, tracks: Sequence[str]) -> Line:
    text = clean(segment.text).strip()
    flat: list[float] = []
    wide = any(character > "\uffff" for character in text)
    for word in placed(text, segment.words):
        begin, end = word.begin, word.end
        if wide:
            begin, end = _units(text[:begin]), _units(text[:end])
        flat += [begin, end, round(word.start, 2)]
    speaker = tracks[segment.track].rsplit(".", 1)[0] if len(tracks) > 1 and 0 <= segment.track < len(tracks) else ""
    return Line(number, round(segment.start, 2), round(max(segment.start, segment.end), 2), text, speaker, flat)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def moments(found: Sequence[Moment], summary: Summary | None) -> list[Moment]:
    """The best moments that the summary does not show already, in the order of time."""
    shown = [p.start for p in (*summary.points, *summary.actions, *summary.questions)] if summary else []
    fresh = [m for m in found if not any(t is not None and abs(t - m.start) < 2.0 for t in shown)]
    return sorted(sorted(fresh, key=lambda m: -m.score)[:MOMENTS], key=lambda m: m.start)


def chapter_bars(chapters: Sequence[Chapter], duration: float) -> list[Bar]:
    """The chapters along the ribbon."""
    if duration < 0.1:
        return []
    made = []
    for chapter in chapters:
        x = WIDTH * min(1.0, max(0.0, chapter.start / duration))
        end = WIDTH * min(1.0, max(0.0, chapter.end / duration))
        made.append(
            Bar(round(x, 1), 0, round(max(1.0, end - x - 2), 1), 5, f"{seconds_text(chapter.start)} {chapter.title}")
        )
    return made


def speech_bars(transcript: Transcript | None, duration: float, height: float) -> list[Bar]:
    """How much is said when: letters per slice of the session, as bars around the middle."""
    if transcript is None or duration < 0.1 or not transcript.segments:
        return []
    count = max(24, min(BARS, int(duration)))
    amounts = [0.0] * count
    for segment in transcript.segments:
        parts = [(w.start, w.end, len(w.text)) for w in segment.words] or [
            (segment.start, segment.end, len(segment.text))
        ]
        for start, end, letters in parts:
            first = min(count - 1, max(0, int(start / duration * count)))
            last = min(count - 1, max(first, int(end / duration * count)))
            for slot in range(first, last + 1):
                amounts[slot] += letters / (last - first + 1)
    top = max(amounts) or 1.0
    step = WIDTH / count
    made = []
    for slot, amount in enumerate(amounts):
        tall = max(1.5, height * (amount / top) ** 0.8)
        made.append(
            Bar(round(slot * step + step * 0.2, 2), round((height - tall) / 2, 1), round(step * 0.6, 2), round(tall, 1))
        )
    return made
