"""The worker pool against a TaskGroup with a Semaphore.

    python -m tests.benchmarks.pool [--quick] [--gc]

Everybody does the same work with the same number of permits in the same process, in turns and several times over; the
median of the rounds is printed, in processor time (hand-overs: in real time), and compared to the targets. Like for
like is the semaphore with ``asyncio.timeout`` around the wait, because the pool's waits have a timeout, too. The bare
future shows what there is to win at all: a line of futures that can do nothing but hand over a permit.

The last rows of each kind are a scheduler's: queued jobs are records, and tasks exist for workers only, not for jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import statistics
import time
import tracemalloc
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from enrich_tui.pool import Worker, WorkerPool

T = TypeVar("T")

WORKERS = 5
WAITERS = 10_000
TIMEOUT = 10.0

Body = Callable[[], Awaitable[None]]
Hold = Callable[[Body], Coroutine[Any, Any, None]]
"""Waits for a permit, awaits the body, and gives the permit back."""
Make = Callable[[int], Hold]
Queue = Callable[[int, Body, int], Awaitable[None]]
"""Awaits the body once for each of so many jobs, with so many permits."""


# -- the contenders ---------------------------------------------------------------------------------------------------


def pool(permits: int) -> Hold:
    """The pool; its usual timeout is ten seconds."""
    workers = WorkerPool(permits, acquisition_timeout=TIMEOUT)

    async def hold(body: Body) -> None:
        worker = await workers.acquire_worker()
        try:
            await body()
        finally:
            await workers.release_worker(worker)

    return hold


def pool_block(permits: int) -> Hold:
    """The pool as a block, which also assigns a job."""
    workers = WorkerPool(permits, acquisition_timeout=TIMEOUT)

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


def bare_future(permits: int) -> Hold:
    """The least that can hand over a permit: it can neither time out, nor be cancelled, nor tell anything."""
    free = permits
    line: deque[asyncio.Future[None]] = deque()
    loop = asyncio.get_running_loop()

    async def hold(body: Body) -> None:
        nonlocal free
        if free:
            free -= 1
        else:
            future = loop.create_future()
            line.append(future)
            await future
        await body()
        if line:
            line.popleft().set_result(None)
        else:
            free += 1

    return hold


POOL, PLAIN, TIMED, BARE = "pool", "Semaphore", "with timeout", "bare future"
CONTENDERS: dict[str, Make] = {POOL: pool, PLAIN: semaphore, TIMED: timed_semaphore, BARE: bare_future}


def with_tasks(make: Make) -> Queue:
    """A task for each job, all made at once."""

    async def run(permits: int, body: Body, jobs: int) -> None:
        hold = make(permits)
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(hold(body))

    return run


async def with_dispatcher(permits: int, body: Body, jobs: int) -> None:
    """A task for each worker that is held."""
    workers, records = WorkerPool(permits, acquisition_timeout=TIMEOUT), deque(range(jobs))

    async def work(worker: Worker, _job: int) -> None:
        try:
            await body()
        finally:
            await workers.release_worker(worker)

    async with asyncio.TaskGroup() as group:
        while records:
            group.create_task(work(await workers.acquire_worker(), records.popleft()))


async def with_runners(permits: int, body: Body, jobs: int) -> None:
    """A task for each worker, which leases one anew for each job."""
    hold, records = pool(permits), deque(range(jobs))

    async def runner() -> None:
        while records:
            records.popleft()
            await hold(body)

    async with asyncio.TaskGroup() as group:
        for _ in range(permits):
            group.create_task(runner())


# -- what is measured -------------------------------------------------------------------------------------------------


async def nothing() -> None:
    """A body that does not even yield."""


async def step() -> None:
    """A body that yields once."""
    await asyncio.sleep(0)


async def grant(make: Make) -> float:
    """Microseconds for each grant in a long line: given, woken, given back; the way into the line left out."""
    hold = make(WORKERS)
    release = asyncio.Event()

    async def until_released() -> None:
        await release.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(hold(until_released))
        await asyncio.sleep(0)
        for _ in range(WAITERS):
            group.create_task(hold(nothing))
        await asyncio.sleep(0)
        began = time.process_time()
        release.set()
    return (time.process_time() - began) / WAITERS * 1e6


async def job(queue: Queue) -> float:
    """Microseconds for each job that only yields once, from being queued to its end."""
    began = time.process_time()
    await queue(WORKERS, step, WAITERS)
    return (time.process_time() - began) / WAITERS * 1e6


async def hand_over(queue: Queue) -> float:
    """Microseconds from the moment the only holder lets go until the next job runs: the 99th percentile of all jobs."""
    let_go = 0.0
    took: list[float] = []

    async def body() -> None:
        nonlocal let_go
        took.append(time.perf_counter() - let_go)
        await asyncio.sleep(0)
        let_go = time.perf_counter()

    await queue(1, body, WAITERS)
    return sorted(took[1:])[len(took) * 99 // 100] * 1e6


async def uncontended(make: Make) -> float:
    """Microseconds for each acquire and release when a permit is free."""
    hold = make(WORKERS)
    began = time.process_time()
    for _ in range(WAITERS):
        await hold(nothing)
    return (time.process_time() - began) / WAITERS * 1e6


async def cancel_half(make: Make, count: int = WAITERS) -> float:
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


async def pending_task_bytes(make: Make) -> float:
    """Bytes for each job that waits as a task."""
    hold = make(1)
    gate = asyncio.Event()

    async def until_open() -> None:
        await gate.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(hold(until_open))
        await asyncio.sleep(0)
        tracemalloc.start()
        for _ in range(WAITERS):
            group.create_task(hold(nothing))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        gate.set()
    return used / WAITERS


async def pending_record_bytes() -> float:
    """Bytes for each job that waits as a record, here its number."""
    tracemalloc.start()
    records = deque(range(WAITERS))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / len(records)


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


async def _awaited(run: Callable[[], Awaitable[float]]) -> float:
    return await run()


Runs = dict[str, Callable[[], Awaitable[float]]]
Figures = dict[str, float]


def medians(times: int, collector: bool, runs: Runs) -> Figures:
    """The median of several rounds, in each of which everybody has a turn."""
    seen: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            seen[name].append(undisturbed(_awaited(run), collector))
    return {name: statistics.median(values) for name, values in seen.items()}


def row(title: str, pool_figure: float, others: Figures, target: float | None) -> None:
    """Print one line: the figures, and the pool's ratio to the semaphore, each with its verdict."""
    cells = [f"{title:40}{pool_figure:9.2f}"]
    cells += [f"{others[name]:9.2f}" if name in others else " " * 9 for name in (PLAIN, TIMED, BARE)]
    for name in (PLAIN, TIMED):
        ratio = pool_figure / others[name]
        verdict = "" if target is None else "met" if ratio <= target else "missed"
        cells.append(f"{ratio:7.2f} {verdict:6}")
    print(" ".join(cells) + ("" if target is None else f"   {target:.2f}"))


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description="The worker pool against a TaskGroup with a Semaphore.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--gc", action="store_true", help="leave the cyclic garbage collector on, as in a program")
    options = parser.parse_args()
    times = 3 if options.quick else 9
    collector = "on" if options.gc else "off"
    print(f"Python {platform.python_version()}, {WORKERS} permits (hand-over, cancel: 1), {WAITERS:,} waiters or jobs,")
    print(f"collector {collector} for everybody, median of {times} rounds; microseconds, less is better")
    print(f"\n{'':40}{POOL:>9} {PLAIN:>9} {'+timeout':>9} {'bare fut.':>9}   x Semaphore     x +timeout   target")

    def compare(title: str, measure: Callable[[Make], Awaitable[float]], target: float) -> Figures:
        runs: Runs = {name: partial(measure, make) for name, make in CONTENDERS.items()}
        if measure is cancel_half:
            del runs[BARE]
        figures = medians(times, options.gc, runs)
        row(title, figures[POOL], figures, target)
        return figures

    def compare_queues(titles: tuple[str, str, str], measure: Callable[[Queue], Awaitable[float]], most: float) -> None:
        runs: Runs = {name: partial(measure, with_tasks(make)) for name, make in CONTENDERS.items()}
        runs |= {"dispatcher": partial(measure, with_dispatcher), "runners": partial(measure, with_runners)}
        figures = medians(times, options.gc, runs)
        for title, name in zip(titles, (POOL, "dispatcher", "runners"), strict=True):
            row(title, figures[name], figures, most)

    per_second = 1 / 1.5
    records = "  records, a task for each held worker", "  records, a task for each worker"
    compare("Grant to a waiting task", grant, per_second)
    compare_queues(("Job, queued as a task", *records), job, per_second)
    compare_queues(("Hand-over p99 to a waiting task", *records), hand_over, 0.5)
    free = compare("Acquire and release, nobody waits", uncontended, 0.25)
    block = medians(times, options.gc, {POOL: partial(uncontended, pool_block)})
    row("  as a block, a job assigned", block[POOL], free, None)
    compare("Cancel 5,000 of 10,000 waiters, each", cancel_half, 0.2)
    memory = {name: asyncio.run(_awaited(partial(pending_task_bytes, make))) for name, make in CONTENDERS.items()}
    row("Bytes of a pending job, a task", memory[POOL], memory, None)
    row("Bytes of a pending job, a record", asyncio.run(pending_record_bytes()), memory, None)
    seconds = undisturbed(cancel_half(pool, 100_000), options.gc) * 50_000 / 1e6
    print(f"\nCancel 50,000 of 100,000 waiters: {seconds:.2f} s, target 2 s: {'met' if seconds < 2 else 'missed'}")


if __name__ == "__main__":
    main()
