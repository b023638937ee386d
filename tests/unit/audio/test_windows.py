from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich_tui.media.decode import RATE, Samples
from enrich_tui.stages.speech.windows import windows


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3 * RATE), max_size=60), st.sampled_from([30.0, 45.0]))
def test_windows_lie_end_to_end_and_lose_nothing(sizes: list[int], longest: float) -> None:
    whole = np.arange(sum(sizes), dtype=np.float32)
    blocks = np.split(whole, np.cumsum(sizes)[:-1]) if sizes else []
    found = list(windows(blocks, longest))
    assert np.array_equal(np.concatenate([w.samples for w in found]) if found else whole[:0], whole)
    assert all(one.end == pytest.approx(two.start) for one, two in pairwise(found))
    assert all(len(window.samples) <= longest * RATE + 3 * RATE for window in found)


def test_the_cut_is_where_it_is_quiet() -> None:
    sound = noise(80)
    sound[int(27 * RATE) : int(28 * RATE)] = 0
    sound[int(52 * RATE) : int(52.8 * RATE)] *= 0.01
    first, second, _ = windows(np.array_split(sound, 80), 30)
    assert 27.2 <= first.end <= 27.8
    assert 52.2 <= second.end <= 52.6


def test_in_silence_a_window_is_as_long_as_it_may_be() -> None:
    first, _ = windows(np.array_split(np.zeros(40 * RATE, np.float32), 40), 30)
    assert 29.5 <= first.end <= 30
