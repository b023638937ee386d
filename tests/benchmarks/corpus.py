"""The corpus, enriched by the program and by the same engines called one after another from a bare script.

    python -m tests.benchmarks.corpus [FOLDER]

Prints wall and CPU seconds of both and their ratios. The bare script uses all cores as threads of one process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery import discover
from enrich_tui.errors.problems import StageError
from enrich_tui.model import STAGES, StageTask
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.stages import load

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"


class Cost(NamedTuple):
    """What a child process took, in seconds."""

    wall: float
    cpu: float


def bare(folder: Path, output: Path) -> None:
    """Call the stages one after another, with all cores."""
    for session in discover(folder, output).sessions:
        for stage in STAGES:
            if has_input(session, stage):
                task = StageTask(session=session, stage=stage, threads=os.cpu_count() or 1)
                try:
                    load(stage).run(task, lambda _fraction, _message="", kept=None: None)
                except StageError:
                    continue


def measure(arguments: list[str]) -> Cost:
    """Run a command to its end; broken files in the corpus make its exit code 1."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(arguments, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main(folder: Path, repeat: int = 3) -> None:
    """Measure both in turn and print the medians."""
    wholes, bares = [], []
    for number in range(repeat):
        with tempfile.TemporaryDirectory() as place:
            outputs = [str(Path(place) / name) for name in ("bare", "whole")]
            bares.append(measure([sys.executable, "-m", "tests.benchmarks.corpus", "--bare", str(folder), outputs[0]]))
            run = [sys.executable, "-m", "enrich_tui", "run", str(folder), "--display", "none", "--output", outputs[1]]
            wholes.append(measure(run))
        pair = f"{number + 1}: bare {bares[-1].wall:6.1f} s wall {bares[-1].cpu:6.1f} s CPU"
        print(f"{pair}   program {wholes[-1].wall:6.1f} s wall {wholes[-1].cpu:6.1f} s CPU")
    walls = sorted(whole.wall / one.wall for whole, one in zip(wholes, bares, strict=True))
    cpus = sorted(whole.cpu / one.cpu for whole, one in zip(wholes, bares, strict=True))
    print(f"program / bare: wall {walls[repeat // 2]:.2f} (at most 1.15), CPU {cpus[repeat // 2]:.2f} (at most 1.10)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        bare(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(Path(sys.argv[1]) if sys.argv[1:] else CORPUS.resolve())
