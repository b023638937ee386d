"""How many seconds a stage takes, learned stage by stage while the work goes on.

A stage takes ``rate * (media + fixed)`` seconds: a part for every second of media, and one that every recording costs,
however short. Where a worker does a kind of stage for the first time it also loads libraries and models: that is
``rate * first`` seconds more. Both are kept as seconds of media that would take as long, so that one number, the rate,
says how fast the machine is.

What is believed of the logarithm of a rate is a normal distribution. It starts from what was kept of earlier batches or
else from rough defaults, and the stages of a machine share one unknown speed. Every stage that finished adds what it
says, so far as it is not more likely one of the few that take far longer for a reason of their own; so do the running
ones, as far as their progress says something, which keeps short recordings, which finish first, from making the batch
look short. ``fixed`` is not learned: that gained nothing, on simulated batches and on recorded ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from enrich_tui.progress.eta.fit import DEFAULTS, REMEMBERED, Belief, Learned, Sample, StageFit

COLD_SPEED = 0.8
"""Standard deviation, in logarithms, of the machine's speed around the defaults."""

COLD_STAGE = {"audio": 0.5, "video": 0.5, "summary": 2.5, "canvas": 2.5}
"""The same of each stage's own rate. What the short ones take says little of how fast the machine is."""

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
        self._stages[stage].told.extend(Belief() for _ in jobs)
        if jobs:
            self._stages[stage].learn(self._before(stage, self._evidence()))

    def finish(self, stage: str, job: Sample) -> None:
        """A stage completed."""
        self._stages[stage].finish(job, self._before(stage, self._evidence()))

    def rates(self, running: Mapping[str, Iterable[Sample]]) -> dict[str, Rate]:
        """The rate of every stage, with what is seen of the running ones."""
        jobs = {name: list(running.get(name, ())) for name in self._stages}
        known = self._evidence()
        before = {name: self._before(name, known) for name in self._stages}
        told = {name: stage.with_running(jobs[name], before[name]) for name, stage in self._stages.items()}
        rates = {name: self._rate(name, told) for name in self._stages}
        late = False
        for name, stage in self._stages.items():
            if any(job.lasted > rates[name].rate * stage.size(job) for job in jobs[name]):
                told[name] = stage.with_running(jobs[name], before[name], rates[name].rate)
                late = True
        return {name: self._rate(name, told) for name in self._stages} if late else rates

    def _evidence(self) -> dict[str, Belief]:
        return {name: stage.evidence for name, stage in self._stages.items()}

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

    def _speed(self, told: Mapping[str, Belief]) -> Belief:
        """Logarithm of how much slower everything is than the prior says."""
        warm = any(stage.prior.stages for stage in self._stages.values())
        speed = Belief.around(0.0, (self._spread if warm else COLD_SPEED) ** 2)
        for name, evidence in told.items():
            if evidence.precision > 0.0:
                variance = self._own(name) ** 2 + 1.0 / evidence.precision
                speed = speed.plus(Belief.around(evidence.mean - self._stages[name].centre, variance))
        return speed

    def _before(self, name: str, told: Mapping[str, Belief]) -> Belief:
        """What is believed of a stage's rate without what stages of its kind say."""
        speed = self._speed({other: evidence for other, evidence in told.items() if other != name})
        return Belief.around(self._stages[name].centre + speed.mean, self._own(name) ** 2 + 1.0 / speed.precision)

    def _rate(self, name: str, told: Mapping[str, Belief]) -> Rate:
        stage = self._stages[name]
        belief = self._before(name, told).plus(told[name])
        mean = math.exp(belief.mean + stage.noise**2 / 2.0)
        return Rate(mean, stage.fixed, stage.first, 1.0 / math.sqrt(belief.precision), stage.noise)

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
        return self._speed(self._evidence()).mean + math.log(factor) if told else None
