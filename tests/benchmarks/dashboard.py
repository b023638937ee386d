"""What the dashboard takes with 10,000 sessions, 8 workers and 200 events a second, beside other ways to show them.

    python -m tests.benchmarks.dashboard [--seconds 60] [--sessions 10000] [--bars 40] [--only dashboard]

The engine is simulated, and the screen says so. Each app is a process of its own; beside the dashboard, at the same
time, runs an app that does nothing and a process that applies the same events to a view without a screen: the two that
its processor time is held against. Screens are 140x40 and headless: painting is counted up to the bytes for the
terminal. ``--bars``: sessions of the version with a ProgressBar a stage, which does not bear more in any useful time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import psutil
from textual.app import App
from textual.events import Key

from enrich_tui.config import UiConfig
from enrich_tui.display.view import RunView
from enrich_tui.tui.app import Dashboard
from tests.benchmarks.actions import ACTIONS, Action, anything, cursor_moved
from tests.benchmarks.firehose import Firehose
from tests.benchmarks.rivals import BarsApp, Idle, TableApp

SIZE = (140, 40)
KEY_EVERY = 0.5
ROUNDS = 8
"""Times that each action is measured, after the time in which processor and memory are."""
MOVES = {
    "dashboard": (Action("down", "j", "j", cursor_moved), Action("up", "k", "k", cursor_moved)),
    "table": (Action("down", "down", None, anything), Action("up", "up", None, anything)),
    "bars": (Action("down", "down", None, anything), Action("up", "up", None, anything)),
}
"""The keys that are pressed in that time."""
PATIENCE = 30.0
"""Seconds that a first frame, or what a key does, may take."""

Figures = dict[str, Any]


def _make(what: str, source: Firehose) -> App[int]:
    match what:
        case "dashboard":
            return Dashboard(source, None, ui=UiConfig())
        case "table":
            return TableApp(source)
        case "bars":
            return BarsApp(source)
        case _:
            return Idle()


class Painted:
    """Lets one wait for a frame after which something holds."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._hook = app.post_display_hook
        self._waiting: tuple[Callable[[], bool], asyncio.Event] | None = None
        self.frames = 0
        app.post_display_hook = self._after  # type: ignore[method-assign]

    def _after(self) -> None:
        self.frames += 1
        self._hook()
        if self._waiting is not None and self._waiting[0]():
            self._waiting[1].set()

    async def until(self, holds: Callable[[], bool]) -> bool:
        """Wait for such a frame; False where it did not come."""
        seen = asyncio.Event()
        self._waiting = holds, seen
        try:
            await asyncio.wait_for(seen.wait(), PATIENCE)
        except TimeoutError:
            return False
        finally:
            self._waiting = None
        return True


async def _press(app: App[int], painted: Painted, action: Action) -> tuple[float, float]:
    """Seconds from the key to the first frame with what it does, by the clock and of processor."""
    done = action.expect(app)
    begun, cpu = time.perf_counter(), time.process_time()
    app.post_message(Key(action.key, action.character))
    if not await painted.until(done):
        print(f"{action.name} did nothing", file=sys.stderr)
    return time.perf_counter() - begun, time.process_time() - cpu


async def _measure(what: str, source: Firehose, seconds: float) -> Figures:
    """The figures of one app."""
    process = psutil.Process()
    clock, cpu = time.perf_counter(), time.process_time()
    app = _make(what, source)
    painted = Painted(app)
    running = asyncio.create_task(app.run_async(headless=True, size=SIZE))
    await painted.until(lambda: True)
    figures: Figures = {"first": time.perf_counter() - clock, "first_cpu": time.process_time() - cpu}
    if what != "idle":
        there = await painted.until(lambda: len(app.board.view.rows if what == "dashboard" else app.view.rows) > 0)  # type: ignore[attr-defined]
        figures["full"] = time.perf_counter() - clock if there else None
    await asyncio.sleep(5.0)

    lags: list[float] = []
    moves: list[tuple[float, float]] = []
    memory, cpu, start, frames = process.memory_info().rss, time.process_time(), time.perf_counter(), painted.frames
    next_key = start
    while (now := time.perf_counter()) < start + seconds:
        if now >= next_key and what != "idle":
            next_key = now + KEY_EVERY
            moves.append(await _press(app, painted, MOVES[what][len(moves) % 2]))
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - before - 0.01)
    took = time.perf_counter() - start
    figures |= {
        "cpu": (time.process_time() - cpu) / took,
        "lag_p99": statistics.quantiles(lags, n=100)[98],
        "growth": process.memory_info().rss - memory,
        "memory": process.memory_info().rss,
        "frames": (painted.frames - frames) / took,
        "moves": moves,
    }
    if what == "dashboard":
        keys: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for action in ACTIONS * ROUNDS:
            keys[action.name].append(await _press(app, painted, action))
            await asyncio.sleep(0.1)
        figures["keys"] = keys
    app.exit(0)
    await running
    return figures


