"""The error handler, sentence by sentence."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from enrich_tui import ErrorContext, ErrorHandler, ErrorResolution, get_error_handler, reset_error_handler
from tests.acceptance.conftest import Clock

TYPES = {
    "rate-limit", "network-timeout", "service-unavailable", "invalid-api-key", "malformed-data", "cost-exceeded",
    "audio-failed", "video-failed", "summary-failed", "canvas-failed", "worker-crashed", "out-of-memory", "unknown",
}  # fmt: skip
MONEY = re.compile(r"\$|\b(?:cost|price|budget|bill|billing|quota|credits?|pay|payment|tokens?|money)\b", re.IGNORECASE)


class ServerError(Exception):
    """As HTTP clients raise them."""

    def __init__(self, status: int, text: str = "", headers: dict[str, str] | None = None, **body: Any) -> None:
        super().__init__(text)
        self.status_code = status
        self.headers = headers or {}
        self.body = {"error": body} if body else None


def context(attempt: int = 1, operation: str = "audio-review", **metadata: Any) -> ErrorContext:
    return ErrorContext(session_id="s", operation=operation, attempt_number=attempt, metadata=metadata)


async def resolve(error: BaseException, attempt: int = 1, operation: str = "audio-review") -> ErrorResolution:
    return await ErrorHandler().handle_error(error, context(attempt, operation))


@pytest.mark.parametrize(
    ("error", "kind", "category", "action"),
    [
        (ServerError(429), "rate-limit", "transient", "retry"),
        (ServerError(503), "service-unavailable", "transient", "retry"),
        (ServerError(502, "quota"), "service-unavailable", "transient", "retry"),
        (ServerError(408), "network-timeout", "transient", "retry"),
        (TimeoutError(), "network-timeout", "transient", "retry"),
        (ConnectionResetError(), "network-timeout", "transient", "retry"),
        (ServerError(401), "invalid-api-key", "permanent", "abort"),
        (ServerError(402), "cost-exceeded", "permanent", "abort"),
        (ServerError(429, "", code="insufficient_quota"), "cost-exceeded", "permanent", "abort"),
        (MemoryError(), "out-of-memory", "transient", "retry"),
        (json.JSONDecodeError("Expecting value", "x", 0), "malformed-data", "permanent", "skip"),
        (RuntimeError("Rate limit exceeded"), "rate-limit", "transient", "retry"),
        (RuntimeError("Invalid API key provided"), "invalid-api-key", "permanent", "abort"),
        (RuntimeError("Budget limit exceeded"), "cost-exceeded", "permanent", "abort"),
        (RuntimeError("Request timed out"), "network-timeout", "transient", "retry"),
        (RuntimeError("Service unavailable"), "service-unavailable", "transient", "retry"),
        (RuntimeError("Out of memory"), "out-of-memory", "transient", "retry"),
        (RuntimeError("Malformed JSON in response"), "malformed-data", "permanent", "skip"),
        (RuntimeError("API key not found"), "invalid-api-key", "permanent", "abort"),
        (RuntimeError("Audio analysis failed"), "audio-failed", "partial", "continue-partial"),
        (RuntimeError("Video failed"), "video-failed", "partial", "continue-partial"),
        (RuntimeError("whatever"), "unknown", "transient", "retry"),
    ],
    ids=repr,
)
async def test_types_categories_and_actions(error: Exception, kind: str, category: str, action: str) -> None:
    found = await resolve(error)
    assert (found.type, found.category, found.recommended_action) == (kind, category, action)
    assert found.should_retry == (action == "retry")
    assert (found.retry_delay > 0) == found.should_retry


@pytest.mark.parametrize(
    "text",
    ["costume.mp4 broke", "file 502.wav is odd", "accosted", "billboard.png", "no token ring", "pricey.txt gone"],
)
async def test_whole_words_only(text: str) -> None:
    assert (await resolve(RuntimeError(text))).type == "unknown"


@pytest.mark.parametrize("attempt", [3, 4, 99])
@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("audio-review", "audio-failed"),
        ("video-chaptering", "video-failed"),
        ("summary-generation", "summary-failed"),
        ("canvas-generation", "canvas-failed"),
    ],
)
async def test_a_stage_that_has_used_up_its_attempts_degrades(attempt: int, operation: str, kind: str) -> None:
    assert (await resolve(TimeoutError(), 2, operation)).should_retry
    found = await resolve(TimeoutError(), attempt, operation)
    assert (found.type, found.category, found.recommended_action) == (kind, "partial", "continue-partial")
    assert (found.should_retry, found.retry_delay, found.can_continue) == (False, 0, True)


def test_delays() -> None:
    handler = ErrorHandler()
    for attempt, middle in ((1, 1), (2, 2), (3, 4)):
        delays = {handler.get_retry_delay(attempt, "network-timeout") for _ in range(200)}
        assert len(delays) > 1, "jittered"
        assert middle / 2 <= min(delays) <= max(delays) <= middle * 2
        limits = [handler.get_retry_delay(attempt, "rate-limit") for _ in range(200)]
        assert sum(limits) / 200 == pytest.approx(min(10, 2 * middle), rel=0.3)
    for attempt in (-1, 0, 4, 5, 50, 10**9):
        assert all(0 < handler.get_retry_delay(attempt, "rate-limit") <= 10 for _ in range(100))


async def test_retry_after_is_honoured_beyond_the_cap_but_not_for_ever() -> None:
    assert (await resolve(ServerError(429, headers={"Retry-After": "42"}))).retry_delay == 42
    assert (await resolve(ServerError(503, headers={"retry-after": "2"}))).retry_delay == 2
    assert (await resolve(ServerError(429, headers={"retry-after": "1e12"}))).retry_delay < 3600
    for odd in ("nan", "-5", "soon", ""):
        assert 0 < (await resolve(ServerError(429, headers={"retry-after": odd}))).retry_delay <= 10


async def test_the_circuit_opens_probes_and_closes(clock: Clock) -> None:
    handler = ErrorHandler(clock=clock)
    operation = "summary-generation"
    assert handler.circuit_state(operation) == "closed"
    assert handler.allow(operation) is True
    for number in range(5):
        assert handler.circuit_state(operation) == "closed"
        found = await handler.handle_error(TimeoutError(), context(1 + number % 3, operation))
    assert handler.circuit_state(operation) == "open"
    assert found.backend_details.metadata["circuit_state"] == "open"
    assert handler.allow(operation) is False
    assert handler.circuit_state("audio-review") == "closed", "per operation"
    clock.sleep(59.9)
    assert handler.allow(operation) is False
    clock.sleep(0.2)
    assert handler.allow(operation) is True
    assert handler.circuit_state(operation) == "half-open"
    assert handler.allow(operation) is False, "one probe"
    await handler.handle_error(TimeoutError(), context(1, operation))
    assert handler.circuit_state(operation) == "open", "one failure opens it again"
    clock.sleep(60)
    assert handler.allow(operation) is True
    handler.record_success(operation)
    assert handler.allow(operation) is True
    handler.record_success(operation)
    assert handler.circuit_state(operation) == "closed"
    assert handler.allow(operation)
    assert handler.allow(operation)


async def test_what_does_not_count_for_the_circuit(clock: Clock) -> None:
    handler = ErrorHandler(clock=clock)
    for _ in range(20):
        await handler.handle_error(ServerError(401), context())
        await handler.handle_error(ValueError("malformed"), context())
    assert handler.circuit_state("audio-review") == "closed"
    for _ in range(4):
        await handler.handle_error(TimeoutError(), context())
    handler.record_success("audio-review")
    for _ in range(4):
        await handler.handle_error(TimeoutError(), context())
    assert handler.circuit_state("audio-review") == "closed", "in a row"
    await handler.handle_error(TimeoutError(), context())
    assert handler.circuit_state("audio-review") == "open"
    handler.reset_circuit_breakers()
    assert handler.circuit_state("audio-review") == "closed"
    assert handler.allow("audio-review")
    handler.clear_error_history()


def test_when_to_stop_retrying() -> None:
    handler = ErrorHandler()
    assert handler.should_stop_retrying([]) is False
    assert handler.should_stop_retrying([TimeoutError()]) is False
    assert handler.should_stop_retrying([TimeoutError()] * 3) is True
    assert handler.should_stop_retrying([ServerError(401)]) is True


async def test_words_for_people_and_details_for_the_log() -> None:
    secret = "Your credit balance of $3.50 is used up: 1200 tokens at /home/me/x.py line 3"
    for status in (None, 400, 402, 403, 429, 500):
        error = RuntimeError(secret) if status is None else ServerError(status, secret)
        found = await ErrorHandler().handle_error(error, context(1, cost=0.5, note="kept"))
        for text in (found.user_message, found.advice, ErrorHandler().get_user_message(error)):
            assert not MONEY.search(text), text
            assert "/home/me" not in text
            assert "Error" not in text
        assert "$3.50" in found.backend_details.error
        assert found.backend_details.cost == 0.5
        assert found.backend_details.metadata["note"] == "kept"
        assert isinstance(found.backend_details.stack, str)
        assert found.type in TYPES
    with pytest.raises(ValidationError):
        found.type = "unknown"  # type: ignore[misc, assignment]


async def test_whatever_is_thrown_at_it() -> None:
    class WickedError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

        @property
        def response(self) -> object:
            raise RuntimeError("no response")

    for error in (WickedError(), KeyboardInterrupt(), asyncio.CancelledError(), ExceptionGroup("g", [TimeoutError()])):
        found = await ErrorHandler().handle_error(error, ErrorContext("s", "full-enrichment"))
        assert found.type in TYPES
        assert found.user_message
    handler = ErrorHandler()
    handler.log_error(WickedError(), context())
    handler.record_success("an operation of somebody else's")
    assert handler.allow("an operation of somebody else's")


def test_contexts_by_position_and_by_name_and_the_default_handler() -> None:
    assert ErrorContext("s", "audio-review") == ErrorContext(session_id="s", operation="audio-review")
    assert ErrorContext("s", "audio-review", 2, {"a": 1}).attempt_number == 2
    handler = get_error_handler()
    assert get_error_handler() is handler
    reset_error_handler()
    assert get_error_handler() is not handler


def test_it_works_outside_of_a_loop() -> None:
    handler = ErrorHandler()
    assert asyncio.run(handler.handle_error(TimeoutError(), context())).should_retry
    assert asyncio.run(handler.handle_error(TimeoutError(), context())).should_retry
