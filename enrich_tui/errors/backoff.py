"""How long to wait before another attempt."""

from __future__ import annotations

import math
import random

from enrich_tui.errors.values import ErrorType

JITTER = 0.25
"""A delay is spread by this share to either side, lest all that failed together come back together."""

_DOUBLINGS = 30


class Backoff:
    """Exponential delays with jitter, in seconds: ``base``, twice that, and so on, twice as long for rate limits."""

    def __init__(self, base: float, longest: float, longest_told: float, rng: random.Random) -> None:
        self._base = base
        self._longest = longest
        self._longest_told = longest_told
        self._rng = rng

    def delay(self, attempt_number: int, error_type: str) -> float:
        """The delay after this attempt (1 is the first), never above ``longest``, jitter included."""
        doublings = min(max(attempt_number, 1) - 1, _DOUBLINGS)
        delay = self._base * 2.0**doublings * (2 if error_type == ErrorType.RATE_LIMIT else 1)
        return min(delay * self._rng.uniform(1 - JITTER, 1 + JITTER), self._longest)

    def after(self, attempt_number: int, error_type: str, told: float | None) -> float:
        """What a server asked for, up to ``longest_told``; where it asked for nothing, :meth:`delay`."""
        if told is not None and math.isfinite(told) and told > 0:
            return min(told, self._longest_told)
        return self.delay(attempt_number, error_type)
