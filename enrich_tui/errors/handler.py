"""The error handler: what an error is, whether to try again and when, what to tell a person, what goes to the log."""

from __future__ import annotations

import logging
import random
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from enrich_tui.clock import monotonic
from enrich_tui.errors.backoff import Backoff
from enrich_tui.errors.breaker import CircuitBreaker, Permit
from enrich_tui.errors.circuits import Circuits
from enrich_tui.errors.classification import Finding, classify, safe_text
from enrich_tui.errors.log import redact
from enrich_tui.errors.problems import StageError
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
from enrich_tui.text import clean

_log = logging.getLogger("enrich_tui.errors")
_log.addHandler(logging.NullHandler())  # lest Python's last resort writes foreign text to stderr

_FAILED: dict[str, ErrorType] = {
    Operation.AUDIO_REVIEW: ErrorType.AUDIO_FAILED,
    Operation.VIDEO_CHAPTERING: ErrorType.VIDEO_FAILED,
    Operation.SUMMARY_GENERATION: ErrorType.SUMMARY_FAILED,
    Operation.CANVAS_GENERATION: ErrorType.CANVAS_FAILED,
}
"""What the failure of an operation is called when it is given up."""

_ABORTING = frozenset({ErrorType.INVALID_API_KEY, ErrorType.COST_EXCEEDED})

_NEXT: dict[RecommendedAction, str] = {
    RecommendedAction.RETRY: "It will be tried again.",
    RecommendedAction.SKIP: "This session is left out; the others go on.",
    RecommendedAction.ABORT: "The work that needs it stops here.",
    RecommendedAction.CONTINUE_PARTIAL: "The session goes on without it.",
}
"""What happens next."""
_LAST = frozenset({Operation.CANVAS_GENERATION, Operation.FULL_ENRICHMENT})
_LAST_STAGE = "What was made before it is there."


