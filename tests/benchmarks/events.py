"""What does an event cost? The progress events' bus beside plain callbacks and three well-known libraries.

Run ``python -m tests.benchmarks.events``; the libraries are needed for this comparison only.

Emitted are updates of 50 sessions in turn, as a batch makes them. A subscriber of plain callbacks, of the libraries and
of ``on`` gets each one; a subscription gets them in batches, the newest of each session. So for subscriptions two
figures are given: what an emit costs its caller, and the whole, deliveries included, with a delivery every 1,000 emits
(a tenth of a second at 10,000 events a second). Subscribers do what a display does at least: they store the
update by session. "Slow" is a subscriber that takes 1 ms a call, "raising" one that always raises.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from enrich_tui.progress.bus import EventBus, Update
from tests.benchmarks.peers import missing, peer
from tests.benchmarks.targets import judge

EVENTS = 20_000
SESSIONS = [f"session-{number}" for number in range(50)]
FLUSH_EVERY = 1_000
ROUNDS = 5

Emit = Callable[[str, object], object]


def store() -> Callable[[str, object], None]:
    kept: dict[str, object] = {}

    def listener(session_id: str, progress: object) -> None:
        kept[session_id] = progress

    return listener


def slow(*_: Any) -> None:
    end = time.perf_counter() + 0.001
    while time.perf_counter() < end:
        pass


def raising(*_: Any) -> None:
    raise RuntimeError


def plain(count: int) -> Emit:
    listeners = [store() for _ in range(count)]

    def emit(session_id: str, progress: object) -> None:
        for listener in listeners:
            listener(session_id, progress)

    return emit


def guarded(count: int) -> Emit:
    """Plain callbacks that survive a raising one, which is the least that a fair comparison with ours needs."""
    listeners = [store() for _ in range(count)]

    def emit(session_id: str, progress: object) -> None:
        for listener in listeners:
            try:
                listener(session_id, progress)
            except Exception:
                logging.getLogger(__name__).exception("failed")

    return emit


def blinker(count: int) -> Emit:
    signal, kept = import_module("blinker").Signal(), [store() for _ in range(count)]
    for listener in kept:
        signal.connect(lambda sender, progress, listener=listener: listener(sender, progress), weak=False)
    return lambda session_id, progress: signal.send(session_id, progress=progress)


def pyee(count: int) -> Emit:
    emitter = import_module("pyee.base").EventEmitter()
    for _ in range(count):
        emitter.on("progress", store())
    return lambda session_id, progress: emitter.emit("progress", session_id, progress)


def psygnal(count: int) -> Emit:
    class Service:
        progress = import_module("psygnal").Signal(str, object)

    service = Service()
    for _ in range(count):
        service.progress.connect(store())
    emit: Emit = service.progress.emit
    return emit


def direct(count: int) -> Emit:
    bus = EventBus()
    for _ in range(count):
        bus.on("progress", store())
    return lambda session_id, progress: bus.emit("progress", session_id, progress)


def subscribed(count: int, *others: Callable[[Sequence[Update]], None]) -> tuple[EventBus, Emit]:
    bus = EventBus()
    for listener in (store() for _ in range(count)):

        def deliver(updates: Sequence[Update], listener: Callable[[str, object], None] = listener) -> None:
            for update in updates:
                listener(*update.args)

        bus.subscribe(deliver)
    for other in others:
        bus.subscribe(other)
    return bus, lambda session_id, progress: bus.emit("progress", session_id, progress, key=session_id)


def cost(emit: Emit, flush: Callable[[], object] | None = None, *, flush_counts: bool = True) -> float:
    """Microseconds of CPU an event, the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        spent = 0.0
        for start in range(0, EVENTS, FLUSH_EVERY):
            begun = time.process_time()
            for number in range(start, start + FLUSH_EVERY):
                emit(SESSIONS[number % len(SESSIONS)], number)
            if flush is not None and flush_counts:
                flush()
            spent += time.process_time() - begun
            if flush is not None and not flush_counts:
                flush()
        rounds.append(spent / EVENTS * 1e6)
    return statistics.median(rounds)


def worst(emit: Emit, flush: Callable[[], object]) -> tuple[float, float]:
    """Median and 99.9th percentile of single emits, in microseconds: of each round, and of the rounds the median."""
    halves, tails = [], []
    for _ in range(ROUNDS):
        spans = []
        for number in range(EVENTS):
            begun = time.perf_counter_ns()
            emit(SESSIONS[number % len(SESSIONS)], number)
            spans.append((time.perf_counter_ns() - begun) / 1e3)
            if number % FLUSH_EVERY == 0:
                flush()
        spans.sort()
        halves.append(spans[EVENTS // 2])
        tails.append(spans[EVENTS * 999 // 1000])
    return statistics.median(halves), statistics.median(tails)


async def report() -> None:
    """Measure and print everything."""
    logging.disable(logging.CRITICAL)
    print("µs of CPU an event (times as fast as plain callbacks)")
    print(f"{'subscribers':32}{1:>16}{5:>16}{20:>16}")
    base = {count: cost(plain(count)) for count in (1, 5, 20)}

    def row(name: str, measure: Callable[[int], float]) -> dict[int, float]:
        speeds = {}
        cells = []
        for count, reference in base.items():
            spent = measure(count)
            speeds[count] = reference / spent
            cells.append(f"{spent:7.2f} ({speeds[count]:4.1f}x)")
        print(f"{name:32}" + "".join(f"{cell:>16}" for cell in cells))
        return speeds

    def emit_only(count: int) -> float:
        bus, emit = subscribed(count)
        return cost(emit, bus.flush, flush_counts=False)

    def with_delivery(count: int) -> float:
        bus, emit = subscribed(count)
        return cost(emit, bus.flush)

    row("plain callbacks", lambda count: base[count])
    row("plain callbacks, guarded", lambda count: cost(guarded(count)))
    for name, make in (("blinker", blinker), ("pyee", pyee), ("psygnal", psygnal), ("ours: on", direct)):
        if make is direct or peer(name) is not None:
            row(name, lambda count, make=make: cost(make(count)))  # type: ignore[misc]
    row("ours: subscribe, the emitter", emit_only)
    speeds = row("ours: subscribe, all included", with_delivery)
    judge("Events to 5 subscribers, all included, to plain callbacks", speeds[5], 1, least=True)

    print()
    print("One emit with 5 subscribers, µs: median, 99.9th percentile")
    for name, others in (("5 quick", ()), ("one of them slow", (slow,)), ("one of them raising", (raising,))):
        bus, emit = subscribed(5 - len(others), *others)
        spans = worst(emit, bus.flush)
        print("{:32}{:8.2f}{:8.2f}".format(f"subscribe, {name}", *spans))
        if slow in others:
            judge("An emitter beside a slow subscriber, p99.9 µs", spans[1], 5)
    bus = EventBus()
    for listener in (store(), store(), store(), store(), raising):
        bus.on("progress", listener)
    spans = worst(lambda session_id, progress: bus.emit("progress", session_id, progress), lambda: None)
    print("{:32}{:8.2f}{:8.2f}".format("on, one of them raising", *spans))
    print("A slow listener of `on` holds its emitter, by its nature; displays subscribe.")
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    asyncio.run(report())
    print(missing())
