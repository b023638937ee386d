"""A stage that goes on from what earlier attempts kept is estimated by the rest, and teaches by the rest.

Every recording here is 1000 seconds long, and its work takes 0.1 seconds a second; what was kept is gone through in no
more than a second.
"""

import math

import pytest

from enrich_tui.progress import ProgressService
from enrich_tui.progress.eta import EtaEstimator
from enrich_tui.progress.eta.plan import Pending
from enrich_tui.progress.eta.schedule import STAGES

LENGTH, RATE = 1000.0, 0.1
HISTORY = {"stages": {"audio": {"any": {"rate": RATE, "first": 1.0, "noise": 0.1, "stages": 50}}}}


def planned(*lengths: float, workers: int = 1) -> EtaEstimator:
    estimator = EtaEstimator(HISTORY)
    estimator.plan([(f"s{number}", {"audio": length}) for number, length in enumerate(lengths)], workers, 0.0)
    return estimator


def left(estimator: EtaEstimator, now: float, session: str = "s0") -> float:
    estimate = estimator.session(session, now)
    assert estimate is not None
    assert 0.0 < estimate.low <= estimate.mid <= estimate.high < math.inf
    return estimate.mid


def skip(estimator: EtaEstimator, until: float, now: float) -> float:
    """Go through what is there from before; a second later the work begins."""
    for step in range(1, 11):
        estimator.progressed("s0", "audio", until * step / 10, now + step / 10, kept=until * step / 10)
    return now + 1.0


def work(
    estimator: EtaEstimator, begin: float, end: float, now: float, kept: float | None, rate: float = RATE
) -> float:
    """Work through the recording from one fraction to another."""
    for step in range(1, 21):
        fraction = begin + (end - begin) * step / 20
        estimator.progressed("s0", "audio", fraction, now + (fraction - begin) * LENGTH * rate, kept=kept)
    return now + (end - begin) * LENGTH * rate


def rest(fraction: float) -> float:
    """What is expected of a recording that is as long as this share of the usual one."""
    return left(planned(fraction * LENGTH), 0.0)


def killed_at(fraction: float, kept: float | None = 0.0) -> tuple[EtaEstimator, float]:
    estimator = planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    now = work(estimator, 0.0, fraction, 0.0, kept=kept)
    estimator.finished("s0", "audio", now, "retry")
    return estimator, now


def test_before_another_attempt_only_the_rest_is_expected() -> None:
    estimator, now = killed_at(0.6)
    assert left(estimator, now + 5.0) == pytest.approx(rest(0.4), rel=0.1)


def test_a_stage_that_keeps_nothing_begins_anew() -> None:
    estimator, now = killed_at(0.6, kept=None)
    assert left(estimator, now + 5.0) == pytest.approx(rest(1.0), rel=0.1)


def test_what_is_skipped_is_no_progress_of_the_work() -> None:
    estimator, now = killed_at(0.6)
    estimator.started("s0", "audio", now)
    begun = skip(estimator, 0.6, now + 2.0)
    assert left(estimator, begun) == pytest.approx(rest(0.4), rel=0.1)
    half = work(estimator, 0.6, 0.8, begun, kept=0.6)
    assert left(estimator, half) == pytest.approx(0.2 * LENGTH * RATE, rel=0.15)


def test_what_is_known_from_before_holds_while_it_is_skipped() -> None:
    estimator, now = killed_at(0.6)
    estimator.started("s0", "audio", now)
    for step in range(1, 60):
        estimator.progressed("s0", "audio", step / 100, now + 2.0 + step / 60, kept=step / 100)
        assert left(estimator, now + 2.0 + step / 60) == pytest.approx(rest(0.4), rel=0.1)


def test_a_program_that_was_restarted_learns_it_from_the_worker() -> None:
    estimator = planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    assert left(estimator, 0.0) == pytest.approx(rest(1.0), rel=0.1)
    begun = skip(estimator, 0.6, 2.0)
    assert left(estimator, begun) == pytest.approx(rest(0.4), rel=0.1)


def test_it_makes_no_difference_how_often_the_worker_tells() -> None:
    estimator = planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.62, 4.0, kept=0.6)
    assert left(estimator, 4.0) == pytest.approx(rest(0.38), rel=0.1)


def test_a_guess_ends_with_the_first_work_that_shows_it_to_be_wrong() -> None:
    estimator, now = killed_at(0.6)
    estimator.started("s0", "audio", now)
    estimator.progressed("s0", "audio", 0.01, now + 3.0, kept=0.0)
    assert left(estimator, now + 3.0) == pytest.approx(rest(0.99), rel=0.1)


