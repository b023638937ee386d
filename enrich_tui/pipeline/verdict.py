"""From how the stages ended to how a session ended."""

from __future__ import annotations

from collections.abc import Mapping

from enrich_tui.errors.problems import Problem
from enrich_tui.errors.values import ErrorType
from enrich_tui.model import Session, SessionStatus, Stage, StageOutcome, StageResult

HARMLESS = frozenset(
    {Problem.NOT_WANTED, Problem.NO_INPUT, Problem.NO_STREAM, Problem.NOTHING_TO_TELL, Problem.LEFT_OUT}
)
"""Reasons to skip a stage that say nothing against its session; what ended it early is another stage's result."""

NEEDS_MENDING = frozenset({Problem.ENGINE_MISSING, Problem.MODEL_MISSING, Problem.MODEL_PLACE, Problem.MODEL_LANGUAGE})
"""Reasons to skip a stage that a person can mend."""

UNREADABLE = frozenset(
    {
        Problem.EMPTY_FILE,
        Problem.NOT_MEDIA,
        Problem.UNSAFE_CONTAINER,
        Problem.ENCRYPTED,
        Problem.FILE_MISSING,
        Problem.PERMISSION,
    }
)
"""What is wrong with a whole file, so that no other stage can read it either."""


HOPELESS = frozenset(
    {
        Problem.EMPTY_FILE,
        Problem.NOT_MEDIA,
        Problem.NO_SAMPLES,
        Problem.NO_STREAM,
        Problem.CODEC,
        Problem.DAMAGED,
        Problem.NOTHING_TO_TELL,
        Problem.UNSAFE_CONTAINER,
        Problem.ENCRYPTED,
        Problem.TOO_LARGE,
    }
)
"""What comes out the same for the same bytes, settings and program: told again at the next start, but not tried."""


def has_input(session: Session, stage: Stage) -> bool:
    """True where the session brings anything that the stage could work on."""
    match stage:
        case Stage.AUDIO:
            return bool(session.audio or session.video or session.captions)
        case Stage.VIDEO:
            return bool(session.video or session.screenshots)
        case Stage.SUMMARY | Stage.CANVAS:
            return True


def ends_session(session: Session, problem: str) -> bool:
    """True where this problem of one stage leaves nothing for the others to read."""
    return problem in UNREADABLE and len(session.recordings) == 1


def anything_to_tell(session: Session, results: Mapping[Stage, StageResult]) -> bool:
    """True where a summary and a canvas have something to stand on."""
    sources = (results.get(Stage.AUDIO), results.get(Stage.VIDEO))
    return bool(session.notes) or any(result and result.status is StageOutcome.COMPLETED for result in sources)


def judge(results: Mapping[Stage, StageResult]) -> tuple[SessionStatus, StageResult | None]:
    """How the session ended, and the stage result whose message explains it best (None where it is complete)."""
    told = next((result for result in results.values() if result.message and not _harmless(result)), None)
    outcomes = {result.status for result in results.values()}
    if not outcomes:
        return SessionStatus.SKIPPED, None
    if StageOutcome.CANCELLED in outcomes:
        return SessionStatus.CANCELLED, None
    blemished = any(result.message and not _harmless(result) for result in results.values())
    if StageOutcome.FAILED not in outcomes and not blemished:
        return SessionStatus.COMPLETE, None
    sources = [results[stage] for stage in (Stage.AUDIO, Stage.VIDEO) if stage in results]
    made = any(result.status is StageOutcome.COMPLETED for result in results.values())
    if made:
        return SessionStatus.PARTIAL, told
    if any(result.status is StageOutcome.FAILED and not _malformed(result) for result in sources):
        return SessionStatus.FAILED, told
    return SessionStatus.SKIPPED, told


def _harmless(result: StageResult) -> bool:
    return result.status is StageOutcome.SKIPPED and result.problem in HARMLESS


def _malformed(result: StageResult) -> bool:
    return result.problem is not None and (
        result.problem in UNREADABLE
        or result.problem in {Problem.NO_SAMPLES, Problem.TOO_LARGE, ErrorType.MALFORMED_DATA}
    )
