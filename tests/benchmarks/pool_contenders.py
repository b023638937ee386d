"""Who competes with the worker pool in :mod:`tests.benchmarks.pool`: ways to do the same jobs with so many permits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from enrich_tui.pool import Worker, WorkerPool
from tests.benchmarks.peers import peer

TIMEOUT = 10.0

Body = Callable[[], Awaitable[None]]
Hold = Callable[[Body], Coroutine[Any, Any, None]]
"""Waits for a permit, awaits the body, and gives the permit back."""
Make = Callable[[int], Hold]
"""Makes what gives so many permits."""
Queue = Callable[[int, Body, int], Awaitable[None]]
"""Awaits the body once for each of so many jobs, with so many permits."""


# -- jobs that wait as tasks ------------------------------------------------------------------------------------------


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


POOL, PLAIN, TIMED, BARE = "pool, a task a job", "Semaphore", "Semaphore +timeout", "bare future"
TASKS: dict[str, Make] = {POOL: pool, PLAIN: semaphore, TIMED: timed_semaphore, BARE: bare_future}

if (anyio := peer("anyio")) is not None:
    _anyio = anyio

    def limiter(permits: int) -> Hold:
        """AnyIO's limiter without any timeout."""
        limit = _anyio.CapacityLimiter(permits)

        async def hold(body: Body) -> None:
            async with limit:
                await body()

        return hold

    def timed_limiter(permits: int) -> Hold:
        """AnyIO's limiter, and a timeout around the wait for it."""
        limit = _anyio.CapacityLimiter(permits)

        async def hold(body: Body) -> None:
            with _anyio.fail_after(TIMEOUT):
                await limit.acquire()
            try:
                await body()
            finally:
                limit.release()

        return hold

    TASKS |= {"CapacityLimiter": limiter, "CapacityLimiter +timeout": timed_limiter}


def with_tasks(make: Make) -> Queue:
    """A task for each job, all made at once."""

    async def run(permits: int, body: Body, jobs: int) -> None:
        hold = make(permits)
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(hold(body))

    return run


# -- jobs that wait as records ----------------------------------------------------------------------------------------


async def pool_run(permits: int, body: Body, jobs: int) -> None:
    """The pool's own way."""

    async def work(_worker: Worker, _job: int) -> None:
        await body()

    await WorkerPool(permits).run(work, range(jobs))


async def queue_consumers(permits: int, body: Body, jobs: int) -> None:
    """An ``asyncio.Queue`` and a task for each permit."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    for job in range(jobs):
        queue.put_nowait(job)

    async def consume() -> None:
        while True:
            await queue.get()
            await body()
            queue.task_done()

    consumers = [asyncio.ensure_future(consume()) for _ in range(permits)]
    await queue.join()
    for consumer in consumers:
        consumer.cancel()


RUN = "pool.run"
RECORDS: dict[str, Queue] = {RUN: pool_run, "asyncio.Queue consumers": queue_consumers}

if (aiometer := peer("aiometer")) is not None:
    _aiometer = aiometer

    async def metered(permits: int, body: Body, jobs: int) -> None:
        """The library aiometer."""

        async def work(_job: int) -> None:
            await body()

        await _aiometer.run_on_each(work, range(jobs), max_at_once=permits)

    RECORDS["aiometer"] = metered

QUEUES: dict[str, Queue] = RECORDS | {name: with_tasks(make) for name, make in TASKS.items()}
