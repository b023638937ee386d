"""The results of stages and sessions, in the words for what happened."""

from __future__ import annotations

from collections.abc import Mapping

from enrich_tui.errors import describe
from enrich_tui.errors.problems import Problem
from enrich_tui.model import Session, SessionResult, Stage, StageOutcome, StageResult
from enrich_tui.pipeline.state import StageEntry
from enrich_tui.pipeline.verdict import judge
from enrich_tui.store.record import StageRecord


def described(
    stage: Stage,
    problem: Problem,
    status: StageOutcome,
    *,
    state: StageEntry | None = None,
    facts: Mapping[str, str | int | float] | None = None,
) -> StageResult:
    """The result of a stage that did not complete, in the words for this problem."""
    wording = describe(problem, facts or {})
    return StageResult(
        stage=stage,
        status=status,
        duration=state.worked if state else 0.0,
        attempts=state.attempt if state else 0,
        message=wording.message,
        advice=wording.advice or None,
        problem=problem.value,
    )


def completed(session: Session, stage: Stage, record: StageRecord, *, cached: bool) -> StageResult:
    """The result of a stage that went through, with the words for what it noticed on the way."""
    noticed = [describe(Problem(notice.problem), notice.facts) for notice in record.notices]
    return StageResult(
        stage=stage,
        status=StageOutcome.COMPLETED,
        outputs=tuple(session.output / file.path for file in record.outputs.values()),
        duration=record.duration,
        attempts=record.attempts,
        cached=cached,
        message=" ".join(wording.message for wording in noticed) or None,
        advice="; ".join(dict.fromkeys(wording.advice for wording in noticed if wording.advice)) or None,
        problem=record.notices[0].problem if record.notices else None,
        engine=record.engine,
        facts=record.facts,
    )


def stands_in(done: StageResult, failure: StageResult) -> StageResult:
    """A stage that failed, with the results of what was done in its place."""
    return done.model_copy(
        update={
            "status": failure.status,
            "message": f"{failure.message} An extractive summary stands in.",
            "advice": failure.advice,
            "problem": failure.problem,
        }
    )


def recorded(stage: Stage, record: StageRecord) -> StageResult:
    """The result of a stage that did not complete, as it was written down."""
    return StageResult(
        stage=stage,
        status=record.status,
        duration=record.duration,
        attempts=record.attempts,
        cached=True,
        message=record.message,
        advice=record.advice,
        problem=record.problem,
    )


def session_result(session: Session, stages: dict[Stage, StageResult]) -> SessionResult:
    """What has come of a session whose stages ended like this."""
    status, told = judge(stages)
    return SessionResult(
        session_id=session.id,
        status=status,
        stages=stages,
        output=session.output,
        duration=sum(result.duration for result in stages.values()),
        message=told.message if told else None,
        advice=told.advice if told else None,
    )
