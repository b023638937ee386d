"""The best that can be made of what is seen of a batch: a bound for every estimator that has no history.

It is told how the simulation draws its machines, its noise and its misfortunes, everything but the draw itself, and
works out by Markov chains which machines agree with what finished and with the last report of what runs. From every
one of these it lets the rest of the batch happen once; the percentiles of the ends are its estimate. Whoever knows
less than that has to be further off.

That the simulation's progress is a smooth curve, which three reports would give away for good, it does not use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enrich_tui.progress.eta import Estimate, EtaEstimator
from enrich_tui.progress.eta.plan import Work
from enrich_tui.progress.eta.schedule import Job, schedule
from tests.benchmarks.eta_simulated import BY_LENGTH, EARLY, FIRST, FIXED, STAGES, TAIL, TAIL_SHARE, Batch
from tests.benchmarks.eta_traces import MOMENTS, UPDATES, Trace, apply

Floats = NDArray[np.float64]

Row = tuple[float, float, float, bool, float]

CHAINS = 64
STEPS = 150
"""Of every chain before the first moment, and half of that before every later one."""
CANDIDATES = 24
"""Durations that are tried for a stage that runs."""

DEFAULTS = np.log([[BY_LENGTH[stage], FIXED[stage], FIRST[stage]] for stage in STAGES])
"""Logarithms of an ordinary machine's rates, fixed parts and first parts."""
OWN, SPEED = np.array([0.4, 0.5, 0.5]), 0.7
"""How each of them, and the speed of all, differs between machines (standard deviations in logarithms)."""
BEND = 0.12
"""How uneven progress is."""
SLOW, SLOW_BY, HALF = 0.25, (1.4, 2.2), (0.35, 0.65)
"""How likely a slow-down is, by how much, and after which share of the expected time."""
NEVER = 1e12
TAIL_LOG = (TAIL[1] * math.log(TAIL[1]) - TAIL[0] * math.log(TAIL[0])) / (TAIL[1] - TAIL[0]) - 1.0
TAIL_SD = 0.31
"""Mean and standard deviation of the logarithm of the tail."""


@dataclass
class Seen:
    """What was seen of the stages of one kind."""

    start: Floats
    end: Floats
    """When it ended, reported last, or now."""
    media: Floats
    first: Floats
    fraction: Floats
    """1 of a finished one, 0 of one that has told nothing."""

    @classmethod
    def of(cls, rows: list[Row]) -> Seen:
        """Of rows of these figures."""
        table = np.array(rows, float).reshape(len(rows), 5)
        return cls(*table.T)


