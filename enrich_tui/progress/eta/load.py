"""How much slower than at first the machine works now, found out from stages that change their pace.

Any moment may be the one at which the machine changed. Each is weighed by how much better it explains the paces of all
stages, before and after and within them, than no change does; what is believed of the load is the mean over all of
them, so that it moves as fast as the evidence grows. Everything else learns in *work seconds*, which pass more slowly
on a slower machine, so nothing has to be learned anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from enrich_tui.progress.eta.pace import Evidence, Pace

CHANGE = 0.2
"""How likely a change is in a batch."""

SIZE = 0.5
"""Standard deviation of a change, in logarithms."""

MOMENTS = 24
"""Moments of a change that are weighed at most; they are spread over the batch."""

SUREST = 300.0
"""Likelihood ratio (in logarithms) that is never exceeded."""

_BEGIN: Callable[[tuple[float, float, float]], float] = itemgetter(0)


class Load:
    """The clock of work seconds."""

    def __init__(self) -> None:
        self._steps: list[tuple[float, float, float]] = [(0.0, 0.0, 1.0)]
        self._finished: dict[str, Evidence] = {}
        """Of stages that finished before any change."""
        self._moments: dict[float, dict[str, Evidence]] = {}
        """Of the stages that finished, if the machine changed then."""
        self._apart = 0.0
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

    def skip(self, seconds: float) -> None:
        """So much time did not count."""
        self._moments = {moment + seconds: evidence for moment, evidence in self._moments.items()}
        later = [(begin + seconds, work + seconds, factor) for begin, work, factor in self._steps[1:]]
        self._steps = [self._steps[0], *later]

    def finish(self, pace: Pace) -> None:
        """A stage finished at this pace."""
        self._finished.setdefault(pace.stage, Evidence()).add(pace, math.inf)
        for moment, evidence in self._moments.items():
            evidence.setdefault(pace.stage, Evidence()).add(pace, moment)

    def weigh(self, running: Sequence[Pace], priors: Mapping[str, tuple[float, float]], now: float) -> None:
        """Believe anew, with the stages that run and what was believed of the rates before the batch."""
        self._consider(now)
        changes = [self._change(moment, running, priors) for moment in self._moments]
        odds = CHANGE / (1.0 - CHANGE) / max(1, len(changes))
        total = 1.0 + odds * sum(ratio for ratio, _, _ in changes)
        self._steps = [(0.0, 0.0, 1.0)]
        level = squares = 0.0
        for moment, (ratio, mean, variance) in zip(self._moments, changes, strict=True):
            chance = odds * ratio / total
            level += chance * mean
            squares += chance * (mean * mean + variance)
            self._steps.append((moment, self._at(moment), min(100.0, max(0.01, math.exp(level)))))
        self.variance = max(0.0, squares - level * level)

    def _consider(self, now: float) -> None:
        """A change may begin now. When there are many moments, every other one is dropped."""
        if now - max(self._moments, default=0.0) <= self._apart:
            return
        self._moments[now] = {stage: evidence.copy() for stage, evidence in self._finished.items()}
        if len(self._moments) > MOMENTS:
            for moment in list(self._moments)[1::2]:
                del self._moments[moment]
            kept = list(self._moments)
            self._apart = (kept[-1] - kept[0]) / len(kept)

    def _change(
        self, moment: float, running: Sequence[Pace], priors: Mapping[str, tuple[float, float]]
    ) -> tuple[float, float, float]:
        """A change at this moment: its likelihood ratio to none, the mean of its size, and the variance of that."""
        known = {stage: evidence.copy() for stage, evidence in self._moments[moment].items()}
        for pace in running:
            known.setdefault(pace.stage, Evidence()).add(pace, moment)
        precision, seen = SIZE**-2, 0.0
        for stage, evidence in known.items():
            more, shown = evidence.of_change(priors[stage])
            precision += more
            seen += shown
        ratio = math.exp(min(SUREST, seen * seen / (2.0 * precision))) / (SIZE * math.sqrt(precision))
        return ratio, seen / precision, 1.0 / precision

    def _at(self, moment: float) -> float:
        begin, work, factor = self._steps[max(0, bisect_right(self._steps, moment, key=_BEGIN) - 1)]
        return work + (moment - begin) / factor
