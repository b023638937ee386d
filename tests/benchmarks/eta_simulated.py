"""Batches that are drawn at random, and everything that happens in them: seeded.

A batch has 5 to 200 sessions with lognormal lengths and 1 to 8 workers. Stages have a fixed part and a part by the
length, something more for the first of a kind on a worker, noise that is larger for short recordings, a heavy tail,
retries, failed, skipped and cached stages. Progress is reported unevenly, by audio and video only, and audio says a
little before it has loaded its model. In a quarter of the batches a worker dies, in a quarter the machine gets 1.4 to
2.2 times slower half way, which nobody can foresee.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Collection
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from enrich_tui.progress.eta import EtaEstimator, Outcome
from enrich_tui.progress.eta.rates import Rate

STAGES = ("audio", "video", "summary", "canvas")
AFTER = {"audio": (), "video": (), "summary": ("audio", "video"), "canvas": ("audio", "video", "summary")}
FIXED = {"audio": 1.5, "video": 0.6, "summary": 0.5, "canvas": 0.3}
FIRST = {"audio": 2.0, "video": 0.5, "summary": 0.1, "canvas": 0.3}
BY_LENGTH = {"audio": 0.055, "video": 0.04, "summary": 0.0002, "canvas": 0.0001}
EARLY = 0.04
"""What audio reports before its model is there."""


class Happening(NamedTuple):
    """One event of a simulated batch."""

    at: float
    kind: str
    session: str = ""
    stage: str = ""
    value: Any = None


@dataclass
class Machine:
    """What does not change between two batches: how fast each stage really is."""

    rates: dict[str, float]
    fixed: dict[str, float]
    first: dict[str, float]

    @classmethod
    def random(cls, rng: random.Random) -> Machine:
        speed = math.exp(rng.gauss(0, 0.7))
        return cls(
            {stage: rate * speed * math.exp(rng.gauss(0, 0.4)) for stage, rate in BY_LENGTH.items()},
            {stage: seconds * speed * math.exp(rng.gauss(0, 0.5)) for stage, seconds in FIXED.items()},
            {stage: seconds * speed * math.exp(rng.gauss(0, 0.5)) for stage, seconds in FIRST.items()},
        )

    def loaded(self, factor: float) -> Machine:
        return Machine(
            {stage: rate * factor for stage, rate in self.rates.items()},
            {stage: seconds * factor for stage, seconds in self.fixed.items()},
            {stage: seconds * factor for stage, seconds in self.first.items()},
        )

    def mean(self, stage: str, media: float) -> float:
        return self.fixed[stage] + self.rates[stage] * media


TAIL_SHARE, TAIL = 0.03, (2.0, 6.0)
TAIL_MEAN = 1 + TAIL_SHARE * ((TAIL[0] + TAIL[1]) / 2 - 1)
TAIL_SPREAD = math.sqrt(TAIL_SHARE) * math.log((TAIL[0] + TAIL[1]) / 2)
"""What the tail adds to how stages scatter (standard deviation in logarithms)."""


@dataclass
class Batch:
    """A simulated batch and everything that happened in it."""

    sessions: list[tuple[str, dict[str, float]]]
    workers: int
    machine: Machine
    slow_at: float
    slow_by: float
    served: frozenset[str] = frozenset()
    """Stages that a server does: all workers but one have a processor for the others."""
    happenings: list[Happening] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        return max(self.ends.values())

    @property
    def slots(self) -> int:
        """Stages that compute at a time."""
        return self.workers - bool(self.served)

    @property
    def noise(self) -> float:
        """How much a stage of middling length scatters (standard deviation in logarithms)."""
        lengths = [media for _, stages in self.sessions for media in stages.values()]
        return 0.12 + 0.2 * math.sqrt(300 / statistics.median(lengths))


def plan(rng: random.Random, machine: Machine, *, sessions: int | None = None, calm: bool = False) -> Batch:
    """Draw a batch."""
    count = sessions or round(math.exp(rng.uniform(math.log(5), math.log(200))))
    queue = []
    for number in range(count):
        media = min(14400.0, math.exp(rng.gauss(math.log(600), 0.8)))
        stages = dict.fromkeys(STAGES, media)
        if rng.random() < 0.25:
            del stages["video"]
        elif rng.random() < 0.1:
            del stages["audio"]
        queue.append((f"s{number}", stages))
    workers = rng.randint(1, min(8, max(2, count // 3)))
    work = sum(machine.mean(stage, media) for _, stages in queue for stage, media in stages.items())
    half = work / workers * rng.uniform(0.35, 0.65)
    slow_by = rng.uniform(1.4, 2.2) if not calm and rng.random() < 0.25 else 1.0
    return Batch(queue, workers, machine, half, slow_by)


def simulate(rng: random.Random, batch: Batch, *, calm: bool = False) -> None:
    """Let the batch happen: the pipeline's scheduling rule, with all that goes wrong."""
    tell = batch.happenings.append
    place = {session: number for number, (session, _) in enumerate(batch.sessions)}
    open_ = {session: dict(stages) for session, stages in batch.sessions}
    ready: list[tuple[int, int, str, str]] = []
    asking: list[tuple[int, int, str, str]] = []
    done: list[tuple[float, int, str, str, Outcome]] = []
    busy: set[tuple[str, str]] = set()
    alive, count, now = batch.workers, 0, 0.0
    begun = dict.fromkeys(STAGES, 0)
    expected = batch.slow_at * 2
    deaths = [rng.uniform(0.1, 0.8) * expected] if not calm and batch.workers > 1 and rng.random() < 0.25 else []
    back = deaths[0] + rng.uniform(0.05, 0.4) * expected if deaths and rng.random() < 0.6 else math.inf

    def offer(session: str) -> None:
        for stage in open_[session]:
            if (session, stage) not in busy and not any(before in open_[session] for before in AFTER[stage]):
                busy.add((session, stage))
                queue = asking if stage in batch.served else ready
                heappush(queue, (place[session], STAGES.index(stage), session, stage))

    def at(start: float, work: float) -> float:
        """When so many seconds of work at full speed are done."""
        before = max(0.0, batch.slow_at - start)
        return start + (work if work <= before else before + (work - before) * batch.slow_by)

    def run(session: str, stage: str) -> None:
        nonlocal count
        media = open_[session][stage]
        noise = min(0.6, 0.12 + 0.2 * math.sqrt(300 / media))
        work = batch.machine.mean(stage, media) * math.exp(rng.gauss(-noise * noise / 2, noise))
        before = batch.machine.fixed[stage] + (batch.machine.first[stage] if begun[stage] < batch.workers else 0.0)
        begun[stage] += 1
        if rng.random() < TAIL_SHARE:
            work *= rng.uniform(*TAIL)
        work += before - batch.machine.fixed[stage]
        before = min(before, work / 2)
        outcome: Outcome = "completed"
        end = math.inf
        if rng.random() < 0.02:
            outcome, work = "cached", 0.05
        elif rng.random() < 0.04:
            outcome = "retry" if rng.random() < 0.8 else "failed"
            end = at(now, work * rng.random())
        end = min(end, at(now, work))
        tell(Happening(now, "started", session, stage))
        if stage in ("audio", "video") and outcome != "cached":
            bend = math.exp(rng.gauss(0, 0.12))
            step = max(30.0 / media, 0.02)
            fraction = step
            if stage == "audio" and at(now, before / 2) < end:
                tell(Happening(at(now, before / 2), "progressed", session, stage, min(EARLY, step)))
            while fraction < 1.0:
                moment = at(now, before + (work - before) * fraction**bend)
                if moment < end:
                    tell(Happening(moment, "progressed", session, stage, fraction))
                fraction += step * rng.uniform(0.7, 1.3)
        count += 1
        heappush(done, (end, count, session, stage, outcome))

    def next_queue() -> list[tuple[int, int, str, str]]:
        """From which the next free worker takes; one that is empty where it has to wait."""
        waiting = sum(stage in batch.served for _, _, _, stage, _ in done)
        free = len(done) - waiting < batch.slots
        if not free or not ready or (asking and not waiting and asking[0] < ready[0]):
            return asking
        return ready

    for session, _ in batch.sessions:
        offer(session)
    while ready or asking or done:
        while len(done) < alive and (queue := next_queue()):
            _, _, session, stage = heappop(queue)
            run(session, stage)
        now, _, session, stage, outcome = heappop(done)
        if deaths and now >= deaths[0] and alive > 1:
            deaths.pop()
            alive -= 1
            tell(Happening(now, "workers", value=alive))
            outcome = "retry"
        if now >= back and alive < batch.workers and not deaths:
            alive += 1
            tell(Happening(now, "workers", value=alive))
        tell(Happening(now, "finished", session, stage, outcome))
        busy.discard((session, stage))
        if outcome != "retry":
            del open_[session][stage]
        offer(session)
        batch.ends[session] = now
    batch.happenings.sort(key=lambda happening: happening.at)