class Informed:
    """Chains over machines, and over whether and when the machine becomes slower."""

    def __init__(self, batch: Batch, rng: np.random.Generator) -> None:
        self._batch, self._rng = batch, rng
        speed = rng.normal(0.0, SPEED, (CHAINS, 1, 1))
        self._logs = DEFAULTS + speed + rng.normal(size=(CHAINS, len(STAGES), 3)) * OWN
        """Of rate, fixed part and first part, by stage."""
        self._slow_at, self._slow_by = self._slow_downs()

    def learn(self, seen: list[Seen], steps: int) -> None:
        """Move the chains to machines that agree with what was seen."""
        chances = np.stack([self._likelihood(number, part) for number, part in enumerate(seen)])
        for _ in range(steps):
            speed = self._speed()
            for number, part in enumerate(seen):
                for kind in range(3):
                    chances[number] = self._move(number, kind, part, chances[number], speed)
            chances = self._move_slow(seen, chances)

    def _speed(self) -> Floats:
        """Drawn given the rest, which is normal."""
        precision = SPEED**-2 + len(STAGES) * np.sum(OWN**-2)
        mean = np.sum((self._logs - DEFAULTS) / OWN**2, axis=(1, 2)) / precision
        drawn: Floats = mean + self._rng.normal(size=CHAINS) / math.sqrt(precision)
        return drawn

    def _move(self, number: int, kind: int, seen: Seen, before: Floats, speed: Floats) -> Floats:
        kept = self._logs[:, number, kind].copy()
        scale = self._rng.choice([0.03, 0.1, 0.4])
        tried = kept + scale * self._rng.normal(size=CHAINS)
        centre = DEFAULTS[number, kind] + speed
        prior = ((kept - centre) ** 2 - (tried - centre) ** 2) / (2.0 * OWN[kind] ** 2)
        self._logs[:, number, kind] = tried
        after = self._likelihood(number, seen)
        taken = np.log(self._rng.random(CHAINS)) < after - before + prior
        self._logs[:, number, kind] = np.where(taken, tried, kept)
        return np.where(taken, after, before)

    def _move_slow(self, seen: list[Seen], before: Floats) -> Floats:
        """Try another slow-down, or none, or one a little earlier, later, smaller or larger."""
        kept_at, kept_by = self._slow_at, self._slow_by
        at, by = self._slow_downs()
        near = self._rng.random(CHAINS) < 0.5
        scale = self._rng.choice([0.01, 0.1])
        step = scale * self._rng.normal(size=CHAINS)
        moved_at = kept_at * np.exp(step)
        moved_by = kept_by + scale * self._rng.normal(size=CHAINS)
        share = moved_at / self._expected()
        sound = (share >= HALF[0]) & (share <= HALF[1]) & (moved_by >= SLOW_BY[0]) & (moved_by <= SLOW_BY[1])
        self._slow_at = np.where(near, moved_at, at)
        self._slow_by = np.where(near, moved_by, by)
        after = np.stack([self._likelihood(number, part) for number, part in enumerate(seen)])
        gain = np.sum(after - before, axis=0) + np.where(near, step, 0.0)
        taken = (np.log(self._rng.random(CHAINS)) < gain) & (sound | ~near)
        self._slow_at = np.where(taken, self._slow_at, kept_at)
        self._slow_by = np.where(taken, self._slow_by, kept_by)
        return np.where(taken, after, before)

    def _slow_downs(self) -> tuple[Floats, Floats]:
        at = self._expected() * self._rng.uniform(*HALF, CHAINS)
        by = self._rng.uniform(*SLOW_BY, CHAINS)
        on = self._rng.random(CHAINS) < SLOW
        return np.where(on, at, NEVER), by

    def _expected(self) -> Floats:
        """Seconds that the whole batch should take."""
        work = np.zeros(CHAINS)
        for number, stage in enumerate(STAGES):
            lengths = [stages[stage] for _, stages in self._batch.sessions if stage in stages]
            rate, fixed, _ = np.exp(self._logs[:, number]).T
            work += rate * sum(lengths) + fixed * len(lengths)
        return work / self._batch.workers

    def _clock(self, moments: Floats) -> Floats:
        """Seconds of work at full speed until these moments, chain by chain."""
        at, by = self._slow_at[:, None], self._slow_by[:, None]
        return np.where(moments > at, at + (moments - at) / by, moments)

    def _likelihood(self, number: int, seen: Seen) -> Floats:
        rate, fixed, first = np.exp(self._logs[:, number]).T[:, :, None]
        mean = fixed + rate * seen.media
        first = first * seen.first
        before = fixed + first
        elapsed = self._clock(seen.end) - self._clock(seen.start)
        told = np.maximum(seen.fraction, EARLY)
        whole = np.where(told < 1.0, before + np.maximum(elapsed - before, 1e-3 * elapsed) / told, elapsed)
        own = np.maximum(whole - first, 1e-3 * whole)
        noise = _noise(seen.media)
        bend = BEND * np.abs(np.log(told)) * np.maximum(0.0, whole - before) / whole
        log = np.log(own / mean) + noise**2 / 2.0
        slower = np.where(seen.end > self._slow_at[:, None], np.log(self._slow_by)[:, None], 0.0)
        density = _mixture(log, np.hypot(noise, bend)) - np.log(own) - slower
        late = np.log(np.maximum(elapsed - first, 1e-3 * elapsed + 1e-9) / mean) + noise**2 / 2.0
        chance: Floats = np.sum(np.where(seen.fraction > 0.0, density, np.log(_beyond(late, noise))), axis=1)
        return chance

    def ends(self, estimator: EtaEstimator, now: float, lost: float | None) -> Floats:
        """Seconds until the end, one drawn from every chain."""
        plan, rng = estimator._plan, self._rng
        keys = [
            (place, stage, work)
            for place, (_, works) in enumerate(plan.work())
            for stage in STAGES
            if (work := works.get(stage)) is not None and work.state != "over"
        ]
        fresh = {stage: self._batch.workers - begun for stage, begun in estimator._started.items()}
        drawn = [self._draw(stage, work, now, fresh) for _, stage, work in keys]
        expected = self._expected()
        alive = estimator._slots
        result = np.empty(CHAINS)
        for chain in range(CHAINS):
            queue: list[list[Job]] = [[] for _ in range(len(plan.open))]
            for (place, stage, work), seconds in zip(keys, drawn, strict=True):
                queue[place].append((STAGES.index(stage), float(seconds[chain]), work.state == "running"))
            rest = max(schedule(queue, alive))
            rest = _with_losses(
                rest, now, alive, self._batch.workers, 2.0 * expected[chain] * rng.uniform(*HALF), lost, rng
            )
            at, by = float(self._slow_at[chain]), float(self._slow_by[chain])
            full = max(0.0, at - now)
            result[chain] = rest if rest <= full else full + (rest - full) * by
        return result

    def _draw(self, stage: str, work: Work, now: float, fresh: dict[str, int]) -> Floats:
        """Remaining seconds of work of a stage."""
        rng = self._rng
        rate, fixed, first = np.exp(self._logs[:, STAGES.index(stage)]).T
        is_first = work.first or (work.state == "pending" and fresh[stage] > 0)
        if work.state == "pending":
            fresh[stage] -= is_first
        first = first * is_first
        noise = _noise(work.media)
        mean = fixed + rate * work.media
        tail = np.where(rng.random((CHAINS, CANDIDATES)) < TAIL_SHARE, rng.uniform(*TAIL, (CHAINS, CANDIDATES)), 1.0)
        whole = first[:, None] + mean[:, None] * tail * np.exp(
            rng.normal(-(noise**2) / 2.0, noise, (CHAINS, CANDIDATES))
        )
        if work.state == "pending":
            seconds = whole[:, 0]
            luck = rng.random(CHAINS)
            again = seconds * rng.random(CHAINS)
            seconds = np.where(luck < 0.032, seconds + again, np.where(luck < 0.04, again, seconds))
            return np.where(rng.random(CHAINS) < 0.02, 0.05, seconds)
        elapsed = (self._clock(np.array([now])) - self._clock(np.array([work.started])))[:, 0]
        weight = np.ones((CHAINS, CANDIDATES))
        if work.fraction > EARLY:
            gone = (self._clock(np.array([work.reported])) - self._clock(np.array([work.started])))[:, 0]
            before = np.minimum(fixed + first, 0.9 * gone)[:, None]
            bend = np.exp(rng.normal(0.0, BEND, (CHAINS, CANDIDATES)))
            whole = before + (gone[:, None] - before) / work.fraction**bend
            own = np.maximum(whole - first[:, None], 1e-3 * whole)
            log = np.log(own / mean[:, None]) + noise**2 / 2.0
            weight = np.exp(_mixture(log, noise)) / own * (whole - before)
        weight = weight * (whole > elapsed[:, None]) + 1e-300
        chosen = np.argmax(np.log(weight) + rng.gumbel(size=weight.shape), axis=1)
        rest = whole[np.arange(CHAINS), chosen] - elapsed
        return np.where(rest > 0.0, rest, 0.3 * elapsed * rng.exponential(size=CHAINS) + 0.01)


