"""Sessions, workers and problems that do not exist, for a simulated run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome

_NAMES = (
    "standup",
    "lecture",
    "demo",
    "interview",
    "kaigi 会議",
    "review",
    "workshop",
    "retro",
    "office hours",
    "talk",
)
_LENGTH = {Stage.AUDIO: 1.0, Stage.VIDEO: 1.6, Stage.SUMMARY: 0.35, Stage.CANVAS: 0.15}

PROBLEMS = {  # code, word, message, advice
    Stage.AUDIO: (
        ("no-samples", "empty", "The recording holds no sound.", "record it again, or leave the audio stage out"),
        ("truncated", "cut off", "The file ends before its announced end.", "copy it again from where it came from"),
    ),
    Stage.VIDEO: (
        (
            "codec",
            "codec",
            "This video could not be decoded (codec not supported).",
            "convert it to H.264 or VP9, then run all that failed again",
        ),
        ("damaged", "damaged", "Large parts of this video are damaged.", "copy it again, then run it again"),
    ),
    Stage.SUMMARY: (
        ("nothing-to-tell", "nothing", "There was nothing to sum up.", "look at the transcript: it may be empty"),
    ),
    Stage.CANVAS: (("disk-full", "disk full", "The disk is full.", "make room, then run all that failed again"),),
}


@dataclass
class Work:
    """One stage of a made-up session; lengths are seconds of made-up work."""

    stage: Stage
    length: float
    fails: str = ""
    """Empty, ``once`` or ``always``."""
    done: float = 0.0
    attempt: int = 1
    outcome: StageOutcome | None = None


@dataclass
class Session:
    """A made-up session."""

    id: str
    title: str
    works: dict[Stage, Work]
    status: SessionStatus | None = None
    not_before: float = 0.0
    spent: float = 0.0
    busy: bool = False

    def next_work(self) -> Work | None:
        """The first stage that has not ended."""
        return next((work for work in self.works.values() if work.outcome is None), None)


@dataclass
class Worker:
    """A made-up worker."""

    id: int
    session: Session | None = None
    work: Work | None = None
    error: bool = False
    leaving: bool = False
    restarts: int = 0
    jobs: int = 0
    rate: float = field(default=1.0)


def make_session(number: int, dice: random.Random, fail_rate: float) -> Session:
    """A session with stages of random lengths, of which some fail."""
    works = {}
    for stage in STAGES:
        if stage in {Stage.AUDIO, Stage.VIDEO} and dice.random() < 0.08:
            continue
        fails = dice.choice(("once", "always")) if dice.random() < fail_rate / 2 else ""
        works[stage] = Work(stage, _LENGTH[stage] * dice.uniform(20, 120), fails)
    return Session(f"sim-{number:05}", f"{dice.choice(_NAMES)} {number:04}", works)
