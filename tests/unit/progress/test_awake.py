"""Suspended time does not count."""

import pytest

from enrich_tui.progress import EtaEstimator, ProgressService
from enrich_tui.progress.awake import AwakeClock


class Wall:
    """A clock that goes on while everybody sleeps."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


def test_it_stands_still_between_two_looks_that_are_far_apart() -> None:
    wall = Wall()
    clock = AwakeClock(wall)
    begun = clock()
    for _ in range(100):
        wall.now += 1.0
        clock()
    assert clock() - begun == 100.0
    wall.now += 3600.0
    assert clock() - begun == 100.0
    wall.now += 2.0
    assert clock() - begun == 102.0


def worked(asleep: float) -> ProgressService:
    """A batch of four, half way through its first session; the machine slept for some seconds in the middle of it."""
    wall = Wall()
    service = ProgressService(clock=AwakeClock(wall), estimator=EtaEstimator())
    names = [f"s{number}" for number in range(4)]
    service.start_batch(names, media={name: {"audio": 600.0} for name in names}, workers=1)
    service.start_progress("s0", include_video=False, include_summary=False, include_canvas=False)
    for second in range(61):
        service.update_stage("s0", "audio", progress=second / 1.2)
        service.batch_eta()
        wall.now += asleep if second == 30 else 1.0
    return service


def test_a_laptop_that_slept_did_not_work() -> None:
    awake, slept = worked(1.0).batch_eta(), worked(7200.0).batch_eta()
    assert awake is not None
    assert slept is not None
    assert slept.mid == pytest.approx(awake.mid, rel=0.05)
