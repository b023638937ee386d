"""The child processes behind a pool that only lends leases: shared by all calls that use the pool at the same time.

Many sessions at once, each its own call, must not cost a process each: there are as many as the pool has workers, one
spare, and one that finds out lengths. They end with the last of the calls.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from enrich_tui.config import Limits
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.logs import log_folder
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.pipeline.attempts import Runner
from enrich_tui.pool import Worker, WorkerPool
from enrich_tui.stages import serve, waits
from enrich_tui.worker.failures import failure
from enrich_tui.worker.lengths import LengthFinder
from enrich_tui.worker.process import ProcessExecutor, ProcessExecutors, Progress


class Processes:
    """Runs stages in the workers' own executors, or, where the pool only lends leases, in processes of its own."""

    def __init__(self, pool: WorkerPool, limits: Limits) -> None:
        cores = os.cpu_count() or 1
        threads = max(1, cores // max(1, min(cores, pool.size)))
        self.users = 0
        self.lengths = LengthFinder(limits)
        self._executors = ProcessExecutors(limits, threads=threads, log_dir=log_folder())
        self._by_worker: dict[int, ProcessExecutor] = {}
        self._usual = on_worker(limits)

    async def run(self, worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        """Run one stage on this worker."""
        if worker.runs_jobs or waits(task.stage, task.config):
            return await self._usual(worker, task, on_event)
        if worker.id not in self._by_worker:
            self._by_worker[worker.id] = self._executors(worker.id)
        return await self._by_worker[worker.id].run(task, on_event)

    async def aclose(self) -> None:
        """End all of them."""
        await asyncio.gather(*(process.stop() for process in self._by_worker.values()))
        await self._executors.aclose()
        await self.lengths.aclose()


_shared: WeakKeyDictionary[WorkerPool, dict[Limits, Processes]] = WeakKeyDictionary()


@asynccontextmanager
async def processes_of(pool: WorkerPool, limits: Limits) -> AsyncIterator[Processes]:
    """The processes of this pool; they end when nobody is in such a block any more."""
    of_pool = _shared.setdefault(pool, {})
    processes = of_pool.get(limits) or of_pool.setdefault(limits, Processes(pool, limits))
    processes.users += 1
    try:
        yield processes
    finally:
        processes.users -= 1
        if not processes.users:
            del of_pool[limits]
            await processes.aclose()


def on_worker(limits: Limits) -> Runner:
    """The usual runner: the worker's own executor does it; what only waits for a server is waited for here.

    Its lease is held meanwhile, so that no more is under way than there are workers. Of the ``limits`` the time is the
    only one that it needs.
    """

    async def run(worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        if waits(task.stage, task.config):
            return await _served(task, on_event, limits.stage_seconds)
        output: StageOutput = await worker.run(task, on_event)
        return output

    return run


async def _served(task: StageTask, on_event: Callable[[Progress], None], most: float) -> StageOutput:
    """What a worker's process does with a stage, for one that needs none: whatever it raises is a ``StageError``.

    It is ended after ``most`` seconds.
    """
    limit = asyncio.timeout(most)

    def report(fraction: float, message: str = "", kept: float | None = None) -> None:
        on_event(Progress(min(1.0, max(0.0, fraction)), message, kept))

    try:
        async with limit:
            return await serve(task, report)
    except Exception as error:  # noqa: BLE001 - whatever it is, the pipeline decides
        if limit.expired():
            raise StageError(Problem.TIME_LIMIT, detail=f"Ended after {most:g} s.") from None
        told = failure(0, error)
        raise StageError(told.problem, **told.model_dump(exclude={"type", "job", "problem"})) from None
