"""What a session has to tell so far: the results of its earlier stages and its notes, read with care.

Every part may be absent. A result that cannot be read counts as absent and leaves a notice; it never ends a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Notice, Session
from enrich_tui.stages.results import (
    CHAPTERS,
    FORMAT,
    REVIEW,
    SUMMARY,
    TRANSCRIPT,
    AudioReview,
    Chapters,
    Summary,
    Transcript,
)
from enrich_tui.store.reading import read_regular
from enrich_tui.text import clean

RESULT_LIMIT = 256 * 1024**2
"""Largest result file that is read, in bytes; a transcript of a whole day is a tenth of it."""
NOTE_LIMIT = 512 * 1024
"""How much of one note is read, in bytes."""
NOTES_LIMIT = 50
"""How many notes are read."""
NOTE_SUFFIXES = frozenset({".md", ".markdown", ".txt", ".text"})

Result = TypeVar("Result", Transcript, AudioReview, Chapters, Summary)


@dataclass(frozen=True, slots=True)
class Note:
    """One note file as clean text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything there is to tell about a session."""

    transcript: Transcript | None = None
    review: AudioReview | None = None
    chapters: Chapters | None = None
    summary: Summary | None = None
    notes: tuple[Note, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def duration(self) -> float:
        """Length of the session's time line in seconds; 0 where it has none."""
        parts = (self.transcript, self.review, self.chapters)
        return max((part.duration for part in parts if part is not None), default=0.0)


def gather(session: Session, *, with_summary: bool = False) -> Material:
    """Read what the stages left in the session's output folder, and the session's notes."""
    notices: list[Notice] = []
    folder = session.output
    return Material(
        transcript=_result(folder / TRANSCRIPT, Transcript, notices),
        review=_result(folder / REVIEW, AudioReview, notices),
        chapters=_result(folder / CHAPTERS, Chapters, notices),
        summary=_result(folder / SUMMARY, Summary, notices) if with_summary else None,
        notes=_notes(session.notes, notices),
        notices=tuple(notices),
    )


def _result(path: Path, model: type[Result], notices: list[Notice]) -> Result | None:
    try:
        data = read_regular(path, RESULT_LIMIT + 1)
        if len(data) <= RESULT_LIMIT:
            result = model.model_validate_json(data)
            if result.format == FORMAT and _measurable(result):
                return result
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        pass
    notices.append(_unreadable(path))
    return None


def _measurable(value: object) -> bool:
    """Whether every number in a result is one that a time line can have."""
    if isinstance(value, float):
        return abs(value) < 1e9  # False for what is not a number, too
    if isinstance(value, BaseModel):
        return all(_measurable(part) for part in vars(value).values())
    return all(_measurable(part) for part in value) if isinstance(value, tuple) else True


def _notes(paths: tuple[Path, ...], notices: list[Notice]) -> tuple[Note, ...]:
    notes: list[Note] = []
    for path in paths[:NOTES_LIMIT]:
        if path.suffix.lower() not in NOTE_SUFFIXES:
            continue
        try:
            body = read_note(path)
        except OSError:
            notices.append(_unreadable(path))
            continue
        if body.strip():
            notes.append(Note(clean(path.name, 200), body))
    return tuple(notes)


def read_note(path: Path) -> str:
    """The text of a note, clean; of a long one its beginning. Raises ``OSError``."""
    return clean(_decode(read_regular(path, NOTE_LIMIT)).expandtabs(4), multiline=True).strip("\n")


def _decode(data: bytes) -> str:
    """Text of a note: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252; never fails."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" or len(data) - error.start < 4:  # cut within a character
            return data.decode("utf-8-sig", "ignore")
        return data.decode("cp1252", "replace")


def _unreadable(path: Path) -> Notice:
    return Notice(problem=Problem.IO_ERROR, facts={"file": clean(path.name, 80)})
