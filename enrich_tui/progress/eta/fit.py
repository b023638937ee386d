"""What the finished stages of one kind tell: see :mod:`enrich_tui.progress.eta.rates` for what is fitted, and why."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

WARM_STAGE = 0.15
"""Standard deviation, in logarithms, of each stage's own rate around what was learned on this machine."""

NOISE, NOISE_WEIGHT = 0.4, 8.0
"""How much stages scatter around their rate (standard deviation in logarithms), and the weight of that in stages."""

OUTLIER = 2.5
"""A finished stage counts for at most as much as one that is so many standard deviations slower than the middle one."""

FIXED = {"audio": 20.0, "video": 5.0, "summary": 1500.0, "canvas": 1500.0}
"""What every recording costs beside what grows with it, in seconds of media."""

FIRST_SPREAD, FIRST_WEIGHT = 0.5, 20.0
"""Standard deviation of the default cost of a first stage, relative, and the weight of that in stages."""

LEAST_FIRST, MOST_FIRST = 0.1, 10.0
"""Bounds of that cost, as factors of what was believed before."""

TELLING = 3.0
"""A running stage counts fully for what it has gone through once this times its progress reaches the whole."""

LEAST_WEIGHT = 1e-6
"""A running stage that counts for less than this does not count."""

REMEMBERED = 256
"""Finished stages of one kind that count."""


class Learned(NamedTuple):
    """What earlier batches taught about a stage; the defaults come from none."""

    rate: float
    """Seconds of work for a second of media."""
    first: float
    """What the first one on a worker costs beyond the others, in seconds of media."""
    noise: float
    """Standard deviation of single stages around that, in logarithms."""
    stages: float
    """How many it comes from."""


DEFAULTS = {
    "audio": Learned(0.08, 25.0, NOISE, 0.0),
    "video": Learned(0.035, 6.0, NOISE, 0.0),
    "summary": Learned(2e-5, 2000.0, NOISE, 0.0),
    "canvas": Learned(2e-5, 10000.0, NOISE, 0.0),
}
"""One processor of an ordinary computer of 2025, with the engines and models that come with the program."""


class Sample(NamedTuple):
    """Work seen in a stage."""

    seconds: float
    media: float
    first: bool = False
    """It was the first of its kind on its worker."""
    fraction: float = 1.0
    """How much of the media it had gone through then."""
    lasted: float = 0.0
    """Seconds until now, of one that still runs."""


@dataclass(slots=True)
class Evidence:
    """Sums over stages of one kind: seconds, what was gone through in them, and its squares."""

    seconds: float = 0.0
    size: float = 0.0
    squares: float = 0.0

    def add(self, seconds: float, size: float, weight: float = 1.0) -> None:
        """Count a stage."""
        self.seconds += weight * seconds
        self.size += weight * size
        self.squares += weight * size * size

    @property
    def count(self) -> float:
        """How many stages of equal size would tell as much."""
        return self.size**2 / self.squares


@dataclass(slots=True)
class StageFit:
    """What is believed of one kind of stage, and the stages that finished."""

    prior: Learned
    fixed: float
    first: float
    noise: float
    jobs: deque[Sample] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    evidence: Evidence = field(default_factory=Evidence)
    limit: float = math.inf
    """No stage counts for a rate that is higher."""

    @classmethod
    def of(cls, stage: str, prior: Learned) -> StageFit:
        """Nothing has finished yet."""
        return cls(prior, FIXED[stage], prior.first, prior.noise)

    def size(self, job: Sample) -> float:
        """Everything that it had to go through, in seconds of media."""
        return job.media + self.fixed + (self.first if job.first else 0.0)

    def learn(self) -> None:
        """Fit everything to the stages that finished."""
        usual = [job for job in self.jobs if not job.first]
        if len(usual) > 1:
            self._fit_first(usual)
        self._fit_noise()
        middle = _middle([(job.seconds / self.size(job), self.size(job)) for job in self.jobs])
        self.limit = middle * math.exp(OUTLIER * self.noise)
        self.evidence = Evidence()
        for job in self.jobs:
            size = self.size(job)
            self.evidence.add(min(job.seconds, self.limit * size), size)

    def _fit_first(self, usual: Collection[Sample]) -> None:
        rate = sum(job.seconds for job in usual) / sum(job.media + self.fixed for job in usual)
        spread = FIRST_SPREAD / math.sqrt(1.0 + self.prior.stages / FIRST_WEIGHT)
        precision = (spread * self.prior.first) ** -2
        weighted = precision * self.prior.first
        for job in self.jobs:
            if job.first:
                size = job.media + self.fixed
                weight = (self.noise * (size + self.first)) ** -2
                precision += weight
                weighted += weight * min(job.seconds / rate - size, MOST_FIRST * self.prior.first)
        self.first = max(LEAST_FIRST * self.prior.first, weighted / precision)

    def _fit_noise(self) -> None:
        logs = [math.log(job.seconds / self.size(job)) for job in self.jobs]
        middle = statistics.median(logs)
        scatter = sum(min(4.0, (log - middle) ** 2) for log in logs)
        variance = (self.prior.noise**2 * NOISE_WEIGHT + scatter) / (NOISE_WEIGHT + len(logs) - 1.0)
        self.noise = min(1.5, max(0.03, math.sqrt(variance)))

    def with_running(self, running: Iterable[Sample], usual: float = math.inf) -> Evidence:
        """The evidence together with the stages that still run, each by how much its progress says.

        One that says little but has lasted longer than the ``usual`` rate has it says that: it takes at least so long.
        """
        known = self.evidence
        total = Evidence(known.seconds, known.size, known.squares)
        for job in running:
            size = self.size(job)
            gone = size - job.media * (1.0 - job.fraction)
            weight = min(1.0, TELLING * job.fraction * job.media / size)
            if weight > LEAST_WEIGHT:
                total.add(min(job.seconds, self.limit * gone), gone, weight)
            if weight < 1.0 and job.lasted > usual * size:
                total.add(min(job.lasted, self.limit * size), size, 1.0 - weight)
        return total

    @property
    def own(self) -> float:
        """Standard deviation of the prior rate, beside that of the machine's speed."""
        return math.hypot(WARM_STAGE, self.prior.noise / math.sqrt(self.prior.stages))


def _middle(rates: Iterable[tuple[float, float]]) -> float:
    """Of pairs of a rate and a size: the rate that half of everything was slower than."""
    ordered = sorted(rates)
    half = sum(size for _, size in ordered) / 2.0
    passed = 0.0
    for rate, size in ordered:
        passed += size
        if passed >= half:
            return rate
    return 0.0
