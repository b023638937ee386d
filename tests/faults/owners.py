"""Starts two dashboards on one library within 50 ms: one works, the other shows it live.

By hand: ``python -m tests.faults.owners --times 50``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from enrich_tui.store.owner import lock_of
from enrich_tui.store.runs import kept
from tests.faults.batch import finished, make_sources
from tests.terminal.terminal import Terminal

APART = 0.05
"""Most seconds between the two starts."""
PATIENCE = 60.0
"""Seconds that a round may take on a busy machine."""


def read_until(terminals: list[Terminal], condition: Callable[[], bool]) -> bool:
    """Read both screens in turn until this is so; False where it does not come to it."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        for terminal in terminals:
            terminal.read(0.02)
    return True


def one(sources: Path, folder: Path, delay: float) -> list[str]:
    """One round in a fresh library; returns what was wrong."""
    library = folder / "library"
    shutil.copytree(sources, library)
    sessions = len(list(library.iterdir()))
    run = ["-m", "enrich_tui", "run", str(library), "--workers", "1"]
    environ = {"XDG_STATE_HOME": str(folder / "state")}
    with Terminal(run, environ=environ) as first:
        time.sleep(delay)
        with Terminal(run, environ=environ) as second:
            pair = [first, second]
            done = f"DONE {sessions} ok, 0 failed"
            if not read_until(pair, lambda: all(done in terminal.text for terminal in pair)):
                return ["not both came to the end", first.text, second.text]
            wrong = []
            if sum("READ-ONLY" in terminal.text for terminal in pair) != 1:
                wrong += ["not exactly one is read-only", first.text, second.text]
            for terminal in sorted(pair, key=lambda terminal: "READ-ONLY" not in terminal.text):
                terminal.send("q")
                if (code := terminal.end()) != 0:
                    wrong.append(f"exit code {code}")
    runs = kept(lock_of(library))
    if len(runs) != 1:
        return [*wrong, f"{len(runs)} runs"]
    events = [json.loads(line) for line in runs[0][1].read_text().splitlines()]
    started = Counter((event["session"], event["stage"]) for event in events if event["type"] == "stage-started")
    wrong += [f"{stage} was run {times} times" for stage, times in started.items() if times != 1]
    if set(finished(library)) != set(started):
        wrong.append(f"finished: {sorted(finished(library))}, started: {sorted(started)}")
    return wrong


def rounds(folder: Path, times: int, seed: int) -> list[str]:
    """So many rounds; returns what was wrong in them."""
    chance = random.Random(seed)
    sources = make_sources(folder / "sources", reviews=2, video=False, speech=False)
    wrong = []
    for number in range(times):
        delay = chance.uniform(0.0, APART)
        place = folder / str(number)
        wrong += [f"round {number}, {delay * 1000:.0f} ms apart: {fault}" for fault in one(sources, place, delay)]
        shutil.rmtree(place)
    return wrong


def main() -> int:
    """The whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="owners-") as folder:
        wrong = rounds(Path(folder), options.times, options.seed)
    print(*wrong, f"{options.times} rounds, {len(wrong)} faults, {time.monotonic() - begun:.0f} s", sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
