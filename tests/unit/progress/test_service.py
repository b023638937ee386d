"""The progress service, sentence by sentence of its contract."""

import asyncio
import copy
import math
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich_tui.model import STAGES
from enrich_tui.progress import (
    BatchProgress,
    EnrichmentProgress,
    ProgressService,
    StageStatus,
    get_progress_service,
    reset_progress_service,
)

EVENTS = ("started", "progress", "completed", "failed")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> ProgressService:
    return ProgressService(clock=clock)


def progress_of(service: ProgressService, session_id: str = "a") -> EnrichmentProgress:
    found = service.get_progress(session_id)
    assert found is not None
    return found


def batch_of(service: ProgressService) -> BatchProgress:
    found = service.get_batch_progress()
    assert found is not None
    return found


def record(service: ProgressService) -> list[tuple[str, Any]]:
    heard: list[tuple[str, Any]] = []

    def listener(event: str) -> Callable[[str, EnrichmentProgress], None]:
        return lambda session_id, progress: heard.append((event, progress))

    for event in EVENTS:
        service.on(event, listener(event))
    service.on("stage", lambda session_id, stage, progress: heard.append(("stage", stage)))
    service.on("batch-update", lambda batch: heard.append(("batch-update", batch)))
    return heard


def test_a_session_as_the_guide_runs_it(service: ProgressService, clock: Clock) -> None:
    heard = record(service)
    service.start_progress("a", include_canvas=False)
    service.update_progress("a", stage="audio", progress=0, message="Analyzing audio...")
    assert progress_of(service).stages["audio"].status == "processing"
    assert progress_of(service).message == "Analyzing audio..."
    clock.now += 10
    service.update_stage("a", "audio", status="completed", progress=100)
    service.update_progress("a", stage="video", progress=50)
    service.update_progress("a", stage="summary", progress=0)
    service.complete_progress("a", True, "Enrichment complete!")
    done = progress_of(service)
    assert done.stage == "complete"
    assert done.progress == 100
    assert done.eta == 0
    assert done.message == "Enrichment complete!"
    assert [done.stages[stage].status for stage in STAGES] == ["completed", "completed", "completed", "skipped"]
    assert [value for event, value in heard if event == "stage"] == ["audio", "audio", "video", "summary"]
    assert [event for event, _ in heard if event in ("started", "completed", "failed")] == ["started", "completed"]


def test_entering_the_first_stage_marks_it_processing(service: ProgressService) -> None:
    service.start_progress("a")
    assert progress_of(service).stage == "audio"
    assert progress_of(service).stages["audio"].status == "pending"
    service.update_progress("a", stage="audio")
    assert progress_of(service).stages["audio"].status == "processing"


@pytest.mark.parametrize("ended", ["failed", "skipped"])
def test_moving_on_leaves_what_failed_or_was_skipped(service: ProgressService, ended: str) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=30)
    service.update_stage("a", "audio", status=ended, error="No sound could be read.")
    service.update_progress("a", stage="video")
    audio = progress_of(service).stages["audio"]
    assert audio.status == ended
    assert audio.error == "No sound could be read."


def test_stages_may_run_side_by_side(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_stage("a", "audio", status=StageStatus.PROCESSING)
    service.update_stage("a", "video", status=StageStatus.PROCESSING)
    both = progress_of(service).stages
    assert both["audio"].status == both["video"].status == "processing"
    service.update_stage("a", "video", status="completed")
    assert progress_of(service).stage == "audio"


def test_progress_of_a_pending_stage_means_that_it_runs(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_stage("a", "video", progress=0)
    assert progress_of(service).stages["video"].status == "processing"


def test_a_completed_stage_has_no_error(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_stage("a", "audio", status="failed", error="It broke")
    service.update_stage("a", "audio", status="completed")
    assert progress_of(service).stages["audio"].error is None


def test_every_report_is_an_update(service: ProgressService, clock: Clock) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=10)
    clock.now += 5
    service.update_progress("a", message="Still at it")
    assert progress_of(service).updated_at == clock.now
    clock.now += 5
    service.update_stage("a", "audio", error="One part could not be read")
    assert progress_of(service).updated_at == clock.now


def test_progress_without_a_stage_begins_the_first_one(service: ProgressService, clock: Clock) -> None:
    service.start_progress("a", include_audio=False)
    service.update_progress("a", message="Soon")
    assert progress_of(service).stages["video"].status == "pending"
    clock.now += 1
    service.update_progress("a", progress=30)
    assert progress_of(service).stages["video"].status == "processing"
    assert progress_of(service).eta is not None


def test_a_retried_stage_starts_again_without_the_session_going_back(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_stage("a", "audio", progress=80)
    reached = progress_of(service).progress
    service.update_stage("a", "audio", status="pending", outcome="retry")
    assert progress_of(service).stages["audio"].progress == 0
    service.update_stage("a", "audio", status="processing", progress=10)
    assert progress_of(service).stages["audio"].progress == 10
    assert progress_of(service).progress == reached > 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, "half", []])
def test_a_progress_that_is_no_number_says_nothing(service: ProgressService, value: Any) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=40)
    service.update_progress("a", progress=value)
    service.update_stage("a", "audio", progress=value)
    service.update_stage("a", "video", progress=value)
    assert progress_of(service).stages["audio"].progress == 40
    assert progress_of(service).stages["video"].status == "pending"


