"""What the error handler takes and gives: its nouns, spelled as everybody spells them, and frozen values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from enrich_tui.model import Frozen


class ErrorCategory(StrEnum):
    """How an error is dealt with."""

    TRANSIENT = "transient"
    """May go away by itself: tried again."""
    PERMANENT = "permanent"
    """Stays until somebody mends it: this session, or everything, ends."""
    PARTIAL = "partial"
    """One stage cannot be had: the others go on."""


class ErrorType(StrEnum):
    """What kind of error it is. Displays say :attr:`display`, never the value."""

    RATE_LIMIT = "rate-limit"
    NETWORK_TIMEOUT = "network-timeout"
    SERVICE_UNAVAILABLE = "service-unavailable"
    INVALID_API_KEY = "invalid-api-key"
    MALFORMED_DATA = "malformed-data"
    COST_EXCEEDED = "cost-exceeded"
    AUDIO_FAILED = "audio-failed"
    VIDEO_FAILED = "video-failed"
    SUMMARY_FAILED = "summary-failed"
    CANVAS_FAILED = "canvas-failed"
    WORKER_CRASHED = "worker-crashed"
    OUT_OF_MEMORY = "out-of-memory"
    UNKNOWN = "unknown"

    @property
    def display(self) -> str:
        """The name for displays, the JSON one included."""
        return "service-refused" if self is ErrorType.COST_EXCEEDED else self.value


class RecommendedAction(StrEnum):
    """What the caller should do next."""

    RETRY = "retry"
    SKIP = "skip"
    ABORT = "abort"
    CONTINUE_PARTIAL = "continue-partial"


class CircuitState(StrEnum):
    """Whether an operation is being sent anything."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Operation(StrEnum):
    """What is being done; each has its own circuit."""

    AUDIO_REVIEW = "audio-review"
    VIDEO_CHAPTERING = "video-chaptering"
    SUMMARY_GENERATION = "summary-generation"
    CANVAS_GENERATION = "canvas-generation"
    FULL_ENRICHMENT = "full-enrichment"


class ErrorContext(Frozen):
    """Where an error happened. ``metadata`` goes to the log, and into the backend's details (``cost`` by name)."""

    session_id: str
    operation: str
    """One of :class:`Operation`."""
    attempt_number: Annotated[int, Field(ge=1)] = 1
    metadata: dict[str, Any] = Field(default_factory=dict)

    def __init__(
        self, session_id: str, operation: str, attempt_number: int = 1, metadata: dict[str, Any] | None = None
    ) -> None:
        values: dict[str, Any] = {"session_id": session_id, "operation": operation, "attempt_number": attempt_number}
        super().__init__(**{**values, "metadata": metadata or {}})


class BackendDetails(Frozen):
    """For the log only: nothing of it may be displayed. Secrets are redacted."""

    error: str
    """Class and text of the error."""
    stack: str
    """Its traceback, without local variables; empty where it was never raised."""
    cost: float | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    """What the context brought, and: ``problem``, ``status`` (HTTP), ``retry_after`` (seconds), ``original_type`` where
    a stage's failure took its place, ``circuit_state`` while the circuit is not closed."""


class ErrorResolution(Frozen):
    """What to make of an error."""

    category: ErrorCategory
    type: ErrorType
    should_retry: bool
    retry_delay: float
    """Seconds to wait before the next attempt; 0 where there is none."""
    can_continue: bool
    """True where the session's other stages go on without this one."""
    user_message: str
    """What happened and what happens next."""
    happened: str
    """What happened alone, for where it is over."""
    advice: str
    """What a person can do about it; may be empty."""
    backend_details: BackendDetails
    recommended_action: RecommendedAction
    code: str
    """What it is, as displays may say it: the problem, or the type's display name."""
    word: str
    """The same in a word of at most ten cells, for a narrow column."""


class ErrorRecord(Frozen):
    """One line of the handler's history, with all that a display may tell of the error."""

    at: float
    """The handler's clock, in seconds."""
    session_id: str
    operation: str
    attempt_number: int
    category: ErrorCategory
    type: ErrorType
    recommended_action: RecommendedAction
    code: str
    """As in :class:`ErrorResolution`, like the next two."""
    user_message: str
    advice: str
