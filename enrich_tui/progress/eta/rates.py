"""How many seconds a stage takes, learned stage by stage while the work goes on.

A stage takes ``rate * (media + fixed)`` seconds: a part for every second of media, and one that every recording costs,
however short. Where a worker does a kind of stage for the first time it also loads libraries and models: that is
``rate * first`` seconds more. Both are kept as seconds of media that would take as long, so that one number, the rate,
says how fast the machine is.

The rate is a ratio of sums: seconds of work so far, of finished and of running stages alike, over what was gone through
in them. Counting the running ones, as far as their progress says something, keeps short recordings, which finish
first, from making the batch look short. The sums start from a prior, as if some media had been gone through already:
what was kept of earlier batches, or else rough defaults that share one unknown speed of the machine. ``fixed`` is what
makes the finished stages scatter least, with the prior's weighed in.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

COLD_SPEED = 1.0
"""Standard deviation, in logarithms, of the machine's speed around the defaults."""

COLD_STAGE = {"audio": 0.7, "video": 0.7, "summary": 1.2, "canvas": 1.2}
"""The same of each stage's own rate."""

WARM_SPEED, WARM_STAGE = 0.4, 0.15
"""The same around what was learned on this machine; how much its speed varies from batch to batch is learned, too."""

SPEED_WEIGHT = 4.0
"""Weight of that default, in batches."""

REFRESH = 0.25
"""Least share that the latest batch has in what is kept."""

NOISE, NOISE_WEIGHT = 0.4, 8.0
"""How much stages scatter around their rate (standard deviation in logarithms), and the weight of that in stages."""

WASTE, WASTE_WEIGHT = 0.03, 20.0
"""What attempts that have to be repeated add, as a share of the work, and the weight of that in stages."""

OUTLIER = 2.5
"""A finished stage counts for at most as much as one that is so many standard deviations slower than the middle one."""

FIXED_SPREAD, FIXED_WEIGHT = 0.8, 10.0
"""How far off (in logarithms) the default fixed part may be, and the weight of that in stages."""

FIXED_STEPS = tuple(0.4 * step for step in range(-5, 6))
"""The fixed parts that are tried, in logarithms around the one believed before."""

FIRST_SPREAD, FIRST_WEIGHT = 1.5, 20.0
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
    fixed: float
    """What every recording costs, in seconds of media."""
    first: float
    """What the first one on a worker costs beyond that, in seconds of media."""
    noise: float
    """Standard deviation of single stages around that, in logarithms."""
    stages: float
    """How many it comes from."""


