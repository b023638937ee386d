"""How much slower than at first the machine works now, found out from stages that change their pace.

Every stage is held once against what was expected of it. Single stages scatter; when the last few together deviate by
more than chance allows (a likelihood ratio over all the moments at which the change may have begun), the machine has
changed, and since when is known, too. Everything else learns in *work seconds*, which pass more slowly on a slower
machine, so nothing has to be learned anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

ALARM = 7.0
"""Likelihood ratio (in logarithms) from which a change is believed."""

FEWEST = 3
"""Stages that must agree on it."""

WINDOW = 64
"""Stages that are looked back upon."""

CLIP = 2.0
"""Most that a single stage can deviate, in standard deviations: some go wrong on any machine."""

FLOOR = 0.08
"""Least standard deviation (in logarithms) that a stage is believed to have."""

_BEGIN: Callable[[tuple[float, float, float]], float] = itemgetter(0)


class _Piece(NamedTuple):
    since: float
    """When the one before was held against its rate: the earliest moment of a change that begins with this one."""
    deviation: float
    precision: float


class Load:
    """The clock of work seconds."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, float, float]] = [(0.0, 0.0, 1.0)]
        self._pieces: deque[_Piece] = deque(maxlen=WINDOW)
        self._last: float | None = None
        self.variance = 0.0
        """Of the logarithm of :attr:`factor`."""

    @property
    def factor(self) -> float:
        """Seconds that a work second takes now; 1 at first."""
        return self._steps[-1][2]

    def between(self, start: float, end: float) -> float:
        """Work seconds that pass between two moments."""
        if len(self._steps) == 1:
            return end - start
        return self._at(end) - self._at(start)

    def observe(self, deviation: float, scatter: float, now: float) -> float:
        """A stage took exp(deviation) times what was expected, give or take ``scatter``.

        Returns the change of the factor (in logarithms) that this brings to light, as a rule 0.
        """
        scatter = max(scatter, FLOOR)
        clipped = max(-CLIP * scatter, min(CLIP * scatter, deviation))
        self._pieces.append(_Piece(now if self._last is None else self._last, clipped, scatter**-2))
        self._last = now
        change, variance, since = self._change()
        if variance:
            self.variance = variance
            self._pieces.clear()
            self._set(self.factor * math.exp(change), since)
            return change
        gain = self.variance / (self.variance + scatter * scatter)
        if gain > 0.02:
            self.variance *= 1.0 - gain
            self._set(self.factor * math.exp(gain * max(-0.5, min(0.5, deviation))), now)
        return 0.0

    def _change(self) -> tuple[float, float, float]:
        """The likeliest change: its size, the variance of that, and its beginning; 0 where there is none."""
        best, found = ALARM, (0.0, 0.0, 0.0)
        weight = weighted = 0.0
        for count, piece in enumerate(reversed(self._pieces), 1):
            weight += piece.precision
            weighted += piece.precision * piece.deviation
            ratio = weighted * weighted / (2.0 * weight)
            if count >= FEWEST and ratio > best:
                best, found = ratio, (weighted / weight, 1.0 / weight, piece.since)
        return found

    def _at(self, moment: float) -> float:
        begin, work, factor = self._steps[max(0, bisect_right(self._steps, moment, key=_BEGIN) - 1)]
        return work + (moment - begin) / factor

    def _set(self, factor: float, since: float) -> None:
        work = self._at(since)
        while self._steps and self._steps[-1][0] >= since:
            self._steps.pop()
        self._steps.append((since, work, min(100.0, max(0.01, factor))))
