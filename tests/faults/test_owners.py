"""Two programs that want the same library at the same time."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path

import pytest

from enrich_tui.store.owner import LOCK, STATE
from tests.faults.batch import Batch, finished, make_sources

TIMES = 10
"""Rounds with two dashboards; ``python -m tests.faults.owners`` has 50."""


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_of_two_dashboards_one_works_and_the_other_shows_it(tmp_path: Path) -> None:
    from tests.faults.owners import rounds

    assert rounds(tmp_path, TIMES, seed=0) == []


def test_of_two_programs_one_works_and_the_other_says_so(tmp_path: Path) -> None:
    library = make_sources(tmp_path / "library", reviews=8, video=False, speech=False)  # long enough to overlap
    for number in range(2):
        pair = [Batch(library, tmp_path / f"state {number} {each}", ("--workers", "1", "--fresh")) for each in "ab"]
        readers = [threading.Thread(target=batch.read) for batch in pair]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(60)
        codes = [batch.process.wait(10) for batch in pair]
        assert sorted(codes) == [0, 2]
        loser = pair[codes.index(2)]
        assert loser.events == []
        assert loser.process.stderr is not None
        # who that is stands in the lock only a moment after the lock is held; test_owner.py holds that it is said
        assert "being worked on by another enrich-tui" in loser.process.stderr.read()
        started = Counter(pair[codes.index(0)].started())
        assert set(started.values()) == {1}
        assert set(finished(library)) <= set(started)
    assert (library / STATE / LOCK).is_file()
