"""What exceptions are: by type, by status, by words last and whole."""

from __future__ import annotations

import asyncio
import concurrent.futures.process
import errno
import http.client
import io
import json
import pickle
import socket
import ssl
import subprocess
import urllib.error
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import av.error
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.errors import Problem, StageError, WorkerCrashedError, classify, from_os_error
from enrich_tui.errors.http import parse_retry_after, retry_after
from enrich_tui.errors.words import kind_of_words
from enrich_tui.text import mentions_money


class ApiError(Exception):
    """Shaped like those of HTTP libraries."""

    def __init__(self, status: int | None = None, text: str = "", **more: Any) -> None:
        super().__init__(text)
        if status is not None:
            self.status_code = status
        self.__dict__.update(more)


class ResponseError(Exception):
    """Shaped like httpx's and requests' status errors."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__("")
        self.response = SimpleNamespace(status_code=status, headers=headers or {})


def _urllib(status: int) -> urllib.error.HTTPError:
    headers = Message()
    headers["Retry-After"] = "25"
    return urllib.error.HTTPError("http://host", status, "no", headers, io.BytesIO())


def _named(name: str) -> Exception:
    error: Exception = type(name, (Exception,), {"__module__": "openai"})("file budget exceeded.mp4")
    return error


@pytest.mark.parametrize(
    ("error", "kind", "category"),
    [
        (TimeoutError(), "network-timeout", "transient"),
        (ConnectionRefusedError(), "network-timeout", "transient"),
        (socket.gaierror(-2, "Name or service not known"), "network-timeout", "transient"),
        (ssl.SSLError(1, "bad"), "network-timeout", "transient"),
        (urllib.error.URLError(TimeoutError()), "network-timeout", "transient"),
        (urllib.error.URLError("no host given"), "network-timeout", "transient"),
        (http.client.RemoteDisconnected("gone"), "network-timeout", "transient"),
        (_named("APIConnectionError"), "network-timeout", "transient"),
        (_named("LocalEntryNotFoundError"), "audio-failed", "partial"),
        (_named("APIResponseValidationError"), "malformed-data", "partial"),
        (_named("RateLimitError"), "rate-limit", "transient"),
        (_named("AuthenticationError"), "invalid-api-key", "permanent"),
        (_named("InternalServerError"), "service-unavailable", "transient"),
        (_named("ReadTimeout"), "network-timeout", "transient"),
        (_named("ConnectError"), "network-timeout", "transient"),
        (_named("ServerDisconnectedError"), "network-timeout", "transient"),
        (_named("TooManyRequests"), "rate-limit", "transient"),
        (_named("ServiceUnavailable"), "service-unavailable", "transient"),
        (MemoryError(), "out-of-memory", "transient"),
        (OSError(errno.ENOMEM, ""), "out-of-memory", "transient"),
        (WorkerCrashedError(Problem.WORKER_CRASHED), "worker-crashed", "transient"),
        (subprocess.CalledProcessError(-11, "worker"), "worker-crashed", "transient"),
        (asyncio.IncompleteReadError(b"", 4), "worker-crashed", "transient"),
        (concurrent.futures.process.BrokenProcessPool(), "worker-crashed", "transient"),
        (OSError(errno.ENOSPC, ""), "unknown", "partial"),
        (FileNotFoundError(errno.ENOENT, ""), "malformed-data", "permanent"),
        (PermissionError(errno.EACCES, ""), "malformed-data", "permanent"),
        (OSError(errno.EIO, ""), "unknown", "transient"),
        (ValueError("x"), "malformed-data", "permanent"),
        (json.JSONDecodeError("rate limit", "", 0), "malformed-data", "permanent"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "rate limit"), "malformed-data", "permanent"),
        (av.error.InvalidDataError(1, "x"), "malformed-data", "permanent"),
        (av.error.PermissionError(1, "x"), "malformed-data", "partial"),
        (av.error.DecoderNotFoundError(1, "x"), "malformed-data", "partial"),
        (KeyError("rate limit"), "unknown", "partial"),
        (ImportError("faster_whisper"), "unknown", "partial"),
        (RuntimeError("boom"), "unknown", "transient"),
        (Exception(), "unknown", "transient"),
    ],
)
def test_by_type(error: BaseException, kind: str, category: str) -> None:
    finding = classify(error)
    assert (finding.type, finding.category) == (kind, category)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ApiError(401), "invalid-api-key"),
        (ApiError(403), "invalid-api-key"),
        (ApiError(402), "cost-exceeded"),
        (ApiError(408), "network-timeout"),
        (ApiError(429), "rate-limit"),
        (ApiError(429, "insufficient_quota"), "cost-exceeded"),
        (ApiError(429, code="insufficient_quota"), "cost-exceeded"),
        (ApiError(429, body={"error": {"code": "insufficient_quota"}}), "cost-exceeded"),
        (ApiError(429, body={"error": {"message": "the cost limit is exceeded"}}), "rate-limit"),
        (ApiError(400), "malformed-data"),
        (ApiError(400, "Your credit balance is too low"), "cost-exceeded"),
        (ApiError(400, "API key not valid"), "invalid-api-key"),
        (ApiError(422), "malformed-data"),
        (ApiError(500), "service-unavailable"),
        (ApiError(502), "service-unavailable"),
        (ApiError(529), "service-unavailable"),
        (ApiError(None, body={"type": "rate_limit_error"}), "rate-limit"),
        (ApiError(None, code=429), "rate-limit"),
        (ApiError(None, code=http.HTTPStatus.UNAUTHORIZED), "invalid-api-key"),
        (ApiError(None, code=503, response=None), "service-unavailable"),
        (ResponseError(503), "service-unavailable"),
        (_urllib(429), "rate-limit"),
        (_urllib(503), "service-unavailable"),
    ],
)
def test_by_status(error: Exception, kind: str) -> None:
    assert classify(error).type == kind


def test_a_status_counts_more_than_words() -> None:
    assert classify(ApiError(503, "rate limit exceeded")).type == "service-unavailable"


def test_a_useless_answer_is_no_fault_of_the_session() -> None:
    for status in (200, 302, 404):
        finding = classify(ApiError(status))
        assert finding.problem is Problem.BAD_ANSWER
        assert finding.category == "partial"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Rate limit exceeded", "rate-limit"),
        ("rate_limit_exceeded", "rate-limit"),
        ("Too many requests", "rate-limit"),
        ("Request timed out", "network-timeout"),
        ("Connection refused", "network-timeout"),
        ("ECONNRESET", "network-timeout"),
        ("503 Service Unavailable", "service-unavailable"),
        ("HTTP 502", "service-unavailable"),
        ("status code: 429", "rate-limit"),
        ("Bad gateway", "service-unavailable"),
        ("Invalid API key provided", "invalid-api-key"),
        ("unauthorized", "invalid-api-key"),
        ("Cost limit exceeded", "cost-exceeded"),
        ("You exceeded your current quota", "cost-exceeded"),
        ("insufficient_quota", "cost-exceeded"),
        ("Malformed response", "malformed-data"),
        ("invalid data found", "malformed-data"),
        ("audio failed", "audio-failed"),
        ("video chaptering failed", "video-failed"),
        ("summary generation failed", "summary-failed"),
        ("canvas failed", "canvas-failed"),
        ("Worker crashed", "worker-crashed"),
        ("out of memory", "out-of-memory"),
    ],
)
def test_by_words(text: str, kind: str) -> None:
    assert classify(RuntimeError(text)).type == kind


@pytest.mark.parametrize(
    "text",
    [
        "costume.mp4 could not be opened",
        "file 502.wav",
        "502.wav and 429.wav are odd",
        "500 files are odd",
        "'rate limit exceeded' is odd",
        'the talk "Cost limits exceeded" is odd',
        "/talks/rate limit/unauthorized.mp4 is odd",
        "rate-limit-exceeded.mp4",
        "unauthorized.MP4",
        "Timeout.WAV could not be opened",
        "the costumes exceeded",
        "a tokenizer",
        "narrate limits",
        "the timeouts module",
        "disk quota exceeded",
    ],
)
def test_words_are_whole_and_our_own(text: str) -> None:
    assert classify(RuntimeError(text)).type == "unknown"


@given(st.text())
def test_what_a_stage_says_for_the_log_is_never_classified(words: str) -> None:
    for detail in (words, "rate limit exceeded", "invalid api key", "cost limit exceeded"):
        finding = classify(StageError(Problem.CODEC, detail=detail, trace=detail))
        assert finding.problem is Problem.CODEC


@given(st.text(st.sampled_from("abc .'\"/\\_-012:\n") | st.characters(exclude_categories=()), max_size=300))
def test_words_of_any_kind(text: str) -> None:
    kind_of_words(text)
    assert not mentions_money(classify(RuntimeError(text)).wording.message)


def test_long_words_take_no_time() -> None:
    for text in ("a" * 100_000, "/" * 100_000, "'" * 100_000, "cost " * 20_000, "api key " * 20_000):
        kind_of_words(text)


def test_causes_are_looked_at() -> None:
    wrapped = RuntimeError("it did not work")
    wrapped.__cause__ = TimeoutError()
    assert classify(wrapped).type == "network-timeout"
    assert classify(ExceptionGroup("two", [KeyError(), ApiError(503)])).type == "service-unavailable"


def _caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_caused(ValueError("nothing came"), ConnectionResetError()), "network-timeout"),
        (_caused(KeyError("answer"), ApiError(503)), "service-unavailable"),
        (_caused(RuntimeError("transcription failed"), MemoryError()), "out-of-memory"),
        (_caused(ValueError("no"), RuntimeError("rate limit exceeded")), "rate-limit"),
        (_caused(ValueError("no"), RuntimeError("well")), "malformed-data"),
        (_caused(RuntimeError("rate limit exceeded"), KeyError("hit")), "rate-limit"),
        (ExceptionGroup("two", [RuntimeError("one"), ExceptionGroup("more", [TimeoutError()])]), "network-timeout"),
        (ExceptionGroup("many", [RuntimeError(str(number)) for number in range(1000)]), "unknown"),
    ],
)
def test_types_of_causes_come_before_words_and_words_before_types_that_tell_little(error: Exception, kind: str) -> None:
    assert classify(error).type == kind


def test_circles_of_causes_end() -> None:
    error = RuntimeError("round")
    error.__cause__ = error
    assert classify(error).type == "unknown"


class HostileError(Exception):
    """Fails wherever it is touched."""

    def __str__(self) -> str:
        raise ValueError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_hostile_exceptions_are_survived() -> None:
    assert classify(HostileError()).type == "unknown"
    assert classify(ApiError(True)).type == "unknown"
    assert classify(ApiError(99_999)).type == "unknown"
    assert classify(ApiError(headers=7, body=[[[]]], code=7)).type == "unknown"
    assert classify("no exception").type == "unknown"  # type: ignore[arg-type]


def test_a_parsers_code_is_no_status() -> None:
    error = SyntaxError("element p is not declared")
    error.code = 503  # type: ignore[attr-defined]
    assert classify(error).status is None


def test_errors_travel_between_processes() -> None:
    error = WorkerCrashedError(Problem.CODEC, detail="d", facts={"codec": "x"}, retry_after=2.0, status=3, trace="t")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is WorkerCrashedError
    assert vars(again) == vars(error)


# -- Retry-After -----------------------------------------------------------------------------------------------------

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("12", 12.0),
        ("0.5", 0.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW.timestamp) == seconds


def test_where_retry_after_is_found() -> None:
    assert retry_after(_urllib(429)) == 25
    assert retry_after(ResponseError(429, {"Retry-After": "7"})) == 7
    assert retry_after(ResponseError(429, {"retry-after-ms": "1500", "retry-after": "9"})) == 1.5
    assert classify(StageError(Problem.RATE_LIMIT, retry_after=3)).retry_after == 3
    assert retry_after(ApiError(retry_after="8")) == 8
    assert retry_after(RuntimeError()) is None


def test_a_servers_wish_is_found_however_the_error_is_known() -> None:
    by_name = _named("RateLimitError")
    by_name.retry_after = 17  # type: ignore[attr-defined]
    by_words = ApiError(text="rate limit exceeded", retry_after=17)
    by_cause = _caused(ValueError("no"), ResponseError(503, {"Retry-After": "17"}))
    for error in (by_name, by_words, by_cause):
        assert classify(error).retry_after == 17


@given(st.text())
def test_retry_after_of_any_kind(value: str) -> None:
    seconds = parse_retry_after(value)
    assert seconds is None or 0 <= seconds < float("inf")


def test_errors_of_the_file_system_become_problems() -> None:
    assert from_os_error(OSError(errno.ENOSPC, "")).problem is Problem.DISK_FULL
    assert from_os_error(OSError(errno.EDQUOT, "")).problem is Problem.DISK_FULL
    assert from_os_error(FileNotFoundError("x")).problem is Problem.FILE_MISSING
    assert from_os_error(PermissionError("x")).problem is Problem.PERMISSION
    assert from_os_error(OSError("x")).problem is Problem.IO_ERROR
    assert from_os_error(OSError(errno.EIO, "broken")).detail == "[Errno 5] broken"
