"""The estimator, by what holds whatever it is inside: bounds, not figures."""

from __future__ import annotations

import json
import math

import pytest

from enrich_tui.progress.eta import EtaEstimator

MEDIA = {"audio": 600.0, "video": 600.0, "summary": None, "canvas": None}
SESSIONS = [(f"s{number}", dict(MEDIA)) for number in range(6)]


def work(estimator: EtaEstimator, session: str, now: float, rate: float = 0.1) -> float:
    """Do one session whose stages take ``rate`` seconds a second of media; returns when it is done."""
    for stage in ("audio", "video"):
        estimator.started(session, stage, now)
        for tenth in range(1, 10):
            estimator.progressed(session, stage, tenth / 10, now + 60 * rate * tenth)
        now += 600 * rate
        estimator.finished(session, stage, now)
    for stage in ("summary", "canvas"):
        estimator.started(session, stage, now)
        now += 1
        estimator.finished(session, stage, now, outcome="completed")
    return now


def test_nothing_is_known_before_anything_is_planned() -> None:
    estimator = EtaEstimator()
    assert estimator.batch(0.0) is None
    assert estimator.session("s", 0.0) is None


def test_from_the_first_measured_progress_there_is_one_and_it_is_ordered() -> None:
    estimator = EtaEstimator(history=None, seed=0)
    estimator.plan(SESSIONS, 2, 0.0, cpu_slots=2)
    estimator.started("s0", "audio", 0.0)
    estimator.progressed("s0", "audio", 0.1, 6.0)
    batch, session = estimator.batch(6.0), estimator.session("s0", 6.0)
    assert batch is not None
    assert session is not None
    assert 0 <= batch.low <= batch.mid <= batch.high < math.inf
    assert 0 <= session.low <= session.mid <= session.high
    assert session.mid <= batch.high


def test_it_is_near_the_truth_once_some_sessions_are_done() -> None:
    estimator = EtaEstimator(seed=1)
    estimator.plan(SESSIONS, 1, 0.0)
    now = 0.0
    for number in range(3):
        now = work(estimator, f"s{number}", now)
    found = estimator.batch(now)
    assert found is not None
    assert found.mid == pytest.approx(3 * 122, rel=0.25)
    for number in range(3, 6):
        now = work(estimator, f"s{number}", now)
    done = estimator.batch(now)
    assert done is not None
    assert done.mid == 0
    known = json.loads(json.dumps(estimator.history()))
    next_time = EtaEstimator(known, 0)
    next_time.plan(SESSIONS, 1, 0.0)
    before = next_time.batch(0.0)
    assert before is not None, "with history there is one before anything is measured"
    assert before.mid == pytest.approx(6 * 122, rel=0.4)


def test_more_workers_finish_sooner_and_a_pause_stops_the_clock() -> None:
    estimator = EtaEstimator()
    estimator.plan(SESSIONS, 1, 0.0)
    now = work(estimator, "s0", 0.0)
    one = estimator.batch(now)
    estimator.set_workers(3, now)
    three = estimator.batch(now)
    assert one is not None
    assert three is not None
    assert three.mid < one.mid
    estimator.pause(now)
    paused = estimator.batch(now)
    later = estimator.batch(now + 1000)
    assert paused is not None
    assert later is not None
    assert later.mid == pytest.approx(paused.mid, rel=0.01)
    estimator.resume(now + 1000)
    resumed = estimator.batch(now + 1000)
    assert resumed is not None
    assert resumed.mid == pytest.approx(paused.mid, rel=0.1)


def test_the_same_seed_says_the_same() -> None:
    def told() -> object:
        estimator = EtaEstimator(seed=3)
        estimator.plan(SESSIONS, 2, 0.0)
        now = work(estimator, "s0", 0.0)
        return estimator.batch(now)

    assert told() == told()


@pytest.mark.parametrize("fraction", [math.nan, math.inf, -1.0, 0.0, 1.0, 7.0])
def test_no_number_breaks_it(fraction: float) -> None:
    estimator = EtaEstimator()
    estimator.plan([("s", {"audio": None}), ("s", {"audio": 0.0}), ("t", {}), ("u", {"video": 1e12})], 0, 5.0)
    estimator.started("s", "audio", 5.0)
    estimator.progressed("s", "audio", fraction, 4.0)
    estimator.progressed("unknown", "audio", 0.5, 6.0)
    estimator.finished("unknown", "audio", 6.0)
    estimator.finished("s", "audio", 6.0, outcome="retry")
    estimator.finished("s", "canvas", 6.0, outcome="skipped")
    estimator.set_workers(-3, 7.0)
    estimator.resume(7.0)
    for found in (estimator.batch(8.0), estimator.session("s", 8.0), estimator.session("unknown", 8.0)):
        if found is not None:
            assert 0 <= found.low <= found.mid <= found.high
            assert math.isfinite(found.high)


@pytest.mark.parametrize("history", [{}, {"version": 99}, {"rates": "none"}, {"rates": {"audio": [1, "x", None]}}])
def test_any_history_will_do(history: dict[str, object]) -> None:
    estimator = EtaEstimator(history)
    estimator.plan(SESSIONS, 2, 0.0)
    assert json.dumps(estimator.history())
