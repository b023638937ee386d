"""Classification, circuit breaker, back-off, and words for people.

Names are loaded when they are first used: a worker that only raises :class:`StageError` loads nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enrich_tui.lazy import loader

if TYPE_CHECKING:
    from enrich_tui.errors.breaker import CircuitBreaker, Permit
    from enrich_tui.errors.classification import classify, from_os_error
    from enrich_tui.errors.handler import ErrorHandler, get_error_handler, reset_error_handler
    from enrich_tui.errors.log import RedactingFormatter, redact
    from enrich_tui.errors.messages import Wording, describe, describe_type
    from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
    from enrich_tui.errors.values import (
        BackendDetails,
        CircuitState,
        ErrorCategory,
        ErrorContext,
        ErrorRecord,
        ErrorResolution,
        ErrorType,
        Operation,
        RecommendedAction,
    )

_HOMES = {
    "breaker": ("CircuitBreaker", "Permit"),
    "classification": ("classify", "from_os_error"),
    "handler": ("ErrorHandler", "get_error_handler", "reset_error_handler"),
    "log": ("RedactingFormatter", "redact"),
    "messages": ("Wording", "describe", "describe_type"),
    "problems": ("Problem", "StageError", "WorkerCrashedError"),
    "values": (
        "BackendDetails",
        "CircuitState",
        "ErrorCategory",
        "ErrorContext",
        "ErrorRecord",
        "ErrorResolution",
        "ErrorType",
        "Operation",
        "RecommendedAction",
    ),
}
__getattr__ = loader(__name__, _HOMES)

__all__ = [
    "BackendDetails",
    "CircuitBreaker",
    "CircuitState",
    "ErrorCategory",
    "ErrorContext",
    "ErrorHandler",
    "ErrorRecord",
    "ErrorResolution",
    "ErrorType",
    "Operation",
    "Permit",
    "Problem",
    "RecommendedAction",
    "RedactingFormatter",
    "StageError",
    "Wording",
    "WorkerCrashedError",
    "classify",
    "describe",
    "describe_type",
    "from_os_error",
    "get_error_handler",
    "redact",
    "reset_error_handler",
]
