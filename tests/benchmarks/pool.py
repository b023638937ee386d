"""The worker pool against the usual ways to let a few things run at a time.

    python -m tests.benchmarks.pool [--quick] [--gc]

All contenders do the same work in the same process, in turns and several times over. What is printed is the median of
the rounds, in processor time (latencies: in real time), and its ratio to a TaskGroup with a Semaphore, without and with
``asyncio.timeout`` around the wait. The pool's own figures include its timeout of ten seconds, unless it says "no
timeout".
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import math
import platform
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

import anyio

from enrich_tui.pool import WorkerPool

T = TypeVar("T")

WORKERS = 5
TIMEOUT = 10.0

Body = Callable[[], Awaitable[None]]
Hold = Callable[[Body], Coroutine[Any, Any, None]]
"""Waits for a permit, awaits the body, and gives the permit back."""
Make = Callable[[int], Hold]
Figures = dict[str, float]


# -- the contenders ---------------------------------------------------------------------------------------------------


def pool(permits: int, timeout: float | None = None) -> Hold:
    """The pool's acquire and release."""
    workers = WorkerPool(permits)

    async def hold(body: Body) -> None:
        worker = await workers.acquire_worker(timeout)
        try:
            await body()
        finally:
            await workers.release_worker(worker)

    return hold


def pool_worker(permits: int) -> Hold:
    """The pool as it is used in a program: acquire, assign a job, release."""
    workers = WorkerPool(permits)

    async def hold(body: Body) -> None:
        async with workers.worker("job"):
            await body()

    return hold


def semaphore(permits: int) -> Hold:
    """A semaphore without any timeout."""
    limit = asyncio.Semaphore(permits)

    async def hold(body: Body) -> None:
        async with limit:
            await body()

    return hold


def timed_semaphore(permits: int) -> Hold:
    """A semaphore, and a timeout around the wait for it."""
    limit = asyncio.Semaphore(permits)

    async def hold(body: Body) -> None:
        async with asyncio.timeout(TIMEOUT):
            await limit.acquire()
        try:
            await body()
        finally:
            limit.release()

    return hold


def limiter(permits: int) -> Hold:
    """anyio's limiter, without a timeout."""
    limit = anyio.CapacityLimiter(permits)

    async def hold(body: Body) -> None:
        async with limit:
            await body()

    return hold


CONTENDERS: dict[str, Make] = {
    "pool": pool,
    "pool, no timeout": partial(pool, timeout=math.inf),
    "pool.worker(job)": pool_worker,
    "TaskGroup+Semaphore": semaphore,
    "TaskGroup+Semaphore+timeout": timed_semaphore,
    "anyio.CapacityLimiter": limiter,
}
PLAIN, TIMED = "TaskGroup+Semaphore", "TaskGroup+Semaphore+timeout"


# -- what is measured -------------------------------------------------------------------------------------------------


async def nothing() -> None:
    """A body that does not even yield."""


async def step() -> None:
    """A body that yields once."""
    await asyncio.sleep(0)


async def grants(make: Make, count: int) -> float:
    """Seconds for each grant to a waiter in a long line: given, woken, given back; the way into the line left out."""
    hold = make(WORKERS)
    release = asyncio.Event()

    async def until_released() -> None:
        await release.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(hold(until_released))
        await asyncio.sleep(0)
        for _ in range(count):
            group.create_task(hold(nothing))
        await asyncio.sleep(0)
        began = time.process_time()
        release.set()
    return (time.process_time() - began) / count


async def pass_through(make: Make, count: int) -> float:
    """Seconds for each job that does nothing, from creating its task over its wait in the line to its end."""
    hold = make(WORKERS)
    began = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(hold(step))
    return (time.process_time() - began) / count


async def hand_over(make: Make, count: int) -> list[float]:
    """Seconds from the moment the only holder lets go until the next one runs, for each of ``count`` waiters."""
    hold = make(1)
    let_go = 0.0
    took: list[float] = []

    async def body() -> None:
        nonlocal let_go
        took.append(time.perf_counter() - let_go)
        await asyncio.sleep(0)
        let_go = time.perf_counter()

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(hold(body))
    return sorted(took[1:])


async def uncontended(make: Make, count: int) -> float:
    """Seconds for each acquire and release when a permit is free."""
    hold = make(WORKERS)
    began = time.process_time()
    for _ in range(count):
        await hold(nothing)
    return (time.process_time() - began) / count


async def cancel_half(make: Make, count: int) -> float:
    """Seconds to cancel every other one of ``count`` waiters, until all of these have ended."""
    hold = make(1)
    took = 0.0

    async def scene() -> None:
        nonlocal took
        tasks = [asyncio.ensure_future(hold(nothing)) for _ in range(count)]
        await asyncio.sleep(0)
        half = tasks[::2]
        began = time.process_time()
        for task in half:
            task.cancel()
        await asyncio.wait(half)
        took = time.process_time() - began
        rest.extend(tasks[1::2])

    rest: list[asyncio.Future[None]] = []
    await hold(scene)
    await asyncio.wait(rest)
    return took


async def pending_bytes(make: Make, count: int) -> float:
    """Bytes for each job that waits, its task included."""
    hold = make(1)
    gate = asyncio.Event()

    async def until_open() -> None:
        await gate.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(hold(until_open))
        await asyncio.sleep(0)
        gc.collect()
        tracemalloc.start()
        for _ in range(count):
            group.create_task(hold(nothing))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        gate.set()
    return used / count


