"""How good are the estimates? A seeded simulation of batches, replayed to every estimator.

Run ``python -m tests.benchmarks.eta [--batches 48] [--seed 1]``.

A batch has 5 to 200 sessions with lognormal lengths and 1 to 8 workers. Stages have a fixed part and a part by the
length, noise that is larger for short recordings, a heavy tail, retries, failed, skipped and cached stages; progress is
reported unevenly, by audio and video only. In a quarter of the batches a worker dies, in a quarter the machine gets
1.4 to 2.2 times slower half way, which nobody can foresee. A *warm* estimator has the history of one earlier batch on
the same machine, whose load has changed since.

An error is |estimated - true remaining time| / true duration of the batch, so figures of different moments compare. The
oracle is the same estimator knowing the true mean rates (the present ones, after a slow-down), but not the noise.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from enrich_tui.progress.eta import Estimate, EtaEstimator
from enrich_tui.progress.eta.estimator import Outcome
from enrich_tui.progress.eta.plan import FIXED_MEDIA
from enrich_tui.progress.eta.rates import Rate

STAGES = ("audio", "video", "summary", "canvas")
AFTER = {"audio": (), "video": (), "summary": ("audio", "video"), "canvas": ("audio", "video", "summary")}
FIXED = {"audio": 1.0, "video": 1.0, "summary": 1.5, "canvas": 0.6}
BY_LENGTH = {"audio": 0.055, "video": 0.04, "summary": 0.001, "canvas": 0.0005}
MOMENTS = (0.10, 0.25, 0.50, 0.75, 0.90)
UPDATES = 300
"""How often an estimator is asked in a batch, evenly spread."""


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

    @classmethod
    def random(cls, rng: random.Random) -> Machine:
        speed = math.exp(rng.gauss(0, 0.7))
        return cls(
            {stage: rate * speed * math.exp(rng.gauss(0, 0.4)) for stage, rate in BY_LENGTH.items()},
            {stage: seconds * speed for stage, seconds in FIXED.items()},
        )

    def loaded(self, factor: float) -> Machine:
        return Machine(
            {stage: rate * factor for stage, rate in self.rates.items()},
            {stage: seconds * factor for stage, seconds in self.fixed.items()},
        )

    def mean(self, stage: str, media: float) -> float:
        return self.fixed[stage] + self.rates[stage] * media


TAIL_SHARE, TAIL = 0.03, (2.0, 6.0)
TAIL_MEAN = 1 + TAIL_SHARE * ((TAIL[0] + TAIL[1]) / 2 - 1)


@dataclass
class Batch:
    """A simulated batch and everything that happened in it."""

    sessions: list[tuple[str, dict[str, float]]]
    workers: int
    machine: Machine
    slow_at: float
    slow_by: float
    happenings: list[Happening] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        return max(self.ends.values())


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
    done: list[tuple[float, int, str, str, Outcome]] = []
    busy: set[tuple[str, str]] = set()
    alive, count, now = batch.workers, 0, 0.0
    expected = batch.slow_at * 2
    deaths = [rng.uniform(0.1, 0.8) * expected] if not calm and batch.workers > 1 and rng.random() < 0.25 else []
    back = deaths[0] + rng.uniform(0.05, 0.4) * expected if deaths and rng.random() < 0.6 else math.inf

    def offer(session: str) -> None:
        for stage in open_[session]:
            if (session, stage) not in busy and not any(before in open_[session] for before in AFTER[stage]):
                busy.add((session, stage))
                heappush(ready, (place[session], STAGES.index(stage), session, stage))

    def at(start: float, work: float) -> float:
        """When so many seconds of work at full speed are done."""
        before = max(0.0, batch.slow_at - start)
        return start + (work if work <= before else before + (work - before) * batch.slow_by)

    def run(session: str, stage: str) -> None:
        nonlocal count
        media = open_[session][stage]
        noise = min(0.6, 0.12 + 0.2 * math.sqrt(300 / media))
        work = batch.machine.mean(stage, media) * math.exp(rng.gauss(-noise * noise / 2, noise))
        if rng.random() < TAIL_SHARE:
            work *= rng.uniform(*TAIL)
        outcome: Outcome = "completed"
        if rng.random() < 0.02:
            outcome, work = "cached", 0.05
        elif rng.random() < 0.04:
            outcome, work = ("retry" if rng.random() < 0.8 else "failed"), work * rng.random()
        end = at(now, work)
        tell(Happening(now, "started", session, stage))
        if stage in ("audio", "video") and outcome != "cached":
            bend = math.exp(rng.gauss(0, 0.12))
            step = max(30.0 / media, 0.02)
            fraction = step
            while fraction < 1.0:
                moment = at(now, work * fraction**bend)
                if moment < end:
                    tell(Happening(moment, "progressed", session, stage, fraction))
                fraction += step * rng.uniform(0.7, 1.3)
        count += 1
        heappush(done, (end, count, session, stage, outcome))

    for session, _ in batch.sessions:
        offer(session)
    while ready or done:
        while ready and len(done) < alive:
            _, _, session, stage = heappop(ready)
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


SCALE = 1e-5


class Oracle(EtaEstimator):
    """The same estimator, told the true means: it plans with each stage's true duration instead of its media."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._truth = batch
        self._known = True
        lengths = [media for _, stages in batch.sessions for media in stages.values()]
        self._noise = 0.12 + 0.2 * math.sqrt(300 / statistics.median(lengths))

    def plan(self, sessions: Any, workers: int, now: float, *_: Any, **__: Any) -> None:
        mean = self._truth.machine.mean
        timed = [
            (session, {stage: mean(stage, media) / SCALE - FIXED_MEDIA[stage] for stage, media in stages.items()})
            for session, stages in sessions
        ]
        super().plan(timed, workers, now)

    def _rates(self) -> dict[str, Rate]:
        slow = self._truth.slow_by if self._now >= self._truth.slow_at else 1.0
        return dict.fromkeys(STAGES, Rate(SCALE * slow * TAIL_MEAN, 0.02, self._noise))

    def _judge(self, work: Any, fraction: float, rate: Rate) -> None:
        """It knows the load."""