def test_progress_outside_is_cut_off(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=140)
    assert progress_of(service).stages["audio"].progress == 100
    service.update_progress("a", progress=-3)
    assert progress_of(service).stages["audio"].progress == 0


def test_a_long_stage_weighs_more(service: ProgressService) -> None:
    service.start_progress("a", media={"audio": 3600.0, "video": 3600.0, "summary": 3600.0, "canvas": 3600.0})
    service.update_stage("a", "summary", status="completed")
    small = progress_of(service).progress
    service.update_stage("a", "audio", status="completed")
    assert progress_of(service).progress - small > 3 * small > 0


def test_a_failed_session_keeps_what_it_reached(service: ProgressService) -> None:
    service.start_progress("a", include_summary=False, include_canvas=False)
    service.update_stage("a", "audio", status="completed")
    service.update_progress("a", stage="video", progress=50)
    reached = progress_of(service).progress
    service.update_stage("a", "video", status="failed", error="This video could not be decoded.")
    service.complete_progress("a", False)
    failed = progress_of(service)
    assert failed.stage == "failed"
    assert 50 < reached < 100
    assert failed.progress == reached
    assert failed.stages["video"].status == "failed"


def test_the_rest_reaches_the_end_although_a_stage_failed(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_stage("a", "audio", status="failed")
    service.update_stage("a", "video", status="completed")
    service.update_stage("a", "summary", status="completed")
    service.update_stage("a", "canvas", progress=99)
    assert progress_of(service).progress > 99


def test_a_session_ends_once(service: ProgressService) -> None:
    heard = record(service)
    service.start_progress("a")
    service.complete_progress("a", True)
    service.complete_progress("a", False)
    service.update_progress("a", stage="audio", progress=5)
    service.update_stage("a", "video", progress=5)
    assert progress_of(service).stage == "complete"
    assert [event for event, _ in heard].count("failed") == 0


def test_starting_again_is_a_new_run(service: ProgressService) -> None:
    service.start_progress("a")
    service.complete_progress("a", False)
    service.start_progress("a", include_video=False)
    again = progress_of(service)
    assert again.progress == 0
    assert again.stage == "audio"
    assert again.stages["video"].status == "skipped"


def test_moving_to_an_end_ends_the_session(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="failed", message="It did not work.")
    assert progress_of(service).stage == "failed"
    assert progress_of(service).message == "It did not work."


def test_unknown_sessions_are_ignored(service: ProgressService) -> None:
    service.update_progress("nobody", stage="audio")
    service.update_stage("nobody", "audio", progress=1)
    service.complete_progress("nobody", True)
    service.clear_progress("nobody")
    assert service.get_progress("nobody") is None
    assert service.calculate_eta("nobody") is None


def test_unknown_names_are_said_in_plain_words(service: ProgressService) -> None:
    service.start_progress("a")
    with pytest.raises(ValueError, match="There is no stage 'sound'"):
        service.update_progress("a", stage="sound")
    with pytest.raises(ValueError, match="There is no stage 'complete'"):
        service.update_stage("a", "complete")
    with pytest.raises(ValueError, match="There is no status 'busy'"):
        service.update_stage("a", "audio", status="busy")
    with pytest.raises(ValueError, match="There is no event 'done'"):
        service.on("done", print)


def test_messages_are_clean_and_name_no_money(service: ProgressService) -> None:
    service.start_progress("a")
    service.update_progress("a", stage="audio", message="Processing... Cost so far: $0.50")
    assert "$" not in progress_of(service).message
    assert "ost" not in progress_of(service).message
    service.update_stage("a", "audio", status="failed", error="\x1b[31mbilling quota of $3 exceeded")
    error = progress_of(service).stages["audio"].error or ""
    assert "\x1b" not in error
    assert "billing" not in error
    assert "$" not in error


def test_snapshots_do_not_change(service: ProgressService) -> None:
    service.start_progress("a")
    before = progress_of(service)
    service.update_progress("a", stage="audio", progress=50)
    assert before.progress == 0
    assert before.stages["audio"].status == "pending"
    with pytest.raises(ValueError, match="frozen"):
        before.progress = 5.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="cannot be changed"):
        before.stages.clear()
    assert copy.deepcopy(before) == pickle.loads(pickle.dumps(before)) == before
    assert EnrichmentProgress.model_validate_json(before.model_dump_json()) == before


