"""How long a running stage will still take, given how long it has run and how far it says it is."""

from __future__ import annotations

import math
from typing import NamedTuple


class Residual(NamedTuple):
    """Remaining seconds: mean, and standard deviation."""

    mean: float
    deviation: float


PROGRESS_NOISE = 0.28
"""How far off elapsed / share is at half way (standard deviation in logarithms), until finished stages have shown it:
progress is not quite even."""

GRAIN = 0.04
"""How off it is right before the end: progress comes in pieces."""

TAIL = 4.0
"""Degrees of freedom of the prior, which is Student's rather than normal: where the progress of a stage says that it is
far from what was expected, the stage is the exception, and its progress is believed."""


def exceptional(gap: float, variance: float) -> float:
    """By how much the variance of a stage's own pace is larger than usual, if it is off by so much (in logarithms)."""
    return max(1.0, (TAIL + gap * gap / variance) / (TAIL + 1.0))


def combine(
    expected: float, noise: float, elapsed: float, share: float, told: float, uneven: float
) -> tuple[float, float]:
    """Median and scatter (in logarithms) of a stage's whole duration, after a report of its progress.

    The prior lies around ``expected``; elapsed / share is a second measurement, the better the more of its
    time the progress tells about: ``share`` is how much of its time has passed, ``told`` that without its beginning.
    ``uneven`` is the variance of that measurement half way.
    """
    if told <= 0.0 or elapsed <= 0.0:
        return expected * math.exp(-noise * noise / 2.0), noise
    measured = uneven * (1.0 - share) / told + GRAIN**2
    own = noise * noise
    centre = math.log(expected) - own / 2.0
    gap = math.log(elapsed / share) - centre
    own *= exceptional(gap, own + measured)
    centre += own / (own + measured) * gap
    return math.exp(centre), math.sqrt(own * measured / (own + measured))


def remaining(median: float, scatter: float, elapsed: float) -> Residual:
    """Mean and deviation of what remains of a lognormal duration that has lasted ``elapsed`` seconds already.

    The mean residual life of a lognormal, E[T - t | T > t]: it falls while the stage is in time, and grows smoothly
    once it is late.
    """
    mean = median * math.exp(scatter * scatter / 2.0)
    if elapsed <= 0.0:
        return Residual(mean, mean * scatter)
    z = (math.log(elapsed / median)) / scatter
    if z < 5.0:
        beyond = math.erfc(z / math.sqrt(2.0))
        rest = mean * math.erfc((z - scatter) / math.sqrt(2.0)) / beyond - elapsed
    else:
        rest = elapsed * scatter / z
    rest = max(rest, 1e-3 * median, 1e-6)
    return Residual(rest, min(mean * scatter, rest) if z < 0.0 else rest)
