"""The estimator: its promises, whatever happens, and a few cases with known answers."""

import itertools
import json
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich_tui.model import PREREQUISITES
from enrich_tui.model import STAGES as ALL
from enrich_tui.progress.eta import DEFAULT_HISTORY, Estimate, EtaEstimator, Past, or_default, past_of
from enrich_tui.progress.eta.residual import remaining
from enrich_tui.progress.eta.schedule import INDEPENDENT, STAGES, schedule
from tests.unit.progress.test_eta_kept import check_sums

ONE = {"audio": 600.0}


def planned(sessions: int = 4, workers: int = 1, **options: Any) -> EtaEstimator:
    estimator = EtaEstimator(**options)
    estimator.plan([(f"s{number}", ONE) for number in range(sessions)], workers, 0.0)
    return estimator


def mid(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.mid


def run(estimator: EtaEstimator, session: str, start: float, seconds: float) -> float:
    estimator.started(session, "audio", start)
    for step in range(1, 10):
        estimator.progressed(session, "audio", step / 10, start + seconds * step / 10)
    estimator.finished(session, "audio", start + seconds)
    return start + seconds


def test_the_stages_are_those_of_the_pipeline() -> None:
    assert tuple(ALL) == STAGES
    for number, stage in enumerate(ALL):
        assert PREREQUISITES[stage] == (() if number < INDEPENDENT else tuple(ALL[:number]))


def test_nothing_is_said_before_anything_is_known() -> None:
    estimator = planned()
    assert estimator.batch(0.0) is None
    estimator.started("s0", "audio", 1.0)
    assert estimator.batch(30.0) is None
    assert estimator.session("s0", 30.0) is None
    assert estimator.session("nobody", 30.0) is None
    assert EtaEstimator().batch(5.0) is None


def test_the_first_measured_progress_makes_an_estimate() -> None:
    estimator = planned()
    estimator.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.5, 30.0)
    assert mid(estimator.session("s0", 30.0)) == pytest.approx(30.0, rel=0.4)
    assert mid(estimator.batch(30.0)) == pytest.approx(210.0, rel=0.4)


def test_steady_work_is_estimated_closely_and_counts_down() -> None:
    estimator, now = planned(20), 0.0
    for number in range(10):
        now = run(estimator, f"s{number}", now, 60.0)
    assert mid(estimator.batch(now)) == pytest.approx(600.0, rel=0.1)
    estimator.started("s10", "audio", now)
    shown = [mid(estimator.batch(now + second)) for second in range(60)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(shown))


def test_history_is_json_and_makes_an_estimate_at_once() -> None:
    teacher, now = planned(20), 0.0
    for number in range(20):
        now = run(teacher, f"s{number}", now, 60.0)
    assert teacher.batch(now) == (0.0, 0.0, 0.0)
    history = json.loads(json.dumps(teacher.history()))
    assert mid(planned(10, history=history).batch(0.0)) == pytest.approx(600.0, rel=0.15)


@pytest.mark.parametrize(
    "history",
    [
        {"stages": []},
        {"stages": {"audio": {"any": 3}, "video": 3, "moon": {"any": {"rate": 1}}}},
        {"stages": {"audio": {"any": {"rate": math.nan}}}, "band": {"low": "x"}},
        {"stages": {"audio": {"any": {"rate": -1.0}}}, "band": 7, "speed": {"spread": "x"}},
    ],
)
def test_history_that_cannot_be_used_is_ignored(history: dict[str, Any]) -> None:
    assert planned(history=history).batch(0.0) is None


def test_a_late_stage_grows_smoothly_and_never_reaches_zero() -> None:
    estimator, now = planned(6), 0.0
    for number in range(5):
        now = run(estimator, f"s{number}", now, 60.0)
    estimator.started("s5", "audio", now)
    rests = [mid(estimator.session("s5", now + second)) for second in range(0, 1200, 5)]
    assert min(rests) > 1.0
    assert rests[-1] > min(rests)
    steps = [abs(later - earlier) for earlier, later in itertools.pairwise(rests)]
    assert max(steps) <= 7.0


def test_more_workers_are_faster_and_the_jump_has_a_reason() -> None:
    estimator = planned(40, workers=4)
    for number in range(4):
        run(estimator, f"s{number}", 0.0, 60.0)
    four = mid(estimator.batch(60.0))
    estimator.set_workers(2, 60.0)
    assert mid(estimator.batch(60.0)) == pytest.approx(2 * four, rel=0.15)
    assert estimator.reason == "2 workers lost"
    estimator.set_workers(3, 61.0)
    assert estimator.reason == "1 worker more"
    for second in range(62, 80):
        estimator.batch(float(second))
    assert estimator.reason == ""


