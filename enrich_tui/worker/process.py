"""Workers as child processes: the executors behind the pool's slots, and the spare that makes restarts quick."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from enrich_tui.config import Limits
from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.pool.executor import Vitals
from enrich_tui.worker.child import Child, Progress, Terms

__all__ = ["ProcessExecutor", "ProcessExecutors", "Progress"]

WARM_MODULES = ("numpy", "av", "faster_whisper")
"""What takes long to import; a spare does it while it waits."""

_log = logging.getLogger(__name__)


class ProcessExecutors:
    """Makes the executor of a slot id: an :data:`enrich_tui.pool.executor.ExecutorFactory`.

    ``threads``: how many threads an engine may use in each process. ``log_dir``: receives what the processes write to
    their standard error. ``spare``: processes that wait, started and warm, to take the place of one that has ended.
    ``stage_package``: where the stages' modules are. ``heartbeat``: seconds between a process's signs of life; one that
    gives none ten times, and uses no processor time, is hung. Used inside one running loop.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        threads: int,
        log_dir: Path,
        spare: int = 1,
        stage_package: str = "enrich_tui.stages",
        heartbeat: float = 1.0,
    ) -> None:
        self._terms = Terms(limits, threads, log_dir, stage_package, heartbeat)
        self._spare = spare
        self._spares: deque[Child] = deque()
        self._preparing: set[asyncio.Task[None]] = set()
        self._children: dict[int, Child | None] = {}
        self._closed = False

    def __call__(self, slot: int) -> ProcessExecutor:
        """The executor of this slot; its process is started by its ``start`` or first job."""
        return ProcessExecutor(self, slot)

    @property
    def spares(self) -> int:
        """How many processes wait, ready."""
        return sum(child.alive for child in self._spares)

    async def take(self) -> Child:
        """A process that is ready: the spare, if there is one, else a new one. Raises as :meth:`Child.start` does."""
        child: Child | None = None
        while self._spares and child is None:
            spare = self._spares.popleft()
            child = spare if spare.alive else None
        if child is None:
            child = await self._start()
        self._refill()
        return child

    async def aclose(self) -> None:
        """End every process, whatever it is doing; idempotent."""
        self._closed = True
        for task in self._preparing:
            task.cancel()
        await asyncio.gather(*self._preparing, return_exceptions=True)
        self._spares.clear()
        await asyncio.gather(*(child.leave() for child in self._children.values() if child is not None))

    async def _start(self) -> Child:
        self._check_open()
        for ended in [number for number, child in self._children.items() if child is not None and child.ended]:
            del self._children[ended]
        number = next(number for number in range(len(self._children) + 1) if number not in self._children)
        self._children[number] = None  # taken, so that no other start gets the same log
        try:
            child = await Child.start(self._terms, number)
        except BaseException:
            del self._children[number]
            raise
        self._children[number] = child
        try:
            self._check_open()
        except WorkerCrashedError:
            await child.leave()
            raise
        return child

    def _check_open(self) -> None:
        if self._closed:
            raise WorkerCrashedError(Problem.WORKER_CRASHED, detail="The workers have been closed.")

    def _refill(self) -> None:
        while not self._closed and len(self._spares) + len(self._preparing) < self._spare:
            task = asyncio.create_task(self._prepare(), name="spare worker")
            self._preparing.add(task)
            task.add_done_callback(self._preparing.discard)

    async def _prepare(self) -> None:
        try:
            child = await self._start()
        except (WorkerCrashedError, OSError):
            _log.exception("A spare worker could not be started.")
            return
        child.warm(WARM_MODULES)
        self._spares.append(child)


class ProcessExecutor:
    """Runs a slot's jobs in a child process of its own; an :class:`enrich_tui.pool.executor.Executor`.

    A process that ended is replaced at the next start or job.
    """

    def __init__(self, executors: ProcessExecutors, slot: int) -> None:
        self.slot = slot
        self._executors = executors
        self._child: Child | None = None
        self._stopped = False

    @property
    def alive(self) -> bool:
        """False where it was stopped, or its process ended by itself. Without a process yet, it can take a job."""
        return not self._stopped and (self._child is None or self._child.alive or self._child.dismissed)

    async def start(self) -> None:
        """Have a process ready. Raises :class:`WorkerCrashedError` or ``OSError`` where there is none to be had."""
        self._stopped = False
        await self._living_child()

    async def run(self, job: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        """Run one stage; ``on_event`` hears of its progress.

        Raises what the stage raised, as ``StageError``; ``WorkerCrashedError`` where the process ended or hung, or was
        stopped (its problem is then ``WORKER_RESTARTED``); ``StageError(TIME_LIMIT)`` where it took too long.
        Cancelling ends the process, within three seconds in the worst case; the next job gets another one.
        """
        child = await self._living_child()
        try:
            return await child.run(job, on_event)
        except asyncio.CancelledError:
            await child.leave()
            raise
        except WorkerCrashedError as error:
            if child.dismissed:
                raise WorkerCrashedError(Problem.WORKER_RESTARTED, detail=error.detail) from error
            raise

    async def stop(self, grace: float = 2.0) -> None:
        """End the process, whatever it is doing; idempotent. A job in it fails with ``WorkerCrashedError``."""
        self._stopped = True
        if (child := self._child) is not None:
            self._child = None
            await child.leave(grace)

    def vitals(self) -> Vitals:
        """The process's id, resident bytes and processor time; None where there is no process."""
        return self._child.vitals() if self._child is not None else Vitals(None, None, None)

    async def _living_child(self) -> Child:
        self._check_running()
        if self._child is None or not self._child.alive:
            child = await self._executors.take()
            try:
                self._check_running()
            except WorkerCrashedError:
                await child.leave()
                raise
            self._child = child
        return self._child

    def _check_running(self) -> None:
        if self._stopped:
            raise WorkerCrashedError(Problem.WORKER_RESTARTED, detail="The worker has been stopped.")