def test_a_listener_that_raises_hurts_nobody(service: ProgressService, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []
    service.on("started", lambda *_: 1 / 0)
    service.on("started", lambda session_id, _progress: heard.append(session_id))
    service.start_progress("a")
    assert heard == ["a"]
    assert "failed" in caplog.text


async def test_listeners_are_called_at_once_on_a_loop_too(service: ProgressService) -> None:
    heard: list[str] = []
    stop = service.on("started", lambda session_id, _progress: heard.append(session_id))
    service.start_progress("a")
    assert heard == ["a"]
    stop()
    stop()
    service.start_progress("b")
    assert heard == ["a"]


def test_a_listener_may_clear_the_session(service: ProgressService) -> None:
    service.start_batch(["a"])
    service.on("completed", lambda session_id, _progress: service.clear_progress(session_id))
    service.start_progress("a")
    service.complete_progress("a", True)
    assert service.get_progress("a") is None
    assert batch_of(service).completed == 1


def test_batch_counts(service: ProgressService) -> None:
    assert service.get_batch_progress() is None
    service.start_batch(["a", "b", "c", "a"])
    assert (batch_of(service).total, batch_of(service).pending) == (3, 3)
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=50)
    assert (batch_of(service).pending, batch_of(service).processing) == (2, 1)
    assert 0 < batch_of(service).progress < 34
    service.complete_progress("a", True)
    service.start_progress("b")
    service.complete_progress("b", False)
    batch = batch_of(service)
    assert (batch.pending, batch.processing, batch.completed, batch.failed) == (1, 0, 1, 1)
    assert "1 failed" in batch.message
    service.start_progress("b")
    assert batch_of(service).failed == 0
    service.clear_progress("b")
    service.clear_progress("a")
    assert (batch_of(service).pending, batch_of(service).completed) == (2, 1)
    service.clear_all_progress()
    assert service.get_batch_progress() is None
    assert service.get_all_progress() == []


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        ("queued", (2, 0, 0, 0), (2, 0, 0, 0)),
        ("processing", (1, 1, 0, 0), (2, 0, 0, 0)),
        ("completed", (1, 0, 1, 0), (1, 0, 1, 0)),
        ("failed", (1, 0, 0, 1), (1, 0, 0, 1)),
    ],
)
async def test_a_session_of_a_batch_that_is_cleared_stays_counted(
    service: ProgressService, clock: Clock, state: str, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    def counts(batch: BatchProgress) -> tuple[int, ...]:
        return batch.pending, batch.processing, batch.completed, batch.failed

    told: list[BatchProgress] = []
    service.on("batch-update", told.append)
    service.start_batch(["a", "b"])
    if state != "queued":
        service.start_progress("a")
        service.update_progress("a", stage="audio", progress=50)
    if state in {"completed", "failed"}:
        service.complete_progress("a", state == "completed")
    assert counts(batch_of(service)) == before
    clock.now += 1
    service.clear_progress("a")
    assert counts(batch_of(service)) == after
    assert sum(after) == batch_of(service).total == 2
    assert counts(told[-1]) == after
    assert service.get_progress("a") is None


def test_the_batch_message_never_hides_a_failure(service: ProgressService) -> None:
    service.start_batch(["a", "b"])
    for session_id, success in (("a", True), ("b", False)):
        service.start_progress(session_id)
        service.complete_progress(session_id, success)
    assert batch_of(service).message == "Ended: 1 of 2 sessions done, 1 failed"
    assert batch_of(service).progress == 100
    assert batch_of(service).eta == 0


def test_long_sessions_move_the_batch_more(service: ProgressService) -> None:
    media = {"a": {"audio": 9000.0}, "b": {"audio": 1000.0}}
    service.start_batch(["a", "b"], media=media)
    service.start_progress("a", include_video=False, include_summary=False, include_canvas=False, media=media["a"])
    service.complete_progress("a", True)
    assert batch_of(service).progress == pytest.approx(90, abs=1)


def test_batch_updates_without_a_loop(service: ProgressService, clock: Clock) -> None:
    heard = record(service)
    ids = [f"s{number}" for number in range(50)]
    service.start_batch(ids)
    for session_id in ids:
        service.start_progress(session_id)
        service.update_progress(session_id, stage="audio", progress=50)
        service.complete_progress(session_id, True)
    batches = [value for event, value in heard if event == "batch-update"]
    assert len(batches) <= 10
    assert batches[0].pending == 50
    assert batches[-1].completed == 50


async def test_batch_updates_on_a_loop_end_with_the_last_state() -> None:
    service = ProgressService()
    heard = record(service)
    ids = [f"s{number}" for number in range(30)]
    service.start_batch([*ids, "open"])
    for session_id in ids:
        service.start_progress(session_id)
        service.complete_progress(session_id, True)
    assert len([1 for event, _ in heard if event == "batch-update"]) <= 10
    await asyncio.sleep(1.1)
    batches = [value for event, value in heard if event == "batch-update"]
    assert len(batches) <= 20
    assert batches[-1].completed == 30
    service.shutdown()


def test_every_change_comes_where_there_is_time(service: ProgressService, clock: Clock) -> None:
    heard = record(service)
    service.start_batch(["a"])
    for step in range(20):
        clock.now += 0.2
        if not step:
            service.start_progress("a")
        service.update_stage("a", "audio", progress=step * 5)
    assert len([1 for event, _ in heard if event == "batch-update"]) >= 20


def test_there_is_an_eta_from_the_first_measured_progress(service: ProgressService, clock: Clock) -> None:
    service.start_batch(["a", "b"])
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=0)
    clock.now += 10
    assert service.calculate_eta("a") is None
    assert batch_of(service).eta is None
    service.update_progress("a", progress=25)
    eta = service.calculate_eta("a")
    assert eta is not None
    assert eta > 10
    assert progress_of(service).eta == eta
    batch = batch_of(service)
    assert batch.eta is not None
    assert batch.eta_low is not None
    assert batch.eta_high is not None
    assert eta < batch.eta
    assert 0 < batch.eta_low <= batch.eta <= batch.eta_high


