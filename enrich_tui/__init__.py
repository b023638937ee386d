"""enrich-tui: recorded sessions become transcripts, chapters, summaries and canvases, in batches, while you watch.

The names below are the public services; they run without a screen, and importing this package imports neither the
screen nor an engine. Each name is loaded when it is first used.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from enrich_tui.lazy import loader
from enrich_tui.version import __version__

if TYPE_CHECKING:
    from enrich_tui.discovery import (
        Library,
        discover,
    )
    from enrich_tui.errors import (
        CircuitState,
        ErrorCategory,
        ErrorContext,
        ErrorHandler,
        ErrorRecord,
        ErrorResolution,
        ErrorType,
        Operation,
        Problem,
        RecommendedAction,
        StageError,
        WorkerCrashedError,
        get_error_handler,
        reset_error_handler,
    )
    from enrich_tui.model import (
        EnrichmentOptions,
        Session,
        SessionResult,
        SessionStatus,
        Stage,
        StageOutcome,
        StageOutput,
        StageResult,
        StageTask,
    )
    from enrich_tui.pipeline.enrich import (
        enrich_batch,
        enrich_session,
    )
    from enrich_tui.pool import (
        PoolError,
        PoolShutdownError,
        PoolStatus,
        Worker,
        WorkerAcquisitionTimeoutError,
        WorkerPool,
        WorkerSnapshot,
        WorkerStatus,
        get_worker_pool,
        reset_worker_pool,
    )
    from enrich_tui.progress import (
        BatchProgress,
        EnrichmentProgress,
        Estimate,
        EtaEstimator,
        Phase,
        ProgressService,
        StageProgress,
        StageStatus,
        get_progress_service,
        reset_progress_service,
    )

logging.getLogger("enrich_tui").addHandler(logging.NullHandler())  # else Python writes foreign texts to stderr

_HOMES = {
    "discovery": (
        "Library",
        "discover",
    ),
    "errors": (
        "CircuitState",
        "ErrorCategory",
        "ErrorContext",
        "ErrorHandler",
        "ErrorRecord",
        "ErrorResolution",
        "ErrorType",
        "Operation",
        "Problem",
        "RecommendedAction",
        "StageError",
        "WorkerCrashedError",
        "get_error_handler",
        "reset_error_handler",
    ),
    "model": (
        "EnrichmentOptions",
        "Session",
        "SessionResult",
        "SessionStatus",
        "Stage",
        "StageOutcome",
        "StageOutput",
        "StageResult",
        "StageTask",
    ),
    "pipeline.enrich": (
        "enrich_batch",
        "enrich_session",
    ),
    "pool": (
        "PoolError",
        "PoolShutdownError",
        "PoolStatus",
        "Worker",
        "WorkerAcquisitionTimeoutError",
        "WorkerPool",
        "WorkerSnapshot",
        "WorkerStatus",
        "get_worker_pool",
        "reset_worker_pool",
    ),
    "progress": (
        "BatchProgress",
        "EnrichmentProgress",
        "Estimate",
        "EtaEstimator",
        "Phase",
        "ProgressService",
        "StageProgress",
        "StageStatus",
        "get_progress_service",
        "reset_progress_service",
    ),
}
__getattr__ = loader(__name__, _HOMES)

__all__ = [
    "BatchProgress",
    "CircuitState",
    "EnrichmentOptions",
    "EnrichmentProgress",
    "ErrorCategory",
    "ErrorContext",
    "ErrorHandler",
    "ErrorRecord",
    "ErrorResolution",
    "ErrorType",
    "Estimate",
    "EtaEstimator",
    "Library",
    "Operation",
    "Phase",
    "PoolError",
    "PoolShutdownError",
    "PoolStatus",
    "Problem",
    "ProgressService",
    "RecommendedAction",
    "Session",
    "SessionResult",
    "SessionStatus",
    "Stage",
    "StageError",
    "StageOutcome",
    "StageOutput",
    "StageProgress",
    "StageResult",
    "StageStatus",
    "StageTask",
    "Worker",
    "WorkerAcquisitionTimeoutError",
    "WorkerCrashedError",
    "WorkerPool",
    "WorkerSnapshot",
    "WorkerStatus",
    "__version__",
    "discover",
    "enrich_batch",
    "enrich_session",
    "get_error_handler",
    "get_progress_service",
    "get_worker_pool",
    "reset_error_handler",
    "reset_progress_service",
    "reset_worker_pool",
]


def __dir__() -> list[str]:
    return sorted(__all__)