def _with_losses(
    rest: float, now: float, alive: int, workers: int, expected: float, lost: float | None, rng: np.random.Generator
) -> float:
    """How long it takes with a worker that may yet be lost, or come back."""
    if workers == 1 or (lost and alive == workers):
        return rest
    dies, back = math.inf, math.inf
    for _ in range(50):
        dies = lost or (rng.uniform(0.1, 0.8) * expected if rng.random() < 0.25 else math.inf)
        back = dies + rng.uniform(0.05, 0.4) * expected if rng.random() < 0.6 else math.inf
        if (back if lost else dies) > now:
            break
    else:
        return rest
    if lost:
        until = max(0.0, back - now)
        return rest if rest <= until else until + (rest - until) * alive / workers
    if dies - now >= rest:
        return rest
    begin = dies - now
    left = (rest - begin) * workers / (workers - 1)
    gap = back - dies
    return begin + left if left <= gap else begin + gap + (left - gap) * (workers - 1) / workers


def _noise(media: Any) -> Any:
    return np.minimum(0.6, 0.12 + 0.2 * np.sqrt(300.0 / media))


def _mixture(log: Floats, noise: Floats) -> Floats:
    """Logarithm of the density of how far a stage is off, in logarithms."""
    wide = np.hypot(noise, TAIL_SD)
    usual = (1.0 - TAIL_SHARE) / noise * np.exp(-0.5 * (log / noise) ** 2)
    return np.log(usual + TAIL_SHARE / wide * np.exp(-0.5 * ((log - TAIL_LOG) / wide) ** 2) + 1e-12)