class ErrorHandler:
    """Says what to make of an error. Times are seconds.

    At most ``max_attempts`` attempts, ``base_delay`` before the second, doubled each time, jittered and never above
    ``max_delay``; a server's Retry-After is honoured up to ``max_retry_after``. Each operation has a circuit:
    ``failure_threshold`` transient failures in a row open it for ``reset_timeout``, ``success_threshold`` successes
    close it again. A probe let through by :meth:`allow` of which nothing is heard is given up after ``probe_timeout``.
    ``history_size`` errors are remembered.

    >>> import asyncio
    >>> handler = ErrorHandler()
    >>> context = ErrorContext("s1", "audio-review", attempt_number=3)
    >>> resolution = asyncio.run(handler.handle_error(TimeoutError(), context))
    >>> resolution.recommended_action.value, resolution.type.value, resolution.can_continue
    ('continue-partial', 'audio-failed', True)
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = monotonic,
        rng: random.Random | None = None,
        max_attempts: int = 3,
        base_delay: float = 1.0,
        max_delay: float = 10.0,
        max_retry_after: float = 300.0,
        failure_threshold: int = 5,
        reset_timeout: float = 60.0,
        success_threshold: int = 2,
        probe_timeout: float = 600.0,
        history_size: int = 1000,
    ) -> None:
        self.max_attempts = max_attempts
        self._clock = clock
        self._backoff = Backoff(base_delay, max_delay, max_retry_after, rng or random.Random())  # noqa: S311 - jitter
        self._circuits = Circuits(
            lambda: CircuitBreaker(
                clock=clock,
                failure_threshold=failure_threshold,
                reset_timeout=reset_timeout,
                success_threshold=success_threshold,
            ),
            clock,
            probe_timeout,
        )
        self._history: deque[ErrorRecord] = deque(maxlen=history_size)
        self._listeners: dict[object, Callable[[ErrorRecord], object]] = {}

    # -- errors --------------------------------------------------------------------------------------------------------

    async def handle_error(
        self, error: BaseException, context: ErrorContext, permit: Permit | None = None
    ) -> ErrorResolution:
        """Classify the error, tell the circuit and the log, and say what to do. Never raises.

        ``permit`` is what :meth:`permit` gave for the call that failed; without one the error counts as that of the
        latest call.
        """
        finding = classify(error)
        self._tell_circuit(finding, context.operation, permit)
        resolution = self._resolve(error, finding, context)
        record = ErrorRecord(
            at=self._clock(),
            session_id=context.session_id,
            operation=context.operation,
            attempt_number=context.attempt_number,
            category=resolution.category,
            type=resolution.type,
            recommended_action=resolution.recommended_action,
            code=resolution.code,
            user_message=resolution.user_message,
            advice=resolution.advice,
        )
        self._history.append(record)
        self.log_error(error, context)
        for listener in tuple(self._listeners.values()):
            try:
                listener(record)
            except Exception:  # noqa: BLE001 - it is the listener's own
                _log.exception("A listener to errors failed; the others are not affected.")
        return resolution

    def get_user_message(self, error: BaseException) -> str:
        """What happened, in plain words of our own."""
        return classify(error).wording.message

    def get_retry_delay(self, attempt_number: int, error_type: ErrorType | str) -> float:
        """Seconds to wait after this attempt (1 is the first), jittered, at most ``max_delay``."""
        return self._backoff.delay(attempt_number, error_type)

    def should_stop_retrying(self, errors: Sequence[BaseException]) -> bool:
        """True where the attempts are used up, or one of these errors will not go away by itself."""
        return len(errors) >= self.max_attempts or any(
            classify(error).category is not ErrorCategory.TRANSIENT for error in errors
        )

    def log_error(self, error: BaseException, context: ErrorContext) -> None:
        """Write the error to the log, whole, with its traceback (no local variables) and without secrets."""
        metadata = f" {context.metadata}" if context.metadata else ""
        _log.warning(
            "%s of %s, attempt %d: %s%s%s",
            context.operation,
            clean(context.session_id),
            context.attempt_number,
            _told(error),
            redact(clean(metadata)),
            (stack := _stack(error)) and "\n" + stack,
        )

    def subscribe(self, listener: Callable[[ErrorRecord], object]) -> Callable[[], None]:
        """Call ``listener`` with each error that is handled from now on. Returns what ends that, idempotent.

        A listener that raises is logged and harms nobody.
        """
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    @property
    def error_history(self) -> tuple[ErrorRecord, ...]:
        """The latest errors, oldest first."""
        return tuple(self._history)

    def clear_error_history(self) -> None:
        """Forget the history; circuits stay as they are."""
        self._history.clear()

    # -- circuits ------------------------------------------------------------------------------------------------------

    def allow(self, operation: str) -> bool:
        """True where something may be sent now. While half-open that is true once, until its outcome is told."""
        return self._circuits.allow(operation)

    def ready(self, operation: str) -> bool:
        """True where :meth:`allow` would be; takes nothing."""
        return self._circuits.ready(operation)

    def permit(self, operation: str) -> Permit | None:
        """Like :meth:`allow`, for callers with several calls at a time: a permit to tell the outcome with, or None.

        As a context manager it gives itself back where no outcome was told (the call was cancelled). What comes of a
        call after its circuit has changed counts for nothing.
        """
        return self._circuits.acquire(operation)

    def record_success(self, operation: str, permit: Permit | None = None) -> None:
        """The operation came through."""
        self._circuits.success(operation, permit)

    def release_permit(self, operation: str) -> None:
        """The call that :meth:`allow` let through was cancelled: the next one may try."""
        self._circuits.release(operation, None)

    def circuit_state(self, operation: str) -> CircuitState:
        """The state of the operation's circuit now."""
        return self._circuits.state(operation)

    def reset_circuit_breakers(self) -> None:
        """Close all circuits."""
        self._circuits.reset()

    # -- how it is done ------------------------------------------------------------------------------------------------

    def _tell_circuit(self, finding: Finding, operation: str, permit: Permit | None) -> None:
        if finding.category is ErrorCategory.TRANSIENT:
            self._circuits.failure(operation, permit)
        else:
            self._circuits.release(operation, permit)

    def _resolve(self, error: BaseException, finding: Finding, context: ErrorContext) -> ErrorResolution:
        action = self._action(finding, context.attempt_number)
        wording = finding.wording
        category, kind = finding.category, finding.type
        if action is RecommendedAction.CONTINUE_PARTIAL:
            category = ErrorCategory.PARTIAL
            kind = kind if kind in _FAILED.values() else _FAILED.get(context.operation, kind)
        retry = action is RecommendedAction.RETRY
        last = action is RecommendedAction.CONTINUE_PARTIAL and context.operation in _LAST
        return ErrorResolution(
            category=category,
            type=kind,
            should_retry=retry,
            retry_delay=(
                self._backoff.after(context.attempt_number, finding.type, finding.retry_after) if retry else 0.0
            ),
            can_continue=action is RecommendedAction.CONTINUE_PARTIAL,
            user_message=f"{wording.message} {_LAST_STAGE if last else _NEXT[action]}",
            happened=wording.message,
            advice=wording.advice,
            backend_details=self._details(error, finding, context, kind),
            recommended_action=action,
            code=finding.code,
            word=wording.word,
        )

    def _action(self, finding: Finding, attempt_number: int) -> RecommendedAction:
        match finding.category:
            case ErrorCategory.TRANSIENT if attempt_number < self.max_attempts:
                return RecommendedAction.RETRY
            case ErrorCategory.PERMANENT if finding.type in _ABORTING:
                return RecommendedAction.ABORT
            case ErrorCategory.PERMANENT:
                return RecommendedAction.SKIP
            case _:
                return RecommendedAction.CONTINUE_PARTIAL

    def _details(
        self, error: BaseException, finding: Finding, context: ErrorContext, kind: ErrorType
    ) -> BackendDetails:
        state = self.circuit_state(context.operation)
        more: dict[str, Any] = {
            "problem": finding.problem.value if finding.problem else None,
            "status": finding.status,
            "retry_after": finding.retry_after,
            "original_type": finding.type.value if kind is not finding.type else None,
            "circuit_state": state.value if state is not CircuitState.CLOSED else None,
        }
        return BackendDetails(
            error=_told(error),
            stack=_stack(error),
            cost=_amount(context.metadata.get("cost")),
            metadata={**context.metadata, **{name: value for name, value in more.items() if value is not None}},
        )


