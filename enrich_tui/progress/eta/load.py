"""How much slower than at first the machine works now, found out from stages that change their pace.

Every report of progress says how long a piece took, against what that very stage had led one to expect. Single pieces
scatter; a cumulative sum of their deviations (Page's CUSUM) tells a lasting change from that, and also when it began.
Everything else learns in *work seconds*, which pass more slowly on a slower machine, so nothing has to be learned anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter

SLACK = 1.0
"""Deviation that is still taken for chance, in standard deviations of one piece."""

ALARM = 4.0
"""Sum of further deviations that is not."""

CLIP = 2.5
"""Most that a single piece can add."""

FLOOR = 0.08
"""Least standard deviation (in logarithms) that a piece is believed to have."""

_BEGIN: Callable[[tuple[float, float, float]], float] = itemgetter(0)


class _Sum:
    """One-sided cumulative sum, and a weighted mean of the deviations since it was last zero."""

    def __init__(self, sign: float) -> None:
        self._sign = sign
        self.reset(0.0)

    def reset(self, now: float) -> None:
        self.value, self.since, self._weight, self._weighted = 0.0, now, 0.0, 0.0

    def add(self, deviation: float, scatter: float, now: float) -> bool:
        self.value += min(CLIP, max(-CLIP, self._sign * deviation / scatter)) - SLACK
        if self.value <= 0.0:
            self.reset(now)
        else:
            self._weight += scatter**-2
            self._weighted += deviation * scatter**-2
        return self.value > ALARM

    @property
    def shift(self) -> float:
        return self._weighted / self._weight

    @property
    def variance(self) -> float:
        return 1.0 / self._weight


class Load:
    """The clock of work seconds."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, float, float]] = [(0.0, 0.0, 1.0)]
        self._slower, self._faster = _Sum(1.0), _Sum(-1.0)
        self._begun = False
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
        """A piece took exp(deviation) times what was expected, give or take ``scatter``.

        Returns the change of the factor (in logarithms) that this brings to light, as a rule 0.
        """
        scatter = max(scatter, FLOOR)
        if not self._begun:
            self._begun = True
            self._slower.reset(now)
            self._faster.reset(now)
        alarms = [side for side in (self._slower, self._faster) if side.add(deviation, scatter, now)]
        if alarms:
            change, since = alarms[0].shift, alarms[0].since
            self.variance = alarms[0].variance
            self._slower.reset(now)
            self._faster.reset(now)
            self._set(self.factor * math.exp(change), since)
            return change
        gain = self.variance / (self.variance + scatter * scatter)
        if gain > 0.02:
            self.variance *= 1.0 - gain
            self._set(self.factor * math.exp(gain * max(-0.5, min(0.5, deviation))), now)
        return 0.0

    def _at(self, moment: float) -> float:
        begin, work, factor = self._steps[max(0, bisect_right(self._steps, moment, key=_BEGIN) - 1)]
        return work + (moment - begin) / factor

    def _set(self, factor: float, since: float) -> None:
        work = self._at(since)
        while self._steps and self._steps[-1][0] >= since:
            self._steps.pop()
        self._steps.append((since, work, min(100.0, max(0.01, factor))))
