"""``plan`` and ``status`` in lines of text and in lines of JSON."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from enrich_tui.display.summary import SIGNS
from enrich_tui.pipeline.plan import Need, PastRun, Plan, SessionStanding
from enrich_tui.text import clean, count_text, eta_text, gate, length_text

NOT_YET = "not yet"
UNFINISHED = "unfinished"

FEW = 3
"""Earlier runs from which the predictions are judged together."""

_BEFORE = "·"
"""Stands before a session that has not ended."""


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan for a person: first the whole, then each session that has something to run."""
    waiting = [one for one in plan.sessions if one.to_run]
    idle = [one for one in plan.sessions if not one.to_run]
    hopeless = sum(Need.HOPELESS in one.stages.values() for one in idle)
    copies = sum(Need.COPY in needs and Need.HOPELESS not in needs for needs in (one.stages.values() for one in idle))
    done = len(plan.sessions) - len(waiting) - hopeless - copies
    stages = sum(len(one.to_run) for one in waiting)
    parts = [f"{len(waiting)} to run ({count_text(stages, 'stage')})", f"{done} done already"]
    if copies:
        parts.append(f"{copies} {'are copies' if copies > 1 else 'is a copy'} of another")
    if hopeless:
        parts.append(f"{hopeless} cannot be used as {'they are' if hopeless > 1 else 'it is'}")
    yield f"{count_text(len(plan.sessions), 'session')}: {', '.join(parts)}"
    if waiting:
        workers = count_text(plan.workers, "worker")
        took = (
            f"{eta_text(plan.eta.low, plan.eta.mid, plan.eta.high)} with {workers}"
            if plan.eta
            else f"not known yet: nothing has run on this machine ({workers})"
        )
        yield f"time: {took}"
        if plan.past:
            yield f"so far: {_past(plan.past)}"
    for one in waiting:
        yield f"  {one.session_id}: {', '.join(one.to_run)}"


def _past(runs: Sequence[PastRun]) -> str:
    """How good the predictions were: the last one, and the middle one of some more."""
    last = runs[-1]
    told = f"the last run took {length_text(last.took)}, predicted {eta_text(None, last.predicted, None)}"
    if len(runs) < FEW:
        return told
    off = statistics.median(abs(one.predicted - one.took) / one.took for one in runs)
    return f"{told}; half of the last {len(runs)} predictions were off by at most {off:.0%}"


def plan_json(plan: Plan) -> Iterator[str]:
    """The plan for programs: a line for each session, then one for the whole."""
    for one in plan.sessions:
        yield json.dumps({"type": "planned", "session": one.session_id, "stages": one.stages}, ensure_ascii=False)
    needs = Counter(need for one in plan.sessions for need in one.stages.values())
    yield json.dumps(
        {
            "type": "plan",
            "sessions": len(plan.sessions),
            "to_run": sum(bool(one.to_run) for one in plan.sessions),
            "stages": {need.value: needs[need] for need in Need},
            "workers": plan.workers,
            "eta": plan.eta.model_dump() if plan.eta else None,
            "past": [one.model_dump() for one in plan.past],
        }
    )


def status_lines(standings: Sequence[SessionStanding]) -> Iterator[str]:
    """How a library stands, for a person: first the whole, then each session."""
    counts = Counter(_word(one) for one in standings)
    told = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    yield f"{count_text(len(standings), 'session')}{': ' if told else ''}{told}"
    for one in standings:
        word = _word(one)
        sign = SIGNS[one.result.status] if one.result else _BEFORE
        message = one.result.message if one.result else None
        yield f"  {sign} {one.session_id}: {gate(clean(message)) if message else word}"
        if one.result and one.result.advice:
            yield f"      → {gate(clean(one.result.advice))}"


def status_json(standings: Sequence[SessionStanding]) -> Iterator[str]:
    """How a library stands, for programs: a line for each session, then one for the whole."""
    for one in standings:
        yield json.dumps(
            {
                "type": "standing",
                "session": one.session_id,
                "status": _word(one),
                "output": clean(str(one.output)),
                "finished_at": one.finished_at or None,
                "message": gate(clean(one.result.message)) if one.result and one.result.message else None,
                "advice": gate(clean(one.result.advice)) if one.result and one.result.advice else None,
            },
            ensure_ascii=False,
        )
    yield json.dumps({"type": "status", "sessions": len(standings), **Counter(_word(one) for one in standings)})


def _word(one: SessionStanding) -> str:
    if one.result is not None:
        return one.result.status.value
    return UNFINISHED if one.begun else NOT_YET
