"""enrich-tui: recorded sessions become transcripts, chapters, summaries and canvases, in batches, while you watch.

The names below are the public services; they run without a screen, and importing this package imports neither the
screen nor an engine. Each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

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
    "enrich_tui.discovery": (
        "Library",
        "discover",
    ),
    "enrich_tui.errors": (
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
    "enrich_tui.model": (
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
    "enrich_tui.pipeline.enrich": (
        "enrich_batch",
        "enrich_session",
    ),
    "enrich_tui.pool": (
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
    "enrich_tui.progress": (
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
_HOME = {name: module for module, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'enrich_tui' has no attribute {name!r}") from None
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
