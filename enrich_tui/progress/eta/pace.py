"""How fast stages were, section by section, and what that tells about a change of the machine's speed.

The logarithm of a section's pace is a sum: the rate of its kind, how much slower this one stage is, how much slower the
machine is in it, and chance. Given the moment of a change, its size is a linear regression; all it takes is sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from enrich_tui.progress.eta.plan import Work
from enrich_tui.progress.eta.rates import Rate
from enrich_tui.progress.eta.residual import exceptional

BEGIN = 0.5
"""How far off the cost of a beginning is (standard deviation, relative)."""

OWN = 0.75
"""Share of the scatter of stages (as a variance) that is a stage's own, rather than uneven progress."""

UNEVEN, UNEVEN_WEIGHT = 0.4, 6.0
"""How uneven progress is: standard deviation, in logarithms, of a section that is as long as a stage, and the weight of
that in sections. It is far more than some stages have, so that until they have shown that they progress evenly nothing
is made of how one does."""


class Section(NamedTuple):
    """A part of a stage."""

    begin: float
    end: float
    pace: float
    """Logarithm of its seconds over what was gone through in them."""
    variance: float
    """Of that, beside what the stage's sections share."""


class Pace(NamedTuple):
    """How fast a stage was."""

    stage: str
    sections: Sequence[Section]
    variance: float
    """Of how much slower than its kind the whole stage is, in logarithms."""


def pace_of(work: Work, rate: Rate, elapsed: float, uneven: float) -> Pace:
    """The pace of a stage that has told how far it is; ``elapsed`` work seconds until then, ``uneven``: a variance."""
    size = rate.size(work.media, work.first)
    gone = start = size - work.media
    own = OWN * rate.noise**2
    begin, before = work.started, 0.0
    ends = list(work.marks)
    if not ends or work.reported > ends[-1][0]:
        ends.append((work.reported, work.fraction))
    sections = []
    for end, fraction in ends:
        gone += work.media * (fraction - before)
        if end > begin and gone > 0.0:
            variance = uneven * size / gone + (BEGIN * start / gone) ** 2
            pace = math.log((end - begin) / gone)
            variance *= exceptional(pace - math.log(rate.rate), own + variance)
            sections.append(Section(begin, end, pace, variance))
        begin, before, gone, start = end, fraction, 0.0, 0.0
    usual = rate.rate * (size - work.media * (1.0 - work.fraction))
    gap = math.log(max(elapsed, 1e-9 * usual) / usual)
    return Pace(work.stage, sections, own * exceptional(gap, own + rate.error**2))


class Unevenness:
    """How uneven the progress of each kind of stage is, learned from those that finished."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}

    def variance(self, stage: str, usual: float = UNEVEN) -> float:
        """Of a section that is as long as a whole stage; ``usual``: its root where nothing is known."""
        squares, count = self._seen.get(stage, (0.0, 0))
        return (usual**2 * UNEVEN_WEIGHT + squares) / (UNEVEN_WEIGHT + count)

    def learn(self, pace: Pace) -> None:
        """A stage finished; one that told nothing on its way teaches nothing."""
        if not pace.sections:
            return
        uneven = self.variance(pace.stage)
        weights = [uneven / section.variance for section in pace.sections]
        told = [(weight, section.pace) for weight, section in zip(weights, pace.sections, strict=True)]
        mean = sum(weight * seen for weight, seen in told) / sum(weights)
        squares, count = self._seen.get(pace.stage, (0.0, 0))
        squares += sum(weight * min(4.0, (seen - mean) ** 2) for weight, seen in told)
        self._seen[pace.stage] = squares, count + len(told) - 1


@dataclass(slots=True)
class Evidence:
    """Normal equations for the rate of a kind of stage and the size of a change at a certain moment."""

    rate: float = 0.0
    both: float = 0.0
    change: float = 0.0
    rate_seen: float = 0.0
    change_seen: float = 0.0

    def copy(self) -> Evidence:
        """The same, to be added to."""
        return replace(self)

    def add(self, pace: Pace, moment: float) -> None:
        """Count a stage; what it shares between its sections is summed out."""
        precision = seen = after = squares = after_seen = 0.0
        for begin, end, found, variance in pace.sections:
            weight = 1.0 / variance
            precision += weight
            seen += weight * found
            if end > moment:
                share = 1.0 if begin >= moment else (end - moment) / (end - begin)
                after += weight * share
                squares += weight * share * share
                after_seen += weight * share * found
        left = 1.0 / (1.0 + pace.variance * precision)
        self.rate += precision * left
        self.rate_seen += seen * left
        self.both += after * left
        self.change += squares - after * after * pace.variance * left
        self.change_seen += after_seen - after * seen * pace.variance * left

    def of_change(self, prior: tuple[float, float]) -> tuple[float, float]:
        """Precision of the size of the change, and that times its mean; the rate is summed out.

        ``prior``: logarithm of the rate as it was believed before, and its standard deviation.
        """
        known = prior[1] ** -2
        rate = self.rate + known
        return (
            self.change - self.both**2 / rate,
            self.change_seen - self.both * (self.rate_seen + known * prior[0]) / rate,
        )
