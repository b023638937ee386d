"""What the handler makes of errors: attempts, delays, actions, words, and the log."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from enrich_tui.errors import (
    ErrorContext,
    ErrorHandler,
    ErrorRecord,
    ErrorResolution,
    ErrorType,
    Operation,
    Problem,
    StageError,
    WorkerCrashedError,
    get_error_handler,
    reset_error_handler,
)
from enrich_tui.text import gate, mentions_money

STAGES = {
    Operation.AUDIO_REVIEW: "audio-failed",
    Operation.VIDEO_CHAPTERING: "video-failed",
    Operation.SUMMARY_GENERATION: "summary-failed",
    Operation.CANVAS_GENERATION: "canvas-failed",
}


async def resolve(
    error: BaseException, attempt: int = 1, operation: str = "audio-review", **settings: Any
) -> ErrorResolution:
    return await ErrorHandler(**settings).handle_error(error, ErrorContext("s1", operation, attempt))


# -- attempts and actions --------------------------------------------------------------------------------------------


async def test_transient_errors_are_tried_three_times() -> None:
    for attempt in (1, 2):
        resolution = await resolve(TimeoutError(), attempt)
        assert resolution.should_retry
        assert resolution.recommended_action == "retry"
        assert resolution.type == "network-timeout"
        assert not resolution.can_continue
    last = await resolve(TimeoutError(), 3)
    assert not last.should_retry
    assert last.retry_delay == 0


@pytest.mark.parametrize(("operation", "kind"), STAGES.items())
async def test_a_stage_that_used_up_its_attempts_degrades(operation: str, kind: str) -> None:
    resolution = await resolve(TimeoutError(), 3, operation)
    assert (resolution.category, resolution.type) == ("partial", kind)
    assert resolution.recommended_action == "continue-partial"
    assert resolution.can_continue
    assert resolution.backend_details.metadata["original_type"] == "network-timeout"


async def test_a_whole_session_has_no_stage_to_blame() -> None:
    resolution = await resolve(TimeoutError(), 3, "full-enrichment")
    assert resolution.type == "network-timeout"
    assert resolution.recommended_action == "continue-partial"


async def test_malformed_input_is_skipped() -> None:
    for error in (ValueError("x"), StageError(Problem.NOT_MEDIA), FileNotFoundError(2, "x")):
        resolution = await resolve(error)
        assert (resolution.category, resolution.type) == ("permanent", "malformed-data")
        assert resolution.recommended_action == "skip"
        assert not resolution.should_retry
        assert not resolution.can_continue


@pytest.mark.parametrize("problem", Problem)
async def test_only_a_refused_key_and_a_refusing_service_abort(problem: Problem) -> None:
    resolution = await resolve(StageError(problem))
    aborting = problem in {Problem.KEY_REFUSED, Problem.KEY_UNUSABLE, Problem.SERVICE_REFUSED}
    assert (resolution.recommended_action == "abort") == aborting
    assert (resolution.category == "permanent") == (resolution.recommended_action in {"abort", "skip"})


async def test_crashes_count_as_attempts_and_poison_does_not_come_back() -> None:
    for problem in (Problem.WORKER_CRASHED, Problem.WORKER_HUNG, Problem.WORKER_RESTARTED, Problem.OUT_OF_MEMORY):
        assert (await resolve(WorkerCrashedError(problem))).should_retry
    poison = await resolve(StageError(Problem.POISON))
    assert not poison.should_retry
    assert poison.recommended_action == "continue-partial"


def test_when_to_stop_retrying() -> None:
    handler = ErrorHandler()
    assert not handler.should_stop_retrying([])
    assert not handler.should_stop_retrying([TimeoutError()])
    assert handler.should_stop_retrying([TimeoutError()] * 3)
    assert handler.should_stop_retrying([ValueError("malformed")] * 3)
    assert handler.should_stop_retrying([TimeoutError(), StageError(Problem.KEY_REFUSED)])


# -- delays ----------------------------------------------------------------------------------------------------------


@given(st.integers(-5, 5000), st.sampled_from([*ErrorType, "whatever"]), st.integers())
def test_delays_double_with_jitter_and_never_pass_the_cap(attempt: int, kind: str, seed: int) -> None:
    delay = ErrorHandler(rng=random.Random(seed)).get_retry_delay(attempt, kind)
    middle = 2.0 ** min(max(attempt, 1) - 1, 30) * (2 if kind == "rate-limit" else 1)
    assert 0 < delay <= 10
    assert min(middle * 0.75, 10) <= delay <= middle * 1.25


def test_delays_are_spread() -> None:
    handler = ErrorHandler()
    assert len({handler.get_retry_delay(1, "network-timeout") for _ in range(50)}) > 40


async def test_a_servers_wish_is_honoured_beyond_the_cap_up_to_a_maximum() -> None:
    assert (await resolve(StageError(Problem.RATE_LIMIT, retry_after=42))).retry_delay == 42
    assert (await resolve(StageError(Problem.RATE_LIMIT, retry_after=4242))).retry_delay == 300
    assert (await resolve(StageError(Problem.RATE_LIMIT, retry_after=42), max_retry_after=5)).retry_delay == 5
    assert (await resolve(StageError(Problem.RATE_LIMIT, retry_after=0))).retry_delay > 1
    assert (await resolve(StageError(Problem.RATE_LIMIT, retry_after=42), attempt=3)).retry_delay == 0


# -- words -----------------------------------------------------------------------------------------------------------


async def test_what_may_not_be_shown_has_another_name_on_displays() -> None:
    resolution = await resolve(StageError(Problem.SERVICE_REFUSED))
    assert resolution.type == "cost-exceeded"
    assert resolution.type.display == "service-refused"
    assert all(kind.display == kind.value for kind in ErrorType if kind is not ErrorType.COST_EXCEEDED)
    assert not any(mentions_money(kind.display) for kind in ErrorType)
    assert resolution.code == "service-refused"
    assert resolution.word == "refused"
    unknown = await resolve(RuntimeError("no credits left, cost limit exceeded"))
    assert unknown.code == "service-refused"


@given(st.text(st.characters(exclude_categories=())))
async def test_foreign_text_never_reaches_a_person(text: str) -> None:
    secret = "Qx7" + text
    for error in (RuntimeError(secret), OSError(secret), StageError(Problem.BAD_ANSWER, detail=secret)):
        resolution = await resolve(error)
        assert "Qx7" not in resolution.user_message + resolution.advice
        assert gate(resolution.user_message) == resolution.user_message
        assert gate(resolution.advice) == resolution.advice


async def test_a_message_says_what_happened_and_what_comes_next() -> None:
    assert (await resolve(TimeoutError())).user_message == (
        "The service could not be reached in time. It will be tried again."
    )
    assert (await resolve(StageError(Problem.EMPTY_FILE))).user_message == (
        "The file is empty. This session is left out; the others go on."
    )
    assert (await resolve(StageError(Problem.CODEC, facts={"codec": "prores"}))).user_message == (
        "This recording could not be decoded (codec prores not supported). The session goes on without it."
    )
    assert ErrorHandler().get_user_message(TimeoutError()) == "The service could not be reached in time."


# -- log and history -------------------------------------------------------------------------------------------------


async def test_the_log_has_it_whole_but_for_secrets(caplog: pytest.LogCaptureFixture) -> None:
    def service(text: str) -> None:
        local = f"a-local-variable {len(text)}"
        raise RuntimeError(text + local[:0])

    with pytest.raises(RuntimeError) as raised:
        service("https://me:pw12345@host said: your credit is 5 $, key sk-abcdefgh12345678")
    with caplog.at_level(logging.INFO, "enrich_tui.errors"):
        resolution = await resolve(raised.value)
    assert "your credit is 5 $" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Traceback" in caplog.text
    for secret in ("pw12345", "sk-abc", "a-local-variable"):
        assert secret not in caplog.text
        assert secret not in resolution.backend_details.model_dump_json()
    assert "test_handler" in resolution.backend_details.stack


async def test_the_workers_traceback_is_in_the_details() -> None:
    error = StageError(Problem.INTERNAL, detail="it broke", trace="in child\x1b[31m")
    details = (await resolve(error)).backend_details
    assert details.error.endswith("it broke")
    assert details.stack.endswith("in child")


async def test_details_take_over_what_the_context_says() -> None:
    context = ErrorContext("s1", "audio-review", metadata={"cost": 0.25, "engine": "x"})
    details = (await ErrorHandler().handle_error(StageError(Problem.RATE_LIMIT, status=429), context)).backend_details
    assert details.cost == 0.25
    assert details.metadata["engine"] == "x"
    assert details.metadata["status"] == 429
    assert details.metadata["problem"] == "rate-limit"


async def test_what_is_no_amount_is_none() -> None:
    for value in (10**400, True, "12", None):
        resolution = await ErrorHandler().handle_error(
            ValueError(), ErrorContext("s", "audio-review", 1, {"cost": value})
        )
        assert resolution.backend_details.cost is None


async def test_the_time_may_be_replaced_under_a_handler_without_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = ErrorHandler()
    for _ in range(5):
        await handler.handle_error(TimeoutError(), ErrorContext("s", "audio-review"))
    assert not handler.allow("audio-review")
    later = time.monotonic() + 61
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: later)
        assert handler.allow("audio-review")


async def test_the_history_is_bounded_and_can_be_cleared() -> None:
    handler = ErrorHandler(history_size=3)
    for number in range(5):
        await handler.handle_error(TimeoutError(), ErrorContext(f"s{number}", "audio-review"))
    assert [record.session_id for record in handler.error_history] == ["s2", "s3", "s4"]
    handler.clear_error_history()
    assert handler.error_history == ()
    assert handler.circuit_state("audio-review") == "open"


async def test_what_is_handed_out_cannot_be_changed() -> None:
    resolution = await resolve(TimeoutError())
    with pytest.raises(ValidationError):
        resolution.should_retry = False  # type: ignore[misc]
    context = ErrorContext(session_id="s", operation="audio-review")
    assert context.attempt_number == 1
    with pytest.raises(ValidationError):
        context.attempt_number = 2  # type: ignore[misc]
    with pytest.raises(ValidationError):
        ErrorContext("s", "audio-review", 0)


def test_one_handler_for_the_process() -> None:
    reset_error_handler()
    first = get_error_handler()
    assert get_error_handler() is first
    reset_error_handler()
    assert get_error_handler() is not first
    reset_error_handler()


# -- the guide's examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "attempt", "told"),
    [
        (TimeoutError(), 1, "waited and retried"),
        (TimeoutError(), 3, "continuing with partial enrichment"),
        (StageError(Problem.KEY_REFUSED), 1, "stopped"),
        (ValueError("malformed"), 1, "skipping session"),
    ],
)
async def test_custom_error_handling(error: Exception, attempt: int, told: str) -> None:
    resolution = await resolve(error, attempt)
    match resolution.recommended_action:
        case "retry":
            assert resolution.retry_delay > 0
            outcome = "waited and retried"
        case "continue-partial":
            outcome = "continuing with partial enrichment"
        case "abort":
            outcome = "stopped"
        case "skip":
            outcome = "skipping session"
    assert outcome == told


async def test_graceful_degradation() -> None:
    audio = await resolve(RuntimeError("audio failed"))
    assert audio.can_continue
    assert audio.type == "audio-failed"
    video = await resolve(StageError(Problem.CODEC), operation="video-chaptering")
    assert video.can_continue
    assert video.type == "video-failed"


async def test_use_circuit_breaker() -> None:
    handler = ErrorHandler()
    handler.record_success("audio-review")
    handler.record_success("video-chaptering")
    context = ErrorContext("s1", "audio-review")
    for _ in range(5):
        resolution = await handler.handle_error(TimeoutError(), context)
    assert resolution.backend_details.metadata.get("circuit_state") == "open"
    assert not handler.allow("audio-review")
    assert handler.allow("video-chaptering")


async def test_listeners_hear_of_each_error_until_they_are_gone_and_harm_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = ErrorHandler()
    heard: list[ErrorRecord] = []

    def broken(_record: ErrorRecord) -> None:
        raise ValueError

    handler.subscribe(broken)
    unsubscribe = handler.subscribe(heard.append)
    context = ErrorContext("s1", "audio-review", attempt_number=3)
    resolution = await handler.handle_error(TimeoutError(), context)
    assert heard == list(handler.error_history)
    assert (heard[0].code, heard[0].user_message, heard[0].advice) == (
        resolution.code,
        resolution.user_message,
        resolution.advice,
    )
    assert "the others are not affected" in caplog.text
    unsubscribe()
    unsubscribe()
    await handler.handle_error(TimeoutError(), context)
    assert len(heard) == 1
