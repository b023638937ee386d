"""The nouns that every layer shares: sessions, stages, options, tasks for a worker, and results.

Everything here is a frozen value. Times are seconds, sizes are bytes.
"""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidatorFunctionWrapHandler, WrapValidator

from enrich_tui.config import StageConfig


class Frozen(BaseModel):
    """A value that cannot change and does not accept unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _path_to_json(path: PurePath) -> str:
    """File names are bytes. Those that are no text are written as NUL, which no path holds, and hexadecimal digits.

    A way below a folder is written with slashes: results may be carried to another system.
    """
    text = str(path) if path.is_absolute() else path.as_posix()
    try:
        text.encode()
    except UnicodeEncodeError:
        return "\0" + os.fsencode(text).hex()
    return text


@lru_cache(maxsize=256)
def _path_from_text(text: str) -> Path:
    """Kept, because the records of ten thousand sessions name the same few files."""
    return Path(os.fsdecode(bytes.fromhex(text[1:]))) if text.startswith("\0") else Path(text)


def _path_from_json(value: object, handler: ValidatorFunctionWrapHandler) -> Path:
    if isinstance(value, Path):
        return value
    path: Path = _path_from_text(value) if isinstance(value, str) else handler(value)
    return path


FilePath = Annotated[
    Path, WrapValidator(_path_from_json), PlainSerializer(_path_to_json, return_type=str, when_used="json")
]
"""A path that survives JSON even where its name is not valid text."""


class Stage(StrEnum):
    """One of the four things that are made of a session, in the order in which they are shown."""

    AUDIO = "audio"
    VIDEO = "video"
    SUMMARY = "summary"
    CANVAS = "canvas"


STAGES: tuple[Stage, ...] = tuple(Stage)

PREREQUISITES: dict[Stage, tuple[Stage, ...]] = {
    Stage.AUDIO: (),
    Stage.VIDEO: (),
    Stage.SUMMARY: (Stage.AUDIO, Stage.VIDEO),
    Stage.CANVAS: (Stage.AUDIO, Stage.VIDEO, Stage.SUMMARY),
}
"""Stages that must have ended, well or not, before a stage may start."""


class Session(Frozen):
    """Whatever one recorded work session left behind. Its sources are read, never changed."""

    id: str
    """Unique in its library and stable between runs: the path below the library's root, as a slug."""
    title: str
    """Clean text, safe on any display."""
    source: FilePath
    """The lone file, or the session's folder."""
    output: FilePath
    """The folder that receives its results."""
    audio: tuple[FilePath, ...] = ()
    video: tuple[FilePath, ...] = ()
    screenshots: tuple[FilePath, ...] = ()
    notes: tuple[FilePath, ...] = ()
    captions: tuple[FilePath, ...] = ()
    started_at: datetime | None = None
    size: int = 0
    """Bytes of all sources."""

    @property
    def recordings(self) -> tuple[FilePath, ...]:
        """Everything that has a time line: the video files, then the audio files."""
        return self.video + self.audio


class Rejected(Frozen):
    """Something in a library that cannot be a session, and why, in words for a person."""

    path: FilePath
    reason: str


class EnrichmentOptions(Frozen):
    """Which stages a person wants."""

    audio_review: bool = True
    video_chaptering: bool = True
    generate_summary: bool = True
    generate_canvas: bool = True

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages that are wanted."""
        wanted = zip(
            STAGES,
            (self.audio_review, self.video_chaptering, self.generate_summary, self.generate_canvas),
            strict=True,
        )
        return frozenset(stage for stage, on in wanted if on)

    @classmethod
    def of(cls, stages: frozenset[Stage] | set[Stage]) -> EnrichmentOptions:
        """Options that want exactly these stages."""
        return cls.model_construct(
            audio_review=Stage.AUDIO in stages,
            video_chaptering=Stage.VIDEO in stages,
            generate_summary=Stage.SUMMARY in stages,
            generate_canvas=Stage.CANVAS in stages,
        )


class Fence(Frozen):
    """By what a worker knows that its program still owns the library: the lock file, and what is to stand in it."""

    lock: FilePath
    device: int
    inode: int
    epoch: int


class StageTask(Frozen):
    """What a worker needs to run one stage of one session once."""

    session: Session
    stage: Stage
    config: StageConfig = StageConfig.model_construct()
    attempt: int = 1
    threads: Annotated[int, Field(ge=1)] = 1
    """Threads that the engine may use."""
    fence: Fence | None = None
    """Nothing may be written any more where it does not hold; None: nobody else can be there."""
    fresh: bool = False
    """True: do not build on what an earlier attempt has kept."""


class Notice(Frozen):
    """Something a stage noticed that a person should know although the stage went on.

    ``problem`` is a member of :class:`enrich_tui.errors.problems.Problem`; ``facts`` are the numbers and short words
    that its wording needs (seconds, counts, a language name), never foreign text.
    """

    problem: str
    facts: dict[str, str | int | float] = Field(default_factory=dict)


class StageOutput(Frozen):
    """What a finished stage tells about itself. The work is in the files."""

    outputs: dict[str, str] = Field(default_factory=dict)
    """Role to file, relative to the session's output folder: ``{"transcript": "transcript.json", ...}``."""
    engine: str = ""
    """What did it, with its version and model: ``faster-whisper 1.2.1 tiny.en``."""
    media_seconds: float | None = None
    """How much media it went through, in seconds; the ETA learns from it."""
    notices: tuple[Notice, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    """Small JSON-able results for a display: counts of words, of chapters, the language."""


class StageOutcome(StrEnum):
    """How a stage ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StageResult(Frozen):
    """How one stage of a session ended."""

    stage: Stage
    status: StageOutcome
    outputs: tuple[FilePath, ...] = ()
    duration: float = 0.0
    """Seconds of work over all attempts."""
    attempts: int = 0
    cached: bool = False
    """True where an earlier result still holds and nothing was run."""
    message: str | None = None
    """What happened, for a person, where it did not simply complete."""
    advice: str | None = None
    """What to do about it, for a person."""
    problem: str | None = None
    """The code of the problem, see :class:`enrich_tui.errors.problems.Problem`."""
    engine: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)


class SessionStatus(StrEnum):
    """How a session ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class SessionResult(Frozen):
    """How a session ended, stage by stage."""

    session_id: str
    status: SessionStatus
    stages: dict[Stage, StageResult]
    output: FilePath
    duration: float = 0.0
    """Seconds from the first stage's start to the last one's end."""
    message: str | None = None
    advice: str | None = None
