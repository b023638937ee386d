"""The figures of a run: how far its batch is, how its pool does, and how it came out. It answers; it tells nobody."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Literal

from enrich_tui.events import BatchChanged, Eta, PoolChanged, RunFinished
from enrich_tui.model import SessionStatus
from enrich_tui.pipeline.state import Queue
from enrich_tui.pool import WorkerPool, WorkerSnapshot
from enrich_tui.progress import BatchProgress, Estimate, ProgressService

VITALS = 1.0
"""Seconds between two looks at what a worker's process uses."""

LATELY = 600.0
"""Seconds over which the rate of sessions is told."""

LEFT_UNFINISHED = 130
"""Exit code where a person ended the run before its sessions had ended."""

State = Literal["looking", "running", "paused", "watching", "draining", "stopping", "done"]


class Figures:
    """Counts sessions as they start and end, and works out the figures when asked."""

    def __init__(self, queue: Queue, pool: WorkerPool, progress: ProgressService) -> None:
        self._queue = queue
        self._pool = pool
        self._progress = progress
        self._zero = time.monotonic()
        self._state: State = "running"
        self._ended: Counter[SessionStatus] = Counter()
        self._attempts = self._failed_attempts = 0
        self.unseen = False
        """True where looking for recordings failed, so that there may be more than what was found."""
        self._busy: set[str] = set()
        """Sessions that have started and not ended."""
        self._pool_seen: PoolChanged | None = None
        self._vitals: dict[int, tuple[float, float]] = {}
        self._finished_at: deque[float] = deque()
        """When sessions ended, in the last ten minutes; see :attr:`elapsed`."""
        self._last_end: float | None = None
        self._rest = 0.0
        """Seconds in which there was nothing to do, or no leave to do it."""
        self._over_at: float | None = None
        """When all sessions had ended, until the next one starts; see :attr:`elapsed`."""
        self._before = 0.0
        """What had elapsed when the work that is predicted began."""
        self.held_up = False
        """True while all that could start waits, because such things failed several times in a row."""

    # -- what happens -------------------------------------------------------------------------------------------------

    def begin(self, *, looking: bool) -> None:
        """The run begins now; ``looking``: sessions are still looked for."""
        self._zero = time.monotonic()
        self._state = "looking" if looking else "running"

    def set_state(self, state: State) -> bool:
        """The run as a whole goes over into this state; False where it is in it, or ends and stays with that."""
        ending = self._state in {"draining", "stopping"}
        if state == self._state or (ending and state not in {"draining", "stopping", "done"}):
            return False
        self._state = state
        return True

    def is_busy(self, session_id: str) -> bool:
        """True where the session has started and not ended."""
        return session_id in self._busy

    def started(self, session_id: str) -> None:
        """This session has started."""
        if not self._busy and self._last_end is not None:
            self._rest += time.monotonic() - self._last_end
        if self._over_at is not None:
            self._before, self._over_at = self._over_at, None
        self._busy.add(session_id)

    def ended(self, session_id: str, status: SessionStatus) -> None:
        """This session has ended."""
        self._busy.discard(session_id)
        self._ended[status] += 1
        self._last_end = time.monotonic()
        self._finished_at.append(self.elapsed)
        if self._ended.total() == len(self._queue.entries):
            self._over_at = self.elapsed

    def attempted(self, *, failed: bool) -> None:
        """An attempt at a stage has ended."""
        self._attempts += 1
        self._failed_attempts += failed

    def reopened(self, session_id: str, was: SessionStatus | None) -> None:
        """This session has not started, whatever it was before; ``was``: how it had ended, None where it had not."""
        self._busy.discard(session_id)
        if was is not None:
            self._ended[was] -= 1

    # -- what is asked ------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._zero

    @property
    def elapsed(self) -> float:
        """Seconds of the run so far, without those in which all was done, or paused, and nothing was under way."""
        now = time.monotonic() if self._busy or self._last_end is None else self._last_end
        return now - self._zero - self._rest

    @property
    def predicted(self) -> Eta | None:
        """What was said to elapse until the end when the work began, or when the queue last changed; in seconds."""
        said = _eta(self._progress.predicted())
        if said is None:
            return None
        return Eta(low=self._before + said.low, mid=self._before + said.mid, high=self._before + said.high)

    def batch(self) -> BatchChanged:
        """How far the batch is."""
        total = len(self._queue.entries)
        ended = self._ended
        failed = ended[SessionStatus.FAILED] + ended[SessionStatus.SKIPPED] + ended[SessionStatus.CANCELLED]
        completed = ended[SessionStatus.COMPLETE] + ended[SessionStatus.PARTIAL]
        batch = self._progress.get_batch_progress()
        return BatchChanged(
            state=self._state,
            total=total,
            pending=total - completed - failed - len(self._busy),
            processing=len(self._busy),
            completed=completed,
            failed=failed,
            skipped=ended[SessionStatus.SKIPPED],
            cancelled=ended[SessionStatus.CANCELLED],
            retrying=self._queue.retrying(),
            attempts=self._attempts,
            failed_attempts=self._failed_attempts,
            progress=batch.progress if batch else 0.0,
            eta=None if self.held_up else _batch_eta(batch),
            eta_reason="waiting after failures in a row" if self.held_up else self._progress.eta_reason(),
            etas=self._etas(),
            rate=self._rate(),
            elapsed=round(self.elapsed, 1),
            predicted=self.predicted,
        )

    def _etas(self) -> dict[str, Eta]:
        """Of the sessions that are worked on; thousands may be known in part and wait for their turn."""
        working = sorted(ident for ident in self._busy if self._queue[ident].started is not None)
        return {ident: eta for ident in working if (eta := _eta(self._progress.eta(ident))) is not None}

    def _rate(self) -> float | None:
        """Sessions per minute over the last ten minutes, or since the start."""
        now = self.elapsed
        recent = self._finished_at
        while recent and now - recent[0] >= LATELY:
            recent.popleft()
        span = min(LATELY, now)
        return round(len(recent) * 60 / span, 2) if recent and span >= 1 else None

    def pool(self) -> PoolChanged | None:
        """How the pool does; None where nothing has changed since it was asked last."""
        status = self._pool.get_pool_status()
        pool = PoolChanged(
            total=status.total,
            idle=status.idle,
            active=status.active,
            error=status.error,
            pending=status.pending,
            error_rate=status.error_rate,
            restarts=status.restarts,
            uptime_percentage=round(status.uptime_percentage, 2),
            avg_job_duration=status.avg_job_duration,
        )
        if pool == self._pool_seen:
            return None
        self._pool_seen = pool
        return pool

    def processors(self, worker: WorkerSnapshot) -> float | None:
        """How many processors a worker's process has used since the last look; None where that is not known yet."""
        if worker.cpu_seconds is None:
            return None
        now, cpu = time.monotonic(), None
        before, used = self._vitals.get(worker.id, (now, worker.cpu_seconds))
        if now - before >= VITALS / 2 and worker.cpu_seconds >= used:
            cpu = round((worker.cpu_seconds - used) / (now - before), 2)
        if cpu is not None or worker.id not in self._vitals:
            self._vitals[worker.id] = (now, worker.cpu_seconds)
        return cpu

    def outcome(self, exit_code: int | None) -> RunFinished:
        """How it all came out; ``exit_code`` replaces the one that follows from it."""
        ended = self._ended
        return RunFinished(
            complete=ended[SessionStatus.COMPLETE],
            partial=ended[SessionStatus.PARTIAL],
            failed=ended[SessionStatus.FAILED],
            skipped=ended[SessionStatus.SKIPPED],
            cancelled=ended[SessionStatus.CANCELLED],
            duration=round(self.elapsed, 3),
            predicted=self.predicted,
            exit_code=exit_code if exit_code is not None else self._exit_code(),
        )

    def _exit_code(self) -> int:
        if self._ended.total() < len(self._queue.entries):
            return LEFT_UNFINISHED
        return int(self.unseen or self._ended[SessionStatus.COMPLETE] < self._ended.total())


def _eta(estimate: Estimate | None) -> Eta | None:
    return None if estimate is None else Eta(low=estimate.low, mid=estimate.mid, high=estimate.high)


def _batch_eta(batch: BatchProgress | None) -> Eta | None:
    if batch is None or batch.eta is None or batch.eta_low is None or batch.eta_high is None:
        return None
    return Eta(low=batch.eta_low, mid=batch.eta, high=batch.eta_high)
