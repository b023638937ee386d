"""Exceptions as libraries really raise them: the HTTP client beside the speech engine, PyAV, the system."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import av
import pytest

from enrich_tui.errors import ErrorContext, ErrorHandler, Problem, classify

http: Any = pytest.importorskip("httpx2")


def met(answer: Any) -> Exception:
    """What a client raises over this answer, or over this failure to get one."""

    def transport(_request: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = http.Client(transport=http.MockTransport(transport))
    with client, pytest.raises(http.HTTPError) as caught:
        client.get("http://service.invalid/").raise_for_status()
    error: Exception = caught.value
    return error


@pytest.mark.parametrize(
    ("status", "kind", "category"),
    [
        (400, "malformed-data", "permanent"),
        (401, "invalid-api-key", "permanent"),
        (402, "cost-exceeded", "permanent"),
        (404, "malformed-data", "partial"),
        (408, "network-timeout", "transient"),
        (429, "rate-limit", "transient"),
        (500, "service-unavailable", "transient"),
        (503, "service-unavailable", "transient"),
    ],
)
def test_answers_by_status(status: int, kind: str, category: str) -> None:
    finding = classify(met(http.Response(status)))
    assert (finding.type, finding.category, finding.status) == (kind, category, status)


@pytest.mark.parametrize(
    "name", ["ConnectError", "ConnectTimeout", "ReadTimeout", "PoolTimeout", "ReadError", "RemoteProtocolError"]
)
def test_no_answer(name: str) -> None:
    finding = classify(met(getattr(http, name)("rate limit")))
    assert (finding.type, finding.problem) == ("network-timeout", Problem.NETWORK)


async def test_retry_after_in_seconds_and_as_a_date() -> None:
    context = ErrorContext("s", "audio-review")
    seconds = await ErrorHandler().handle_error(met(http.Response(429, headers={"Retry-After": "70"})), context)
    assert (seconds.should_retry, seconds.retry_delay) == (True, 70)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    date = await ErrorHandler().handle_error(met(http.Response(503, headers={"Retry-After": soon})), context)
    assert 60 < date.retry_delay <= 90
    far = await ErrorHandler().handle_error(met(http.Response(503, headers={"Retry-After": "86400"})), context)
    assert far.retry_delay == 300


@pytest.mark.parametrize("content", [b"", b"a text with another name\n" * 50])
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "costume.mp4"
    path.write_bytes(content)
    with pytest.raises(av.FFmpegError) as caught:
        av.open(str(path))
    assert classify(caught.value).problem is Problem.NOT_MEDIA


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(av.FFmpegError) as media:
        av.open(str(tmp_path / "none.mp4"))
    with pytest.raises(OSError, match="none") as plain:
        (tmp_path / "none.mp4").read_bytes()
    assert classify(media.value).problem is classify(plain.value).problem is Problem.FILE_MISSING


def test_programs_that_were_killed_or_took_too_long() -> None:
    with pytest.raises(subprocess.CalledProcessError) as killed:
        subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], check=True)
    with pytest.raises(subprocess.TimeoutExpired) as late:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], check=True, timeout=0.01)
    assert classify(killed.value).problem is Problem.WORKER_CRASHED
    assert classify(late.value).problem is Problem.TIME_LIMIT


def test_more_memory_than_there_is() -> None:
    with pytest.raises(MemoryError) as caught:
        bytearray(1 << 62)
    assert classify(caught.value).problem is Problem.OUT_OF_MEMORY
