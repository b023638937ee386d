"""The same as ``python -m tests.faults.kill``, with a few moments only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.kill import Kill, Reference, one, reference

pytestmark = [pytest.mark.engine, pytest.mark.skipif(os.name == "nt", reason="kills as Unix does")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return reference(tmp_path_factory.mktemp("reference"), speech=False)


@pytest.mark.parametrize(
    "planned",
    [
        [Kill("tree", 0, 0.3), Kill("parent", 40, 0.01)],
        [Kill("worker", 25, 0.02)],
        [Kill("tree", 60, 0.03), Kill("parent", 12, 0.0)],
    ],
)
def test_whoever_is_killed_the_next_start_goes_on(undisturbed: Reference, tmp_path: Path, planned: list[Kill]) -> None:
    assert one(undisturbed, tmp_path, planned) == []