def draw(seed: int, number: int) -> tuple[Batch, Batch]:
    """A batch, and an earlier one on the same machine under another load."""
    rng = random.Random(f"{seed}/{number}")
    machine = Machine.random(rng)
    earlier = plan(rng, machine, sessions=rng.randint(5, 40))
    simulate(rng, earlier)
    batch = plan(rng, machine.loaded(math.exp(rng.gauss(0, 0.12))))
    simulate(rng, batch)
    return earlier, batch


def draw_served(seed: int, number: int) -> tuple[Batch, Batch]:
    """The same, where a server writes the summaries: one takes half as long to three times as long as all the rest."""
    rng = random.Random(f"{seed}/{number}/served")
    machine = Machine.random(rng)
    typical = sum(machine.mean(stage, 600.0) for stage in STAGES)
    machine.fixed["summary"], machine.first["summary"] = typical * rng.uniform(0.5, 3.0), 0.0
    batches = []
    for calm in (True, False):
        batch = plan(rng, machine, calm=calm)
        batch.workers, batch.served = rng.randint(2, 5), frozenset({"summary"})
        batch.slow_at, batch.slow_by = math.inf, 1.0
        simulate(rng, batch, calm=True)
        batches.append(batch)
    return batches[0], batches[1]


class Untold(EtaEstimator):
    """Does not hear what a server does."""

    def plan(self, *queue: Any, served: Collection[str] = (), **more: Any) -> None:
        assert served
        super().plan(*queue, **more)


class Oracle(EtaEstimator):
    """The same estimator, told what nobody can know: the true mean of every stage, now, and how stages scatter.

    It knows neither the chance that each single stage will meet nor the future: a slow-down is known from the moment at
    which it happens. An oracle that knew the coming one as well would measure what there is to know, not what can be
    learned; what it is off by in the first quarter is mostly that.
    """

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._truth = batch
        self._known = True
        self._slow = False

    def _update(self) -> None:
        if not self._slow and self._now >= self._truth.slow_at:
            self._slow = True
            self._jump("the machine is slower")
        super()._update()

    def _rates(self) -> dict[str, Rate]:
        machine = self._truth.machine
        slow = self._truth.slow_by if self._now >= self._truth.slow_at else 1.0
        noise = math.hypot(self._truth.noise, TAIL_SPREAD)
        return {
            stage: Rate(rate * slow * TAIL_MEAN, machine.fixed[stage] / rate, machine.first[stage] / rate, 0.02, noise)
            for stage, rate in machine.rates.items()
        }

    def _weigh(self) -> None:
        """It knows the load."""

    def _delays(self, remaining: float) -> float:
        """It knows the mean of everything, exceptions included, of which it would be off by more with this."""
        return 1.0