def test_few_processors_limit_many_workers() -> None:
    def eta(slots: int | None) -> float:
        estimator = EtaEstimator()
        estimator.plan([(f"s{number}", ONE) for number in range(20)], 8, 0.0, cpu_slots=slots)
        run(estimator, "s0", 0.0, 60.0)
        return mid(estimator.batch(60.0))

    assert eta(2) == pytest.approx(eta(None) * 10 / 3, rel=0.2)


def test_cached_and_skipped_stages_are_no_work() -> None:
    estimator = planned(11)
    now = run(estimator, "s0", 0.0, 60.0)
    before = mid(estimator.batch(now))
    for number in range(1, 6):
        estimator.finished(f"s{number}", "audio", now + 1.0, outcome="cached" if number % 2 else "skipped")
    for second in range(2, 30):
        after = mid(estimator.batch(now + second))
    assert after == pytest.approx(before / 2 - 30, rel=0.15)


def test_a_pause_freezes_the_estimate_and_does_not_count() -> None:
    paused, straight = planned(4), planned(4)
    for estimator in (paused, straight):
        estimator.started("s0", "audio", 0.0)
        estimator.progressed("s0", "audio", 0.5, 30.0)
    before = mid(paused.batch(30.0))
    paused.pause(30.0)
    assert mid(paused.batch(500.0)) == before
    paused.resume(1030.0)
    for estimator, now in ((paused, 1060.0), (straight, 60.0)):
        estimator.finished("s0", "audio", now)
    assert mid(paused.batch(1060.0)) == pytest.approx(mid(straight.batch(60.0)), rel=0.05)
    assert paused.history()["stages"] == straight.history()["stages"]


def test_a_stage_that_works_on_in_a_pause_is_measured_whole() -> None:
    estimator = planned(4)
    estimator.started("s0", "audio", 0.0)
    estimator.pause(10.0)
    estimator.progressed("s0", "audio", 0.9, 54.0)
    estimator.finished("s0", "audio", 60.0)
    estimator.resume(100.0)
    assert mid(estimator.batch(100.0)) == pytest.approx(180.0, rel=0.3)


def test_a_slower_machine_is_noticed() -> None:
    estimator, now = planned(200), 0.0
    for number in range(60):
        now = run(estimator, f"s{number}", now, 60.0)
    reasons = set()
    for number in range(60, 75):
        now = run(estimator, f"s{number}", now, 120.0)
        estimator.batch(now)
        reasons.add(estimator.reason)
    assert reasons == {"", "the machine is slower"}
    assert mid(estimator.batch(now)) == pytest.approx(125 * 120.0, rel=0.15)


def test_a_slower_machine_shows_in_stages_that_run() -> None:
    estimator, now = planned(200, workers=8), 0.0
    for number in range(40):
        now = run(estimator, f"s{number}", now, 60.0)
    running = [f"s{number}" for number in range(40, 48)]
    for session in running:
        estimator.started(session, "audio", now)
    for tenth, seconds in ((5, 30.0), (7, 60.0), (9, 90.0)):
        for session in running:
            estimator.progressed(session, "audio", tenth / 10, now + seconds)
    estimator.batch(now + 90.0)
    assert estimator.reason == "the machine is slower"
    assert mid(estimator.batch(now + 90.0)) == pytest.approx(152 / 8 * 150.0, rel=0.3)


def test_a_burst_of_progress_is_no_faster_machine() -> None:
    estimator, now = planned(200), 0.0
    for number in range(20):
        now = run(estimator, f"s{number}", now, 60.0)
    estimator.started("s20", "audio", now)
    estimator.progressed("s20", "audio", 0.3, now + 20.0)
    estimator.progressed("s20", "audio", 0.9, now + 20.1)
    assert estimator.reason == ""
    assert mid(estimator.batch(now + 20.1)) == pytest.approx(179 * 60.0, rel=0.15)


def test_two_sessions_that_take_very_long_are_no_slower_machine() -> None:
    estimator, now = planned(200), 0.0
    for number in range(60):
        now = run(estimator, f"s{number}", now, 60.0)
    for number in range(60, 62):
        now = run(estimator, f"s{number}", now, 360.0)
    estimator.batch(now)
    assert estimator.reason == ""
    assert mid(estimator.batch(now)) == pytest.approx(138 * 60.0, rel=0.2)


