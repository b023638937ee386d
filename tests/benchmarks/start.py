"""From the start of the whole program to its first frame on a terminal: ``python -m tests.benchmarks.start``.

The least Textual app and the dashboard over an empty library take turns. Medians of the seconds by the clock and of
processor, of the program's own process, imports and all. :mod:`tests.benchmarks.library` holds a large library against
an empty one, :mod:`tests.benchmarks.dashboard` tells what comes after the imports.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.terminal.terminal import Terminal

TURNS = 9
SIZE = (140, 40)
LEAST = """
from textual.app import App
from textual.widgets import Static
class Idle(App):
    def compose(self):
        yield Static("idle")
Idle().run()
"""


class Start(NamedTuple):
    """Seconds to a frame."""

    clock: float
    cpu: float


def frame(arguments: Sequence[str], sign: bytes, home: Path) -> Start:
    """Start a program on a terminal and wait until it paints this."""
    environ = {"HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    begun = time.perf_counter()
    with Terminal(arguments, size=SIZE, environ=environ) as terminal:
        while sign not in terminal.written:
            terminal.read(0.005)
        clock = time.perf_counter() - begun
        used = psutil.Process(terminal.process.pid).cpu_times()
    return Start(clock, used.user + used.system)


def main() -> None:
    """Measure in turns; print medians and ratios."""
    found: defaultdict[str, list[Start]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="start-") as base:
        library, home = Path(base) / "library", Path(base) / "home"
        library.mkdir()
        run = ["-m", "enrich_tui", "run", str(library)]
        programs = {
            "least Textual app": (["-c", LEAST], b"idle"),
            "first frame": (run, b"enrich"),
            "everything in place": (run, b"Sessions"),
        }
        for _ in range(TURNS):
            for name, (arguments, sign) in programs.items():
                found[name].append(frame(arguments, sign, home))
    least = found["least Textual app"]
    for name, starts in found.items():
        clock, cpu = (statistics.median(column) for column in zip(*starts, strict=True))
        ratios = (a / b for a, b in zip((clock, cpu), map(statistics.median, zip(*least, strict=True)), strict=True))
        told = " and ".join(f"{ratio:.2f}x" for ratio in ratios)
        print(f"{name:<20} {clock:.2f} s by the clock, {cpu:.2f} s of processor: {told}")


if __name__ == "__main__":
    main()
