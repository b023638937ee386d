"""How long the rest of a plan takes, given what is believed about the stages' rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from enrich_tui.progress.eta.plan import Plan, Work
from enrich_tui.progress.eta.rates import Rate
from enrich_tui.progress.eta.residual import Residual, combine, remaining
from enrich_tui.progress.eta.schedule import INDEPENDENT, STAGES, Job, schedule

JOBS_A_QUERY = 150
"""Stages that one query may schedule on average; in between the last schedule is scaled to the work that remains."""

LEAST = 1e-3
"""Seconds that anything that is not over takes at least."""

MOMENT = 0.05
"""Seconds that a stage takes that has nothing to do."""


class Beliefs(NamedTuple):
    """What a forecast is made from."""

    rates: Mapping[str, Rate]
    waste: float
    """What repeated attempts add, as a factor of at least 1."""
    elapsed: Callable[[Work], tuple[float, float]]
    """Work seconds of a running stage until now, and until its last report."""
    factor: float
    """Seconds that a work second takes now."""
    factor_error: float
    """Standard deviation of its logarithm."""
    uneven: Callable[[str], float]
    """How uneven the progress of a kind of stage is: the variance of its pace."""
    slots: int
    """Stages that compute at a time."""
    workers: int
    """Stages that run at a time: more than that only where a server does some."""
    served: frozenset[str]
    """The stages that a server does."""
    fresh: Mapping[str, int]
    """How many workers have not yet done a stage of this kind."""
    now: float
    """Seconds, without the pauses."""


class Outlook(NamedTuple):
    """Remaining seconds, the median, and their standard deviation in logarithms."""

    seconds: float
    spread: float


class _Schedule(NamedTuple):
    ends: Mapping[str, float]
    whole: float
    work: float
    at: float


class _Rest(NamedTuple):
    """Remaining work seconds of everything."""

    work: float
    common: float
    """Relative standard deviation of what all stages of a kind share."""
    variance: float
    """Of the sum of the stages' own deviations."""


class Forecaster:
    """Schedules a plan, as often as is cheap."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._last: _Schedule | None = None
        self._queries = 0
        self._a_query = JOBS_A_QUERY

    def reset(self, *, slightly: bool = False) -> None:
        """The plan or the capacity changed: the last schedule cannot be scaled, or ``slightly``: not for long."""
        if slightly:
            self._a_query = 4 * JOBS_A_QUERY
        else:
            self._last = None

    def whole(self, beliefs: Beliefs) -> Outlook:
        """Until everything is over. Something must be left."""
        rest = self._rest(beliefs)
        self._queries += 1
        count = sum(pending.number for pending in self._plan.pending.values()) + len(self._plan.running)
        if self._last is None or self._queries * self._a_query >= count:
            self._queries = 0
            self._a_query = JOBS_A_QUERY
            self._last = self._schedule(beliefs, rest)
        seconds = max(LEAST, self._last.whole * rest.work / self._last.work * beliefs.factor)
        own = math.sqrt(rest.variance) / rest.work
        crowd = min(1.0, beliefs.workers / max(1, count))
        return Outlook(seconds, math.hypot(rest.common, own * (1.0 + crowd), beliefs.factor_error))

    def session(self, session_id: str, beliefs: Beliefs) -> Outlook:
        """Until a session is over. Something of it must be left."""
        rest = self._rest(beliefs)
        if self._last is None or session_id not in self._last.ends:
            self._last = self._schedule(beliefs, rest)
        last = self._last
        passed = (beliefs.now - last.at) / beliefs.factor
        stretch = (passed + last.whole * rest.work / last.work) / last.whole
        queued = last.ends[session_id] * stretch - passed
        alone, variance = self._alone(session_id, beliefs)
        work = max(queued, alone, LEAST)
        others = rest.variance / rest.work * work / beliefs.workers
        return Outlook(
            work * beliefs.factor, math.hypot(rest.common, math.sqrt(variance + others) / work, beliefs.factor_error)
        )

    def expected(self, work: Work, beliefs: Beliefs, *, first: bool = False) -> Residual:
        """Remaining work seconds of a stage that is not over; ``first``: a pending one, the first on its worker."""
        if work.media <= 0.0:
            return Residual(MOMENT, MOMENT)
        rate = beliefs.rates[work.stage]
        mean = rate.rate * rate.size(work.media, first or work.first)
        if work.state == "pending":
            return Residual(max(LEAST, mean * beliefs.waste), mean * rate.noise)
        elapsed, reported = beliefs.elapsed(work)
        state = work.media, work.first, work.fraction
        uneven = beliefs.uneven(work.stage)
        median, scatter = combine(mean, rate.noise, reported, rate.share(*state), rate.told(*state), uneven)
        return remaining(median, scatter, elapsed)

    def _rest(self, beliefs: Beliefs) -> _Rest:
        work = common = variance = 0.0
        for stage, pending in self._plan.pending.items():
            if pending.number:
                rate = beliefs.rates[stage]
                firsts = min(pending.number, beliefs.fresh[stage])
                size = pending.media + pending.number * rate.fixed + firsts * rate.first
                mean = max(LEAST, rate.rate * size * beliefs.waste)
                squares = pending.squares + 2.0 * rate.fixed * pending.media + pending.number * rate.fixed**2
                work += mean
                common += mean * rate.error
                variance += (rate.rate * rate.noise) ** 2 * max(0.0, squares)
        for (_, stage), running in self._plan.running.items():
            rest = self.expected(running, beliefs)
            work += rest.mean
            common += rest.mean * beliefs.rates[stage].error * (1.0 - running.fraction)
            variance += rest.deviation**2
        work = max(work, LEAST)
        return _Rest(work, common / work, variance)

    def _schedule(self, beliefs: Beliefs, rest: _Rest) -> _Schedule:
        names, queue = [], []
        fresh = dict(beliefs.fresh)
        for session_id, works in self._plan.work():
            jobs: list[Job] = []
            for number, stage in enumerate(STAGES):
                work = works.get(stage)
                if work is not None and work.state != "over":
                    first = work.state == "pending" and work.media > 0.0 and fresh[stage] > 0
                    fresh[stage] -= first
                    jobs.append((number, self.expected(work, beliefs, first=first).mean, work.state == "running"))
            names.append(session_id)
            queue.append(jobs)
        served = frozenset(number for number, stage in enumerate(STAGES) if stage in beliefs.served)
        ends = schedule(queue, beliefs.slots, beliefs.workers, served)
        return _Schedule(dict(zip(names, ends, strict=True)), max(ends), rest.work, beliefs.now)

    def _alone(self, session_id: str, beliefs: Beliefs) -> tuple[float, float]:
        """Remaining work seconds of a session that had all workers for itself, and their variance."""
        side_by_side, after, variance = 0.0, 0.0, 0.0
        for number, stage in enumerate(STAGES):
            work = self._plan.find(session_id, stage)
            if work is not None and work.state != "over":
                rest = self.expected(work, beliefs)
                variance += rest.deviation**2
                if number < INDEPENDENT:
                    side_by_side = max(side_by_side, rest.mean)
                else:
                    after += rest.mean
        return side_by_side + after, variance
