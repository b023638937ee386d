"""The queue of a run: what state every stage of every session is in, and which stage comes next.

Plain data without a clock or a loop. Stages are taken in the order of their sessions, so that sessions finish one after
the other instead of all at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from enrich_tui.model import PREREQUISITES, STAGES, Session, SessionStatus, Stage, StageOutcome, StageResult


class StageState(StrEnum):
    """Where a stage is."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    DONE = "done"


@dataclass(slots=True)
class StageEntry:
    """One stage of one session."""

    state: StageState = StageState.WAITING
    attempt: int = 1
    not_before: float = 0.0
    """Monotonic seconds before which a repeated attempt may not start."""
    crashes: int = 0
    """Attempts in which the worker died."""
    worked: float = 0.0
    """Seconds of work over all attempts."""
    key: str = ""
    """What the result depends on, see :mod:`enrich_tui.pipeline.cache`."""
    kept: float = 0.0
    """The share of it, 0 to 1, that seems to have been kept by an earlier run."""
    insisted: bool = False
    """True where a person asked for it again: what is known to be hopeless is tried all the same."""
    failure: StageResult | None = None
    """How it failed at its server, once something else is to stand in for it."""
    result: StageResult | None = None


@dataclass(slots=True)
class SessionEntry:
    """One session in the queue."""

    session: Session
    stages: dict[Stage, StageEntry] = field(default_factory=lambda: {stage: StageEntry() for stage in STAGES})
    surveyed: bool = False
    """True once it is known what is there already and how long it is; nothing starts before."""
    started: float | None = None
    status: SessionStatus | None = None
    """None until it has ended."""

    def results(self) -> dict[Stage, StageResult]:
        """The results of the stages that have ended."""
        return {stage: entry.result for stage, entry in self.stages.items() if entry.result is not None}

    def unfinished(self) -> Iterator[tuple[Stage, StageEntry]]:
        """The stages that have not ended."""
        return ((stage, entry) for stage, entry in self.stages.items() if entry.state is not StageState.DONE)

    def ready(self, now: float) -> Iterator[Stage]:
        """The stages that could start now."""
        for stage, entry in self.stages.items():
            waiting = entry.state is StageState.WAITING
            due = entry.state is StageState.RETRYING and entry.not_before <= now
            if (waiting or due) and all(self.stages[other].state is StageState.DONE for other in PREREQUISITES[stage]):
                yield stage


class Queue:
    """All sessions of a run, in the order in which they are to be worked on."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self.entries: dict[str, SessionEntry] = {session.id: SessionEntry(session) for session in sessions}
        # With ten thousand sessions nothing that happens often may look at all of them.
        self._open: dict[str, SessionEntry] = dict(self.entries)
        self._in_order = True
        """False where sessions that came back stand last instead of at their place."""
        self._surveyed: set[str] = set()
        """Open sessions of which something may start."""
        self._retrying: list[StageEntry] = []

    def __getitem__(self, session_id: str) -> SessionEntry:
        return self.entries[session_id]

    @property
    def order(self) -> tuple[str, ...]:
        """All ids: those that are done keep their place."""
        return tuple(self.entries)

    @property
    def finished(self) -> bool:
        """True when every session has ended."""
        return not self._open

    def open(self) -> tuple[SessionEntry, ...]:
        """The sessions that have not ended, in order."""
        return tuple(self._ordered().values())

    def __contains__(self, session_id: object) -> bool:
        return session_id in self.entries

    def add(self, session: Session) -> SessionEntry:
        """Put a session at the end."""
        entry = self.entries[session.id] = self._open[session.id] = SessionEntry(session)
        return entry

    def renew(self, session: Session) -> SessionEntry:
        """Begin again with a session whose files have changed, as if it had just come in. Nobody may work on it.

        One that is open keeps its place, one that has ended comes last.
        """
        for before in self.entries[session.id].stages.values():
            before.state = StageState.DONE  # none of them waits for another attempt
        self._surveyed.discard(session.id)
        return self.add(session)

    def survey(self, session_id: str) -> None:
        """It is known what is there of this session, and how long it is: it may start."""
        entry = self.entries[session_id]
        entry.surveyed = True
        if entry.status is None:
            self._surveyed.add(session_id)

    def retry_at(self, session_id: str, stage: Stage, moment: float) -> None:
        """Have another attempt of a stage at ``moment``, in monotonic seconds."""
        entry = self.entries[session_id].stages[stage]
        entry.attempt += 1
        entry.not_before = moment
        entry.state = StageState.RETRYING
        self._retrying.append(entry)

    def _waiting(self) -> list[StageEntry]:
        self._retrying = [entry for entry in self._retrying if entry.state is StageState.RETRYING]
        return self._retrying

    def retrying(self) -> int:
        """How many stages wait for another attempt."""
        return len(self._waiting())

    def candidates(self, now: float) -> Iterator[tuple[SessionEntry, Stage]]:
        """What could start now, first things first."""
        left = len(self._surveyed)
        for ident, session in self._ordered().items():
            if not left:
                break
            if ident in self._surveyed:
                left -= 1
                for stage in session.ready(now):
                    yield session, stage

    def next_due(self, now: float) -> float | None:
        """When the next repeated attempt becomes due, in monotonic seconds; None where none waits."""
        return min((entry.not_before for entry in self._waiting() if entry.not_before > now), default=None)

    def close(self, session_id: str, status: SessionStatus) -> None:
        """The session has ended."""
        self.entries[session_id].status = status
        self._open.pop(session_id, None)
        self._surveyed.discard(session_id)

    def reopen(self, session_id: str) -> tuple[Stage, ...]:
        """Make what did not complete pending again; returns the stages, empty where there is nothing to repeat."""
        session = self.entries[session_id]
        if session.status is None:
            return ()
        again = tuple(stage for stage in STAGES if _repeatable(session, stage))
        if not again:
            return ()
        for stage in again:
            session.stages[stage] = StageEntry(insisted=True)
        session.status = None
        session.started = None
        if session.surveyed:
            self._surveyed.add(session_id)
        self._open[session_id] = session
        self._in_order = False
        return again

    def _ordered(self) -> dict[str, SessionEntry]:
        if not self._in_order:
            self._open = {ident: entry for ident, entry in self.entries.items() if entry.status is None}
            self._in_order = True
        return self._open

    def move(self, session_id: str, by: int) -> bool:
        """Move a session by so many places among those that have not ended; False where it stays."""
        ids = list(self._ordered())
        if session_id not in self._open:
            return False
        old = ids.index(session_id)
        new = max(0, min(len(ids) - 1, old + by))
        if new == old:
            return False
        ids.insert(new, ids.pop(old))
        self._open = {ident: self._open[ident] for ident in ids}
        done = {ident: entry for ident, entry in self.entries.items() if ident not in self._open}
        self.entries = done | self._open
        return True


def _repeatable(session: SessionEntry, stage: Stage) -> bool:
    """A stage is repeated if it, or one that it builds on, failed, was cancelled, or left something to be mended."""
    return any(_unhappy(session.stages[other].result) for other in (stage, *PREREQUISITES[stage]))


def _unhappy(result: StageResult | None) -> bool:
    if result is None:
        return True
    if result.status in {StageOutcome.SKIPPED, StageOutcome.COMPLETED}:
        return result.advice is not None
    return result.status in {StageOutcome.FAILED, StageOutcome.CANCELLED}
