"""What the pool tells about itself: frozen values. Times are seconds, sizes are bytes."""

from __future__ import annotations

from enum import StrEnum

from enrich_tui.model import Frozen


class WorkerStatus(StrEnum):
    """What a worker is doing, as its holder sees it. A worker that is restarting is in ``error``."""

    IDLE = "idle"
    ACTIVE = "active"
    ERROR = "error"
    SHUTDOWN = "shutdown"


class WorkerState(StrEnum):
    """What a worker is doing, as a display shows it."""

    IDLE = "idle"
    ACTIVE = "active"
    ERROR = "error"
    RESTARTING = "restarting"
    SHUTDOWN = "shutdown"
    REMOVED = "removed"


class WorkerSnapshot(Frozen):
    """One worker at one moment."""

    id: int
    status: WorkerState
    current_job: str | None = None
    pid: int | None = None
    memory: int | None = None
    """Resident bytes of its process."""
    cpu_seconds: float | None = None
    restarts: int = 0
    jobs: int = 0
    """Jobs that it completed."""
    last_error: str | None = None
    """Code of the latest problem, see :class:`enrich_tui.errors.problems.Problem`; safe on any display."""
    failed_starts: int = 0
    """Attempts in a row to start its process that failed; 0 once it is up."""
    leaked: int = 0
    """Leases that ended only because their holder was gone."""


class PoolStatus(Frozen):
    """The pool's figures at one moment. ``idle + active + error == total``, always."""

    total: int
    """Workers in service; none after a shutdown."""
    idle: int
    active: int
    error: int
    """Workers that cannot take a job, the restarting ones among them."""
    pending: int
    """Callers that wait for a worker, and jobs of :meth:`WorkerPool.run` that do."""
    error_rate: float
    """Percent: failed / (failed + completed) over the pool's life, across restarts; 0 before the first job ends."""
    avg_job_duration: float
    """Seconds of work for each job that ended, well or not; 0 before the first one."""
    total_jobs_completed: int
    total_jobs_failed: int
    restarts: int
    uptime: float
    """Seconds since the pool was made, up to its shutdown."""
    uptime_percentage: float
    """Percent: 100 x (1 - worker-seconds in error or restarting / worker-seconds so far)."""
