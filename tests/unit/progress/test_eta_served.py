"""A stage that a server does takes a worker, but no processor: in the schedule, the estimates, and in what is learned.

The history here says that audio takes 60 seconds of 600, and the server as long for a summary, without any chance.
"""

import math
import statistics
from collections.abc import Collection

import pytest

from enrich_tui.progress import ProgressService
from enrich_tui.progress.eta import EtaEstimator
from enrich_tui.progress.eta.schedule import schedule
from tests.benchmarks.eta_simulated import Untold, draw_served
from tests.benchmarks.eta_traces import errors, replay

AUDIO, SUMMARY = 0, 2
SERVED = frozenset({SUMMARY})
BOTH = {"audio": 600.0, "summary": 600.0}
HISTORY = {
    "stages": {
        "audio": {"any": {"rate": 60.0 / 620.0, "first": 1.0, "noise": 0.05, "stages": 200}},
        "summary": {"a server": {"rate": 60.0 / 2100.0, "first": 1.0, "noise": 0.05, "stages": 200}},
    }
}


@pytest.mark.parametrize(
    ("slots", "workers", "served", "ends"),
    [
        (1, 1, SERVED, [20.0, 40.0, 60.0]),  # one worker waits and computes by turns
        (1, 2, frozenset(), [20.0, 40.0, 60.0]),  # what computes needs its processor, whoever does it
        (1, 2, SERVED, [20.0, 30.0, 40.0]),  # the next one computes meanwhile
        (2, 3, SERVED, [20.0, 20.0, 30.0]),  # two wait side by side: their worker is free, and nothing else to do
    ],
)
def test_what_waits_for_a_server_leaves_the_processors_to_others(
    slots: int, workers: int, served: frozenset[int], ends: list[float]
) -> None:
    queue = [[(AUDIO, 10.0, False), (SUMMARY, 10.0, False)] for _ in range(3)]
    assert schedule(queue, slots, workers, served) == ends


def test_no_worker_waits_while_others_could_compute() -> None:
    """As many wait as there are workers beside the processors; only then what is later in the queue computes first."""
    queue = [[(SUMMARY, 10.0, False)], [(SUMMARY, 10.0, False)], [(AUDIO, 4.0, False)], [(AUDIO, 4.0, False)]]
    assert schedule(queue, 1, 2, SERVED) == [10.0, 18.0, 4.0, 8.0]


def test_what_runs_already_keeps_its_place() -> None:
    queue = [[(SUMMARY, 5.0, True)], [(AUDIO, 10.0, True), (SUMMARY, 10.0, False)], [(AUDIO, 10.0, False)]]
    assert schedule(queue, 1, 2, SERVED) == [5.0, 20.0, 20.0]


def planned(count: int, workers: int, cpu_slots: int, served: Collection[str] = ("summary",)) -> EtaEstimator:
    estimator = EtaEstimator(HISTORY)
    estimator.plan([(f"s{number}", BOTH) for number in range(count)], workers, 0.0, cpu_slots, served=served)
    return estimator


def whole(estimator: EtaEstimator) -> float:
    estimate = estimator.batch(0.0)
    assert estimate is not None
    assert 0.0 < estimate.low <= estimate.mid <= estimate.high < math.inf
    return estimate.mid


def test_the_batch_takes_as_long_as_what_computes_and_the_last_summary() -> None:
    assert whole(planned(20, 2, 1)) == pytest.approx(21 * 60.0, rel=0.15)
    assert whole(planned(20, 2, 1, ())) == pytest.approx(40 * 60.0, rel=0.15)


def test_each_session_is_told_when_its_own_summary_is_there() -> None:
    estimator = planned(10, 2, 1)
    for number in (0, 4, 9):
        estimate = estimator.session(f"s{number}", 0.0)
        assert estimate is not None
        assert estimate.mid == pytest.approx((number + 2) * 60.0, rel=0.15)


def test_a_lost_worker_is_the_one_that_waited() -> None:
    estimator = planned(20, 2, 1)
    estimator.set_workers(1, 0.0)
    assert whole(estimator) == pytest.approx(40 * 60.0, rel=0.15)


def test_a_slow_server_does_not_make_the_machine_slower() -> None:
    """The same reports from a stage of this machine do."""
    said = []
    for served in (("summary",), ()):
        estimator = planned(40, 2, 1, served)
        now = 0.0
        for number in range(12):
            session, slower = f"s{number}", 1.0 if number < 6 else 10.0
            estimator.started(session, "audio", now)
            estimator.finished(session, "audio", now := now + 60.0)
            estimator.started(session, "summary", now)
            for step in range(1, 10):
                estimator.progressed(session, "summary", step / 10, now + 6.0 * slower * step)
            estimator.finished(session, "summary", now := now + 60.0 * slower)
            estimator.batch(now)
        said.append(estimator._load.factor)
    assert said[0] == pytest.approx(1.0, rel=0.02)
    assert said[1] > 1.05


def test_only_the_first_question_wakes_the_server() -> None:
    estimator = planned(4, 4, 4)
    for number in range(4):
        estimator.started(f"s{number}", "audio", 0.0)
        estimator.finished(f"s{number}", "audio", 60.0)
        estimator.started(f"s{number}", "summary", 60.0)
    works = estimator._plan.sessions.values()
    assert [work["audio"].first for work in works] == [True] * 4
    assert [work["summary"].first for work in works] == [True, False, False, False]


def test_the_service_passes_it_on() -> None:
    service = ProgressService(clock=lambda: 0.0, estimator=EtaEstimator(HISTORY))
    ids = [f"s{number}" for number in range(20)]
    service.start_batch(ids, media=dict.fromkeys(ids, BOTH), workers=2, cpu_slots=1, served=("summary",))
    eta = service.batch_eta()
    assert eta is not None
    assert eta.mid == pytest.approx(whole(planned(20, 2, 1)))


def test_of_simulated_batches_much_less_is_left_unexplained() -> None:
    """Batches with chance in every stage, and a history of another one with the same server."""
    told, deaf = [], []
    for number in (0, 1, 7, 9):
        earlier, batch = draw_served(5, number)
        teacher = EtaEstimator()
        replay(earlier, teacher)
        told.append((batch, replay(batch, EtaEstimator(teacher.history()))))
        deaf.append((batch, replay(batch, Untold(teacher.history()))))
    early = [
        statistics.fmean(error for moment in (0.1, 0.25) for error in errors(pairs, moment)) for pairs in (told, deaf)
    ]
    assert early[0] < 0.15
    assert early[0] < 0.5 * early[1]
