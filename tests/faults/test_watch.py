"""The same as ``python -m tests.faults.watch``, with one seed only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.watch import one


@pytest.mark.parametrize("seed", [1])
async def test_what_is_written_slowly_is_taken_up_once_and_whole(tmp_path: Path, seed: int) -> None:
    assert await one(seed, tmp_path) == []