def test_more_workers_make_the_batch_shorter(clock: Clock) -> None:
    def eta(workers: int) -> float:
        service = ProgressService(clock=clock)
        service.start_batch([f"s{number}" for number in range(20)])
        service.set_workers(workers)
        service.start_progress("s0")
        service.update_progress("s0", stage="audio", progress=0)
        clock.now += 10
        service.update_progress("s0", progress=50)
        return batch_of(service).eta or 0.0

    assert eta(1) > 2.5 * eta(4) > 0


def test_history_makes_an_eta_before_anything_is_measured(clock: Clock) -> None:
    from enrich_tui.progress import EtaEstimator

    first = ProgressService(clock=clock)
    first.start_progress("a", media={"audio": 600.0})
    first.update_stage("a", "audio", status="processing")
    clock.now += 60
    first.update_stage("a", "audio", status="completed")
    second = ProgressService(clock=clock, estimator=EtaEstimator(first.history()))
    second.start_progress("b", media={"audio": 1200.0}, include_video=False, include_summary=False)
    assert second.calculate_eta("b") == pytest.approx(120, rel=0.6)


def test_sessions_started_before_the_batch_count_as_they_are(service: ProgressService) -> None:
    service.start_progress("a", include_video=False)
    service.start_batch(["a", "b"])
    assert (batch_of(service).processing, batch_of(service).pending) == (1, 1)


