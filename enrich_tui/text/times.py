"""Durations and remaining times as people read them. Everything is seconds."""

from __future__ import annotations

import math

UNKNOWN = "-"
MEASURING = "measuring"

_MINUTE, _HOUR = 60, 3600


def seconds_text(seconds: float | None) -> str:
    """A moment, as whole seconds since a start: ``0:12``, ``1:21:40``; a dash where there is none.

    >>> seconds_text(12.9), seconds_text(4900), seconds_text(None)
    ('0:12', '1:21:40', '-')
    """
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, _HOUR)
    minutes, second = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def length_text(seconds: float | None, *, short: bool = False) -> str:
    """How long something takes or took: as a clock tells it, but never nothing; a dash where that is not known.

    ``short``: in at most five cells, for tables.

    >>> length_text(12.9), length_text(0.4), length_text(4900), length_text(4900, short=True), length_text(None)
    ('0:12', '<1s', '1:21:40', '1h21m', '-')
    """
    if seconds is not None and 0 < seconds < 1:
        return "<1s"
    if seconds is None or not short or not _HOUR <= seconds < math.inf:
        return seconds_text(seconds)
    hours, minutes = divmod(int(seconds) // _MINUTE, _MINUTE)
    return f"{hours}h{minutes:02}m" if hours < 10 else f"{hours}h"


def eta_text(low: float | None, mid: float | None, high: float | None) -> str:
    """A remaining time with its range (``low`` to ``high``), in units that suit its size.

    The range is told as its half, or by its ends where it is so wide that the half would reach below nothing. Below a
    minute and a half there is none: nobody plans with it. Seconds go in steps of five, lest they flicker.

    >>> eta_text(840, 1080, 1320), eta_text(100, 240, 1560), eta_text(40, 50, 70), eta_text(None, None, None)
    ('~18m (±4m)', '~4m (2m-26m)', '~50s', 'measuring')
    """
    if mid is None or not math.isfinite(mid):
        return MEASURING
    mid = max(0.0, mid)
    if mid < 1.5 * _MINUTE:
        return f"~{max(1, round(mid) if mid < 10 else round(mid / 5) * 5)}s"
    text = f"~{_span(mid)}"
    if low is not None and high is not None and math.isfinite(high - low):
        half = abs(high - low) / 2
        if half >= mid:
            text += f" ({_span(max(low, _MINUTE))}-{_span(max(high, _MINUTE))})"
        elif half >= _MINUTE / 2:
            text += f" (±{_span(max(half, _MINUTE))})"
    return text


def speed_text(speed: float) -> str:
    """How much faster than it was a recording is played.

    >>> speed_text(0.25), speed_text(10), speed_text(math.inf)
    ('0.25x', '10x', 'max')
    """
    return f"{speed:g}x" if math.isfinite(speed) else "max"


def _span(seconds: float) -> str:
    minutes = math.floor(seconds / _MINUTE + 0.5)
    if minutes < 90:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    return f"{hours}h {rest}m" if rest else f"{hours}h"
