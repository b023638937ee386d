"""A program that lost its library while it was suspended writes nothing any more, and neither do its workers."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest

from enrich_tui.store.owner import LOCK, STATE
from tests.faults.batch import Batch, make_sources, results

pytestmark = pytest.mark.skipif(os.name == "nt", reason="suspends as Unix does")


def marks(library: Path) -> dict[str, tuple[int, int, int]]:
    """Every file among the results, as it is."""
    found = {}
    for name, path in results(library).items():
        status = path.stat()
        found[name] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


@pytest.mark.parametrize("workers_too", [True, False], ids=["all of it", "the program alone"])
def test_who_was_suspended_and_lost_the_library_writes_nothing(tmp_path: Path, *, workers_too: bool) -> None:
    library = make_sources(tmp_path / "library", reviews=8, video=True, speech=False)
    former = Batch(library, tmp_path / "former", ("--workers", "2", "--fresh"))
    assert former.read(55)  # several stages are in work
    everyone = list(former.living())
    asleep = everyone if workers_too else [process for process in everyone if process.pid == former.process.pid]
    for process in asleep:
        process.send_signal(signal.SIGSTOP)
    (library / STATE / LOCK).unlink()
    later = Batch(library, tmp_path / "later", ("--workers", "2", "--fresh"))
    assert later.end() == 0
    whole = marks(library)
    reader = threading.Thread(target=former.read)
    reader.start()
    for process in asleep:
        process.send_signal(signal.SIGCONT)
    reader.join(60)
    assert former.process.wait(20) == 2
    assert any(
        "no longer held by this program" in event.get("message", "")
        for event in former.events
        if event["type"] == "note"
    )
    _, alive = psutil.wait_procs(list(former.living()), timeout=5)
    assert not alive
    assert marks(library) == whole
    again = Batch(library, tmp_path / "again")
    assert again.end() == 0
    assert again.started() == []
