"""How good are the estimates? Simulated batches and recorded real ones, replayed to every estimator.

Run ``python -m tests.benchmarks.eta [--batches 48] [--seed 1] [--informed] [--ablate] [--served]``.

A *warm* estimator has the history of one earlier simulated batch on the same machine, whose load has changed since; for
a recorded batch, that of all the other recorded ones. A *cold* one has none; for a recorded batch it begins with the
defaults that the program ships. *In turn* is what a person lives through: the recorded batches one after the other as
they were made, each with the history of those before. The defaults were set with the first recordings in view; those
in :data:`~tests.benchmarks.eta_recorded.UNSEEN` were made later, and are reported apart.

The oracle is the same estimator knowing the true mean durations and the scatter around them (the present ones, after a
slow-down), but neither single stages' chance nor the future; there is none for real batches.

*Informed* (``--informed``, three seconds of work a batch) is the best that can be made of what is seen, told how the
simulation draws its batches: see :mod:`~tests.benchmarks.eta_informed`. In 120 batches (seeds 403 and 7741, 60 each) it
was off by 1.06, 1.01 and 0.75 times the oracle's error at 25, 50 and 75 %; in the 26 with fewer than ten sessions by
1.07, 1.22 and 0.58. In 200 others (seeds 601 and 602) the same bound was off by 1.23, 1.12 and 0.90 times as much, and
ours by 1.30, 1.17 and 0.99, cold: so whether 1.15 is possible in the first quarter depends on the draw.

Ours, cold, had 1.21, 1.07 and 0.93 in 120 batches (seeds 7741, 90210 and 31337, 40 each), warm 1.13, 1.11 and 0.97;
forty batches differ from each other by chance as much as 1.02 from 1.35 at 25 %. The band had 84, 87 and 81 % there,
cold, and 82, 90 and 80 %, warm. In 600 batches (seeds 601 to 606, with which the mechanisms were chosen) it was 1.24,
1.17 and 0.99, cold, and 1.17, 1.15 and 0.99, warm.

Of what is lost to the oracle at 25 % there, a fifth is slow-downs that began in the last twentieth of the batch, which
the oracle knows of at once; nearly a third are batches with fewer than ten sessions. Told the true rates, the estimator
loses nothing where the machine's speed does not change: all of the rest is the rates, those of audio above all.
Weighing long recordings more or less gained nothing, nor did the true fixed and first parts; the simulation's own
priors of the rates would gain a tenth of it. At 75 % it is nearer than the oracle, whose forecast is ours: a few
running stages remain then.

``--ablate`` takes the mechanisms out, one at a time, and prints what each is worth.

Where the model is weak, as the recorded batches show: a machine whose other load changes between and within batches
(the same batch took 16 to 30 seconds), which history cannot foresee, so that a warm estimate is far off until the first
stages end, and its band too narrow where the latest batch before ran under another load; a single long recording, of
which nothing is known until its first half minute is transcribed; what a recording says (silence takes no time, another
language a different one); captions beside some recordings of a batch, which count as another engine. In the simulation:
the first quarter of batches with fewer than ten sessions, where one stage in thirty takes two to six times as long and
is all that is known; and a slow-down still to come, which no estimate can know of.

``--served`` draws batches whose summaries a server writes, and compares with an estimator that plans as if each of them
took a processor. In 48 (seed 1), warm, ours was off by 15, 10, 9 and 6 % at 10, 25, 50 and 75 %, that one by 52, 44, 27
and 14 %; cold by 24, 14, 9 and 5 %, because how long the server takes is known from its first answers only.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enrich_tui.progress.eta import DEFAULT_HISTORY, Estimate, EtaEstimator
from tests.benchmarks import eta_ablation, eta_recorded
from tests.benchmarks.eta_informed import replay_informed
from tests.benchmarks.eta_simulated import STAGES, Batch, Oracle, Untold, draw, draw_served
from tests.benchmarks.eta_traces import MOMENTS, Trace, coverage, errors, percent, replay, replay_plain, upticks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--informed", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--served", action="store_true")
    arguments = parser.parse_args()
    if arguments.served:
        report_served([draw_served(arguments.seed, number) for number in range(arguments.batches)])
        return
    drawn = [draw(arguments.seed, number) for number in range(arguments.batches)]
    if arguments.ablate:
        eta_ablation.report(drawn)
        return
    results: dict[str, list[tuple[Batch, Trace]]] = {}
    for earlier, batch in drawn:
        teacher = EtaEstimator()
        replay(earlier, teacher)
        for name, estimator in {
            "cold": EtaEstimator(),
            "warm": EtaEstimator(teacher.history()),
            "oracle": Oracle(batch),
        }.items():
            results.setdefault(name, []).append((batch, replay(batch, estimator)))
        if arguments.informed:
            results.setdefault("informed", []).append((batch, replay_informed(batch)))
        for name, trace in replay_plain(batch).items():
            results.setdefault(name, []).append((batch, trace))
    report_real()
    report(results)


def report_served(drawn: Sequence[tuple[Batch, Batch]]) -> None:
    """Batches whose summaries a server writes, for an estimator that is told so and one that is not."""
    results: dict[str, list[tuple[Batch, Trace]]] = {}
    for earlier, batch in drawn:
        teacher = EtaEstimator()
        replay(earlier, teacher)
        for name, kind in {"told": EtaEstimator, "not told": Untold}.items():
            for word, history in {"cold": None, "warm": teacher.history()}.items():
                results.setdefault(f"{word}, {name}", []).append((batch, replay(batch, kind(history))))
    report_table("a server writes summaries", results)


def report_real() -> None:
    """The recorded batches, one by one and together."""
    batches = eta_recorded.load()
    results: dict[str, list[tuple[Batch, Trace]]] = {}
    print("recorded batches: error at the moments, cold | warm; largest factor off from 20 to 90 % of the time, both")
    for batch in batches:
        simulated = batch.as_simulated()
        warm = eta_recorded.history(other for other in batches if other is not batch)
        rows, worst = [], []
        for name, history in {"cold": DEFAULT_HISTORY, "bare": None, "warm": warm}.items():
            trace = eta_recorded.replay(batch, EtaEstimator(history))
            results.setdefault(name, []).append((simulated, trace))
            if name != "bare":
                rows.append(" ".join(percent(errors([(simulated, trace)], moment)) for moment in MOMENTS))
                worst.append(f"{eta_recorded.worst(batch, trace):5.1f}")
        for name, trace in replay_plain(simulated).items():
            results.setdefault(name, []).append((simulated, trace))
        size = f"{len(simulated.sessions):3} sessions {batch.duration:6.1f} s"
        print(f"{batch.name:18}{simulated.workers} workers {size}   {' | '.join(rows)}   {' | '.join(worst)}")
    known: Mapping[str, Any] = DEFAULT_HISTORY
    for batch in eta_recorded.as_made(batches):
        estimator = EtaEstimator(known)
        results.setdefault("in turn", []).append((batch.as_simulated(), eta_recorded.replay(batch, estimator)))
        known = estimator.history()
    print()
    report_table("recorded batches", results)
    unseen = [batch.name for batch in batches if batch.name in eta_recorded.UNSEEN]
    for name in ("cold", "warm"):
        chosen = [pair for batch, pair in zip(batches, results[name], strict=True) if batch.name in unseen]
        report_table(f"  the unseen {len(unseen)}", {name: chosen})
    print()


def report_table(title: str, results: dict[str, list[tuple[Batch, Trace]]]) -> None:
    """Mean errors, bands and rises of every estimator."""
    head = "".join(f"  at {moment:3.0%}" for moment in MOMENTS)
    print(f"{title + ', error in %':32}{head}   within 10/15 % (25-75 %)  band 25-75 / all  up-ticks  session")
    for name, pairs in results.items():
        row = "".join(f"   {percent(errors(pairs, moment))}" for moment in MOMENTS)
        middle = [error for moment in (0.25, 0.5, 0.75) for error in errors(pairs, moment)]
        within = " / ".join(f"{sum(e <= limit for e in middle) / len(middle):4.0%}" for limit in (0.10, 0.15))
        line = f"{name:32}{row}   {within}"
        traces = [trace for _, trace in pairs]
        if isinstance(traces[0].said[0.5], Estimate):
            line += f"              {coverage(pairs, (0.25, 0.5, 0.75)):4.0%} / {coverage(pairs, MOMENTS):4.0%}"
        if traces[0].mids:
            own = [error for trace in traces for error in trace.sessions]
            line += f"        {upticks(traces):6.1%}   {percent(own)}"
        print(line)


def report(results: dict[str, list[tuple[Batch, Trace]]]) -> None:
    """The simulated batches."""
    report_table("simulated batches", results)
    print()
    oracle, summed = results["oracle"], results["summed elapsed/progress"]
    for name in ("cold", "warm", "informed"):
        if name not in results:
            continue
        pairs = results[name]
        print(f"{name}, times the oracle's error: {ratios(pairs, oracle)}")
        print(f"{name}, error of summed elapsed/progress in ours: {ratios(summed, pairs)}")
    report_cells(results)
    asked = sum(len(trace.mids) for _, trace in results["cold"])
    spent = sum(trace.seconds for _, trace in results["cold"])
    print(f"{1e3 * spent / max(1, asked):.2f} ms an estimate in these batches")
    print(f"{thousand():.2f} ms an estimate with 1,000 sessions of 4 stages, progress in between")


CELLS: dict[str, Callable[[Batch], bool]] = {
    "fewer than 10 sessions": lambda batch: len(batch.sessions) < 10,
    "10 to 49 sessions": lambda batch: 10 <= len(batch.sessions) < 50,
    "50 sessions and more": lambda batch: len(batch.sessions) >= 50,
    "50 and more, no slow-down": lambda batch: len(batch.sessions) >= 50 and batch.slow_by == 1.0,
    "1 worker": lambda batch: batch.workers == 1,
    "2 to 4 workers": lambda batch: 2 <= batch.workers <= 4,
    "5 workers and more": lambda batch: batch.workers >= 5,
    "a worker dies": lambda batch: any(happening.kind == "workers" for happening in batch.happenings),
    "a slow-down": lambda batch: batch.slow_by > 1.0,
    "no slow-down": lambda batch: batch.slow_by == 1.0,
}


def report_cells(results: dict[str, list[tuple[Batch, Trace]]]) -> None:
    """The simulated batches by kind: errors in %, times the oracle's at 25, 50 and 75 %, and the band."""
    head = "".join(f"{moment:6.0%}" for moment in MOMENTS)
    print(f"{'':43}{head}   times the oracle's error, 25/50/75 %   band")
    for title, belongs in CELLS.items():
        chosen = {
            name: [(batch, trace) for batch, trace in results[name] if belongs(batch)]
            for name in ("cold", "warm", "informed", "oracle")
            if name in results
        }
        for name, pairs in chosen.items():
            if pairs:
                row = " ".join(percent(errors(pairs, moment)) for moment in MOMENTS)
                band = coverage(pairs, (0.25, 0.5, 0.75))
                print(f"{title:28}{len(pairs):4}  {name:9}{row}   {ratios(pairs, chosen['oracle']):36}  {band:4.0%}")


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