async def noop_dispatcher(count: int) -> float:
    """The pool as a scheduler uses it: jobs are records, and a task exists only while it holds a worker."""
    workers = WorkerPool(WORKERS)
    jobs = list(range(count))

    async def work(worker: Any, job: int) -> None:
        workers.assign_job(worker, str(job))
        await asyncio.sleep(0)
        await workers.release_worker(worker)

    began = time.process_time()
    async with asyncio.TaskGroup() as group:
        while jobs:
            group.create_task(work(await workers.acquire_worker(), jobs.pop()))
    return (time.process_time() - began) / count


async def noop_queue(count: int) -> float:
    """Consumers of an asyncio.Queue."""
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def consumer() -> None:
        while True:
            await queue.get()
            await asyncio.sleep(0)
            queue.task_done()

    began = time.process_time()
    for number in range(count):
        queue.put_nowait(number)
    consumers = [asyncio.create_task(consumer()) for _ in range(WORKERS)]
    await queue.join()
    took = (time.process_time() - began) / count
    for task in consumers:
        task.cancel()
    await asyncio.wait(consumers)
    return took


async def noop_aiometer(aiometer: Any, count: int) -> float:
    """aiometer.run_all with a limit."""
    began = time.process_time()
    await aiometer.run_all([step] * count, max_at_once=WORKERS)
    return (time.process_time() - began) / count


# -- the printing -----------------------------------------------------------------------------------------------------


COLLECTOR = False


def undisturbed(run: Coroutine[Any, Any, T]) -> T:
    """Run without the cyclic garbage collector, as timeit does: one full collection costs more than 1,000 grants.

    With it (``--gc``), as in a program, who keeps few tasks alive has the advantage.
    """
    gc.collect()
    if not COLLECTOR:
        gc.disable()
    try:
        return asyncio.run(run)
    finally:
        gc.enable()


def rounds(times: int, runs: dict[str, Callable[[], Awaitable[float]]]) -> Figures:
    """The median of several rounds, in each of which everybody has a turn."""
    seen: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            seen[name].append(undisturbed(_awaited(run)))
    return {name: statistics.median(values) for name, values in seen.items()}


async def _awaited(run: Callable[[], Awaitable[float]]) -> float:
    return await run()


def table(title: str, figures: Figures, unit: str, scale: float, target: str = "") -> None:
    """Print everybody's figure, and its ratio to both baselines."""
    print(f"\n{title}" + (f"   [target: {target}]" if target else ""))
    print(f"  {'':34}{unit:>12}   x {PLAIN}   x the same with timeout")
    for name, value in figures.items():
        ratios = [f"{value / figures[base]:.2f}" if base in figures else "-" for base in (PLAIN, TIMED)]
        print(f"  {name:34}{value * scale:12.2f}   {ratios[0]:>21}   {ratios[1]:>23}")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent lie; ``values`` are sorted."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description="The worker pool against the usual ways.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--gc", action="store_true", help="leave the cyclic garbage collector on")
    options = parser.parse_args()
    global COLLECTOR
    COLLECTOR = options.gc
    times = 3 if options.quick else 7
    waiters = 10_000
    collector = "on" if COLLECTOR else "off"
    print(f"Python {platform.python_version()}, {WORKERS} permits, {waiters:,} waiters, collector {collector}")
    print(f"median of {times} rounds")

    def all_of(measure: Callable[[Make, int], Awaitable[float]], count: int) -> Figures:
        return rounds(times, {name: partial(measure, make, count) for name, make in CONTENDERS.items()})

    table("Grant in a line of 10,000", all_of(grants, waiters), "us", 1e6)

    latencies: dict[str, list[list[float]]] = {name: [] for name in CONTENDERS}
    for _ in range(times):
        for name, make in CONTENDERS.items():
            latencies[name].append(undisturbed(hand_over(make, waiters)))
    for percent in (50, 99):
        figures = {
            name: statistics.median(percentile(values, percent) for values in runs) for name, runs in latencies.items()
        }
        table(f"Hand-over p{percent}", figures, "us", 1e6, "p99 0.5x" if percent == 99 else "")

    table("Acquire and release, nobody waits", all_of(uncontended, 50_000), "us", 1e6, "0.25x with timeout")
    through = all_of(pass_through, waiters)
    table("Join a line of 10,000, wait, give back", through, "us", 1e6, "0.67x: 1.5x the grants a second")
    extra = (through["pool"] - through["pool, no timeout"]) / (through[TIMED] - through[PLAIN])
    print(f"  what the timeout adds: {extra:.2f} x what it adds to {PLAIN}   [target: 0.25x]")
    table("Cancel 5,000 of 10,000 waiters", all_of(cancel_half, waiters), "ms", 1e3, "0.2x")
    big = asyncio.run(cancel_half(pool, 100_000))
    print(f"\nCancel 50,000 of 100,000 waiters: {big:.2f} s   [target: less than 2 s]")
    memory = {name: asyncio.run(pending_bytes(make, waiters)) for name, make in CONTENDERS.items()}
    table("Pending job", memory, "bytes", 1.0)

    jobs: dict[str, Callable[[], Awaitable[float]]] = {PLAIN: partial(pass_through, semaphore, waiters)}
    jobs["pool.worker(job)"] = partial(pass_through, pool_worker, waiters)
    jobs["pool, a task only with a worker"] = partial(noop_dispatcher, waiters)
    jobs["asyncio.Queue consumers"] = partial(noop_queue, waiters)
    try:
        jobs["aiometer"] = partial(noop_aiometer, importlib.import_module("aiometer"), waiters)
    except ImportError:
        print("\n(aiometer is not installed)")
    figures = rounds(times, jobs)
    table("Job that does nothing", figures, "us", 1e6)
    print("  jobs/s: " + ", ".join(f"{name} {1 / value:,.0f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
