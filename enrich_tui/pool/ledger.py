"""The pool's books: what its workers did over its whole life, the former ones among them. Times are seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from enrich_tui.pool.model import PoolStatus, WorkerState
from enrich_tui.pool.slot import Slot


class Ledger:
    """Adds up what the slots booked, and remembers what the former ones did."""

    def __init__(self, now: float) -> None:
        self._created_at = now
        self._ended_at: float | None = None
        self._completed = 0
        self._failed = 0
        self._processing_time = 0.0
        self._seconds = 0.0
        self._down_seconds = 0.0

    def removed(self, slot: Slot, now: float) -> None:
        """This slot is not the pool's any more; what it did goes on counting."""
        self._completed += slot.total_jobs_completed
        self._failed += slot.total_jobs_failed
        self._processing_time += slot.total_processing_time
        self._seconds += slot.seconds(now)
        self._down_seconds += slot.down_seconds(now)

    def close(self, now: float) -> None:
        """The pool has ended: its uptime stands still."""
        self._ended_at = now

    def status(self, slots: Collection[Slot], *, pending: int, restarts: int, now: float) -> PoolStatus:
        """The figures as they are now."""
        states = Counter(slot.state for slot in slots)
        idle, active = states[WorkerState.IDLE], states[WorkerState.ACTIVE]
        error = states[WorkerState.ERROR] + states[WorkerState.RESTARTING]
        completed = self._completed + sum(slot.total_jobs_completed for slot in slots)
        failed = self._failed + sum(slot.total_jobs_failed for slot in slots)
        processing_time = self._processing_time + sum(slot.total_processing_time for slot in slots)
        seconds = self._seconds + sum(slot.seconds(now) for slot in slots)
        down_seconds = self._down_seconds + sum(slot.down_seconds(now) for slot in slots)
        ended = completed + failed
        return PoolStatus(
            total=idle + active + error,
            idle=idle,
            active=active,
            error=error,
            pending=pending,
            error_rate=100.0 * failed / ended if ended else 0.0,
            avg_job_duration=processing_time / ended if ended else 0.0,
            total_jobs_completed=completed,
            total_jobs_failed=failed,
            restarts=restarts,
            uptime=(now if self._ended_at is None else self._ended_at) - self._created_at,
            uptime_percentage=100.0 * (1.0 - min(1.0, down_seconds / seconds)) if seconds > 0 else 100.0,
        )
