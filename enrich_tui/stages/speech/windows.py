"""Long sound in pieces that an engine can take at once, cut where it is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from enrich_tui.media.decode import RATE, Samples

_LATEST = 0.25
"""The cut lies in the last quarter of the longest piece, but at most a minute before its end."""
_STEP = RATE // 10
_QUIET_STEPS = 5


class Window(NamedTuple):
    """A piece of a track."""

    start: float
    """Seconds from the track's beginning."""
    samples: Samples

    @property
    def end(self) -> float:
        """Seconds from the track's beginning."""
        return self.start + len(self.samples) / RATE


def windows(blocks: Iterable[Samples], longest: float) -> Iterator[Window]:
    """Join blocks to windows of at most ``longest`` seconds (and a block), end to end without a gap."""
    held: list[Samples] = []
    size, start = 0, 0
    for block in blocks:
        held.append(block)
        size += len(block)
        while size >= longest * RATE:
            samples = np.concatenate(held)
            at = _quietest(samples, longest)
            yield Window(start / RATE, samples[:at])
            start += at
            size -= at
            held = [samples[at:].copy()]
    if size:
        yield Window(start / RATE, np.concatenate(held))


def _quietest(samples: Samples, longest: float) -> int:
    """Where to cut: the middle of the quietest half second, the latest one if there are several."""
    last = int(longest * RATE)
    first = last - int(min(60.0, _LATEST * longest) * RATE)
    steps = (last - first) // _STEP
    power = np.square(samples[first : first + steps * _STEP].reshape(steps, _STEP)).mean(axis=1)
    calm = np.convolve(power, np.ones(_QUIET_STEPS) / _QUIET_STEPS, "valid")
    best = len(calm) - 1 - int(np.argmin(calm[::-1]))
    return first + best * _STEP + _QUIET_STEPS * _STEP // 2
