"""What can be read off an exception of an HTTP client, whichever client it is: duck typing, no imports of clients."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from enrich_tui.errors.problems import Problem

_DEPTH = 4
"""How deep an error's body is searched for its codes."""


def _attribute(thing: object, name: str) -> Any:
    """An attribute of a foreign object; None where there is none or reading it fails."""
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - a foreign property may do anything (httpx's .response raises RuntimeError)
        return None


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception carries, if any (100 to 599)."""
    response = _attribute(error, "response")
    places = [(error, "status_code"), (error, "status"), (error, "http_status"), (response, "status_code"),
              (response, "status"), (response, "code")]  # fmt: skip
    for thing, name in places:
        value = _attribute(thing, name)
        if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
            return int(value)
    code = _attribute(error, "code")  # a parser's is the number of its own error; elsewhere a small one may be anything
    failed = isinstance(code, int) and 400 <= code <= 599 and not isinstance(error, SyntaxError)
    return int(code) if failed else None


def error_codes(error: BaseException) -> frozenset[str]:
    """The machine-readable codes that a server put into its error: ``code``, ``type``, ``status`` of the body."""
    found = {value for name in ("code", "type") if isinstance(value := _attribute(error, name), str)}
    found.update(_codes(_attribute(error, "body"), _DEPTH))
    return frozenset(code.lower() for code in found if len(code) <= 80)


def _codes(body: object, depth: int) -> Iterator[str]:
    if not depth:
        return
    if isinstance(body, Mapping):
        for name in ("code", "type", "status", "reason"):
            if isinstance(value := body.get(name), str):
                yield value
        for name in ("error", "errors", "details"):
            yield from _codes(body.get(name), depth - 1)
    elif isinstance(body, list | tuple):
        for member in body[:10]:
            yield from _codes(member, depth - 1)


def retry_after(error: BaseException, wall: Callable[[], float] = time.time) -> float | None:
    """Seconds that the server asked to wait, from ``retry-after-ms`` or ``Retry-After`` (RFC 9110, 10.2.3)."""
    told = _attribute(error, "retry_after")
    if isinstance(told, int | float | str) and not isinstance(told, bool):
        return parse_retry_after(told, wall)
    for holder in (error, _attribute(error, "response")):
        for name in ("headers", "hdrs"):
            headers = _attribute(holder, name)
            if headers is None:
                continue
            milliseconds = parse_retry_after(_header(headers, "retry-after-ms"), wall)
            if milliseconds is not None:
                return milliseconds / 1000
            seconds = parse_retry_after(_header(headers, "retry-after"), wall)
            if seconds is not None:
                return seconds
    return None


def parse_retry_after(value: str | float | None, wall: Callable[[], float] = time.time) -> float | None:
    """Seconds from now that a ``Retry-After`` means: a number of seconds, or an HTTP date; None for anything else.

    >>> parse_retry_after("120"), parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", lambda: 20.0)
    (120.0, 40.0)
    """
    if value is None:
        return None
    try:
        return _sound(float(value))
    except (ValueError, OverflowError):
        pass
    try:
        return _sound(max(0.0, parsedate_to_datetime(str(value)).timestamp() - wall()))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _sound(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _header(headers: Any, name: str) -> str | None:
    try:
        for key, value in headers.items():
            if str(key).lower() == name:
                return str(value).strip()
    except Exception:  # noqa: BLE001 - whatever it is, it is no mapping of headers
        return None
    return None


_STATUS: dict[int, Problem] = {
    401: Problem.KEY_REFUSED,
    402: Problem.SERVICE_REFUSED,
    403: Problem.KEY_REFUSED,
    404: Problem.BAD_ANSWER,
    405: Problem.BAD_ANSWER,
    407: Problem.NETWORK,
    408: Problem.NETWORK,
    409: Problem.SERVICE_UNAVAILABLE,
    410: Problem.BAD_ANSWER,
    423: Problem.SERVICE_UNAVAILABLE,
    425: Problem.SERVICE_UNAVAILABLE,
    429: Problem.RATE_LIMIT,
    501: Problem.BAD_ANSWER,
    505: Problem.BAD_ANSWER,
}


def problem_of_status(status: int) -> Problem | None:
    """What an HTTP status means; None for those that say that the request itself was malformed."""
    if status in _STATUS:
        return _STATUS[status]
    if status >= 500:
        return Problem.SERVICE_UNAVAILABLE
    return None if status >= 400 else Problem.BAD_ANSWER
