"""The worker pool: leases, supervision of workers, and the seam to what does the work."""

from enrich_tui.pool.default import get_worker_pool, reset_worker_pool
from enrich_tui.pool.errors import PoolError, PoolShutdownError, WorkerAcquisitionTimeoutError
from enrich_tui.pool.executor import Executor, ExecutorFactory, Vitals
from enrich_tui.pool.lease import WorkerLease
from enrich_tui.pool.model import PoolStatus, WorkerSnapshot, WorkerState, WorkerStatus
from enrich_tui.pool.pool import WorkerPool
from enrich_tui.pool.worker import Worker

__all__ = [
    "Executor",
    "ExecutorFactory",
    "PoolError",
    "PoolShutdownError",
    "PoolStatus",
    "Vitals",
    "Worker",
    "WorkerAcquisitionTimeoutError",
    "WorkerLease",
    "WorkerPool",
    "WorkerSnapshot",
    "WorkerState",
    "WorkerStatus",
    "get_worker_pool",
    "reset_worker_pool",
]
