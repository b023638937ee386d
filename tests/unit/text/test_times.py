"""Moments and lengths read as on a clock, remaining times as estimates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.text import eta_text, length_text, seconds_text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(12, "0:12"), (42.9, "0:42"), (4900, "1:21:40"), (3599.9, "59:59"), (90_000, "25:00:00"), (-1, "0:00")],
)
def test_moments(seconds: float, shown: str) -> None:
    assert seconds_text(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown", "short"),
    [
        (0, "0:00", "0:00"),
        (0.4, "<1s", "<1s"),
        (1, "0:01", "0:01"),
        (3599.9, "59:59", "59:59"),
        (4900, "1:21:40", "1h21m"),
        (90_000, "25:00:00", "25h"),
        (None, "-", "-"),
        (float("inf"), "-", "-"),
    ],
)
def test_lengths_are_never_nothing(seconds: float | None, shown: str, short: str) -> None:
    assert length_text(seconds) == shown
    assert length_text(seconds, short=True) == short


def test_no_moment_is_a_dash() -> None:
    assert seconds_text(None) == seconds_text(float("nan")) == seconds_text(float("inf")) == "-"


@pytest.mark.parametrize(
    ("low", "mid", "high", "shown"),
    [
        (840, 1080, 1320, "~18m (±4m)"),
        (40, 50, 60, "~50s"),
        (5, 7.4, 9, "~7s"),
        (0, 0, 0, "~1s"),
        (1080, 1080, 1080, "~18m"),
        (6000, 8000, 10800, "~2h 13m (±40m)"),
        (100, 240, 1560, "~4m (2m-26m)"),
        (0, 120, 900, "~2m (1m-15m)"),
        (None, 120, None, "~2m"),
        (None, None, None, "measuring"),
        (0, float("nan"), 0, "measuring"),
    ],
)
def test_remaining_times(low: float | None, mid: float | None, high: float | None, shown: str) -> None:
    assert eta_text(low, mid, high) == shown


@given(*[st.none() | st.floats(max_value=1e9) for _ in range(3)])
def test_any_estimate_can_be_told(low: float | None, mid: float | None, high: float | None) -> None:
    assert eta_text(low, mid, high)
    assert seconds_text(mid)