class Tqdm:
    """tqdm's estimate of finished sessions: exponential moving averages, smoothing 0.3."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._last = total, 0, 0.0
        self._dt = self._dn = self._calls = 0.0

    def session_done(self, now: float) -> None:
        self._done += 1
        self._dt = 0.3 * (now - self._last) + 0.7 * self._dt
        self._dn = 0.3 + 0.7 * self._dn
        self._last = now

    def remaining(self, now: float) -> float | None:
        if not self._done or self._dt <= 0:
            return None
        return (self._total - self._done) * self._dt / self._dn


class Rich:
    """rich's estimate of finished sessions: speed over the last 30 seconds, or what it last saw."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._samples: list[tuple[float, int]] = []

    def session_done(self, now: float) -> None:
        self._done += 1
        self._samples.append((now, 1))
        while len(self._samples) > 2 and self._samples[0][0] < now - 30:
            self._samples.pop(0)

    def remaining(self, now: float) -> float | None:
        if len(self._samples) < 2:
            return None
        span = self._samples[-1][0] - self._samples[0][0]
        speed = sum(n for _, n in self._samples[1:]) / span if span > 0 else 0.0
        return (self._total - self._done) / speed if speed > 0 else None


class Naive:
    """elapsed / progress, of the batch as a whole (mean of all stages), and summed over the sessions."""

    def __init__(self, batch: Batch) -> None:
        self._fractions = {session: dict.fromkeys(stages, 0.0) for session, stages in batch.sessions}
        self._starts: dict[str, float] = {}
        self._queued = {session for session, _ in batch.sessions}

    def feed(self, event: Happening) -> None:
        if event.kind == "started":
            self._starts.setdefault(event.session, event.at)
        elif event.kind == "progressed":
            self._fractions[event.session][event.stage] = event.value
        elif event.kind == "finished" and event.value != "retry":
            self._fractions[event.session][event.stage] = 1.0

    def _done(self, session: str) -> float:
        return statistics.fmean(self._fractions[session].values())

    def whole(self, now: float) -> float | None:
        done = statistics.fmean(self._done(session) for session in self._fractions)
        return now * (1 - done) / done if done > 0 else None

    def summed(self, now: float) -> float | None:
        rests = []
        for session in self._fractions:
            done = self._done(session)
            if done > 0:
                rests.append((now - self._starts[session]) * (1 - done) / done)
        started = len(rests)
        if not started:
            return None
        return sum(rests) + (len(self._fractions) - started) * statistics.fmean(
            (now - self._starts[session]) / max(self._done(session), 0.01)
            for session in self._starts
            if self._done(session) > 0
        )


