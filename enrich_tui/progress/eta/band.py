"""How wide the band around an estimate has to be, learned from how earlier bands did."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

NORMAL = 1.28
"""Standard deviations between the median and the tenth or ninetieth percentile of a normal distribution."""

LEAST_SPREAD = 0.07
"""What nothing of the model accounts for (standard deviation in logarithms)."""

SURPRISE = 0.28
"""What may still go wrong and was not seen yet (a slower machine, a lost worker). It widens the band upwards, in
logarithms and in proportion to the share of the whole that remains."""

KEEP = 64
"""Forecasts of one batch that are kept to be compared with its end."""

FEW = 8
"""Forecasts from which something can be learned."""

LEARN = 0.3
"""How much of a batch's lesson is taken over: its forecasts are no independent witnesses."""

LIMITS = (0.3, 5.0)
""":attr:`Band` is never narrowed or widened beyond."""


class _Forecast(NamedTuple):
    at: float
    seconds: float
    below: float
    above: float


class Band:
    """Turns a spread into a low and a high factor; asymmetric, because delays are likelier than gains.

    ``low`` and ``high`` widen (above 1) or narrow the two sides, as earlier batches on this machine taught.
    """

    def __init__(self, low: float = 1.0, high: float = 1.0) -> None:
        self._low, self._high = low, high
        self._kept: list[_Forecast] = []
        self._every = 0.0

    @classmethod
    def read(cls, stored: Any) -> Band:
        """The band of earlier batches; the usual one where that cannot be used."""
        match stored:
            case {"low": float() | int() as low, "high": float() | int() as high}:
                if LIMITS[0] <= low <= LIMITS[1] and LIMITS[0] <= high <= LIMITS[1]:
                    return cls(float(low), float(high))
        return cls()

    def factors(self, spread: float, remaining: float = 0.0) -> tuple[float, float]:
        """What to multiply the median with, for P10 and P90; ``remaining`` is the share of the whole, 0 to 1."""
        below, above = _widths(spread, remaining)
        return math.exp(-self._low * below), math.exp(self._high * above)

    def keep(self, at: float, seconds: float, spread: float, remaining: float) -> None:
        """Remember a forecast; every other one is dropped when there are many."""
        if self._kept and at - self._kept[-1].at < self._every:
            return
        self._kept.append(_Forecast(at, seconds, *_widths(spread, remaining)))
        if len(self._kept) > KEEP:
            del self._kept[::2]
            self._every = (self._kept[-1].at - self._kept[0].at) / len(self._kept)

    def settle(self, end: float) -> None:
        """The batch is over: widen or narrow the band by how often the end was outside."""
        told = [(kept, math.log((end - kept.at) / kept.seconds)) for kept in self._kept if end > kept.at]
        if len(told) >= FEW:
            below = sum(error < -self._low * kept.below for kept, error in told) / len(told)
            above = sum(error > self._high * kept.above for kept, error in told) / len(told)
            self._low = min(LIMITS[1], max(LIMITS[0], self._low * math.exp(LEARN * (below - 0.1))))
            self._high = min(LIMITS[1], max(LIMITS[0], self._high * math.exp(LEARN * (above - 0.1))))
        self._kept.clear()
        self._every = 0.0

    def history(self) -> dict[str, float]:
        """What :meth:`read` reads."""
        return {"low": self._low, "high": self._high}


def _widths(spread: float, remaining: float) -> tuple[float, float]:
    spread = NORMAL * min(1.5, math.hypot(spread, LEAST_SPREAD))
    return spread, spread + SURPRISE * remaining
