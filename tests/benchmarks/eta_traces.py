"""What estimators say in the course of a batch, and how far off that is.

An error is |estimated - true remaining time| / true duration of the batch, so figures of different moments compare.
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from enrich_tui.progress.eta import Estimate, EtaEstimator
from tests.benchmarks.eta_others import Naive, Rich, Tqdm
from tests.benchmarks.eta_simulated import Batch, Happening

MOMENTS = (0.10, 0.25, 0.50, 0.75, 0.90)
UPDATES = 300
"""How often an estimator is asked in a batch, evenly spread."""


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
    estimator.plan(batch.sessions, batch.workers, 0.0, batch.slots, served=batch.served)
    events = iter([*batch.happenings, Happening(math.inf, "end")])
    event = next(events)
    for step in range(1, UPDATES):
        now = step / UPDATES * batch.duration
        while event.at <= now:
            apply(estimator, event)
            event = next(events)
        begun = time.process_time()
        estimate = estimator.batch(now)
        trace.seconds += time.process_time() - begun
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
