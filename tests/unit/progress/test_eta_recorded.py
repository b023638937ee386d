"""The estimator on real batches, as they were recorded with the product: its promises, and a modest accuracy."""

import itertools
import math
import statistics
from typing import Any

import pytest

from enrich_tui.progress.eta import DEFAULT_HISTORY, Estimate, EtaEstimator
from tests.benchmarks import eta_recorded
from tests.benchmarks.eta_traces import Trace, errors

BATCHES = eta_recorded.load()
NAMES = [batch.name for batch in BATCHES]


class Watched(EtaEstimator):
    """Remembers everything that it said of the batch, and what was left then."""

    def __init__(self, history: Any) -> None:
        super().__init__(history)
        self.said: list[tuple[bool, Estimate | None]] = []

    def batch(self, now: float) -> Estimate | None:
        estimate = super().batch(now)
        self.said.append((bool(self._plan.open), estimate))
        return estimate


@pytest.fixture(scope="module")
def cold() -> dict[str, Trace]:
    return {batch.name: eta_recorded.replay(batch, EtaEstimator(DEFAULT_HISTORY)) for batch in BATCHES}


def test_there_are_enough_of_them() -> None:
    assert len(BATCHES) >= 10
    assert {batch.told["workers"] for batch in BATCHES} == {1, 2}
    assert max(path.stat().st_size for path in eta_recorded.DATA.glob("*.json")) < 30_000


@pytest.mark.parametrize("batch", BATCHES, ids=NAMES)
@pytest.mark.parametrize("history", [None, DEFAULT_HISTORY], ids=["bare", "defaults"])
def test_the_bounds_hold(batch: eta_recorded.Recorded, history: Any) -> None:
    estimator = Watched(history)
    trace = eta_recorded.replay(batch, estimator)
    known = history is not None
    for is_open, estimate in estimator.said:
        if estimate is None:
            assert not known
            continue
        known = True
        assert 0.0 <= estimate.low <= estimate.mid <= estimate.high < math.inf
        assert (estimate.low > 0.0) == is_open
    assert known
    mids = [mid for _, mid in trace.mids]
    assert sum(later > earlier + 1e-9 for earlier, later in itertools.pairwise(mids)) <= 0.1 * len(mids) + 2


def test_half_way_it_is_about_right(cold: dict[str, Trace]) -> None:
    pairs = [(batch.as_simulated(), cold[batch.name]) for batch in BATCHES if batch.duration > 30.0]
    assert statistics.fmean(errors(pairs, 0.5)) < 0.18
    assert statistics.fmean(errors(pairs, 0.75)) < 0.12


@pytest.mark.parametrize("batch", BATCHES, ids=NAMES)
def test_after_a_fifth_of_the_time_it_is_never_far_off(batch: eta_recorded.Recorded, cold: dict[str, Trace]) -> None:
    assert eta_recorded.worst(batch, cold[batch.name]) < 3.6
