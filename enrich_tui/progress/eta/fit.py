"""What the finished stages of one kind tell: see :mod:`enrich_tui.progress.eta.rates` for what is fitted, and why."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

WARM_STAGE = 0.15
"""Standard deviation, in logarithms, of each stage's own rate around what was learned on this machine."""

NOISE, NOISE_WEIGHT = 0.3, 8.0
"""How much stages scatter around their rate (standard deviation in logarithms), and the weight of that in stages."""

EXCEPTIONS, SLOWER, SLOWER_SPREAD = 0.05, 1.2, 0.5
"""Share of the stages that take far longer than usual for a reason of their own; by how much, in logarithms, the mean
and the standard deviation."""

RECENT, SWEEPS = 24, 2
"""Stages, the latest ones, that are judged anew whenever one finishes, and how many times."""

FIXED = {"audio": 20.0, "video": 5.0, "summary": 1500.0, "canvas": 1500.0}
"""What every recording costs beside what grows with it, in seconds of media."""

FIRST_SPREAD, FIRST_WEIGHT = 0.5, 20.0
"""Standard deviation of the default cost of a first stage, relative, and the weight of that in stages."""

LEAST_FIRST, MOST_FIRST = 0.1, 10.0
"""Bounds of that cost, as factors of what was believed before."""

TELLING = 3.0
"""A running stage counts fully for what it has gone through once this times its progress reaches the whole."""

SUREST = 1000.0
"""Squared standard deviations that a stage is off, which are never exceeded."""

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


class Belief(NamedTuple):
    """A normal distribution of the logarithm of a rate; or what stages say of one, which can be nothing."""

    precision: float = 0.0
    seen: float = 0.0
    """That times the mean."""

    @classmethod
    def around(cls, mean: float, variance: float) -> Belief:
        """By its mean and variance."""
        return cls(1.0 / variance, mean / variance)

    def plus(self, *others: Belief) -> Belief:
        """All together."""
        precision, seen = self
        for other in others:
            precision += other.precision
            seen += other.seen
        return Belief(precision, seen)

    def minus(self, other: Belief) -> Belief:
        """Without what the other one added."""
        return Belief(self.precision - other.precision, self.seen - other.seen)

    @property
    def mean(self) -> float:
        """Of a belief that is more than nothing."""
        return self.seen / self.precision


def said(log: float, variance: float, before: Belief) -> Belief:
    """What a stage of this pace (in logarithms) says, if so much is believed without it; ``variance``: of its chance.

    It is a usual one or an exception; how likely which of them is depends on how well it agrees with the others. The
    mixture is taken as the normal distribution of its mean and variance (expectation propagation, Minka 2001).
    """
    known = 1.0 / before.precision
    gap = log - before.mean
    means, variances = [], []
    for _, slower, own in _kinds(variance):
        share = known / (known + own)
        means.append(before.mean + share * (gap - slower))
        variances.append(share * own)
    chances = _chances(gap, known, variance)
    usual = chances[0] / sum(chances)
    after = usual * means[0] + (1.0 - usual) * means[1]
    apart = usual * (1.0 - usual) * (means[0] - means[1]) ** 2
    spread = usual * variances[0] + (1.0 - usual) * variances[1] + apart
    if spread >= known:
        return Belief()
    return Belief.around(after, spread).minus(before)


def _kinds(variance: float) -> tuple[tuple[float, float, float], ...]:
    """Usual stages and exceptions: their share, how much slower they are, and their variance."""
    return (1.0 - EXCEPTIONS, 0.0, variance), (EXCEPTIONS, SLOWER, variance + SLOWER_SPREAD**2)


def _chances(gap: float, known: float, variance: float) -> list[float]:
    """How likely this gap is for a usual stage and for an exception; ``known``: variance of what it is from."""
    return [
        share * math.exp(-0.5 * min(SUREST, (gap - slower) ** 2 / (known + own))) / math.sqrt(known + own)
        for share, slower, own in _kinds(variance)
    ]


