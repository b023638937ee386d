"""What was predicted of a batch and what happened, kept from one batch to the next."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

KEPT = 16
"""Batches that are remembered, the latest ones."""

LONGEST = 1e9
"""Seconds that are believed at most."""


class Past(NamedTuple):
    """A batch that is over."""

    predicted: float
    """Seconds that it was said to take when its work began, or when the queue last changed."""
    took: float
    """Seconds that it took, without the pauses."""


def past_of(history: Any) -> list[Past]:
    """The batches that a history tells of, the latest last; what cannot be used is left out."""
    stored = history.get("past") if isinstance(history, Mapping) else None
    known = []
    for entry in stored if isinstance(stored, list) else ():
        match entry:
            case [int() | float() as predicted, int() | float() as took]:
                if all(math.isfinite(seconds) and 0.0 < seconds < LONGEST for seconds in (predicted, took)):
                    known.append(Past(float(predicted), float(took)))
    return known[-KEPT:]


class Record:
    """The batches so far, and the prediction of the one that runs."""

    def __init__(self, past: list[Past]) -> None:
        self._past = deque(past, maxlen=KEPT)
        self.predicted: tuple[float, float, float] | None = None
        """Seconds that the whole batch was said to take: P10, P50, P90."""

    def predict(self, passed: float, rest: tuple[float, float, float]) -> None:
        """After ``passed`` seconds of work ``rest`` is said to remain; only the first time counts."""
        if self.predicted is None:
            low, mid, high = rest
            self.predicted = passed + low, passed + mid, passed + high

    def settle(self, took: float) -> None:
        """The batch is over."""
        if self.predicted is not None and took > 0.0:
            self._past.append(Past(self.predicted[1], took))

    def history(self) -> list[list[float]]:
        """What :func:`past_of` reads."""
        return [[round(seconds, 3) for seconds in past] for past in self._past]
