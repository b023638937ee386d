"""From the start of the whole program to its first frame on a terminal: ``python -m tests.benchmarks.start [PART]``.

``frames``: the least Textual app and the dashboard over an empty library take turns. ``answers``: Python that does
nothing and the commands that answer and end, over a small library that is done. Medians of the seconds by the clock
and of processor, of the program's own process, imports and all. Modules are compiled before, as an installation does.
:mod:`tests.benchmarks.library` holds a large library against an empty one, :mod:`tests.benchmarks.dashboard` tells what
comes after the imports.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

from enrich_tui.config import StageConfig
from enrich_tui.discovery import discover
from enrich_tui.model import STAGES
from enrich_tui.pipeline import cache
from tests.benchmarks.library import finish
from tests.terminal.terminal import Terminal

TURNS = 9
SIZE = (140, 40)
SESSIONS = 10
LEAST = """
from textual.app import App
from textual.widgets import Static
class Idle(App):
    def compose(self):
        yield Static("idle")
Idle().run()
"""


class Start(NamedTuple):
    """Seconds to a frame, or to the end."""

    clock: float
    cpu: float


def environ(home: Path) -> dict[str, str]:
    """Of a person of its own, with a place for compiled modules."""
    mine = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(home))
    return {**mine, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "bytecode")}


def frame(arguments: Sequence[str], sign: bytes, home: Path) -> Start:
    """Start a program on a terminal and wait until it paints this."""
    begun = time.perf_counter()
    with Terminal(arguments, size=SIZE, environ=environ(home)) as terminal:
        while sign not in terminal.written:
            terminal.read(0.005)
        clock = time.perf_counter() - begun
        used = psutil.Process(terminal.process.pid).cpu_times()
    return Start(clock, used.user + used.system)


def answer(arguments: Sequence[str], home: Path) -> Start:
    """Start a program and wait until it ends."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=os.environ | environ(home), check=True, capture_output=True)
    clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Start(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(programs: Mapping[str, Callable[[], Start]]) -> None:
    """Let them take turns; print medians, and ratios to the first."""
    found: defaultdict[str, list[Start]] = defaultdict(list)
    for turn in range(TURNS + 1):
        for name, start in programs.items():
            taken = start()
            if turn:  # the first one only compiles
                found[name].append(taken)
    medians = {name: Start(*map(statistics.median, zip(*starts, strict=True))) for name, starts in found.items()}
    least = next(iter(medians.values()))
    for name, (clock, cpu) in medians.items():
        ratios = f"{clock / least.clock:.2f}x and {cpu / least.cpu:.2f}x"
        print(f"{name:<20} {clock:.3f} s by the clock, {cpu:.3f} s of processor: {ratios}")


def frames(base: Path) -> None:
    """What a person sees first."""
    library, home = base / "library", base / "home"
    library.mkdir()
    run = ["-m", "enrich_tui", "run", str(library)]
    compare(
        {
            "least Textual app": partial(frame, ["-c", LEAST], b"idle", home),
            "first frame": partial(frame, run, b"enrich", home),
            "everything in place": partial(frame, run, b"Sessions", home),
        }
    )


def answers(base: Path) -> None:
    """What is asked for and ends."""
    library, home = base / "done", base / "home"
    library.mkdir()
    for number in range(SESSIONS):
        (library / f"talk {number}.mp4").write_text(str(number))
    settings = {stage: cache.settings_of(stage, StageConfig()) for stage in STAGES}
    for session in discover(library).sessions:
        finish(session, settings)
    commands = {
        "--version": ["--version"],
        "--help": ["--help"],
        "status": ["status", str(library)],
        "plan": ["plan", str(library)],
        "run, plain": ["run", str(library), "--display", "plain"],
    }
    programs = {name: ["-m", "enrich_tui", *rest] for name, rest in commands.items()}
    compare({name: partial(answer, told, home) for name, told in {"python": ["-c", "pass"], **programs}.items()})


PARTS = {"frames": frames, "answers": answers}


def main() -> None:
    """Measure the parts that are asked for, or all."""
    for part in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="start-") as base:
            PARTS[part](Path(base))


if __name__ == "__main__":
    main()
