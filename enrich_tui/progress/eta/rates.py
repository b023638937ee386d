"""How many seconds a stage takes, learned stage by stage while the work goes on.

A stage takes ``rate * (media + fixed)`` seconds: a part for every second of media, and one that every recording costs,
however short. Where a worker does a kind of stage for the first time it also loads libraries and models: that is
``rate * first`` seconds more. Both are kept as seconds of media that would take as long, so that one number, the rate,
says how fast the machine is.

The rate is a ratio of sums: seconds of work so far, of finished and of running stages alike, over what was gone through
in them. Counting the running ones, as far as their progress says something, keeps short recordings, which finish
first, from making the batch look short. The sums start from a prior, as if some media had been gone through already:
what was kept of earlier batches, or else rough defaults that share one unknown speed of the machine. ``fixed`` is not
learned: that gained nothing, on simulated batches and on recorded ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from enrich_tui.progress.eta.fit import DEFAULTS, REMEMBERED, Evidence, Learned, Sample, StageFit

COLD_SPEED = 1.0
"""Standard deviation, in logarithms, of the machine's speed around the defaults."""

COLD_STAGE = {"audio": 0.7, "video": 0.7, "summary": 1.2, "canvas": 1.2}
"""The same of each stage's own rate."""

WARM_SPEED = 0.4
"""That of its speed around what was learned on it; how much that varies from batch to batch is learned, too."""

SPEED_WEIGHT = 4.0
"""Weight of that default, in batches."""

REFRESH = 0.25
"""Least share that the latest batch has in what is kept."""

WASTE, WASTE_WEIGHT = 0.03, 20.0
"""What attempts that have to be repeated add, as a share of the work, and the weight of that in stages."""


class Rate(NamedTuple):
    """What is believed about a stage."""

    rate: float
    """Seconds of work for a second of media, the mean."""
    fixed: float
    """What every recording costs, in seconds of media."""
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


class RateBook:
    """The rates of all stages."""

    def __init__(self, learned: Mapping[str, Learned] | None = None, spread: float = WARM_SPEED) -> None:
        """``learned``: from earlier batches on this machine; ``spread``: of its speed, in logarithms."""
        self._spread = spread
        self._stages = {
            stage: StageFit.of(stage, (learned or {}).get(stage, prior)) for stage, prior in DEFAULTS.items()
        }
        self._wasted = 0.0

    def believe(self, stage: str, prior: Learned | None) -> None:
        """Change what is believed of a stage beside what was seen in this batch; None: the defaults."""
        jobs = self._stages[stage].jobs
        self._stages[stage] = StageFit.of(stage, prior or DEFAULTS[stage])
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

    def _rates(self, sums: Mapping[str, Evidence]) -> dict[str, Rate]:
        speed, speed_variance = self._speed(sums)
        return {name: self._rate(name, sums[name], speed, speed_variance) for name in self._stages}

    def priors(self) -> dict[str, tuple[float, float]]:
        """What was believed before this batch: the logarithm of each stage's rate, and its standard deviation."""
        warm = any(stage.prior.stages for stage in self._stages.values())
        spread = self._spread if warm else COLD_SPEED
        return {
            name: (math.log(stage.prior.rate), math.hypot(self._own(name), spread))
            for name, stage in self._stages.items()
        }

    def _own(self, name: str) -> float:
        stage = self._stages[name]
        return stage.own if stage.prior.stages else COLD_STAGE[name]

    def _speed(self, sums: Mapping[str, Evidence]) -> tuple[float, float]:
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

    def _rate(self, name: str, evidence: Evidence, speed: float, speed_variance: float) -> Rate:
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
                first = stage.prior.first + fresh * (rate.first - stage.prior.first)
                known[name] = Learned(average, first, rate.noise, min(float(REMEMBERED), before + new))
        return known

    def speed(self, factor: float) -> float | None:
        """By how much (in logarithms) this machine was slower than in earlier batches; None where that is unknown."""
        told = any(stage.prior.stages and stage.jobs for stage in self._stages.values())
        return (
            self._speed({name: stage.evidence for name, stage in self._stages.items()})[0] + math.log(factor)
            if told
            else None
        )
