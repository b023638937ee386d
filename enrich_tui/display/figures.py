"""What is shown of a batch, of the pool and of one session, whoever knows it: a service, or the view of a run.

Durations and points in time are seconds, sizes are bytes, fractions go from 0 to 1. What is not known is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enrich_tui.display.rows import ENDED, Cell, CellState, SessionRow, SessionState
from enrich_tui.display.view import RunView
from enrich_tui.events import Eta
from enrich_tui.model import Stage
from enrich_tui.text import clean, gate

if TYPE_CHECKING:  # a display that has only events needs no service
    from enrich_tui.pool.model import PoolStatus
    from enrich_tui.progress.model import BatchProgress, EnrichmentProgress, StageProgress


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """How far a batch is."""

    counts: Mapping[SessionState, int]
    fraction: float
    over: bool
    eta: Eta | None = None
    reason: str = ""
    """Why the estimate jumped, if it did."""
    message: str = ""
    elapsed: float | None = None

    @property
    def total(self) -> int:
        """All sessions, without those that are only arriving."""
        return sum(count for state, count in self.counts.items() if state is not SessionState.ARRIVING)

    @property
    def ended(self) -> int:
        """Those that ended, well or not."""
        return sum(count for state, count in self.counts.items() if state in ENDED)

    @classmethod
    def of_progress(cls, batch: BatchProgress) -> BatchFigures:
        """What the progress service knows."""
        counts = {
            SessionState.DONE: batch.completed,
            SessionState.FAILED: batch.failed,
            SessionState.RUNNING: batch.processing,
            SessionState.QUEUED: batch.pending,
        }
        over = batch.completed + batch.failed == batch.total
        eta = _eta(batch.eta_low, batch.eta, batch.eta_high)
        return cls(counts, batch.progress / 100.0, over, eta, message=gate(clean(batch.message)))

    @classmethod
    def of_view(cls, view: RunView) -> BatchFigures:
        """What the events of a run told."""
        batch = view.batch
        return cls(
            view.counts,
            view.fraction,
            over=view.state in {"done", "watching", "stopped"},
            eta=batch.eta if batch else None,
            reason=clean(batch.eta_reason, 40) if batch else "",
            elapsed=view.elapsed,
        )


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """How the workers are and have been. Rates are percent."""

    total: int
    active: int
    idle: int
    error: int
    waiting: int
    """Who waits for a worker: sessions of a run, else callers of the pool."""
    error_rate: float | None
    """Of a run, the attempts at stages that failed; else the jobs of the pool that did; None before the first ended."""
    uptime: float
    restarts: int
    average: float | None
    """Of one job."""
    jobs: int | None = None
    """That ended, well or not."""
    error_rate_lately: float | None = None
    """The same of the last ten minutes, where that is known."""
    oldest_wait: float | None = None
    """How long the session waits for a worker that waits longest."""
    memory: int | None = None
    cpu: Sequence[float] | None = None
    """Processors in use, second by second; the last one is now."""
    processors: int = 1
    """How many there are for the work."""
    pace: float | None = None
    """Sessions a minute."""

    @classmethod
    def of_status(cls, status: PoolStatus) -> PoolFigures:
        """What the pool knows."""
        return cls(
            status.total,
            status.active,
            status.idle,
            status.error,
            status.pending,
            status.error_rate,
            status.uptime_percentage,
            status.restarts,
            status.avg_job_duration or None,
            jobs=status.total_jobs_completed + status.total_jobs_failed,
        )

    @classmethod
    def of_view(cls, view: RunView) -> PoolFigures | None:
        """What the events of a run told; None before they told anything of the pool."""
        pool = view.pool
        if pool is None:
            return None
        return cls(
            pool.total,
            pool.active,
            pool.idle,
            pool.error,
            view.waiting,
            view.error_rate.overall,
            pool.uptime_percentage,
            pool.restarts,
            pool.avg_job_duration or None,
            error_rate_lately=view.error_rate.lately(view.now),
            oldest_wait=view.oldest_wait,
            memory=sum(worker.memory or 0 for worker in view.workers.values()) or None,
            cpu=view.cpu,
            processors=max(1, view.started.cpu_slots if view.started else 1),
            pace=view.batch.rate if view.batch else None,
        )


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """One session and its stages."""

    title: str
    state: SessionState
    cells: Mapping[Stage, Cell]
    now: float
    """In the time that the cells are in."""
    seconds: float
    """Of work, or since its start."""
    fraction: float | None = None
    eta: Eta | None = None
    message: str = ""
    advice: str = ""
    size: int | None = None
    media: float | None = None
    place: int | None = None
    """In the queue, from 1, while it is there."""

    @classmethod
    def of_progress(cls, progress: EnrichmentProgress, title: str) -> SessionFigures:
        """What the progress service knows."""
        ends = {"complete": SessionState.DONE, "failed": SessionState.FAILED}
        return cls(
            title,
            ends.get(progress.stage.value, SessionState.RUNNING),
            {Stage(stage): _cell(known) for stage, known in progress.stages.items()},
            progress.updated_at,
            progress.updated_at - progress.started_at,
            progress.progress / 100.0,
            _eta(None, progress.eta, None),
            gate(clean(progress.message)),
        )

    @classmethod
    def of_row(cls, row: SessionRow, now: float) -> SessionFigures:
        """What the events of a run told."""
        return cls(
            row.title,
            row.state,
            row.cells,
            now,
            row.seconds(now),
            eta=row.eta,
            message=row.message,
            advice=row.advice,
            size=row.size or None,
            media=row.media,
            place=row.order + 1 if row.state is SessionState.QUEUED else None,
        )


def _eta(low: float | None, mid: float | None, high: float | None) -> Eta | None:
    if mid is None:
        return None
    return Eta(low=mid if low is None else low, mid=mid, high=mid if high is None else high)


def _cell(known: StageProgress) -> Cell:
    again = known.status == "pending" and known.error
    took = (known.completed_at or 0.0) - (known.started_at or 0.0) if known.completed_at and known.started_at else 0.0
    return Cell(
        CellState.RETRYING if again else CellState(known.status.value),
        known.progress / 100.0,
        known.started_at or 0.0,
        took,
        message=gate(clean(known.error or "")),
    )