def _beyond(log: Floats, noise: Floats) -> Floats:
    """Probability that a stage is further off."""

    def normal(z: Floats) -> Floats:
        return 0.5 * (1.0 - np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3)))

    wide = np.hypot(noise, TAIL_SD)
    return (1.0 - TAIL_SHARE) * normal(log / noise) + TAIL_SHARE * normal((log - TAIL_LOG) / wide) + 1e-12


def _seen(stage: str, finished: list[Row], watch: EtaEstimator, now: float) -> Seen:
    """The stages of a kind that finished, and those that run."""
    rows = list(finished)
    for (_, name), work in watch._plan.running.items():
        if name == stage:
            told = work.fraction if work.fraction > EARLY else 0.0
            rows.append((work.started, work.reported if told else now, work.media, work.first, told))
    return Seen.of(rows)


def replay_informed(batch: Batch, seed: int = 0) -> Trace:
    """What is said at the moments."""
    trace = Trace()
    informed = Informed(batch, np.random.default_rng(seed))
    watch = EtaEstimator()
    watch.plan(batch.sessions, batch.workers, 0.0)
    finished: dict[str, list[Row]] = {stage: [] for stage in STAGES}
    lost: float | None = None
    index = 0
    for moment in MOMENTS:
        now = round(moment * UPDATES) / UPDATES * batch.duration
        while index < len(batch.happenings) and batch.happenings[index].at <= now:
            event = batch.happenings[index]
            index += 1
            work = watch._plan.find(event.session, event.stage)
            if event.kind == "finished" and event.value == "completed" and work is not None:
                finished[event.stage].append((work.started, event.at, work.media, work.first, 1.0))
            if event.kind == "workers" and lost is None:
                lost = event.at
            apply(watch, event)
        informed.learn(
            [_seen(stage, rows, watch, now) for stage, rows in finished.items()],
            STEPS if moment == MOMENTS[0] else STEPS // 2,
        )
        low, mid, high = np.percentile(informed.ends(watch, now, lost), [10, 50, 90])
        trace.said[moment] = Estimate(float(low), float(mid), float(high))
    return trace
