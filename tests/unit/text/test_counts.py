"""A number agrees with its noun."""

from __future__ import annotations

import pytest

from enrich_tui.text import count_text


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [(0, "session", "0 sessions"), (1, "session", "1 session"), (2, "more kind", "2 more kinds")],
)
def test_counts(number: int, noun: str, shown: str) -> None:
    assert count_text(number, noun) == shown
