"""What a display knows of a session, a stage of it, and a worker. All times are seconds of the run, or of work."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from enrich_tui.events import Eta
from enrich_tui.model import SessionStatus, Stage


class CellState(StrEnum):
    """Where one stage of a session is."""

    PENDING = "pending"
    PROCESSING = "processing"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class SessionState(StrEnum):
    """Where a session is. ``running`` lasts from its first stage to its end, waits for a worker included."""

    RUNNING = "running"
    RETRYING = "retrying"
    QUEUED = "queued"
    ARRIVING = "arriving"
    """It is there, and not taken up yet: it is being written, or not known to be whole."""
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ACTIVE = frozenset({SessionState.RUNNING, SessionState.RETRYING})
ENDED_AS = {
    SessionStatus.COMPLETE: SessionState.DONE,
    SessionStatus.PARTIAL: SessionState.PARTIAL,
    SessionStatus.FAILED: SessionState.FAILED,
    SessionStatus.SKIPPED: SessionState.SKIPPED,
    SessionStatus.CANCELLED: SessionState.CANCELLED,
}
UNHAPPY = frozenset({SessionState.FAILED, SessionState.PARTIAL})
ENDED = frozenset(SessionState) - ACTIVE - {SessionState.QUEUED, SessionState.ARRIVING}
_NO_FACTS: Mapping[str, Any] = {}


@dataclass(slots=True)
class Cell:
    """One stage of one session."""

    state: CellState = CellState.PENDING
    fraction: float = 0.0
    """0 to 1, while it is processed."""
    started: float = 0.0
    """When the attempt in progress began."""
    spent: float = 0.0
    """Work of the attempts that ended."""
    due: float = 0.0
    """When the next attempt may start, while it is retrying."""
    attempt: int = 0
    attempts: int = 0
    worker: int | None = None
    """The worker that has it, or had it last."""
    cached: bool = False
    word: str = ""
    """A failure in one word."""
    doing: str = ""
    message: str = ""
    advice: str = ""
    problem: str = ""
    engine: str = ""
    outputs: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: _NO_FACTS)

    def seconds(self, now: float) -> float:
        """Seconds of work so far."""
        running = now - self.started if self.state is CellState.PROCESSING else 0.0
        return self.spent + max(0.0, running)


@dataclass(slots=True)
class SessionRow:
    """One session."""

    id: str
    title: str
    order: int
    source: str = ""
    output: str = ""
    size: int = 0
    media: float | None = None
    """Seconds of its longest recording, where that is known."""
    state: SessionState = SessionState.QUEUED
    growing: bool = False
    """It is still being written, or not whole yet."""
    cells: dict[Stage, Cell] = field(default_factory=dict)
    eta: Eta | None = None
    changed: float = 0.0
    """When its state changed."""
    message: str = ""
    advice: str = ""
    needle: str = ""
    """What a text filter looks into: title and id, case folded."""

    def seconds(self, now: float) -> float:
        """Seconds of work so far, over all stages."""
        return sum(cell.seconds(now) for cell in self.cells.values())

    @property
    def started(self) -> bool:
        """True once work on it has begun."""
        return any(cell.state not in {CellState.PENDING, CellState.SKIPPED} for cell in self.cells.values())

    @property
    def current(self) -> tuple[Stage, Cell] | None:
        """The stage to show where there is room for one: in work, else retrying, else failed, else the last to end."""
        best: tuple[int, Stage, Cell] | None = None
        for stage, cell in self.cells.items():
            rank = CELL_RANK[cell.state]
            if best is None or rank < best[0] or (rank == best[0] and cell.state is CellState.COMPLETED):
                best = (rank, stage, cell)
        return None if best is None else best[1:]

    @property
    def attempt(self) -> tuple[int, int] | None:
        """Which attempt it is at, of how many; None while that is nothing to tell."""
        cell = self.current[1] if self.current is not None else None
        if cell is None or (cell.attempt <= 1 and cell.state is not CellState.PROCESSING):
            return None
        return cell.attempt, cell.attempts or cell.attempt

    @property
    def worker(self) -> int | None:
        """The worker that works on it now."""
        cell = self.current[1] if self.current is not None else None
        return cell.worker if cell is not None and cell.state is CellState.PROCESSING else None


CELL_RANK = {
    CellState.PROCESSING: 0,
    CellState.RETRYING: 1,
    CellState.FAILED: 2,
    CellState.COMPLETED: 3,
    CellState.CANCELLED: 4,
    CellState.PENDING: 5,
    CellState.SKIPPED: 6,
}
"""How much a stage is of interest, the most first."""


@dataclass(slots=True)
class WorkerRow:
    """One worker."""

    id: int
    status: str = "idle"
    session: str | None = None
    stage: Stage | None = None
    since: float = 0.0
    """When it came into this state, or got this job."""
    pid: int | None = None
    restarts: int = 0
    jobs: int = 0
    memory: int | None = None
    cpu: float | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    t: float
    level: str
    """``info``, ``good``, ``warning`` or ``error``."""
    text: str
    session: str | None = None


def fraction(value: float) -> float:
    """What a stream says to be a share, as one: 0 to 1."""
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
