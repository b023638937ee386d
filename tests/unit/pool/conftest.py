"""What the tests of the pool share."""

from __future__ import annotations

import pytest

from enrich_tui.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """A clock that a test moves."""
    return FakeClock(100.0)
