"""Where a recording is while it is played, by a clock; and how fast."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0, math.inf)
"""The speeds that ``faster`` and ``slower`` go through."""


class Playhead:
    """A moment of a recording that moves on with the clock. All times are seconds."""

    def __init__(self, length: float, speed: float, clock: Callable[[], float]) -> None:
        self.length = length
        self._speed = speed
        self._clock = clock
        self._from = 0.0
        self._since = clock()
        self._paused = False

    @property
    def paused(self) -> bool:
        """True while it stands still."""
        return self._paused

    @property
    def speed(self) -> float:
        """Seconds of the recording in one second."""
        return self._speed

    @property
    def position(self) -> float:
        """The moment of the recording, 0 to its length."""
        if self._paused:
            return self._from
        if math.isinf(self._speed):
            return self.length
        return min(self.length, self._from + (self._clock() - self._since) * self._speed)

    def wait(self, moment: float) -> float | None:
        """Seconds until this moment of the recording; None: for ever."""
        if self._paused:
            return None
        return max(0.0, (moment - self.position) / self._speed)

    def pause(self, *, on: bool) -> None:
        """Stand still, or go on."""
        self._settle()
        self._paused = on

    def faster(self) -> None:
        """The next speed."""
        self._change(SPEEDS[min(len(SPEEDS) - 1, bisect_right(SPEEDS, self._speed))])

    def slower(self) -> None:
        """The speed before."""
        self._change(SPEEDS[max(0, bisect_left(SPEEDS, self._speed) - 1)])

    def go_to(self, moment: float) -> None:
        """Be at this moment, or at the nearest that there is."""
        self._settle()
        self._from = max(0.0, min(self.length, moment))

    def _change(self, speed: float) -> None:
        self._settle()
        self._speed = speed

    def _settle(self) -> None:
        self._from, self._since = self.position, self._clock()
