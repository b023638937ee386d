"""A clock that stands still while the program does: a laptop that slept did not work."""

from __future__ import annotations

import time
from collections.abc import Callable

ASLEEP = 30.0
"""Seconds without a look at the clock from which nobody was awake. Whoever uses it looks about once a second."""


class AwakeClock:
    """Monotonic seconds without those in which the machine, or this program alone, was suspended.

    Some systems' monotonic clocks stand still by themselves then, others go on, and none does where only the program
    was stopped; so it is told by the gap between two looks. ``clock`` is any monotonic number of seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._slept = 0.0

    def __call__(self) -> float:
        """Now, in seconds."""
        now = self._clock()
        if self._last is not None and now - self._last > ASLEEP:
            self._slept += now - self._last
        self._last = now
        return now - self._slept
