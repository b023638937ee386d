"""Reads the lines of an event stream, from any file and from other versions of the program."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, get_args

from pydantic import ValidationError

from enrich_tui.events import EVENT, STREAM_VERSION, Event, RunStarted
from enrich_tui.text import clean

LONGEST = 32 * 1024 * 1024
"""Bytes that one line may have."""

_UNION = get_args(get_args(Event)[0])
_FIELDS: dict[str, frozenset[str]] = {
    kind.model_fields["type"].default: frozenset(kind.model_fields) for kind in _UNION
}


class LineError(Exception):
    """A line is no event of this program; the text says in a few words what it is instead."""


class UnknownKindError(LineError):
    """A line is an event of a kind that this version does not know."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"it is of a kind that this version does not know ({kind})")
        self.kind = kind


class ForeignVersionError(LineError):
    """The stream is of a version that this program cannot read."""

    def __init__(self, version: object) -> None:
        super().__init__(
            f"it is of stream version {clean(str(version), 20)}, and this program reads version {STREAM_VERSION}"
        )


class Raw(NamedTuple):
    """One line as it stands in a stream."""

    number: int
    """From 1."""
    text: bytes
    whole: bool
    """False where it does not end with a line end."""
    too_long: bool = False


def lines_of(stream: BinaryIO) -> Iterator[Raw]:
    """All lines that are not empty; of one that is too long only the number. Raises ``OSError``."""
    number = 0
    while text := stream.readline(LONGEST):
        number += 1
        whole = text.endswith(b"\n")
        too_long = len(text) >= LONGEST and not whole
        while too_long and (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
            pass
        if too_long:
            yield Raw(number, b"", whole=True, too_long=True)
        elif text.strip():
            yield Raw(number, text, whole)


def outline(text: bytes) -> dict[str, Any]:
    """The event on a line as plain data, of a kind that is known. Raises :class:`LineError`."""
    told = _object(text)
    kind = told.get("type")
    if not isinstance(kind, str):
        raise LineError("it is not an event")
    if kind not in _FIELDS:
        raise UnknownKindError(clean(kind, 40))
    if kind == "run-started" and told.get("version", 1) != STREAM_VERSION:
        raise ForeignVersionError(told["version"])
    return told


def time_of(told: dict[str, Any]) -> float:
    """The time of an event as plain data, in seconds; NaN where it has none."""
    t = told.get("t", 0.0)
    return float(t) if isinstance(t, int | float) and math.isfinite(t) else math.nan


def event_of(text: bytes) -> Event:
    """The event on a line, as clean text; fields that this version does not know are left out.

    Raises :class:`LineError`.
    """
    if not text.isascii() or b"\\u" in text:  # else there is nothing in it that a terminal would obey
        text = json.dumps(_cleaned(_object(text))).encode()
    try:
        event = EVENT.validate_json(text)
    except ValidationError:
        told = _object(text)
        known = _FIELDS.get(str(told.get("type")))
        if known is None:
            raise UnknownKindError(clean(str(told.get("type")), 40)) from None
        try:
            event = EVENT.validate_python({name: value for name, value in told.items() if name in known})
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"][1:])
            raise LineError(f"its '{clean(where, 40)}' makes no sense") from None
    if isinstance(event, RunStarted) and event.version != STREAM_VERSION:
        raise ForeignVersionError(event.version)
    return event


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): _cleaned(below) for name, below in value.items()}
    return [_cleaned(below) for below in value] if isinstance(value, list) else value


def _object(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise LineError("it is not JSON") from None
    if not isinstance(told, dict):
        raise LineError("it is not an event")
    return told