def test_a_rise_says_why_also_where_nothing_happened_but_that_it_takes_longer() -> None:
    teacher, now = planned(), 0.0
    for number in range(4):
        now = run(teacher, f"s{number}", now, 10.0)
    estimator = planned(history=teacher.history())
    hoped = mid(estimator.batch(0.0))
    estimator.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.1, 60.0)
    assert mid(estimator.batch(60.0)) > 1.25 * hoped
    assert estimator.reason


def test_sessions_that_come_later_keep_what_was_learned() -> None:
    estimator, now = planned(10), 0.0
    for number in range(8):
        now = run(estimator, f"s{number}", now, 60.0)
    assert mid(estimator.batch(now)) == pytest.approx(120.0, rel=0.1)
    estimator.extend([(f"late{number}", ONE) for number in range(10)], now)
    assert mid(estimator.batch(now)) == pytest.approx(12 * 60.0, rel=0.1)
    assert estimator.reason == "10 sessions added"
    estimator.extend([("late0", ONE)], now)
    assert mid(estimator.batch(now)) == pytest.approx(12 * 60.0, rel=0.1)
    estimator.plan([(f"s{number}", ONE) for number in range(8, 30)], 1, now)
    assert mid(estimator.batch(now)) == pytest.approx(22 * 60.0, rel=0.1)
    assert estimator.reason == "the queue changed"


def test_what_was_predicted_is_kept_beside_what_happened() -> None:
    teacher, now = planned(20), 0.0
    for number in range(20):
        now = run(teacher, f"s{number}", now, 60.0)
        teacher.batch(now)
    estimator, now = planned(10, history=teacher.history()), 500.0
    estimator.batch(now)
    assert estimator.predicted is None
    for number in range(10):
        estimator.started(f"s{number}", "audio", now)
        estimator.batch(now)
        estimator.pause(now)
        estimator.resume(now + 1000.0)
        now = run(estimator, f"s{number}", now + 1000.0, 66.0)
    predicted = mid(estimator.predicted)
    assert predicted == pytest.approx(600.0, rel=0.15)
    first, second = past_of(json.loads(json.dumps(estimator.history())))
    assert first.took == pytest.approx(1200.0)
    assert second.predicted == pytest.approx(predicted, abs=0.01)
    assert second.took == pytest.approx(660.0)


def test_the_prediction_is_of_the_queue_as_it_is() -> None:
    estimator, now = planned(4, history=DEFAULT_HISTORY), 0.0
    now = run(estimator, "s0", now, 60.0)
    estimator.batch(now)
    before = mid(estimator.predicted)
    estimator.extend([(f"late{number}", ONE) for number in range(40)], now)
    assert estimator.predicted is None
    estimator.batch(now)
    assert mid(estimator.predicted) > 5 * before


@pytest.mark.parametrize("past", [7, {}, [3], [[1.0]], [[0.0, 4.0]], [[math.nan, 4.0]], [["1", 4.0]]])
def test_a_past_that_cannot_be_used_is_ignored(past: Any) -> None:
    assert past_of({"past": past}) == []
    assert past_of({"past": [[2, 4.5]] * 40})[-1] == Past(2.0, 4.5)
    assert len(past_of({"past": [[2, 4.5]] * 40})) == 16


def test_attempts_that_fail_cost_time() -> None:
    good, bad = planned(40), planned(40)
    for number in range(10):
        good_end = run(good, f"s{number}", number * 60.0, 60.0)
        bad.started(f"s{number}", "audio", number * 120.0)
        bad.finished(f"s{number}", "audio", number * 120.0 + 55.0, outcome="retry")
        bad_end = run(bad, f"s{number}", number * 120.0 + 60.0, 60.0)
    assert mid(bad.batch(bad_end)) > 1.2 * mid(good.batch(good_end))


def test_unknown_lengths_follow_the_bytes() -> None:
    estimator = EtaEstimator()
    sizes = {"long": 900_000_000, "short": 100_000_000, "other": 500_000_000}
    estimator.plan([(name, {"audio": None}) for name in sizes], 1, 0.0, sizes=sizes)
    run(estimator, "other", 0.0, 500.0)
    assert estimator.expected("long")["audio"] > 5 * estimator.expected("short")["audio"]


