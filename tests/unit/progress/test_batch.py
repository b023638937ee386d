"""The batch adds up what changed; that must come to the same as adding up everything."""

import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.model import Stage
from enrich_tui.progress.batch import Batch
from enrich_tui.progress.run import SessionRun

IDS = [f"s{number}" for number in range(6)]
KINDS = ("pending", "processing", "completed", "failed")

Step = tuple[str, str, float]
STEPS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(KINDS), st.floats(0, 100)), max_size=60)
WEIGHTS = st.fixed_dictionaries({ident: st.floats(1e-3, 1e9) for ident in IDS}) | st.just(dict[str, float]())


def run_at(session_id: str, progress: float) -> SessionRun:
    run = SessionRun(session_id, {Stage.AUDIO: 1.0}, 0.0)
    run.set_progress(Stage.AUDIO, progress, 0.0)
    return run


def take(batch: Batch, step: Step) -> float:
    """Take a step; returns how much of the session now counts as done, 0 to 100."""
    session_id, kind, progress = step
    if kind == "pending":
        batch.forget(session_id)
        return 0.0
    run = run_at(session_id, progress)
    if kind == "processing":
        batch.note(run)
        return run.progress
    run.end(success=kind == "completed", message="", now=0.0)
    batch.note(run)
    return 100.0


@given(WEIGHTS, WEIGHTS, STEPS, STEPS)
def test_progress_is_the_plain_sum(
    weights: dict[str, float], late: dict[str, float], steps: list[Step], more: list[Step]
) -> None:
    batch = Batch(IDS, weights, 0.0)
    done, kinds = dict.fromkeys(IDS, 0.0), dict.fromkeys(IDS, "pending")
    of = {ident: Fraction(weights.get(ident, 1.0)) for ident in IDS}

    def check() -> None:
        now = batch.snapshot(None)
        plain = sum(of[ident] * Fraction(done[ident]) for ident in of) / sum(of.values())
        assert math.isclose(now.progress, float(plain), rel_tol=1e-12, abs_tol=1e-300)
        counts = Counter(kinds.values())
        assert [now.pending, now.processing, now.completed, now.failed] == [counts[kind] for kind in KINDS]

    def go(steps: list[Step], prefix: str) -> None:
        for session_id, kind, progress in steps:
            ident = prefix + session_id
            done[ident], kinds[ident] = take(batch, (ident, kind, progress)), kind
            check()

    go(steps, "")
    weighted = {f"late-{ident}": late.get(ident, 0.0) for ident in IDS}
    batch.extend(weighted, weighted)
    if weights and late:
        of |= {ident: Fraction(weight) for ident, weight in weighted.items()}
    else:
        of = dict.fromkeys([*of, *weighted], Fraction(1))
    done |= dict.fromkeys(weighted, 0.0)
    kinds |= dict.fromkeys(weighted, "pending")
    check()
    go(more, "late-")
    go(steps, "")


def test_what_comes_and_goes_leaves_nothing_behind() -> None:
    """Sums of fractions that go up and down drift; these do not."""
    weights = {ident: 0.1 * 3**number for number, ident in enumerate(IDS)}
    batch = Batch(IDS, weights, 0.0)
    for turn in range(1000):
        take(batch, (IDS[turn % len(IDS)], "completed", 0.0))
        take(batch, (IDS[turn * 5 % len(IDS)], "pending", 0.0))
    for ident in IDS:
        take(batch, (ident, "pending", 0.0))
    assert batch.snapshot(None).progress == 0.0
    take(batch, (IDS[0], "completed", 0.0))
    assert batch.snapshot(None).progress == pytest.approx(100 / sum(3**number for number in range(6)), rel=1e-15)
