"""The time that the services go by where they are given no clock of their own."""

from __future__ import annotations

import time


def monotonic() -> float:
    """``time.monotonic``, looked up anew each time: who embeds the services may replace it in tests."""
    return time.monotonic()
