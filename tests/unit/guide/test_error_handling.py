"""The guide's best practices of error handling."""

from __future__ import annotations

from enrich_tui import (
    CircuitState,
    EnrichmentOptions,
    ErrorCategory,
    ErrorContext,
    ErrorHandler,
    ErrorType,
    Operation,
    Problem,
    StageError,
)
from enrich_tui.testing import FakeClock


async def test_classify_errors_correctly(error_handler: ErrorHandler) -> None:
    options = EnrichmentOptions()
    prompted = False
    for error, attempt in (
        (StageError(Problem.RATE_LIMIT), 1),
        (StageError(Problem.KEY_REFUSED), 1),
        (StageError(Problem.OUT_OF_MEMORY), 3),
    ):
        resolution = await error_handler.handle_error(error, ErrorContext("s1", Operation.AUDIO_REVIEW, attempt))
        match resolution.category:
            case ErrorCategory.TRANSIENT:
                assert resolution.should_retry
            case ErrorCategory.PERMANENT if resolution.type is ErrorType.INVALID_API_KEY:
                prompted = True
            case ErrorCategory.PARTIAL if resolution.type is ErrorType.AUDIO_FAILED:
                options = options.model_copy(update={"audio_review": False})
    assert prompted
    assert not options.audio_review
    assert options.video_chaptering


async def test_use_the_circuit_breaker(clock: FakeClock) -> None:
    error_handler = ErrorHandler(clock=clock)
    operation = Operation.AUDIO_REVIEW
    error_handler.record_success(operation)

    for _ in range(5):
        assert error_handler.allow(operation)
        resolution = await error_handler.handle_error(TimeoutError(), ErrorContext("s1", operation))

    assert resolution.backend_details.metadata["circuit_state"] == "open"
    assert not error_handler.allow(operation)
    assert error_handler.allow(Operation.VIDEO_CHAPTERING)

    clock.advance(60)
    assert error_handler.allow(operation)
    assert not error_handler.allow(operation)  # one probe at a time
    error_handler.record_success(operation)
    assert error_handler.allow(operation)
    error_handler.record_success(operation)
    assert error_handler.circuit_state(operation) is CircuitState.CLOSED


async def test_graceful_degradation(error_handler: ErrorHandler) -> None:
    done: list[str] = []

    async def enrich(options: EnrichmentOptions) -> None:
        if options.audio_review:
            raise StageError(Problem.OUT_OF_MEMORY)
        done.append("video only")

    options = EnrichmentOptions()
    try:
        await enrich(options)
    except StageError as error:
        resolution = await error_handler.handle_error(
            error, ErrorContext("s1", Operation.AUDIO_REVIEW, attempt_number=error_handler.max_attempts)
        )
        if resolution.can_continue and resolution.type is ErrorType.AUDIO_FAILED:
            await enrich(options.model_copy(update={"audio_review": False}))
        elif resolution.can_continue and resolution.type is ErrorType.VIDEO_FAILED:
            await enrich(options.model_copy(update={"video_chaptering": False}))
    assert done == ["video only"]