def test_a_model_that_loads_on_every_worker_does_not_make_the_batch_look_long() -> None:
    estimator, now = EtaEstimator(), 0.0
    estimator.plan([(f"s{number}", {"audio": 60.0}) for number in range(40)], 2, 0.0)
    for number in range(2):
        estimator.started(f"s{number}", "audio", now)
        estimator.finished(f"s{number}", "audio", 14.0)
    for number in range(2, 14, 2):
        now = 14.0 + 4.0 * (number // 2)
        for session in (f"s{number}", f"s{number + 1}"):
            estimator.started(session, "audio", now - 4.0)
            estimator.finished(session, "audio", now)
    assert mid(estimator.batch(now)) == pytest.approx(52.0, rel=0.35)


def test_a_start_that_takes_long_is_noticed_without_any_progress() -> None:
    estimator = planned(8, history=DEFAULT_HISTORY)
    before = mid(estimator.batch(0.0))
    estimator.started("s0", "audio", 0.0)
    for second in range(1, 300):
        after = mid(estimator.batch(float(second)))
    assert after > 2 * before


def test_the_defaults_are_an_estimate_at_once_and_soon_given_up() -> None:
    estimator = planned(10, history=DEFAULT_HISTORY)
    assert estimator.batch(0.0) is not None
    now = run(estimator, "s1", run(estimator, "s0", 0.0, 600.0), 600.0)
    assert mid(estimator.batch(now)) == pytest.approx(8 * 600.0, rel=0.2)


def test_another_engine_is_another_pace() -> None:
    def taught(engine: str, seconds: float, history: Any) -> Any:
        estimator, now = planned(20, history=history), 0.0
        for number in range(20):
            estimator.started(f"s{number}", "audio", now)
            now += seconds
            estimator.finished(f"s{number}", "audio", now, engine=engine)
        return estimator.history()

    history = taught("small", 200.0, taught("tiny", 10.0, None))
    assert set(history["stages"]["audio"]) == {"tiny", "small"}
    estimator = planned(20, history=json.loads(json.dumps(history)))
    assert mid(estimator.batch(0.0)) == pytest.approx(4000.0, rel=0.2)
    estimator.started("s0", "audio", 0.0)
    estimator.finished("s0", "audio", 11.0, engine="tiny")
    assert mid(estimator.batch(11.0)) == pytest.approx(19 * 10.0, rel=0.3)


def test_a_stage_without_media_is_no_work() -> None:
    estimator = EtaEstimator(DEFAULT_HISTORY)
    estimator.plan([("s0", {"audio": 0.0, "video": 0.0})], 1, 0.0)
    assert 0.0 < mid(estimator.batch(0.0)) < 1.0
    estimator.started("s0", "audio", 0.0)
    estimator.finished("s0", "audio", 90.0)
    assert estimator.history()["stages"] == {}


def test_only_a_history_that_tells_something_stands_in_for_the_defaults() -> None:
    useful = planned(2)
    run(useful, "s0", 0.0, 60.0)
    assert or_default(useful.history()) == useful.history()
    for nothing in (None, {}, EtaEstimator().history(), {"stages": 7}):
        assert or_default(nothing) is DEFAULT_HISTORY


def test_a_schedule_by_hand() -> None:
    first = [(0, 4.0, True), (1, 2.0, False), (2, 1.0, False), (3, 1.0, False)]
    second = [(0, 5.0, False)]
    assert schedule([first, second], 1) == [8.0, 13.0]
    assert schedule([first, second], 2) == [6.0, 7.0]
    assert schedule([[], [(3, 2.0, False)]], 3) == [0.0, 2.0]


def test_what_remains_of_a_lognormal() -> None:
    assert remaining(100.0, 0.3, 0.0).mean == pytest.approx(100.0 * math.exp(0.045))
    ages = [remaining(100.0, 0.3, elapsed).mean for elapsed in (0.0, 50.0, 90.0, 400.0, 4000.0, 40000.0)]
    assert ages[0] > ages[1] > ages[2] > 0
    assert ages[5] > ages[4] > ages[3] > 0


def test_a_thousand_sessions_are_cheap() -> None:
    estimator = EtaEstimator()
    estimator.plan([(f"s{number}", dict.fromkeys(STAGES, 600.0)) for number in range(1000)], 8, 0.0)
    estimator.started("s0", "audio", 0.0)
    begun = time.process_time()
    for step in range(1, 60):
        estimator.progressed("s0", "audio", step / 100, float(step))
        estimator.batch(float(step))
    assert (time.process_time() - begun) / 59 < 0.005


IDS = st.sampled_from(["a", "b", "c", "moon"])
NAMES = st.sampled_from(STAGES)
MEDIA = st.none() | st.floats() | st.floats(0.1, 1e5)
FRACTION = st.floats() | st.floats(0, 1)
STEPS = st.one_of(
    st.tuples(st.just("started"), IDS, NAMES),
    st.tuples(st.just("progressed"), IDS, NAMES, FRACTION, st.none() | FRACTION),
    st.tuples(st.just("finished"), IDS, NAMES, st.sampled_from(["completed", "failed", "cached", "skipped", "retry"])),
    st.tuples(st.just("set_workers"), st.integers(-2, 70)),
    st.tuples(st.just("pause")),
    st.tuples(st.just("resume")),
    st.tuples(st.just("add"), IDS, st.dictionaries(NAMES, MEDIA)),
    st.tuples(st.just("discard"), IDS),
    st.tuples(st.just("requeue"), IDS),
    st.tuples(st.just("extend"), st.lists(st.tuples(IDS, st.dictionaries(NAMES, MEDIA)), max_size=2)),
)
PLAN = st.lists(st.tuples(IDS, st.dictionaries(NAMES, MEDIA)), unique_by=lambda pair: pair[0])
WAIT = st.sampled_from([0.0, 0.001, 1.0, 60.0, 1e7, -5.0, math.nan])


@settings(max_examples=300, deadline=None)
@given(PLAN, st.integers(0, 9), st.lists(st.tuples(WAIT, STEPS), max_size=40), st.booleans())
def test_whatever_happens_the_bounds_hold(
    sessions: list[tuple[str, dict[str, float | None]]],
    workers: int,
    steps: list[tuple[float, tuple[Any, ...]]],
    warm: bool,
) -> None:
    estimator = EtaEstimator({"stages": {"audio": {"any": {"rate": 0.1, "noise": 0.3, "stages": 9}}}} if warm else None)
    estimator.plan(sessions, workers, 0.0)
    now, known = 0.0, warm
    before: Estimate | None = None
    for wait, (name, *arguments) in steps:
        now = now + wait if math.isfinite(wait) else now
        moment = now if math.isfinite(wait) else wait
        method = getattr(estimator, name)
        if name == "finished":
            method(*arguments[:2], moment, arguments[2])
        elif name == "progressed":
            method(*arguments[:3], moment, arguments[3])
            known = known or estimator._known
        else:
            method(*arguments, moment)
        check_sums(estimator)
        planned_ = estimator._plan.sessions
        left = {key for key, works in planned_.items() if any(work.state != "over" for work in works.values())}
        assert set(estimator._plan.open) == left
        whole_batch = estimator.batch(now)
        if whole_batch and before and left and whole_batch.mid > 1.25 * before.mid:
            assert estimator.reason
        before = whole_batch if left else None
        said = [(bool(left), whole_batch)] if planned_ else []
        said += [(key in left, estimator.session(key, now)) for key in planned_]
        for is_open, estimate in said:
            if not is_open:
                assert estimate == (0.0, 0.0, 0.0)
            elif estimate is None:
                assert not known
            else:
                assert 0.0 < estimate.low <= estimate.mid <= estimate.high < math.inf
        if (whole := estimator.predicted) is not None:
            assert 0.0 < whole.low <= whole.mid <= whole.high < math.inf
    json.dumps(estimator.history(), allow_nan=False)


def test_a_stage_that_told_all_in_the_moment_in_which_it_began() -> None:
    """A coarse clock, or a first report that is the last: there is no time from which a pace could be learned."""
    estimator = EtaEstimator()
    estimator.plan([("a", {"audio": None, "video": None})], 1, 0.0)
    estimator.progressed("a", "audio", 1.0, 1.0)
    estimator.finished("a", "audio", 2.0)
    assert mid(estimator.batch(2.0)) > 0.0


@pytest.mark.parametrize("slots", [-1, 0, 1])
def test_there_is_always_a_slot(slots: int) -> None:
    estimator = EtaEstimator(DEFAULT_HISTORY)
    estimator.plan([("a", ONE), ("b", ONE)], 2, 0.0, slots)
    assert mid(estimator.batch(0.0)) > 0.0


def test_one_stage_that_takes_far_longer_does_not_mislead_a_machine_that_is_known() -> None:
    teacher, now = planned(), 0.0
    for number in range(4):
        now = run(teacher, f"s{number}", now, 60.0)
    usual, exceptional = planned(history=teacher.history()), planned(history=teacher.history())
    run(usual, "s0", 0.0, 60.0)
    run(exceptional, "s0", 0.0, 300.0)
    assert mid(exceptional.batch(300.0)) < 1.4 * mid(usual.batch(60.0))


def test_a_machine_on_which_all_stages_take_far_longer_is_believed() -> None:
    teacher, now = planned(), 0.0
    for number in range(4):
        now = run(teacher, f"s{number}", now, 60.0)
    estimator, now = planned(8, history=teacher.history()), 0.0
    for number in range(4):
        now = run(estimator, f"s{number}", now, 300.0)
    assert mid(estimator.batch(now)) == pytest.approx(4 * 300.0, rel=0.2)
