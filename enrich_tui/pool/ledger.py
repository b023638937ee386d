"""The pool's books: what its workers did over its whole life, the former ones among them. Times are seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from enrich_tui.pool.model import PoolStatus, WorkerState
from enrich_tui.pool.slot import Slot


class Ledger:
    """Counts jobs and worker-seconds."""

    def __init__(self, now: float) -> None:
        self._created_at = now
        self._ended_at: float | None = None
        self._completed = 0
        self._failed = 0
        self._processing_time = 0.0
        self._former_seconds = 0.0
        self._former_down_seconds = 0.0

    def job_ended(self, slot: Slot, error: Exception | None, now: float) -> None:
        """A job ended on this slot, with this error or well."""
        took = now - slot.busy_since
        self._processing_time += took
        slot.total_processing_time += took
        slot.jobs_since_start += 1
        if error is None:
            self._completed += 1
            slot.total_jobs_completed += 1
            slot.error_count = 0
        else:
            self._failed += 1
            slot.note(error)

    def removed(self, slot: Slot, now: float) -> None:
        """This slot is not the pool's any more; its time goes on counting."""
        self._former_seconds += slot.seconds(now)
        self._former_down_seconds += slot.down_seconds(now)

    def close(self, now: float) -> None:
        """The pool has ended: its uptime stands still."""
        self._ended_at = now

    def status(self, slots: Collection[Slot], *, pending: int, restarts: int, now: float) -> PoolStatus:
        """The figures as they are now."""
        states = Counter(slot.state for slot in slots)
        idle, active = states[WorkerState.IDLE], states[WorkerState.ACTIVE]
        error = states[WorkerState.ERROR] + states[WorkerState.RESTARTING]
        ended = self._completed + self._failed
        seconds = self._former_seconds + sum(slot.seconds(now) for slot in slots)
        down = self._former_down_seconds + sum(slot.down_seconds(now) for slot in slots)
        return PoolStatus(
            total=idle + active + error,
            idle=idle,
            active=active,
            error=error,
            pending=pending,
            error_rate=100.0 * self._failed / ended if ended else 0.0,
            avg_job_duration=self._processing_time / ended if ended else 0.0,
            total_jobs_completed=self._completed,
            total_jobs_failed=self._failed,
            restarts=restarts,
            uptime=(now if self._ended_at is None else self._ended_at) - self._created_at,
            uptime_percentage=100.0 * (1.0 - min(1.0, down / seconds)) if seconds > 0 else 100.0,
        )