def test_it_may_be_interrupted_again_and_again() -> None:
    estimator, now = killed_at(0.2)
    for kept, reached in ((0.2, 0.5), (0.5, 0.7), (0.7, 0.7), (0.7, 0.9)):
        estimator.started("s0", "audio", now)
        now = skip(estimator, kept, now)
        if reached > kept:
            now = work(estimator, kept, reached, now, kept=kept)
        estimator.finished("s0", "audio", now, "retry")
        assert left(estimator, now) == pytest.approx(rest(1.0 - reached), rel=0.15)


@pytest.mark.parametrize("again", [0.3, 0.6, 0.9])
def test_the_rest_teaches_what_a_whole_one_would(again: float) -> None:
    """A rate that counted what was skipped would be lower by that share."""
    usual, slow = planned(LENGTH, LENGTH), planned(LENGTH, LENGTH)
    before = usual.expected("s1")["audio"]
    for estimator, rate in ((usual, RATE), (slow, 2.0 * RATE)):
        estimator.started("s0", "audio", 0.0)
        end = work(estimator, again, 1.0, skip(estimator, again, 1.0), kept=again, rate=rate)
        estimator.finished("s0", "audio", end)
    assert usual.expected("s1")["audio"] == pytest.approx(before, rel=0.03)
    assert slow.expected("s1")["audio"] > 1.1 * before
    learned = usual.history()["stages"]["audio"]
    assert [entry["rate"] for entry in learned.values()] == pytest.approx([RATE] * len(learned), rel=0.03)


def test_what_was_all_there_teaches_nothing() -> None:
    estimator = planned(LENGTH, LENGTH)
    before = estimator.expected("s1")
    estimator.started("s0", "audio", 0.0)
    estimator.finished("s0", "audio", skip(estimator, 1.0, 1.0))
    assert estimator.expected("s1") == before


def test_what_was_kept_is_not_wasted() -> None:
    """An attempt that is lost makes everything else look longer; one that is gone on with does not."""
    said = []
    for keeps in (True, False):
        estimator = planned(LENGTH, LENGTH)
        for attempt in range(3):
            begin, began = 0.3 * attempt if keeps else 0.0, 100.0 * attempt
            estimator.started("s0", "audio", began)
            end = work(estimator, begin, begin + 0.3, began, kept=begin if keeps else None)
            estimator.finished("s0", "audio", end, "retry")
        said.append(left(estimator, 300.0, "s1") - left(estimator, 300.0))
    assert said[0] == pytest.approx(rest(1.0), rel=0.1)
    assert said[1] > 1.04 * said[0]


def test_of_a_recording_that_grew_what_is_new_is_expected() -> None:
    estimator = planned(LENGTH, LENGTH)
    estimator.started("s0", "audio", 0.0)
    now = work(estimator, 0.0, 1.0, 0.0, kept=0.0)
    estimator.finished("s0", "audio", now)
    estimator.add("s0", {"audio": 1.5 * LENGTH}, now)
    assert left(estimator, now) == pytest.approx(rest(0.5), rel=0.1)
    estimator.add("s0", {"audio": 1.5 * LENGTH}, now)  # it is told again when its turn comes
    assert left(estimator, now) == pytest.approx(rest(0.5), rel=0.1)
    estimator.started("s0", "audio", now)
    estimator.progressed("s0", "audio", 0.7, now + 6.0, kept=2 / 3)
    assert left(estimator, now + 6.0) == pytest.approx(rest(0.45), rel=0.15)
    estimator.add("s0", {"audio": 0.5 * LENGTH}, now + 6.0)  # another recording took its place
    assert left(estimator, now + 6.0) == pytest.approx(rest(0.5), rel=0.1)


def test_a_session_that_is_put_back_knows_what_was_kept() -> None:
    estimator = planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    estimator.requeue("s0", work(estimator, 0.0, 0.7, 0.0, kept=0.0))
    assert left(estimator, 80.0) == pytest.approx(rest(0.3), rel=0.1)


def test_the_weight_of_a_stage_is_that_of_all_of_it() -> None:
    """The bar of a session tells how far it is, whoever did it."""
    estimator, _ = killed_at(0.6)
    assert estimator.expected("s0")["audio"] == pytest.approx(planned(LENGTH).expected("s0")["audio"], rel=0.1)


@pytest.mark.parametrize("kept", [math.nan, math.inf, -1.0, 2.0])
def test_what_is_no_fraction_says_nothing(kept: float) -> None:
    estimator, plain = planned(LENGTH), planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    plain.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.3, 30.0, kept=kept)
    plain.progressed("s0", "audio", 0.3, 30.0)
    assert estimator.session("s0", 30.0) == plain.session("s0", 30.0)


def test_a_pause_while_it_is_skipped_changes_nothing() -> None:
    estimator = planned(LENGTH)
    estimator.started("s0", "audio", 0.0)
    estimator.pause(1.0)
    begun = skip(estimator, 0.6, 2.0)
    estimator.resume(begun)
    now = work(estimator, 0.6, 0.8, begun, kept=0.6)
    assert left(estimator, now) == pytest.approx(0.2 * LENGTH * RATE, rel=0.15)


