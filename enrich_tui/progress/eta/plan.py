"""What is planned and how far it is: the sessions in the order of the queue, and the stages that run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from enrich_tui.progress.eta.schedule import STAGES

TYPICAL_MEDIA = 900.0
"""Seconds of media that are assumed where nothing is known."""

BYTES_A_SECOND = 32_000
"""Of a recording of which only the bytes are known."""

SECTION = 0.1
"""How far a stage has to come until its pace is looked at again, as a share of its work."""

NOTHING = 1e-6
"""A fraction that is not more than this was not measured."""

LONGEST = 1e9
"""Seconds of media that are believed at most: thirty years."""

State = Literal["pending", "running", "over"]


@dataclass(slots=True)
class Work:
    """One stage of one session.

    What earlier attempts kept makes it a shorter one: everything else is about the work that was left then.
    """

    stage: str
    whole: float
    """Seconds of all its media."""
    kept: float = 0.0
    """The share of it at which the work begins, because what lies before was done earlier."""
    keeps: bool = False
    """It said that what it does now is kept as well."""
    state: State = "pending"
    started: float = 0.0
    """When the attempt began; later by the pauses that it sat out."""
    reported: float = 0.0
    """When it last reported progress, or began."""
    fraction: float = 0.0
    """How much of its work was done then."""
    first: bool = False
    """It is the first of its kind on its worker."""
    marks: list[tuple[float, float]] = field(default_factory=list)
    """When it was how far: moments, and the fraction then."""
    awake: bool = False
    """It gave a sign of life in the pause that is on."""

    @property
    def media(self) -> float:
        """Seconds of media to work on; 0 where it is known that there is nothing to do, which takes a moment."""
        return self.whole * (1.0 - self.kept)

    @property
    def gained(self) -> float:
        """The share of all its media that this attempt will have kept if it ends now."""
        return self.fraction * (1.0 - self.kept) if self.keeps else 0.0

    def begin(self, now: float) -> None:
        """A new attempt."""
        self.state = "running"
        self.started = self.reported = now
        self.fraction = 0.0
        self.marks = []

    def end(self, state: State) -> None:
        """No attempt runs any more; the next one goes on from what this one kept."""
        self.kept = min(1.0, self.kept + self.gained)
        self.state = state
        self.fraction = 0.0

    def reach(self, fraction: float, kept: float | None, now: float, fixed: float) -> bool:
        """It says that it is ``fraction`` through all its media; True where another section of its work is done.

        ``kept`` is as for :meth:`EtaEstimator.progressed`; ``fixed``: seconds that every recording costs.
        """
        if kept is not None and 0.0 <= kept <= 1.0:
            self._go_on(fraction, kept, now, fixed)
        done = (fraction - self.kept) / (1.0 - self.kept) if self.kept < 1.0 else 0.0
        if done <= max(self.fraction, NOTHING):
            return False
        self.fraction, self.reported = done, now
        if self.media <= 0.0 or done < SECTION + (self.marks[-1][1] if self.marks else 0.0):
            return False
        self.marks.append((now, done))
        return True

    def _go_on(self, fraction: float, kept: float, now: float, fixed: float) -> None:
        self.keeps = True
        if fraction <= kept:  # there may be more: what is known from before holds until it has worked
            self.kept = max(self.kept, fraction)
            self.reported = now
            self.first = False
        elif kept != self.kept:
            self.kept = kept
        else:
            return
        reported = self.reported
        self.begin(max(self.started, reported - fixed))  # the rest of its time went into skipping
        self.reported = reported

    def inherit(self, before: Work) -> None:
        """It takes the place of another one. Where its media is longer that has grown, and what was kept still counts.

        That is a guess, which holds until the stage tells.
        """
        if before.keeps and self.whole >= before.whole > 0.0:
            self.keeps = True
            self.kept = min(1.0, (before.kept + before.gained) * before.whole / self.whole)

    def sat_out(self, pause: float) -> None:
        """Take a pause out of its time."""
        self.started += pause
        self.reported += pause
        self.marks = [(moment + pause, fraction) for moment, fraction in self.marks]


@dataclass(slots=True)
class Pending:
    """Sums over the pending stages of one kind that have something to do."""

    number: int = 0
    media: float = 0.0
    squares: float = 0.0

    def count(self, media: float, sign: int) -> None:
        """One more or less."""
        self.number += sign
        self.media += sign * media
        self.squares += sign * media * media


class Typical:
    """The length to assume for a session of unknown length.

    It goes by the session's bytes where they are told, and is else the mean one.
    """

    def __init__(self) -> None:
        self._lengths = self._media = 0.0
        self._sized = self._bytes = 0

    def learn(self, sessions: Iterable[tuple[str, Mapping[str, float | None]]], sizes: Mapping[str, int]) -> None:
        """Take these sessions into account."""
        for session_id, stages in sessions:
            for media in stages.values():
                if media is not None and _usable(media):
                    self._lengths += 1
                    self._media += min(LONGEST, media)
            if (size := sizes.get(session_id, 0)) > 0:
                self._sized += 1
                self._bytes += size

    def length(self, size: int = 0) -> float:
        """Seconds of media; ``size``: bytes, 0 where they are unknown."""
        mean = TYPICAL_MEDIA
        if self._lengths:
            mean = self._media / self._lengths
        elif self._sized:
            mean = min(LONGEST, self._bytes / self._sized / BYTES_A_SECOND)
        if size <= 0 or not self._sized:
            return mean
        return max(mean / 50.0, size * mean * self._sized / self._bytes)


class Plan:
    """The queue. It keeps the running stages and the sums of the pending ones at hand."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Work]] = {}
        self.open: dict[str, None] = {}
        """Sessions that have something left; :meth:`work` gives them in the order of the queue."""
        self._in_order = True
        self.running: dict[tuple[str, str], Work] = {}
        self.pending = {stage: Pending() for stage in STAGES}
        self._typical = Typical()

    def replace(
        self,
        sessions: Iterable[tuple[str, Mapping[str, float | None]]],
        sizes: Mapping[str, int],
        kept: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Set the whole queue; stages that are known already stay as they are."""
        listed = list(sessions)
        self._typical = Typical()
        self._typical.learn(listed, sizes)
        before, self.sessions = self.sessions, {}
        for session_id, stages in listed:
            works = _works(stages, self._typical.length(sizes.get(session_id, 0)))
            _go_on(works, kept.get(session_id, {}))
            known = before.get(session_id, {})
            self.sessions[session_id] = {stage: known.get(stage, work) for stage, work in works.items()}
        self._recount()

    def extend(self, sessions: Iterable[tuple[str, Mapping[str, float | None]]], sizes: Mapping[str, int]) -> None:
        """Put new sessions at the end; those that are known already stay as they are."""
        new = {session_id: stages for session_id, stages in sessions if session_id not in self.sessions}
        self._typical.learn(new.items(), sizes)
        for session_id, stages in new.items():
            self.sessions[session_id] = _works(stages, self._typical.length(sizes.get(session_id, 0)))
            self._enlist(session_id)

    def add(self, session_id: str, stages: Mapping[str, float | None], kept: Mapping[str, float]) -> None:
        """Put a session at the end, or afresh at its place."""
        known = self.sessions.get(session_id, {})
        works = _works(stages, self._typical.length())
        for stage, work in works.items():
            if stages[stage] != 0.0 and not _usable(stages[stage]) and stage in known and known[stage].whole > 0.0:
                work.whole = known[stage].whole
            if stage in known:
                work.inherit(known[stage])
        _go_on(works, kept)
        self.discard(session_id, keep_place=True)
        self.sessions[session_id] = works
        self._enlist(session_id)

    def discard(self, session_id: str, *, keep_place: bool = False) -> None:
        """Take a session out."""
        for stage, work in self.sessions.get(session_id, {}).items():
            self._leave(session_id, stage, work)
        if not keep_place:
            self.sessions.pop(session_id, None)
            self.open.pop(session_id, None)

    def find(self, session_id: str, stage: str) -> Work | None:
        """A stage of a session, if it is planned."""
        return self.sessions.get(session_id, {}).get(stage)

    def move(self, session_id: str, stage: str, work: Work, state: State, now: float) -> None:
        """Give a stage another state."""
        self._leave(session_id, stage, work)
        if state == "running":
            work.begin(now)
        else:
            work.end(state)
        self._enter(session_id, stage, work)
        if state == "over":
            if all(other.state == "over" for other in self.sessions[session_id].values()):
                self.open.pop(session_id, None)
        elif session_id not in self.open:
            self._reopen(session_id)

    def work(self) -> Iterator[tuple[str, dict[str, Work]]]:
        """The sessions that have something left, in the order of the queue."""
        if not self._in_order:
            self._sort()
        return ((session_id, self.sessions[session_id]) for session_id in self.open)

    def _enlist(self, session_id: str) -> None:
        works = self.sessions[session_id]
        for stage, work in works.items():
            self._enter(session_id, stage, work)
        if all(work.state == "over" for work in works.values()):
            self.open.pop(session_id, None)
        elif session_id not in self.open:
            self._reopen(session_id)

    def _reopen(self, session_id: str) -> None:
        """Where thousands come back at once, they are put into their places once."""
        self.open[session_id] = None
        if next(reversed(self.sessions)) != session_id:
            self._in_order = False

    def _sort(self) -> None:
        self.open = {
            session_id: None
            for session_id, works in self.sessions.items()
            if any(work.state != "over" for work in works.values())
        }
        self._in_order = True

    def _recount(self) -> None:
        self.running.clear()
        self.pending = {stage: Pending() for stage in STAGES}
        for session_id, works in self.sessions.items():
            for stage, work in works.items():
                self._enter(session_id, stage, work)
        self._sort()

    def _enter(self, session_id: str, stage: str, work: Work) -> None:
        if work.state == "running":
            self.running[session_id, stage] = work
        elif work.state == "pending" and work.media > 0.0:
            self.pending[stage].count(work.media, 1)

    def _leave(self, session_id: str, stage: str, work: Work) -> None:
        if work.state == "running":
            self.running.pop((session_id, stage), None)
        elif work.state == "pending" and work.media > 0.0:
            self.pending[stage].count(work.media, -1)


def _usable(media: float | None) -> bool:
    return media is not None and math.isfinite(media) and media > 0.0


def _works(stages: Mapping[str, float | None], typical: float) -> dict[str, Work]:
    works = {}
    for stage in STAGES:
        if stage in stages:
            media = stages[stage]
            known = media is not None and (_usable(media) or media == 0.0)
            works[stage] = Work(stage, min(LONGEST, media) if known and media is not None else typical)
    return works


def _go_on(works: Mapping[str, Work], kept: Mapping[str, float]) -> None:
    """These shares of the stages' work are there; a guess, which holds until they tell."""
    for stage, share in kept.items():
        if stage in works and math.isfinite(share) and share > 0.0:
            works[stage].kept, works[stage].keeps = min(1.0, share), True