@dataclass(slots=True)
class StageFit:
    """What is believed of one kind of stage, and the stages that finished."""

    prior: Learned
    fixed: float
    first: float
    noise: float
    jobs: deque[Sample] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    told: deque[Belief] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """What each of them says."""
    evidence: Belief = field(default_factory=Belief)
    """What all of them say."""

    @classmethod
    def of(cls, stage: str, prior: Learned) -> StageFit:
        """Nothing has finished yet."""
        return cls(prior, FIXED[stage], prior.first, prior.noise)

    def size(self, job: Sample) -> float:
        """Everything that it had to go through, in seconds of media."""
        return job.media + self.fixed + (self.first if job.first else 0.0)

    def finish(self, job: Sample, before: Belief) -> None:
        """A stage finished; ``before`` is what is believed without any of its kind."""
        self.jobs.append(job)
        self.told.append(Belief())
        self.learn(before)

    def learn(self, before: Belief) -> None:
        """Fit everything to the stages that finished."""
        usual = [job for job in self.jobs if not job.first]
        if len(usual) > 1:
            self._fit_first(usual)
        self._fit_noise()
        place = max(0, len(self.jobs) - RECENT)
        jobs = list(itertools.islice(self.jobs, place, None))
        paces = [math.log(job.seconds / self.size(job)) for job in jobs]
        told = list(self.told)
        older = before.plus(*told[:place])
        plain = [Belief.around(pace, self.noise**2) for pace in paces]
        found = [_judged(paces, self.noise**2, older, begin) for begin in (told[place:], plain)]
        best = max(found, key=lambda judged: _likelihood(paces, self.noise**2, older, judged))
        self.told.clear()
        self.told.extend([*told[:place], *best])
        self.evidence = Belief().plus(*self.told)

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

    def with_running(self, running: Iterable[Sample], before: Belief, usual: float = math.inf) -> Belief:
        """What finished and running stages say, the latter by how much their progress says.

        One that says little but has lasted longer than the ``usual`` rate has it says that: it takes at least so long.
        """
        belief = before.plus(self.evidence)
        for job in running:
            size = self.size(job)
            gone = size - job.media * (1.0 - job.fraction)
            weight = min(1.0, TELLING * job.fraction * job.media / size)
            if weight > LEAST_WEIGHT and job.seconds > 0.0:
                belief = belief.plus(said(math.log(job.seconds / gone), self.noise**2 / weight, belief))
            if weight < 1.0 and job.lasted > usual * size:
                belief = belief.plus(said(math.log(job.lasted / size), self.noise**2 / (1.0 - weight), belief))
        return belief.minus(before)

    @property
    def centre(self) -> float:
        """Logarithm of the rate of a usual stage, as it was believed at first."""
        return math.log(self.prior.rate) - self.prior.noise**2 / 2.0

    @property
    def own(self) -> float:
        """Standard deviation of the prior rate, beside that of the machine's speed."""
        return math.hypot(WARM_STAGE, self.prior.noise / math.sqrt(self.prior.stages))


def _judged(paces: Sequence[float], variance: float, others: Belief, begin: Iterable[Belief]) -> list[Belief]:
    """What stages of these paces say, each in the light of all the others; ``begin``: what they may say."""
    told = list(begin)
    everything = others.plus(*told)
    for _ in range(SWEEPS):
        for number, pace in enumerate(paces):
            without = everything.minus(told[number])
            told[number] = said(pace, variance, without)
            everything = without.plus(told[number])
    return told


def _likelihood(paces: Iterable[float], variance: float, others: Belief, told: Iterable[Belief]) -> float:
    """How well a judgement explains everything, in logarithms.

    Several judgements can agree with themselves: all stages of a slow machine look exceptional, one after the other.
    """
    belief = others.plus(*told)
    found = -0.5 * others.precision * (belief.mean - others.mean) ** 2
    return found + sum(math.log(sum(_chances(pace - belief.mean, 0.0, variance))) for pace in paces)