@pytest.mark.parametrize("how", ["plan", "add"])
def test_what_an_earlier_program_kept_counts_from_the_beginning(how: str) -> None:
    estimator = EtaEstimator(HISTORY)
    if how == "plan":
        estimator.plan([("s0", {"audio": LENGTH})], 1, 0.0, kept={"s0": {"audio": 0.6}, "nobody": {"audio": 0.5}})
    else:
        estimator.plan([("s0", {"audio": None})], 1, 0.0)
        estimator.add("s0", {"audio": LENGTH}, 0.0, kept={"audio": 0.6, "video": 0.3})
        estimator.add("s0", {"audio": LENGTH}, 0.0)  # its turn has come
    check_sums(estimator)
    assert left(estimator, 0.0) == pytest.approx(rest(0.4), rel=0.1)
    batch = estimator.batch(0.0)
    assert batch is not None
    assert batch.mid == pytest.approx(rest(0.4), rel=0.2)
    estimator.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.31, 4.0, kept=0.3)  # and the worker knows better
    assert left(estimator, 4.0) == pytest.approx(rest(0.69), rel=0.1)


@pytest.mark.parametrize("share", [math.nan, math.inf, -1.0, 0.0])
def test_what_is_no_share_keeps_nothing(share: float) -> None:
    estimator = planned(LENGTH)
    estimator.add("s0", {"audio": LENGTH}, 0.0, kept={"audio": share})
    assert left(estimator, 0.0) == pytest.approx(rest(1.0), rel=0.01)


def test_the_service_is_told_in_percent() -> None:
    service = ProgressService(clock=lambda: 0.0, estimator=EtaEstimator(HISTORY))
    service.start_batch(["a", "b"], workers=1)
    service.measured("a", {"audio": LENGTH}, kept={"audio": 60.0})
    service.start_progress("b", media={"audio": LENGTH}, kept={"audio": 60.0, "video": math.nan})
    assert service.calculate_eta("a") == pytest.approx(rest(0.4), rel=0.1)
    service.start_progress("a", media={"audio": LENGTH})
    assert service.calculate_eta("a") == pytest.approx(rest(0.4), rel=0.1)


def test_the_service_passes_it_on() -> None:
    now = 0.0
    service = ProgressService(clock=lambda: now, estimator=EtaEstimator(HISTORY))
    service.start_batch(["a"], media={"a": {"audio": LENGTH}}, workers=1)
    service.start_progress(
        "a", include_video=False, include_summary=False, include_canvas=False, media={"audio": LENGTH}
    )
    service.update_stage("a", "audio", status="processing", progress=0.0)
    now = 2.0
    service.update_stage("a", "audio", progress=60.0, kept=60.0)
    assert service.calculate_eta("a") == pytest.approx(rest(0.4), rel=0.1)
    progress = service.get_progress("a")
    assert progress is not None
    assert progress.progress == pytest.approx(60.0)
    service.update_stage("a", "audio", status="pending", outcome="retry")
    assert service.calculate_eta("a") == pytest.approx(rest(0.4), rel=0.1)


@pytest.mark.parametrize("ended", [True, False])
def test_a_session_that_begins_again_because_it_grew_is_expected_to_take_what_is_new(ended: bool) -> None:
    now = 0.0
    service = ProgressService(clock=lambda: now, estimator=EtaEstimator(HISTORY))
    service.start_batch(["a"], media={"a": {"audio": LENGTH}}, workers=1)
    service.start_progress(
        "a", include_video=False, include_summary=False, include_canvas=False, media={"audio": LENGTH}
    )
    for step in range(1, 11):
        now = 10.0 * step
        service.update_stage("a", "audio", progress=10.0 * step, kept=0.0)
    if ended:
        service.update_stage("a", "audio", status="completed")
        service.complete_progress("a", success=True)
    service.clear_progress("a")
    service.measured("a", {"audio": 1.4 * LENGTH})
    assert service.calculate_eta("a") == pytest.approx(0.4 * LENGTH * RATE, rel=0.15)


def check_sums(estimator: EtaEstimator) -> None:
    """What is kept at hand of the plan is what the plan says, and no stage is out of bounds."""
    plan = estimator._plan
    sums = {stage: Pending() for stage in STAGES}
    for session, works in plan.sessions.items():
        for stage, work_ in works.items():
            assert 0.0 <= work_.kept <= 1.0
            assert 0.0 <= work_.fraction <= 1.0
            assert 0.0 <= work_.media <= work_.whole
            assert work_.started <= work_.reported
            assert ((session, stage) in plan.running) == (work_.state == "running")
            if work_.state == "pending" and work_.media > 0.0:
                sums[stage].count(work_.media, 1)
    for stage, pending in plan.pending.items():
        assert pending.number == sums[stage].number
        assert pending.media == pytest.approx(sums[stage].media, rel=1e-6, abs=1e-3)
