"""Advice with keys, and without."""

from __future__ import annotations

import pytest

from enrich_tui.errors import ErrorType, Problem, describe, describe_type
from enrich_tui.tui.advice import with_keys

ALL = sorted({wording.advice for wording in [*map(describe, Problem), *map(describe_type, ErrorType)]} - {""})


@pytest.mark.parametrize("advice", ALL)
def test_what_can_be_done_by_a_key_names_it(advice: str) -> None:
    assert "press" not in advice
    told = with_keys(advice, {})
    for words in ("run it again", "run all that failed", "fewer workers,", "the log has the details"):
        assert words not in told


def test_the_keys_are_those_of_the_configuration() -> None:
    advice = "restart the worker if it does not come back, then run it again"
    assert with_keys(advice, {}) == "press w if it does not come back, then r to retry"
    assert with_keys(advice, {"restart": "f2,w"}) == "press f2 if it does not come back, then r to retry"
    assert with_keys("run it again", {"retry": ""}) == "run it again"
