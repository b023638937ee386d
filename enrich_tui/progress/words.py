"""What comes in: names and numbers; and words that go out."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TypeVar

from enrich_tui.text import clean, gate

EVENTS = ("started", "progress", "completed", "failed", "stage", "batch-update")

MESSAGE_LIMIT = 200
"""Longest message, in characters."""

_Name = TypeVar("_Name", bound=StrEnum)


def member(kind: type[_Name], value: str, what: str) -> _Name:
    """The member of an enumeration; :class:`ValueError` in plain words where there is none."""
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise ValueError(f"There is no {what} '{value}'. It is one of: {known}.") from None


def event_name(name: str) -> str:
    """The name, if there is such an event; else :class:`ValueError`."""
    if name not in EVENTS:
        raise ValueError(f"There is no event '{name}'. It is one of: {', '.join(EVENTS)}.")
    return name


def percent(value: object) -> float | None:
    """A progress between 0 and 100; None for what is no number."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return min(100.0, max(0.0, number)) if math.isfinite(number) else None


def say(text: str) -> str:
    """Text as it may leave the service."""
    return clean(gate(text), MESSAGE_LIMIT)
