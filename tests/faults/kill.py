"""Kills a real batch at random moments, goes on, and holds the outcome against a run that nobody disturbed.

By hand: ``python -m tests.faults.kill --each 100`` and ``python -m tests.faults.kill --each 5 --long``.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from enrich_tui.store.outputs import PARTIAL_PREFIX
from tests.faults.batch import Batch, Watch, everything, finished, heard, make_sources, results

ORPHAN_SECONDS = 3.0
"""After this time nothing of a killed program may be left."""

Victim = Literal["parent", "worker", "tree"]
VICTIMS: tuple[Victim, ...] = ("parent", "worker", "tree")


class Reference(NamedTuple):
    """A run that nobody disturbed."""

    sources: Path
    results: dict[str, object]
    stages: Counter[tuple[str, str]]
    events: int
    heard: dict[str, list[bytes]]
    settings: Path
    """The configuration file of all runs."""


class Kill(NamedTuple):
    """Who is killed, and when: after so many events, and so many seconds more."""

    victim: Victim
    events: int
    delay: float


SETTINGS = """
[stage.audio]
model = "tiny.en"
window = 60
"""


def reference(folder: Path, *, speech: bool = True, long: bool = False) -> Reference:
    """Make a library below ``folder`` and run it once."""
    sources = make_sources(folder / "sources", speech=speech, long=long)
    library = folder / "undisturbed" / "library"
    shutil.copytree(sources, library)
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS)
    batch = Batch(library, folder / "state", ("--workers", "2", "--config", str(settings)))
    assert batch.end() == 0
    return Reference(
        sources, everything(library), Counter(batch.started()), len(batch.events), heard(library), settings
    )


def kills(chance: random.Random, events: int) -> list[Kill]:
    """One to three kills of one library."""
    planned = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        victim: Victim = chance.choice(VICTIMS)
        at = chance.randrange(events)
        planned.append(Kill(victim, at, chance.uniform(0, 0.6 if at == 0 else 0.06)))
    return planned


def disturb(batch: Batch, kill: Kill) -> bool:
    """Wait for the moment and kill; False where the batch was over before."""
    if kill.events and not batch.read(kill.events):
        return False
    threading.Event().wait(kill.delay)
    everyone = list(batch.living())
    chosen = [batch.process.pid]
    if kill.victim == "worker":
        workers = sorted(process.pid for process in everyone if process.pid != batch.process.pid)
        chosen = workers[kill.events % len(workers) :][:1] if workers else []
    elif kill.victim == "tree":
        chosen = [process.pid for process in everyone]
    for pid in chosen:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
    return True


def one(known: Reference, folder: Path, planned: list[Kill]) -> list[str]:
    """Run a library with these kills, each in a run of its own, then to the end; returns what was wrong."""
    library, wrong = folder / "library", []
    shutil.copytree(known.sources, library)
    before, said = finished(library), heard(library)
    with Watch(library, known.results) as watch:
        for kill in [*planned, None]:
            batch = Batch(library, folder / "state", ("--workers", "2", "--config", str(known.settings)))
            killed = kill is not None and disturb(batch, kill)
            code = batch.end()
            if not killed or (kill and kill.victim == "worker"):
                if code != 0:
                    wrong.append(f"exit code {code}")
                ended = Counter(event["session"] for event in batch.events if event["type"] == "session-finished")
                queued = [event["session"] for event in batch.events if event["type"] == "session-queued"]
                if ended != Counter(queued) or len(queued) != len({session for session, _ in known.stages}):
                    wrong.append(f"sessions ended: {dict(ended)}")
            _, alive = psutil.wait_procs(list(batch.living()), timeout=ORPHAN_SECONDS)
            wrong += [f"{process} is still there" for process in [*alive, *batch.living()]]
            again = set(batch.started()) & set(before)
            wrong += [f"{session}: {stage} was finished and run again" for session, stage in sorted(again)]
            now = finished(library)
            wrong += [
                f"{stage} was finished and its files changed" for stage in before if now.get(stage) != before[stage]
            ]
            before = now
            kept, said = said, heard(library)
            wrong += [f"{name}: what was heard is gone" for name in kept if not set(kept[name]) <= set(said[name])]
        watch.look()
    wrong += [f"{name}: something else was heard" for name in known.heard if known.heard[name] != said.get(name)]
    wrong += watch.faults
    left = [str(path.relative_to(library)) for path in library.rglob(f"{PARTIAL_PREFIX}*")]
    wrong += [f"{name} was left" for name in left]
    made = everything(library)
    wrong += [
        f"{name} differs" for name in sorted({*made, *known.results}) if made.get(name) != known.results.get(name)
    ]
    assert results(library)
    return wrong


def main() -> int:
    """The whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=100, help="how many times each of the three is killed")
    parser.add_argument("--long", action="store_true", help="with a long recording")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally: Counter[str] = Counter()
    bad = number = 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-") as base:
        known = reference(Path(base) / "reference", long=options.long)
        while min(tally[victim] for victim in VICTIMS) < options.each:
            number += 1
            planned = kills(random.Random(options.seed * 100_000 + number), known.events)
            folder = Path(base) / str(number)
            wrong = one(known, folder, planned)
            tally.update(kill.victim for kill in planned)
            bad += bool(wrong)
            if wrong:
                print(f"{number}: {planned}", *wrong, sep="\n    ", flush=True)
            shutil.rmtree(folder)
            if number % 10 == 0:
                print(f"{number} libraries, {dict(tally)}, {time.monotonic() - begun:.0f} s", flush=True)
    seconds = time.monotonic() - begun
    print(f"{sum(tally.values())} kills {dict(tally)} of {number} libraries, {bad} with faults, {seconds:.0f} s")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
