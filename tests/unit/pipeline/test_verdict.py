from __future__ import annotations

from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem
from enrich_tui.model import STAGES, Session, SessionStatus, Stage, StageOutcome, StageResult
from enrich_tui.pipeline.verdict import ends_session, has_input, judge

DONE, FAILED, SKIPPED, CANCELLED = (
    StageOutcome.COMPLETED,
    StageOutcome.FAILED,
    StageOutcome.SKIPPED,
    StageOutcome.CANCELLED,
)


def result(stage: Stage, status: StageOutcome, problem: Problem | None = None) -> StageResult:
    message = "It is so." if problem else None
    return StageResult(stage=stage, status=status, problem=problem, message=message)


@pytest.mark.parametrize(
    ("outcomes", "problems", "status"),
    [
        ((DONE, DONE, DONE, DONE), {}, SessionStatus.COMPLETE),
        ((DONE, SKIPPED, DONE, DONE), {1: Problem.NO_INPUT}, SessionStatus.COMPLETE),
        ((SKIPPED, DONE, DONE, DONE), {0: Problem.NO_STREAM}, SessionStatus.COMPLETE),
        ((DONE, DONE, DONE, DONE), {0: Problem.TRUNCATED}, SessionStatus.PARTIAL),
        ((FAILED, DONE, DONE, DONE), {0: Problem.CODEC}, SessionStatus.PARTIAL),
        ((SKIPPED, DONE, DONE, DONE), {0: Problem.MODEL_MISSING}, SessionStatus.PARTIAL),
        ((FAILED, FAILED, SKIPPED, SKIPPED), {0: Problem.CODEC, 1: Problem.CODEC}, SessionStatus.FAILED),
        ((FAILED, SKIPPED, SKIPPED, SKIPPED), {0: Problem.EMPTY_FILE}, SessionStatus.SKIPPED),
        ((SKIPPED, SKIPPED, SKIPPED, SKIPPED), {0: Problem.MODEL_LANGUAGE}, SessionStatus.SKIPPED),
        ((DONE, CANCELLED, CANCELLED, CANCELLED), {}, SessionStatus.CANCELLED),
    ],
)
def test_how_a_session_ended(
    outcomes: tuple[StageOutcome, ...], problems: dict[int, Problem], status: SessionStatus
) -> None:
    results = {
        stage: result(stage, outcome, problems.get(index))
        for index, (stage, outcome) in enumerate(zip(STAGES, outcomes, strict=True))
    }
    judged, told = judge(results)
    assert judged == status
    assert (told is None) == (status in {SessionStatus.COMPLETE, SessionStatus.CANCELLED})


def test_a_file_that_cannot_be_read_ends_a_session_of_one_file() -> None:
    one = Session(id="a", title="a", source=Path("a"), output=Path("o"), video=(Path("a.mp4"),))
    two = one.model_copy(update={"audio": (Path("b.wav"),)})
    assert ends_session(one, Problem.NOT_MEDIA)
    assert not ends_session(one, Problem.CODEC)
    assert not ends_session(two, Problem.NOT_MEDIA)


def test_what_a_session_brings() -> None:
    video = Session(id="a", title="a", source=Path("a"), output=Path("o"), video=(Path("a.mp4"),))
    shots = Session(id="a", title="a", source=Path("a"), output=Path("o"), screenshots=(Path("a.png"),))
    assert [stage for stage in STAGES if has_input(video, stage)] == list(STAGES)
    assert Stage.AUDIO not in [stage for stage in STAGES if has_input(shots, stage)]
