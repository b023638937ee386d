"""How many seconds of work a second of media needs, learned stage by stage while the work goes on.

The rate of a stage is a ratio of sums: seconds of work so far, of finished and of running stages alike, over seconds
of media gone through in them. Counting the running ones by what they have gone through keeps short recordings, which
finish first, from making the batch look short. The sums start from a prior, as if some media had been gone through
already: the rates kept from earlier batches, or else rough defaults that share one unknown speed of the machine.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

DEFAULT_RATES = {"audio": 0.06, "video": 0.05, "summary": 0.001, "canvas": 0.0005}
"""Seconds of work for a second of media on one core, before anything was measured; only their proportions matter."""

COLD_SPEED, COLD_STAGE = 1.0, 0.7
"""Standard deviations, in logarithms, of the machine's speed and of each stage's own rate around the defaults."""

WARM_SPEED, WARM_STAGE = 0.25, 0.15
"""The same around what was learned on this machine."""

NOISE, NOISE_WEIGHT = 0.4, 8.0
"""How much stages scatter around their rate (standard deviation in logarithms), and the weight of that in stages."""

WASTE, WASTE_WEIGHT = 0.03, 20.0
"""What attempts that have to be repeated add, as a share of the work, and the weight of that in stages."""

OUTLIER = 3.0
"""A finished stage counts for at most as much as one that is so many standard deviations slower than the middle one."""

REMEMBERED = 256
"""Finished stages of one kind that count."""


MOST_RATE = 1e6
"""Rates from here on are not believed."""


class Sample(NamedTuple):
    """Work seen in one stage that still runs."""

    seconds: float
    media: float


class Learned(NamedTuple):
    """What earlier batches taught about a stage."""

    rate: float
    noise: float
    stages: float
    """How many it comes from."""


class Rate(NamedTuple):
    """What is believed about a stage."""

    rate: float
    """Seconds of work for a second of media, the mean."""
    error: float
    """Standard deviation of that belief, relative."""
    noise: float
    """Standard deviation of single stages around it, in logarithms."""


@dataclass(slots=True)
class _Evidence:
    """Sums over the finished stages of one kind."""

    seconds: float = 0.0
    media: float = 0.0
    squares: float = 0.0
    count: float = 0.0
    scatter: float = 0.0


@dataclass(slots=True)
class RateBook:
    """The rates of all stages."""

    learned: Mapping[str, Learned] = field(default_factory=dict)
    """From earlier batches on this machine."""
    _wasted: float = 0.0
    _jobs: dict[str, deque[Sample]] = field(default_factory=dict)
    _evidence: dict[str, _Evidence] = field(default_factory=dict)

    def finish(self, stage: str, seconds: float, media: float, expected: Rate) -> None:
        """A stage completed after so many seconds of work."""
        jobs = self._jobs.setdefault(stage, deque(maxlen=REMEMBERED))
        jobs.append(Sample(seconds, media))
        evidence = self._evidence.setdefault(stage, _Evidence())
        deviation = math.log(max(seconds, expected.rate * media * 0.01) / (expected.rate * media))
        evidence.scatter += min(deviation * deviation, 4.0)
        evidence.count += 1.0
        limit = _middle(jobs) * math.exp(OUTLIER * self._noise(stage, evidence))
        evidence.seconds = sum(min(job.seconds, limit * job.media) for job in jobs)
        evidence.media = sum(job.media for job in jobs)
        evidence.squares = sum(job.media * job.media for job in jobs)

    def rates(self, running: Mapping[str, Iterable[Sample]]) -> dict[str, Rate]:
        """The rate of every stage, with what is seen of the running ones."""
        sums = {stage: self._sum(stage, running.get(stage, ())) for stage in DEFAULT_RATES}
        speed, speed_variance = self._speed(sums)
        return {stage: self._rate(stage, sums[stage], speed, speed_variance) for stage in DEFAULT_RATES}

    def _sum(self, stage: str, running: Iterable[Sample]) -> _Evidence:
        known = self._evidence.get(stage, _Evidence())
        total = _Evidence(known.seconds, known.media, known.squares, known.count, known.scatter)
        for sample in running:
            total.seconds += sample.seconds
            total.media += sample.media
            total.squares += sample.media * sample.media
        return total

    def _noise(self, stage: str, evidence: _Evidence) -> float:
        believed = self.learned[stage].noise if stage in self.learned else NOISE
        variance = (believed**2 * NOISE_WEIGHT + evidence.scatter) / (NOISE_WEIGHT + evidence.count)
        return min(1.5, max(0.03, math.sqrt(variance)))

    def _prior(self, stage: str) -> tuple[float, float]:
        if stage in self.learned:
            rate, noise, count = self.learned[stage]
            return rate, math.hypot(WARM_STAGE, noise / math.sqrt(count))
        return DEFAULT_RATES[stage], COLD_STAGE

    def _speed(self, sums: Mapping[str, _Evidence]) -> tuple[float, float]:
        """Logarithm of how much slower everything is than the prior says, and the variance of that belief."""
        spread = WARM_SPEED if self.learned else COLD_SPEED
        precision, weighted = spread**-2, 0.0
        for stage, evidence in sums.items():
            if evidence.media > 0.0 and evidence.seconds > 0.0:
                rate, own = self._prior(stage)
                jobs = evidence.media**2 / evidence.squares
                weight = 1.0 / (own**2 + self._noise(stage, evidence) ** 2 / jobs)
                precision += weight
                weighted += weight * math.log(evidence.seconds / evidence.media / rate)
        return weighted / precision, 1.0 / precision

    def _rate(self, stage: str, evidence: _Evidence, speed: float, speed_variance: float) -> Rate:
        rate, own = self._prior(stage)
        rate *= math.exp(speed)
        noise = self._noise(stage, evidence)
        prior_variance = own**2 + speed_variance
        if evidence.media <= 0.0:
            return Rate(rate, math.sqrt(prior_variance), noise)
        jobs = evidence.media**2 / evidence.squares
        prior_jobs = noise**2 / prior_variance
        prior_media = prior_jobs * evidence.media / jobs
        mean = (rate * prior_media + evidence.seconds) / (prior_media + evidence.media)
        return Rate(mean, noise / math.sqrt(prior_jobs + jobs), noise)

    def waste(self, share: float) -> None:
        """An attempt was lost after this share of what its stage usually takes."""
        self._wasted += min(2.0, max(0.0, share))

    @property
    def waste_factor(self) -> float:
        """What lost attempts add to the work, as a factor of at least 1."""
        finished = sum(evidence.count for evidence in self._evidence.values())
        return 1.0 + (self._wasted + WASTE * WASTE_WEIGHT) / (finished + WASTE_WEIGHT)

    @classmethod
    def read(cls, stored: Any) -> RateBook:
        """What :meth:`history` returned; entries that cannot be used are left out."""
        learned = {}
        for stage, entry in stored.items() if isinstance(stored, Mapping) else ():
            match entry:
                case {
                    "rate": int() | float() as rate,
                    "noise": int() | float() as noise,
                    "stages": int() | float() as n,
                }:
                    usable = 0.0 < rate < MOST_RATE and 0.0 < noise < math.inf and 1.0 <= n < math.inf
                    if usable and stage in DEFAULT_RATES:
                        learned[stage] = Learned(float(rate), float(noise), min(float(REMEMBERED), n))
        return cls(learned)

    def history(self, factor: float) -> dict[str, dict[str, float]]:
        """What is known of the stages, with the load of now: JSON-able."""
        stages = {}
        for stage, (rate, _, noise) in self.rates({}).items():
            earlier = self.learned[stage].stages if stage in self.learned else 0.0
            count = min(float(REMEMBERED), earlier + self._evidence.get(stage, _Evidence()).count)
            if count:
                stages[stage] = Learned(min(MOST_RATE / 2.0, rate * factor), noise, count)._asdict()
        return stages


def _middle(jobs: Collection[Sample]) -> float:
    """The rate that half of the media was slower than."""
    half = sum(job.media for job in jobs) / 2.0
    passed = 0.0
    for rate, media in sorted((job.seconds / job.media, job.media) for job in jobs):
        passed += media
        if passed >= half:
            return rate
    return 0.0