DEFAULTS = {
    "audio": Learned(0.08, 30.0, 25.0, NOISE, 0.0),
    "video": Learned(0.035, 6.0, 6.0, NOISE, 0.0),
    "summary": Learned(2e-5, 1500.0, 2000.0, NOISE, 0.0),
    "canvas": Learned(2e-5, 1500.0, 10000.0, NOISE, 0.0),
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


class Rate(NamedTuple):
    """What is believed about a stage."""

    rate: float
    """Seconds of work for a second of media, the mean."""
    fixed: float
    first: float
    """As in :class:`Learned`."""
    error: float
    """Standard deviation of that belief, relative."""
    noise: float
    """Standard deviation of single stages around it, in logarithms."""

    def size(self, media: float, first: bool = False) -> float:
        """Everything that a stage has to go through, in seconds of media."""
        return media + self.fixed + (self.first if first else 0.0)

    def share(self, media: float, first: bool, fraction: float) -> float:
        """The share of its time that has passed for a stage that is ``fraction`` through its media."""
        return 1.0 - media * (1.0 - fraction) / self.size(media, first)

    def told(self, media: float, first: bool, fraction: float) -> float:
        """How much of its time such a stage says something about: what it loads first shows nothing of its pace."""
        return fraction * media / self.size(media, first)


@dataclass(slots=True)
class _Evidence:
    """Sums over stages of one kind: seconds, what was gone through in them, and its squares."""

    seconds: float = 0.0
    size: float = 0.0
    squares: float = 0.0

    def add(self, seconds: float, size: float, weight: float = 1.0) -> None:
        self.seconds += weight * seconds
        self.size += weight * size
        self.squares += weight * size * size

    @property
    def count(self) -> float:
        """How many stages of equal size would tell as much."""
        return self.size**2 / self.squares


@dataclass(slots=True)
class _Stage:
    """What is believed of one kind of stage, and the stages that finished."""

    prior: Learned
    fixed: float
    first: float
    noise: float
    jobs: deque[Sample] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    evidence: _Evidence = field(default_factory=_Evidence)
    limit: float = math.inf
    """No stage counts for a rate that is higher."""

    @classmethod
    def of(cls, prior: Learned) -> _Stage:
        return cls(prior, prior.fixed, prior.first, prior.noise)

    def size(self, job: Sample) -> float:
        return job.media + self.fixed + (self.first if job.first else 0.0)

    def learn(self) -> None:
        """Fit everything to the stages that finished."""
        usual = [job for job in self.jobs if not job.first]
        if len(usual) > 1:
            self._fit_fixed(usual)
            self._fit_first(usual)
        self._fit_noise()
        middle = _middle([(job.seconds / self.size(job), self.size(job)) for job in self.jobs])
        self.limit = middle * math.exp(OUTLIER * self.noise)
        self.evidence = _Evidence()
        for job in self.jobs:
            size = self.size(job)
            self.evidence.add(min(job.seconds, self.limit * size), size)

    def _fit_fixed(self, jobs: Collection[Sample]) -> None:
        spread = FIXED_SPREAD / math.sqrt(1.0 + self.prior.stages / FIXED_WEIGHT)
        total = mean = 0.0
        least = math.inf
        costs = []
        for step in FIXED_STEPS:
            fixed = self.prior.fixed * math.exp(step)
            logs = [math.log(job.seconds / (job.media + fixed)) for job in jobs]
            middle = statistics.median(logs)
            cost = (step / spread) ** 2 + sum(min(4.0, ((log - middle) / self.noise) ** 2) for log in logs)
            costs.append((step, cost))
            least = min(least, cost)
        for step, cost in costs:
            likely = math.exp((least - cost) / 2.0)
            total += likely
            mean += likely * step
        self.fixed = self.prior.fixed * math.exp(mean / total)

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

    def with_running(self, running: Iterable[Sample], usual: float = math.inf) -> _Evidence:
        """The evidence together with the stages that still run, each by how much its progress says.

        One that says little but has lasted longer than the ``usual`` rate has it says that: it takes at least so long.
        """
        known = self.evidence
        total = _Evidence(known.seconds, known.size, known.squares)
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


class RateBook:
    """The rates of all stages."""

    def __init__(self, learned: Mapping[str, Learned] | None = None, spread: float = WARM_SPEED) -> None:
        """``learned``: from earlier batches on this machine; ``spread``: of its speed, in logarithms."""
        self._spread = spread
        self._stages = {stage: _Stage.of((learned or {}).get(stage, prior)) for stage, prior in DEFAULTS.items()}
        self._wasted = 0.0

    def believe(self, stage: str, prior: Learned | None) -> None:
        """Change what is believed of a stage beside what was seen in this batch; None: the defaults."""
        jobs = self._stages[stage].jobs
        self._stages[stage] = _Stage.of(prior or DEFAULTS[stage])
        self._stages[stage].jobs = jobs
        if jobs:
            self._stages[stage].learn()

    def finish(self, stage: str, job: Sample) -> None:
        """A stage completed."""
        self._stages[stage].jobs.append(job)
        self._stages[stage].learn()

    def rates(self, running: Mapping[str, Iterable[Sample]]) -> dict[str, Rate]:
        """The rate of every stage, with what is seen of the running ones."""
        jobs = {name: list(running.get(name, ())) for name in self._stages}
        sums = {name: stage.with_running(jobs[name]) for name, stage in self._stages.items()}
        rates = self._rates(sums)
        late = False
        for name, stage in self._stages.items():
            if any(job.lasted > rates[name].rate * stage.size(job) for job in jobs[name]):
                sums[name] = stage.with_running(jobs[name], rates[name].rate)
                late = True
        return self._rates(sums) if late else rates

    def _rates(self, sums: Mapping[str, _Evidence]) -> dict[str, Rate]:
        speed, speed_variance = self._speed(sums)
        return {name: self._rate(name, sums[name], speed, speed_variance) for name in self._stages}

    def _own(self, name: str) -> float:
        stage = self._stages[name]
        return stage.own if stage.prior.stages else COLD_STAGE[name]

    def _speed(self, sums: Mapping[str, _Evidence]) -> tuple[float, float]:
        """Logarithm of how much slower everything is than the prior says, and the variance of that belief."""
        warm = any(stage.prior.stages for stage in self._stages.values())
        precision, weighted = (self._spread if warm else COLD_SPEED) ** -2, 0.0
        for name, evidence in sums.items():
            if evidence.size > 0.0 and evidence.seconds > 0.0:
                stage = self._stages[name]
                weight = 1.0 / (self._own(name) ** 2 + stage.noise**2 / evidence.count)
                precision += weight
                weighted += weight * math.log(evidence.seconds / evidence.size / stage.prior.rate)
        return weighted / precision, 1.0 / precision

    def _rate(self, name: str, evidence: _Evidence, speed: float, speed_variance: float) -> Rate:
        stage = self._stages[name]
        rate = stage.prior.rate * math.exp(speed)
        prior_variance = self._own(name) ** 2 + speed_variance
        prior_count = stage.noise**2 / prior_variance
        mean, count = rate, prior_count
        if evidence.size > 0.0:
            prior_size = prior_count * evidence.size / evidence.count
            mean = (rate * prior_size + evidence.seconds) / (prior_size + evidence.size)
            count += evidence.count
        return Rate(mean, stage.fixed, stage.first, stage.noise / math.sqrt(count), stage.noise)

    def waste(self, share: float) -> None:
        """An attempt was lost after this share of what its stage usually takes."""
        self._wasted += min(2.0, max(0.0, share))

    @property
    def waste_factor(self) -> float:
        """What lost attempts add to the work, as a factor of at least 1."""
        finished = sum(len(stage.jobs) for stage in self._stages.values())
        return 1.0 + (self._wasted + WASTE * WASTE_WEIGHT) / (finished + WASTE_WEIGHT)

    def learned(self, factor: float) -> dict[str, Learned]:
        """What is known of the stages, with the load of now; of the rates an average over batches."""
        known = {}
        for name, rate in self.rates({}).items():
            stage = self._stages[name]
            before, new = stage.prior.stages, len(stage.jobs)
            if before or new:
                fresh = max(REFRESH, new / (before + new)) if new else 0.0
                average = stage.prior.rate * (rate.rate * factor / stage.prior.rate) ** fresh
                known[name] = Learned(average, rate.fixed, rate.first, rate.noise, min(float(REMEMBERED), before + new))
        return known

    def speed(self, factor: float) -> float | None:
        """By how much (in logarithms) this machine was slower than in earlier batches; None where that is unknown."""
        told = any(stage.prior.stages and stage.jobs for stage in self._stages.values())
        return (
            self._speed({name: stage.evidence for name, stage in self._stages.items()})[0] + math.log(factor)
            if told
            else None
        )


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
