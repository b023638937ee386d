"""What each mechanism of the estimator is worth: the same batches without it, one mechanism at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from enrich_tui.progress.eta import (
    DEFAULT_HISTORY,
    EtaEstimator,
    band,
    estimator,
    fit,
    forecast,
    load,
    rates,
    residual,
    steady,
)
from enrich_tui.progress.eta.fit import Belief, Sample
from enrich_tui.progress.eta.rates import Rate, RateBook
from enrich_tui.progress.eta.schedule import Job
from tests.benchmarks import eta_recorded
from tests.benchmarks.eta_simulated import Batch
from tests.benchmarks.eta_traces import MOMENTS, Trace, coverage, errors, percent, replay, upticks


def _nothing(*_arguments: Any) -> float:
    return 0.0


def _evenly(sessions: Sequence[Sequence[Job]], capacity: int) -> list[float]:
    whole = sum(seconds for jobs in sessions for _, seconds, _ in jobs) / capacity
    return [whole] * len(sessions)


def _without_late(book: RateBook, running: Mapping[str, Iterable[Sample]]) -> dict[str, Rate]:
    known = book._evidence()
    told = {
        name: stage.with_running(running.get(name, ()), book._before(name, known))
        for name, stage in book._stages.items()
    }
    return {name: book._rate(name, told) for name in told}


MECHANISMS: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "with everything": (),
    "finding slow-downs": ((load.Load, "weigh", _nothing),),
    "a stage's own progress": ((residual, "GRAIN", 1e3),),
    "believing exceptional stages": ((residual, "TAIL", 1e9),),
    "running stages' share in rates": ((fit, "TELLING", 0.0),),
    "late stages' share in rates": ((RateBook, "rates", _without_late),),
    "one speed of all stages": ((RateBook, "_speed", lambda _book, _told: Belief.around(0.0, rates.COLD_SPEED**2)),),
    "fitting the first stage's cost": ((fit.StageFit, "_fit_first", _nothing),),
    "fitting the scatter": ((fit.StageFit, "_fit_noise", _nothing),),
    "judging stages exceptional": ((fit, "EXCEPTIONS", 0.0),),
    "foreseeing delays": ((estimator, "DELAYS", 0.0),),
    "the cost of lost attempts": ((RateBook, "waste_factor", 1.0),),
    "scheduling": ((forecast, "schedule", _evenly),),
    "the band's surprise": ((band, "SURPRISE", 0.0),),
    "steadying what is shown": ((steady.Steady, "follow", lambda _steady, seconds, _now: seconds),),
}
"""What is left out, and how that is done: owner, name, what stands in."""


def report(drawn: Sequence[tuple[Batch, Batch]]) -> None:
    """Errors in %, the band and the rises, mechanism by mechanism."""
    head = "".join(f"{moment:6.0%}" for moment in MOMENTS)
    recorded = eta_recorded.load()
    print(f"{'without':32}{'cold':6}{head}   band up-ticks   {'warm':6}{head}   {'recorded':9}{head}")
    for name, patches in MECHANISMS.items():
        with ExitStack() as stack:
            for owner, attribute, value in patches:
                stack.enter_context(patch.object(owner, attribute, value))
            cold: list[tuple[Batch, Trace]] = []
            warm: list[tuple[Batch, Trace]] = []
            for earlier, batch in drawn:
                teacher = EtaEstimator()
                replay(earlier, teacher)
                cold.append((batch, replay(batch, EtaEstimator())))
                warm.append((batch, replay(batch, EtaEstimator(teacher.history()))))
            real = [
                (batch.as_simulated(), eta_recorded.replay(batch, EtaEstimator(DEFAULT_HISTORY))) for batch in recorded
            ]
        rows = [" ".join(percent(errors(pairs, moment)) for moment in MOMENTS) for pairs in (cold, warm, real)]
        more = f"{coverage(cold, (0.25, 0.5, 0.75)):6.0%}   {upticks([trace for _, trace in cold]):5.1%}"
        print(f"{name:38}{rows[0]} {more}          {rows[1]}            {rows[2]}", flush=True)
