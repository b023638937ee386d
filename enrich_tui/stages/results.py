"""What the stages write for each other and for other programs: the JSON files, as models. Times are media seconds.

Text in these models is the user's own (a transcript, a note); it was cleaned of control characters when it was made.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from enrich_tui.model import Frozen

FORMAT = 1
"""Version of these formats; goes up when a reader would have to change."""

TRANSCRIPT = "transcript.json"
SUBTITLES = "transcript.srt"
REVIEW = "audio.json"
CHAPTERS = "chapters.json"
SUMMARY = "summary.json"
CANVAS = "canvas.html"


class Word(Frozen):
    """One word with its times and how sure the engine is, 0 to 1."""

    start: float
    end: float
    text: str
    probability: float = 1.0


class Segment(Frozen):
    """A sentence or phrase as the engine heard it."""

    id: int
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    track: int = 0
    """Index into :attr:`Transcript.tracks`."""
    no_speech_probability: float = 0.0
    average_log_probability: float = 0.0


class Transcript(Frozen):
    """Everything that was said in a session."""

    format: int = FORMAT
    origin: Literal["speech", "captions"] = "speech"
    """``captions``: taken over from captions that lay beside the recording."""
    language: str | None = None
    language_probability: float | None = None
    duration: float = 0.0
    engine: str = ""
    tracks: tuple[str, ...] = ()
    """File names of the tracks, in the order in which they were heard."""
    segments: tuple[Segment, ...] = ()


class Moment(Frozen):
    """A moment worth jumping to."""

    start: float
    end: float
    kind: Literal["decision", "action", "question", "emphasis", "topic", "number"]
    text: str
    score: float
    """Higher is more noteworthy; comparable within one review only."""


class Span(Frozen):
    """A stretch of media time."""

    start: float
    end: float


class AudioReview(Frozen):
    """What can be said about the sound without reading all of it."""

    format: int = FORMAT
    duration: float
    speech_seconds: float
    silence_seconds: float
    silences: tuple[Span, ...] = ()
    """Pauses of two seconds and more."""
    words: int
    words_per_minute: float | None = None
    """Words per minute of speech (not of recording); None without speech."""
    pace: tuple[tuple[float, float], ...] = ()
    """(middle of a half-minute window, words per minute in it)."""
    language: str | None = None
    language_name: str | None = None
    language_probability: float | None = None
    level_dbfs: float | None = None
    """Mean level of the speech, dB relative to full scale."""
    peak_dbfs: float | None = None
    playable: tuple[str | None, ...] = ()
    """For each sound recording of the session, in its order, a copy that browsers play, relative to the output folder;
    None where they play it as it is. Empty where there is no copy."""
    moments: tuple[Moment, ...] = ()


class Chapter(Frozen):
    """A part of a video that shows one thing."""

    index: int
    start: float
    end: float
    title: str
    thumbnail: str | None = None
    """Relative to the session's output folder."""
    strength: float = 0.0
    """How clear the change at its start was, 0 to 1."""
    heading: str = ""
    """What stands out on the screen in it and not beside it; its title unless what is said gives a better one."""
    text: tuple[str, ...] = ()
    """Lines that were on the screen, as an engine read them; empty where none did."""


def numbered(index: int) -> str:
    """The title of a chapter of which nothing better is known."""
    return f"Part {index}"


class Chapters(Frozen):
    """The chapters of a session's first video, or of its screenshots."""

    format: int = FORMAT
    engine: str = ""
    video: str | None = None
    """File name of the video."""
    duration: float = 0.0
    width: int = 0
    height: int = 0
    playable: str | None = None
    """A copy that browsers play, relative to the output folder, where the recording itself is in a container that
    they do not play and could be rewrapped without re-encoding."""
    chapters: tuple[Chapter, ...] = ()
    text_engine: str = ""
    """What read the screen; empty where nothing did."""
    screenshots: tuple[tuple[str, ...], ...] = ()
    """Lines on each screenshot that lies beside a video, in the session's order; empty where they were not read."""


class Point(Frozen):
    """One statement of a summary, with where it comes from."""

    text: str
    start: float | None = None
    """None only where the source has no time line (a note)."""
    end: float | None = None
    source: Literal["transcript", "chapter", "note"] = "transcript"
    score: Annotated[float, Field(ge=0)] = 0.0


class Summary(Frozen):
    """What a session was about."""

    format: int = FORMAT
    engine: str = ""
    method: Literal["extractive", "basic", "model"] = "extractive"
    title: str
    overview: str
    """A few sentences."""
    points: tuple[Point, ...] = ()
    """In the order of time."""
    keywords: tuple[str, ...] = ()
    actions: tuple[Point, ...] = ()
    questions: tuple[Point, ...] = ()