def test_a_session_beside_the_batch_keeps_its_eta(service: ProgressService, clock: Clock) -> None:
    service.start_progress("alone")
    service.update_progress("alone", stage="audio", progress=0)
    clock.now += 60
    service.update_progress("alone", progress=50)
    service.start_batch(["a", "b"])
    assert service.calculate_eta("alone") is not None
    assert batch_of(service).total == 2


def test_the_time_may_be_replaced_under_a_service_without_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    service, clock = ProgressService(), Clock()
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", clock)
        service.start_progress("a")
    assert progress_of(service).started_at == clock.now


def test_the_default_service_is_one() -> None:
    reset_progress_service()
    first = get_progress_service()
    assert get_progress_service() is first
    reset_progress_service()
    assert get_progress_service() is not first
    reset_progress_service()


def test_shutdown_ends_all_listening(service: ProgressService) -> None:
    heard = record(service)
    service.start_progress("a")
    service.shutdown()
    service.shutdown()
    count = len(heard)
    service.start_progress("b")
    assert len(heard) == count
    assert progress_of(service, "b").progress == 0


SESSIONS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from([stage.value for stage in STAGES])
PERCENT = st.none() | st.floats() | st.floats(0, 100)
CALLS = st.one_of(
    st.tuples(st.just("start"), SESSIONS, st.booleans(), st.booleans()),
    st.tuples(st.just("update"), SESSIONS, st.none() | NAMES, PERCENT),
    st.tuples(st.just("stage"), SESSIONS, NAMES, st.none() | st.sampled_from([s.value for s in StageStatus]), PERCENT),
    st.tuples(st.just("end"), SESSIONS, st.booleans()),
    st.tuples(st.just("clear"), SESSIONS),
    st.tuples(st.just("batch"), st.lists(SESSIONS)),
    st.tuples(st.just("workers"), st.integers(0, 9)),
    st.tuples(st.just("pause")),
    st.tuples(st.just("resume")),
    st.tuples(st.just("wait"), st.floats(0, 1e5)),
)


def play(service: ProgressService, clock: Clock, call: tuple[Any, ...]) -> None:
    match call:
        case ("start", session_id, audio, video):
            service.start_progress(session_id, include_audio=audio, include_video=video)
        case ("update", session_id, stage, progress):
            service.update_progress(session_id, stage=stage, progress=progress)
        case ("stage", session_id, stage, status, progress):
            service.update_stage(session_id, stage, status=status, progress=progress)
        case ("end", session_id, success):
            service.complete_progress(session_id, success)
        case ("clear", session_id):
            service.clear_progress(session_id)
        case ("batch", ids):
            service.start_batch(ids)
        case ("workers", n):
            service.set_workers(n)
        case ("pause",):
            service.pause()
        case ("resume",):
            service.resume()
        case ("wait", seconds):
            clock.now += seconds


@settings(max_examples=150, deadline=None)
@given(st.lists(CALLS, max_size=40))
def test_whatever_is_called_the_promises_hold(calls: list[tuple[Any, ...]]) -> None:
    clock = Clock()
    service = ProgressService(clock=clock)
    heard = record(service)
    reached: dict[str, float] = {}
    for call in calls:
        play(service, clock, call)
        if call[0] in ("start", "clear"):
            reached.pop(call[1], None)
        for progress in service.get_all_progress():
            assert reached.get(progress.session_id, 0.0) <= progress.progress <= 100
            reached[progress.session_id] = progress.progress
            if progress.stage == "complete":
                assert progress.progress == 100
            if progress.stage in ("complete", "failed"):
                assert not {s.status for s in progress.stages.values()} & {"pending", "processing"}
            elif progress.eta is not None:
                assert 0 <= progress.eta < math.inf
        batch = service.get_batch_progress()
        if batch is not None:
            counts = (batch.pending, batch.processing, batch.completed, batch.failed)
            assert sum(counts) == batch.total
            assert 0 <= batch.progress <= 100
            if batch.failed:
                assert "failed" in batch.message
            if batch.eta is not None:
                assert batch.eta_low is not None
                assert batch.eta_high is not None
                assert 0 <= batch.eta_low <= batch.eta <= batch.eta_high < math.inf
    for event, value in heard:
        if event == "batch-update":
            assert value.pending + value.processing + value.completed + value.failed == value.total
