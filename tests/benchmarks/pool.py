"""The worker pool beside what one would use else, above all a TaskGroup with a Semaphore.

    python -m tests.benchmarks.pool [--quick] [--gc]

Everybody does the same work with the same number of permits in the same process, in turns and several times over; the
median of the rounds is printed, in processor time (hand-overs: in real time), with its ratio to the semaphore. Like for
like is the semaphore with ``asyncio.timeout`` around the wait where the pool's waits have a timeout, too. The bare
future shows what there is to win at all for a waiting task: it can do nothing but hand over a permit.

In the first rows jobs wait as records (``WorkerPool.run`` is the pool's own way), in the others as tasks. The libraries
AnyIO and aiometer are needed for nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

from tests.benchmarks.peers import missing
from tests.benchmarks.pool_contenders import (
    BARE,
    PLAIN,
    POOL,
    QUEUES,
    RUN,
    TASKS,
    TIMED,
    Make,
    Queue,
    pool,
    pool_block,
)
from tests.benchmarks.targets import judge, summary

T = TypeVar("T")

WORKERS = 5
WAITERS = 10_000
MANY = 100_000


# -- what is measured -------------------------------------------------------------------------------------------------


async def nothing() -> None:
    """A body that does not even yield."""


async def job(queue: Queue) -> float:
    """Microseconds for each job that does nothing, from being queued to its end."""
    began = time.process_time()
    await queue(WORKERS, nothing, WAITERS)
    return (time.process_time() - began) / WAITERS * 1e6


async def grant(queue: Queue) -> float:
    """Microseconds for each grant in a long line: given, begun, given back; the way into the line left out."""
    held = 0
    gate = asyncio.Event()

    async def body() -> None:
        nonlocal held
        if held < WORKERS:
            held += 1
            await gate.wait()

    running = asyncio.ensure_future(queue(WORKERS, body, WAITERS + WORKERS))
    await _line_up()
    began = time.process_time()
    gate.set()
    await running
    return (time.process_time() - began) / WAITERS * 1e6


async def _line_up() -> None:
    """Until everybody holds a permit or waits for one."""
    for _ in range(20):
        await asyncio.sleep(0)


async def hand_overs(queue: Queue) -> list[float]:
    """Microseconds from the moment the only holder lets go until the next job runs, job by job."""
    let_go = 0.0
    took: list[float] = []

    async def body() -> None:
        nonlocal let_go
        took.append(time.perf_counter() - let_go)
        await asyncio.sleep(0)
        let_go = time.perf_counter()

    await queue(1, body, WAITERS)
    return [seconds * 1e6 for seconds in took[1:]]


async def uncontended(make: Make) -> float:
    """Microseconds for each acquire and release when a permit is free."""
    hold = make(WORKERS)
    began = time.process_time()
    for _ in range(WAITERS):
        await hold(nothing)
    return (time.process_time() - began) / WAITERS * 1e6


async def cancel_half(count: int, make: Make) -> float:
    """Microseconds for each waiter that is cancelled, every other one of so many, until all of these have ended."""
    hold = make(1)
    gate = asyncio.Event()

    async def until_open() -> None:
        await gate.wait()

    holder = asyncio.ensure_future(hold(until_open))
    await asyncio.sleep(0)
    tasks = [asyncio.ensure_future(hold(nothing)) for _ in range(count)]
    await asyncio.sleep(0)
    gc.collect()  # else, with the collector on, some pay for a full collection of all these tasks, and others do not
    began = time.process_time()
    for task in tasks[::2]:
        task.cancel()
    await asyncio.wait(tasks[::2])
    took = time.process_time() - began
    gate.set()
    await asyncio.wait([holder, *tasks[1::2]])
    return took / (count / 2) * 1e6


async def pending_bytes(queue: Queue) -> float:
    """Bytes for each job that waits, its record (a number) included."""
    gate = asyncio.Event()

    async def until_open() -> None:
        await gate.wait()

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    running = asyncio.ensure_future(queue(1, until_open, WAITERS))
    await _line_up()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    gate.set()
    await running
    return used / WAITERS


# -- the printing -----------------------------------------------------------------------------------------------------


def undisturbed(run: Coroutine[Any, Any, T], collector: bool) -> T:
    """Run in a loop of its own, with the cyclic garbage collector on or off."""
    gc.collect()
    if not collector:
        gc.disable()
    try:
        return asyncio.run(run)
    finally:
        gc.enable()


async def _awaited(run: Callable[[], Awaitable[T]]) -> T:
    return await run()


Figures = dict[str, float]


def rounds(times: int, collector: bool, runs: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, list[T]]:
    """What came of several rounds, in each of which everybody has a turn."""
    seen: dict[str, list[T]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            seen[name].append(undisturbed(_awaited(run), collector))
    return seen


def medians(times: int, collector: bool, runs: Mapping[str, Callable[[], Awaitable[float]]]) -> Figures:
    """The median of several rounds."""
    return {name: statistics.median(values) for name, values in rounds(times, collector, runs).items()}


def table(
    title: str, figures: Figures, target: float | None = None, ours: str = RUN, versus: str = PLAIN, rate: bool = False
) -> None:
    """Print a line for each contender: the figure and its ratio to both semaphores, with our own verdict.

    ``rate``: the ratios are of numbers a second. ``ours``: who has to reach the target, and against whom.
    """
    print(f"\n{title:44}{'x ' + PLAIN:>15}{'x ' + TIMED:>23}")
    for name, figure in figures.items():
        ratios = {base: figures[base] / figure if rate else figure / figures[base] for base in (PLAIN, TIMED)}
        verdict = ""
        if name == ours and target is not None:
            claim = f"{title.partition(', µs')[0]}, {name} to {versus}"
            verdict = judge(claim, ratios[versus], target, least=rate)
            verdict = f"  {verdict} ({'>=' if rate else '<='} {target:g} x {versus})"
        print(f"  {name:30}{figure:12.2f}{ratios[PLAIN]:15.2f}{ratios[TIMED]:23.2f}{verdict}")


def percentile(percent: int, series: list[list[float]]) -> float:
    """A percentile of each round; of these, the median."""
    return statistics.median(sorted(spans)[len(spans) * percent // 100] for spans in series)


def report(times: int, collector: bool) -> None:
    """Measure and print everything."""
    print(f"Python {platform.python_version()}, {WORKERS} permits (hand-over, cancel: 1), {WAITERS:,} waiters or jobs,")
    print(f"collector {'on' if collector else 'off'} for everybody, median of {times} rounds; less is better")

    def queues(measure: Callable[[Queue], Awaitable[T]]) -> dict[str, Callable[[], Awaitable[T]]]:
        return {name: partial(measure, queue) for name, queue in QUEUES.items()}

    def tasks(measure: Callable[[Make], Awaitable[float]], without: tuple[str, ...] = ()) -> Figures:
        runs = {name: partial(measure, make) for name, make in TASKS.items() if name not in without}
        return medians(times, collector, runs)

    table("A no-op job, µs (ratios: jobs/s)", medians(times, collector, queues(job)), 1.5, rate=True)
    grants = medians(times, collector, queues(grant))
    table("A grant, µs (ratios: grants/s)", grants, 1.5, rate=True)
    judge(f"A grant, {POOL} to {TIMED}", grants[TIMED] / grants[POOL], 1.5, least=True)
    spans = rounds(times, collector, queues(hand_overs))
    table("Hand-over p50, µs", {name: percentile(50, series) for name, series in spans.items()})
    tails = {name: percentile(99, series) for name, series in spans.items()}
    table("Hand-over p99, µs", tails, 0.5)
    judge(f"Hand-over p99, {POOL} to {TIMED}", tails[POOL] / tails[TIMED], 0.5)
    print(f"  (the bare future alone needs {tails[BARE] / tails[TIMED]:.2f} of that semaphore: the loop's own wake-up)")
    free = tasks(uncontended)
    free["pool.worker(), job assigned"] = medians(times, collector, {"": partial(uncontended, pool_block)})[""]
    table("Acquire and release with timeout, µs", free, 0.25, POOL, TIMED)
    table(f"Cancel {WAITERS // 2:,} of {WAITERS:,}, µs each", tasks(partial(cancel_half, WAITERS), (BARE,)), 0.2, POOL)
    table("Bytes of a pending job", {name: undisturbed(pending_bytes(queue), True) for name, queue in QUEUES.items()})
    seconds = undisturbed(cancel_half(MANY, pool), collector) * MANY / 2 / 1e6
    verdict = judge(f"Cancel {MANY // 2:,} of {MANY:,} waiters, s", seconds, 2)
    print(f"\nCancel {MANY // 2:,} of {MANY:,} waiters: {seconds:.2f} s, {verdict} (< 2 s)")


def many_of_the_others() -> None:
    """Cancel very many of the others' waiters, too; this takes half a minute, so that no timeout may be around them."""
    for name, make in TASKS.items():
        if name not in {POOL, BARE} and "timeout" not in name:
            seconds = undisturbed(cancel_half(MANY, make), False) * MANY / 2 / 1e6
            print(f"  {name:30}{seconds:12.2f} s", flush=True)


def main() -> None:
    """As a command."""
    parser = argparse.ArgumentParser(description="The worker pool beside what one would use else.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and the slowest comparison left out")
    parser.add_argument("--gc", action="store_true", help="leave the cyclic garbage collector on, as in a program")
    options = parser.parse_args()
    report(3 if options.quick else 9, options.gc)
    if not options.quick:
        many_of_the_others()
    print(f"\n{summary()}\n{missing()}")


if __name__ == "__main__":
    main()
