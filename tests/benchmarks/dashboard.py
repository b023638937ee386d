"""What the dashboard takes: 10,000 sessions, 8 workers, 200 events a second, beside an app that does nothing.

``python -m tests.benchmarks.dashboard`` prints, each from a process of its own and for the same time: processor time of
both and their ratio, lag of the event loop, time from a key to the paint that follows it, growth of memory, time to the
first paint. The screen is 140x40 and headless: painting is counted up to the bytes for the terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from typing import Any

import psutil
from textual.app import App, ComposeResult
from textual.widgets import Static

from enrich_tui import events as ev
from enrich_tui.config import UiConfig
from enrich_tui.model import STAGES, Stage, StageOutcome
from enrich_tui.tui.app import Dashboard

SIZE = (140, 40)
KEY_EVERY = 0.25


class Idle(App[int]):
    """The least that Textual can be."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("idle")


class Firehose:
    """So many events a second about so many sessions; eight are worked on at a time."""

    def __init__(self, sessions: int, rate: float, workers: int = 8) -> None:
        self.sessions, self.rate, self.workers = sessions, rate, workers

    async def run(self, sink: ev.Sink, /) -> int:
        """Go on until cancelled."""
        loop = asyncio.get_running_loop()
        zero = loop.time()
        sink(ev.RunStarted(program="b", library="many", at="", workers=self.workers, cpu_slots=2, stages=STAGES))
        for number in range(self.sessions):
            sink(ev.SessionQueued(session=f"s{number}", title=f"session {number}", source="", output="", stages=STAGES))
        script = self._script()
        sent = 0
        while True:
            now = loop.time() - zero
            while sent < now * self.rate:
                event = next(script)
                sink(event.model_copy(update={"t": now}))
                sent += 1
            await asyncio.sleep(0.02)

    def _script(self) -> Any:
        working: list[tuple[int, int, float]] = [(number, 0, 0.0) for number in range(self.workers)]
        following = self.workers
        for number, stage, _ in working:
            yield self._start(number, STAGES[stage], number)
        turn = 0
        while True:
            turn += 1
            slot = turn % self.workers
            number, stage, fraction = working[slot]
            fraction += 0.07
            session = f"s{number % self.sessions}"
            if turn % 20 == 0:
                yield self._batch(following)
            elif turn % 21 == 0:
                yield ev.PoolChanged(
                    total=8,
                    idle=0,
                    active=8,
                    error=0,
                    pending=1,
                    error_rate=turn % 9,
                    restarts=0,
                    uptime_percentage=99,
                    avg_job_duration=3,
                )
            elif fraction < 1:
                yield ev.StageProgressed(session=session, stage=STAGES[stage], fraction=fraction)
            else:
                yield ev.StageFinished(
                    session=session, stage=STAGES[stage], outcome=StageOutcome.COMPLETED, duration=3.0
                )
                stage, fraction = stage + 1, 0.0
                if stage == len(STAGES):
                    yield ev.SessionFinished(session=session, status="complete", duration=9.0)
                    number, stage, following = following, 0, following + 1
                yield self._start(number, STAGES[stage], slot)
            working[slot] = (number, stage, fraction)

    def _start(self, number: int, stage: Stage, slot: int) -> ev.Event:
        return ev.StageStarted(session=f"s{number % self.sessions}", stage=stage, attempt=1, attempts=3, worker=slot)

    def _batch(self, done: int) -> ev.Event:
        eta = ev.Eta(low=100, mid=200, high=300)
        return ev.BatchChanged(
            state="running",
            total=self.sessions,
            pending=0,
            processing=8,
            completed=done,
            failed=0,
            progress=done % 100,
            eta=eta,
            rate=3,
        )


async def _measure(app: App[int], seconds: float, warm_up: float) -> dict[str, float]:
    painted = asyncio.Event()
    hook = app.post_display_hook

    def after_paint() -> None:
        painted.set()
        hook()

    app.post_display_hook = after_paint  # type: ignore[method-assign]
    begun = time.perf_counter()
    running = asyncio.create_task(app.run_async(headless=True, size=SIZE))
    await painted.wait()
    first = time.perf_counter() - begun
    await asyncio.sleep(warm_up)

    process = psutil.Process()
    lags: list[float] = []
    keys: list[float] = []
    memory, cpu, start = process.memory_info().rss, time.process_time(), time.perf_counter()
    next_key = start
    while (now := time.perf_counter()) < start + seconds:
        if isinstance(app, Dashboard) and now >= next_key:
            next_key = now + KEY_EVERY
            painted.clear()
            app.simulate_key("j")
            await asyncio.wait_for(painted.wait(), 5)
            keys.append(time.perf_counter() - now)
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - before - 0.01)
    figures = {
        "cpu": (time.process_time() - cpu) / seconds,
        "lag_p99": statistics.quantiles(lags, n=100)[98],
        "key_p95": statistics.quantiles(keys, n=20)[18] if len(keys) > 1 else 0.0,
        "growth": process.memory_info().rss - memory,
        "memory": process.memory_info().rss,
        "first": first,
    }
    app.exit(0)
    await running
    return figures


def _child(what: str, options: argparse.Namespace) -> dict[str, float]:
    arguments = [sys.executable, "-m", "tests.benchmarks.dashboard", "--child", what]
    for name in ("sessions", "rate", "seconds"):
        arguments += [f"--{name}", str(getattr(options, name))]
    return dict(json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--child", choices=("idle", "dashboard"))
    options = parser.parse_args()
    if options.child:
        app: App[int] = Idle()
        if options.child == "dashboard":
            app = Dashboard(Firehose(options.sessions, options.rate), None, ui=UiConfig())
        warm_up = 4.0 if options.child == "dashboard" else 1.0
        print(json.dumps(asyncio.run(_measure(app, options.seconds, warm_up))))
        return
    idle, busy = _child("idle", options), _child("dashboard", options)
    print(f"{options.sessions} sessions, {options.rate:.0f} events/s, {options.seconds:.0f} s")
    print(f"processor   {busy['cpu']:.1%} of one core; idle app {idle['cpu']:.1%}")
    print(f"loop lag    p99 {busy['lag_p99'] * 1000:.1f} ms; idle app {idle['lag_p99'] * 1000:.1f} ms")
    print(f"key to paint p95 {busy['key_p95'] * 1000:.1f} ms")
    memory = f"{busy['memory'] / 1e6:.0f} MB, grew by {busy['growth'] / 1e6:.1f} MB"
    print(f"memory      {memory}; idle app {idle['memory'] / 1e6:.0f} MB")
    first = f"{busy['first'] * 1000:.0f} ms; idle app {idle['first'] * 1000:.0f} ms"
    print(f"first paint {first} ({busy['first'] / idle['first']:.2f}x)")


if __name__ == "__main__":
    main()
