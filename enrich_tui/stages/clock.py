"""Media seconds as people write them."""

from __future__ import annotations

import math


def clock(seconds: float | None) -> str:
    """``0:07``, ``12:34``, ``1:02:03``; empty where there is no time."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
