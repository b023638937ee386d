"""How long a large library of finished sessions takes: ``python -m tests.benchmarks.library [SESSIONS]``.

Seconds of this process, by the clock and of processor, for finding the sessions, looking for changes, planning, and the
standing of all; then of ``plan`` and of a run as whole commands; then from the start of the program to its first paint
on a terminal, beside that of an empty library.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from enrich_tui.config import StageConfig
from enrich_tui.discovery import Library, Search, discover
from enrich_tui.model import STAGES, EnrichmentOptions, Session, Stage, StageOutcome
from enrich_tui.pipeline import cache
from enrich_tui.pipeline.plan import plan_run, standing
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.store.record import RECORD, SessionRecord, StageRecord, file_record
from tests.terminal.terminal import Terminal

T = TypeVar("T")

TURNS = 5
"""Starts of the program with each library."""

FILES = {
    Stage.AUDIO: ("transcript.json", "transcript.vtt", "transcript.srt", "transcript.txt", "audio.json"),
    Stage.VIDEO: ("chapters.json", "chapters.vtt"),
    Stage.SUMMARY: ("summary.json", "summary.md"),
    Stage.CANVAS: ("canvas.html",),
}


def finish(session: Session, settings: dict[Stage, str]) -> None:
    """Leave what a run leaves."""
    session.output.mkdir()
    sources = cache.read_sources(session, None)
    stages: dict[Stage, StageRecord] = {}
    for stage in STAGES:
        if has_input(session, stage):
            key = cache.stage_key(session, stage, settings[stage], sources, stages)
            for name in FILES[stage]:
                (session.output / name).write_text(name)
            files = {name: file_record(session.output / name, Path(name)) for name in FILES[stage]}
            stages[stage] = StageRecord(key=key, status=StageOutcome.COMPLETED, outputs=files)
    record = SessionRecord(
        program="enrich-tui", id=session.id, title=session.title, sources=tuple(sources.values()), stages=stages
    )
    (session.output / RECORD).write_text(record.model_dump_json(indent=1))


def timed(what: str, work: Callable[[], T]) -> T:
    """Do it and print how long it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    result = work()
    print(f"{what:<10} {time.perf_counter() - clock:6.2f} s   {time.process_time() - cpu:6.2f} s of processor")
    return result


def command(*arguments: str) -> None:
    """Time the program as a person starts it, with a home of its own."""
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        environ = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        clock, cpu = time.perf_counter(), os.times()
        program = [sys.executable, "-m", "enrich_tui", *arguments]
        subprocess.run(program, env=environ, check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        used = after.children_user + after.children_system - cpu.children_user - cpu.children_system
        print(f"$ {arguments[0]:<8} {time.perf_counter() - clock:6.2f} s   {used:6.2f} s of processor")


def first_paint(root: Path, home: Path) -> float:
    """Seconds from the start of the program until the dashboard stands on the terminal."""
    environ = {"HOME": str(home), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    with Terminal(["-m", "enrich_tui", "run", str(root)], environ=environ) as terminal:
        begun = time.perf_counter()
        while "Looking for recordings" not in terminal.text and "\nsession " not in terminal.text:
            terminal.read(0.01)
        took = time.perf_counter() - begun
        terminal.signal(signal.SIGTERM)
        terminal.end()
    return took


def paint(root: Path) -> None:
    """Compare the first paint of this library with that of an empty one, in turns."""
    times: dict[str, list[float]] = {"empty": [], "large": []}
    with tempfile.TemporaryDirectory(prefix="empty-") as empty, tempfile.TemporaryDirectory(prefix="home-") as home:
        for _ in range(TURNS):
            for name, folder in (("empty", Path(empty)), ("large", root)):
                times[name].append(first_paint(folder, Path(home)))
    small, large = (statistics.median(times[name]) for name in ("empty", "large"))
    print(f"{'paint':<10} {large:6.2f} s   of an empty library {small:.2f} s: {large / small:.2f}x")


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="library-") as base:
        root = Path(base)
        for number in range(count):
            (root / f"talk {number:05}.mp4").write_text(str(number))
        settings = {stage: cache.settings_of(stage, StageConfig()) for stage in STAGES}
        for session in discover(root).sessions:
            finish(session, settings)
        os.sync()
        library: Library = timed("discover", lambda: discover(root))
        search = Search(root)
        list(search.look())
        timed("look again", lambda: list(search.look()))
        plan = timed(
            "plan",
            lambda: plan_run(
                library.sessions, EnrichmentOptions(), StageConfig(), workers=2, cpu_slots=2, history=None
            ),
        )
        timed("status", lambda: [standing(session, EnrichmentOptions().stages) for session in library.sessions])
        assert not any(one.to_run for one in plan.sessions)
        command("plan", str(root))
        command("run", str(root), "--display", "none")
        if os.name != "nt":
            paint(root)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
