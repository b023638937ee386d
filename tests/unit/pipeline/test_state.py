from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.model import PREREQUISITES, STAGES, Session, SessionStatus, Stage, StageOutcome, StageResult
from enrich_tui.pipeline.state import Queue, StageState


def session(name: str) -> Session:
    return Session(id=name, title=name, source=Path(name), output=Path(name))


def queue_of(sessions: list[Session]) -> Queue:
    queue = Queue(sessions)
    for entry in queue.open():
        queue.survey(entry.session.id)
    return queue


def end(queue: Queue, name: str, stage: Stage, status: StageOutcome = StageOutcome.COMPLETED) -> None:
    entry = queue[name].stages[stage]
    entry.state = StageState.DONE
    entry.result = StageResult(stage=stage, status=status)


def test_stages_come_in_the_order_of_their_sessions() -> None:
    queue = queue_of([session("a"), session("b")])
    assert [(entry.session.id, stage) for entry, stage in queue.candidates(0)] == [
        ("a", Stage.AUDIO),
        ("a", Stage.VIDEO),
        ("b", Stage.AUDIO),
        ("b", Stage.VIDEO),
    ]


def test_a_summary_of_the_first_comes_before_the_sound_of_the_next() -> None:
    queue = queue_of([session("a"), session("b")])
    end(queue, "a", Stage.AUDIO)
    end(queue, "a", Stage.VIDEO, StageOutcome.FAILED)
    assert next(queue.candidates(0))[1] is Stage.SUMMARY


def test_a_repeated_attempt_waits_for_its_time() -> None:
    queue = queue_of([session("a")])
    queue.retry_at("a", Stage.AUDIO, 10.0)
    assert queue["a"].stages[Stage.AUDIO].attempt == 2
    assert [stage for _, stage in queue.candidates(9.9)] == [Stage.VIDEO]
    assert queue.next_due(9.9) == 10.0
    assert queue.retrying() == 1
    assert [stage for _, stage in queue.candidates(10.0)] == [Stage.AUDIO, Stage.VIDEO]
    assert queue.next_due(10.0) is None


def test_a_retry_takes_up_at_the_stage_that_failed() -> None:
    queue = queue_of([session("a")])
    end(queue, "a", Stage.AUDIO)
    end(queue, "a", Stage.VIDEO, StageOutcome.FAILED)
    end(queue, "a", Stage.SUMMARY)
    end(queue, "a", Stage.CANVAS)
    assert queue.reopen("a") == ()
    queue.close("a", SessionStatus.PARTIAL)
    assert queue.open() == ()
    assert queue.reopen("a") == (Stage.VIDEO, Stage.SUMMARY, Stage.CANVAS)
    assert queue.open() == (queue["a"],)
    assert [stage for _, stage in queue.candidates(0)] == [Stage.VIDEO]


def test_who_comes_back_has_its_old_place() -> None:
    queue = queue_of([session(name) for name in "abcd"])
    for name in "acd":
        queue.close(name, SessionStatus.FAILED)
    for name in "ca":
        assert queue.reopen(name)
    assert [entry.session.id for entry in queue.open()] == ["a", "b", "c"]
    assert queue.reopen("d")
    assert queue.move("d", -1)
    assert [entry.session.id for entry in queue.open()] == ["a", "b", "d", "c"]


def test_moving_changes_the_order_of_what_is_open() -> None:
    queue = queue_of([session(name) for name in "abcd"])
    queue.close("a", SessionStatus.COMPLETE)
    assert queue.move("d", -2)
    assert queue.order == ("a", "d", "b", "c")
    assert not queue.move("a", 1)
    assert not queue.move("d", -5)


@given(moves=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(-6, 6))))
def test_moving_loses_nobody(moves: list[tuple[str, int]]) -> None:
    queue = queue_of([session(name) for name in "abcde"])
    queue.close("c", SessionStatus.FAILED)
    for name, by in moves:
        queue.move(name, by)
    assert sorted(queue.order) == list("abcde")
    assert sorted(entry.session.id for entry in queue.open()) == list("abde")


@given(ended=st.sets(st.sampled_from(STAGES)))
def test_nothing_starts_before_what_it_needs(ended: set[Stage]) -> None:
    queue = queue_of([session("a")])
    for stage in ended:
        end(queue, "a", stage)
    for stage in queue["a"].ready(0):
        assert set(PREREQUISITES[stage]) <= ended
        assert stage not in ended