Estimator = Callable[[float], "Estimate | float | None"]


@dataclass
class Trace:
    """What an estimator said, at the moments and update by update."""

    said: dict[float, Estimate | float | None] = field(default_factory=dict)
    mids: list[tuple[float, float]] = field(default_factory=list)
    sessions: list[float] = field(default_factory=list)
    seconds: float = 0.0


def apply(estimator: EtaEstimator, event: Happening) -> None:
    match event.kind:
        case "started":
            estimator.started(event.session, event.stage, event.at)
        case "progressed":
            estimator.progressed(event.session, event.stage, event.value, event.at)
        case "finished":
            estimator.finished(event.session, event.stage, event.at, event.value)
        case "workers":
            estimator.set_workers(event.value, event.at)


def replay(batch: Batch, estimator: EtaEstimator) -> Trace:
    """Play a batch to an estimator, and ask it at even steps and at the moments."""
    trace = Trace()
    estimator.plan(batch.sessions, batch.workers, 0.0)
    events = iter([*batch.happenings, Happening(math.inf, "end")])
    event = next(events)
    for step in range(1, UPDATES):
        now = step / UPDATES * batch.duration
        while event.at <= now:
            apply(estimator, event)
            event = next(events)
        begun = time.perf_counter()
        estimate = estimator.batch(now)
        trace.seconds += time.perf_counter() - begun
        if estimate is not None:
            trace.mids.append((now, estimate.mid))
        for moment in MOMENTS:
            if step == round(moment * UPDATES):
                trace.said[moment] = estimate
                if moment == 0.5:
                    trace.sessions = session_errors(batch, estimator, now)
    while event.at < math.inf:
        apply(estimator, event)
        event = next(events)
    return trace


def session_errors(batch: Batch, estimator: EtaEstimator, now: float) -> list[float]:
    errors = []
    for session, end in batch.ends.items():
        estimate = estimator.session(session, now)
        if end > now and estimate is not None:
            errors.append(abs(estimate.mid - (end - now)) / batch.duration)
    return errors


def replay_plain(batch: Batch) -> dict[str, Trace]:
    """The same for the estimators that others use."""
    total = len(batch.sessions)
    tqdm, rich, naive = Tqdm(total), Rich(total), Naive(batch)
    traces = {name: Trace() for name in ("tqdm", "rich", "elapsed/progress", "summed elapsed/progress")}
    ends = sorted(batch.ends.values())
    index = done = 0
    for step in range(1, UPDATES):
        now = step / UPDATES * batch.duration
        while index < len(batch.happenings) and batch.happenings[index].at <= now:
            naive.feed(batch.happenings[index])
            index += 1
        while done < total and ends[done] <= now:
            tqdm.session_done(ends[done])
            rich.session_done(ends[done])
            done += 1
        for moment in MOMENTS:
            if step == round(moment * UPDATES):
                for trace, value in zip(
                    traces.values(),
                    (tqdm.remaining(now), rich.remaining(now), naive.whole(now), naive.summed(now)),
                    strict=True,
                ):
                    trace.said[moment] = value
    return traces


def errors(pairs: Iterable[tuple[Batch, Trace]], moment: float) -> list[float]:
    """Errors of the batch estimate at a moment; where there was none, as if it had said that nothing is left."""
    result = []
    for batch, trace in pairs:
        said = trace.said[moment]
        mid = said.mid if isinstance(said, Estimate) else said
        result.append(min(10.0, abs((mid or 0.0) / batch.duration - (1 - moment))))
    return result


def upticks(traces: Iterable[Trace]) -> float:
    """Share of updates at which the estimate rose."""
    rises = total = 0
    for trace in traces:
        values = [mid for _, mid in trace.mids]
        rises += sum(later > earlier + 1e-9 for earlier, later in itertools.pairwise(values))
        total += max(0, len(values) - 1)
    return rises / max(1, total)


def coverage(pairs: Iterable[tuple[Batch, Trace]], moments: Sequence[float]) -> float:
    hits = [
        said.low <= (1 - moment) * batch.duration <= said.high
        for batch, trace in pairs
        for moment in moments
        if isinstance(said := trace.said[moment], Estimate)
    ]
    return sum(hits) / max(1, len(hits))