async def _events_alone(source: Firehose, seconds: float) -> Figures:
    """What it costs to make the events and to apply them to a view that nobody draws."""
    view = RunView()
    task = asyncio.create_task(source.run(view.apply))
    await asyncio.sleep(5.0)
    cpu = time.process_time()
    await asyncio.sleep(seconds)
    used = (time.process_time() - cpu) / seconds
    task.cancel()
    return {"cpu": used}


def _start(what: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    sessions = options.bars if what == "bars" else options.sessions
    arguments = [sys.executable, "-m", "tests.benchmarks.dashboard", "--child", what]
    arguments += ["--sessions", str(sessions), "--rate", str(options.rate), "--seconds", str(options.seconds)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def _together(names: Sequence[str], options: argparse.Namespace) -> dict[str, Figures]:
    """The figures of processes that run side by side; none where one had to be ended."""
    children = {name: _start(name, options) for name in names}
    found: dict[str, Figures] = {}
    for name, child in children.items():
        try:
            out, _ = child.communicate(timeout=options.seconds + 120)
            found[name] = json.loads(out)
        except (subprocess.TimeoutExpired, ValueError):
            child.kill()
            child.wait()
    return found


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _keys(name: str, values: Sequence[tuple[float, float]]) -> None:
    clock, cpu = (_p95(column) * 1000 for column in zip(*values, strict=True))
    _line(name, f"{clock:.0f} ms (under 100), of it {cpu:.0f} ms of processor; {len(values)} times", met=clock < 100)


def _first_paint(options: argparse.Namespace) -> tuple[float, float]:
    """Processor seconds to the first frame, of the dashboard and of the idle app: the medians of five turns."""
    brief = argparse.Namespace(**{**vars(options), "seconds": 0.3})
    turns = [{name: _together([name], brief)[name]["first_cpu"] for name in ("dashboard", "idle")} for _ in range(5)]
    return statistics.median(turn["dashboard"] for turn in turns), statistics.median(turn["idle"] for turn in turns)


def _line(name: str, told: str, *, met: bool | None = None) -> None:
    verdict = "" if met is None else "   met" if met else "   MISSED"
    print(f"{name:<22} {told}{verdict}", flush=True)


def _report(options: argparse.Namespace) -> None:
    print(f"{options.sessions} sessions, {options.rate:.0f} events/s, {options.seconds:.0f} s, simulated engine")
    found = _together(["dashboard", "idle", "events"], options)
    ours, idle, events = found["dashboard"], found["idle"], found["events"]
    base = idle["cpu"] + events["cpu"]
    told = f"{ours['cpu']:.2%} of a core; idle app {idle['cpu']:.2%} + events alone {events['cpu']:.2%}"
    _line("processor", f"{told}: {ours['cpu'] / base:.1f}x (at most 3)", met=ours["cpu"] <= 3 * base)
    lag = f"{ours['lag_p99'] * 1000:.1f} ms (under 50); idle app {idle['lag_p99'] * 1000:.1f} ms"
    _line("loop lag p99", lag, met=ours["lag_p99"] < 0.05)
    _keys("key to paint p95", ours["moves"])
    for name, values in ours["keys"].items():
        _keys(f"  {name}", values)
    memory = f"{ours['growth'] / 1e6:+.1f} MB (under 10) to {ours['memory'] / 1e6:.0f} MB"
    _line("memory", f"{memory}; idle app {idle['memory'] / 1e6:.0f} MB", met=ours["growth"] < 10e6)
    first, first_idle = _first_paint(options)
    told = f"{first * 1000:.1f} ms of processor after imports; idle app {first_idle * 1000:.1f} ms"
    _line("first paint", f"{told}: {first / first_idle:.2f}x (at most 1.3)", met=first <= 1.3 * first_idle)
    _line("sessions on screen", f"{ours['full']:.2f} s after the start, with all {options.sessions} taken in")
    for name, words in (("table", "DataTable"), ("bars", f"ProgressBar, {options.bars} sessions")):
        other = _together([name], options).get(name)
        if other is None:
            print(f"{words}: did not come to its end")
            continue
        _line(words, f"{other['cpu']:.2%} of a core, {other['cpu'] / ours['cpu']:.1f}x of the dashboard's")
        _line(
            "",
            f"lag p99 {other['lag_p99'] * 1000:.0f} ms; {other['growth'] / 1e6:+.1f} MB; first {other['first']:.2f} s",
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bars", type=int, default=40)
    parser.add_argument("--child", choices=("idle", "dashboard", "events", "table", "bars"))
    options = parser.parse_args()
    if not options.child:
        _report(options)
        return
    source = Firehose(options.sessions, options.rate)
    work = _events_alone(source, options.seconds) if options.child == "events" else None
    print(json.dumps(asyncio.run(work or _measure(options.child, source, options.seconds))))


if __name__ == "__main__":
    main()