def _amount(told: object) -> float | None:
    if not isinstance(told, int | float) or isinstance(told, bool):
        return None
    try:
        return float(told)
    except OverflowError:
        return None


def _told(error: BaseException) -> str:
    """Class and text of an error, with what a stage said about it; redacted and clean."""
    told = f"{type(error).__name__}: {safe_text(error)}"
    if isinstance(error, StageError):
        facts = f" {error.facts}" if error.facts else ""
        told += f"{facts} {error.detail}" if error.detail else facts
    return redact(clean(told, multiline=True))


def _stack(error: BaseException) -> str:
    """The traceback, with that of the worker where there is one; redacted and clean."""
    try:
        stack = "".join(traceback.format_exception(error)) if error.__traceback__ or error.__cause__ else ""
    except Exception:  # noqa: BLE001 - formatting calls the error's own code
        stack = ""
    if isinstance(error, StageError) and error.trace:
        stack += f"\nIn the worker:\n{error.trace}"
    return redact(clean(stack, multiline=True)).strip()


_handler: ErrorHandler | None = None


def get_error_handler() -> ErrorHandler:
    """The process-wide handler, made when it is first asked for."""
    global _handler
    if _handler is None:
        _handler = ErrorHandler()
    return _handler


def reset_error_handler() -> None:
    """Forget the process-wide handler; the next one is new."""
    global _handler
    _handler = None