def percent(values: Sequence[float]) -> str:
    return f"{100 * statistics.fmean(values):5.1f}" if values else "    -"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    results: dict[str, list[tuple[Batch, Trace]]] = {}
    for number in range(arguments.batches):
        rng = random.Random(f"{arguments.seed}/{number}")
        machine = Machine.random(rng)
        earlier = plan(rng, machine, sessions=rng.randint(5, 40))
        simulate(rng, earlier)
        teacher = EtaEstimator()
        replay(earlier, teacher)
        batch = plan(rng, machine.loaded(math.exp(rng.gauss(0, 0.12))))
        simulate(rng, batch)
        for name, estimator in {
            "cold": EtaEstimator(),
            "warm": EtaEstimator(teacher.history()),
            "oracle": Oracle(batch),
        }.items():
            results.setdefault(name, []).append((batch, replay(batch, estimator)))
        for name, trace in replay_plain(batch).items():
            results.setdefault(name, []).append((batch, trace))
    report(results)


def report(results: dict[str, list[tuple[Batch, Trace]]]) -> None:
    head = "".join(f"  at {moment:3.0%}" for moment in MOMENTS)
    print(f"{'mean error, % of the duration':32}{head}   within 10/15 % (25-75 %)  band 25-75 / all  up-ticks  session")
    for name, pairs in results.items():
        row = "".join(f"   {percent(errors(pairs, moment))}" for moment in MOMENTS)
        middle = [error for moment in (0.25, 0.5, 0.75) for error in errors(pairs, moment)]
        within = " / ".join(f"{sum(e <= limit for e in middle) / len(middle):4.0%}" for limit in (0.10, 0.15))
        line = f"{name:32}{row}   {within}"
        if pairs[0][1].mids:
            traces = [trace for _, trace in pairs]
            own = [error for trace in traces for error in trace.sessions]
            line += f"              {coverage(pairs, (0.25, 0.5, 0.75)):4.0%} / {coverage(pairs, MOMENTS):4.0%}"
            line += f"        {upticks(traces):6.1%}   {percent(own)}"
        print(line)
    print()
    oracle, summed = results["oracle"], results["summed elapsed/progress"]
    for name in ("cold", "warm"):
        pairs = results[name]
        print(f"{name}, times the oracle's error: {ratios(pairs, oracle)}")
        print(f"{name}, error of summed elapsed/progress in ours: {ratios(summed, pairs)}")
    subsets: dict[str, Callable[[Batch], bool]] = {
        "50 sessions and more": lambda batch: len(batch.sessions) >= 50,
        "50 and more, no slow-down": lambda batch: len(batch.sessions) >= 50 and batch.slow_by == 1.0,
        "with a slow-down": lambda batch: batch.slow_by > 1.0,
    }
    for title, belongs in subsets.items():
        for name in ("cold", "warm", "oracle"):
            chosen = [(batch, trace) for batch, trace in results[name] if belongs(batch)]
            row = " ".join(percent(errors(chosen, moment)) for moment in MOMENTS)
            print(f"{title:28}{len(chosen):4} {name:8}{row}")
    asked = sum(len(trace.mids) for _, trace in results["cold"])
    spent = sum(trace.seconds for _, trace in results["cold"])
    print(f"{1e3 * spent / max(1, asked):.2f} ms an estimate in these batches")
    print(f"{thousand():.2f} ms an estimate with 1,000 sessions of 4 stages, progress in between")


def ratios(pairs: Sequence[tuple[Batch, Trace]], others: Sequence[tuple[Batch, Trace]]) -> str:
    shares = (
        (moment, statistics.fmean(errors(pairs, moment)) / statistics.fmean(errors(others, moment)))
        for moment in (0.25, 0.5, 0.75)
    )
    return ", ".join(f"{share:.2f} at {moment:.0%}" for moment, share in shares)


def thousand() -> float:
    """Milliseconds of CPU for one event and one estimate in a batch of 1,000 sessions."""
    estimator = EtaEstimator()
    estimator.plan([(f"s{number}", dict.fromkeys(STAGES, 600.0)) for number in range(1000)], 8, 0.0)
    estimator.started("s0", "audio", 0.0)
    begun = time.process_time()
    for step in range(1, 500):
        estimator.progressed("s0", "audio", step / 500, float(step))
        estimator.batch(float(step))
    return (time.process_time() - begun) / 499 * 1e3


if __name__ == "__main__":
    main()
