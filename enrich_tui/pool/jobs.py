"""Jobs that wait as records: they stand in the pool's line as one, and need a task only where a worker does them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar, cast

from enrich_tui.pool.errors import PoolShutdownError, WorkerAcquisitionTimeoutError
from enrich_tui.pool.lease import Lessor
from enrich_tui.pool.roster import Roster
from enrich_tui.pool.slot import Slot
from enrich_tui.pool.waiters import Refusal
from enrich_tui.pool.worker import Worker

T = TypeVar("T")
R = TypeVar("R")

_COURTESY = 0.002
"""Seconds after which a runner lets others have the loop, lest jobs that never wait keep it."""


class Jobs(Generic[T, R]):
    """Has each job done under a lease of its own, in order; see :meth:`enrich_tui.pool.WorkerPool.run`.

    Whoever has a worker for the first in the line gives it to :meth:`set_result`, which begins one job. A runner is the
    task that does a worker's jobs, for as long as the worker it gives back is the one that it is given next; so a
    worker goes from job to job without a turn of the event loop.
    """

    def __init__(
        self,
        lessor: Lessor,
        roster: Roster,
        work: Callable[[Worker, T], Awaitable[R]],
        jobs: Sequence[T],
        *,
        timeout: float,
        name: Callable[[T], str],
    ) -> None:
        self._lessor = lessor
        self._roster = roster
        self._work = work
        self._jobs = jobs
        self._name = name
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._group = asyncio.TaskGroup()
        self._begun = 0
        """How many jobs do not wait any more."""
        self._runners: dict[asyncio.Task[None], list[int]] = {}
        """Each with the job that it is at."""
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._outcomes: list[R | BaseException | None] = [None] * len(jobs)
        self._giving: Slot | None = None
        """What a runner is giving back at this moment."""
        self._next: tuple[Worker, int] | None = None
        """What that runner is given in the same moment, and for which job."""

    async def run(self) -> list[R | BaseException]:
        """Do them all; returns what came of each, in order."""
        async with self._group:
            try:
                self._queue()
                self._look()
                await self._ended
            finally:
                self._leave()
                for runner in sorted(self._runners, key=self._runners.__getitem__):
                    runner.cancel()
        return cast("list[R | BaseException]", self._outcomes)

    def _queue(self) -> None:
        roster = self._roster
        while roster.idle and not self.done() and (slot := roster.take()) is not None:
            self._begin(slot)
        left = len(self._jobs) - self._begun
        if left:
            roster.waiters.join(self, self._loop, self._timeout)
            roster.waiters.more += left - 1
            roster.warm(left)

    def _leave(self) -> None:
        if not self.done():
            waiters = self._roster.waiters
            waiters.more -= len(self._jobs) - self._begun - 1
            self._begun = len(self._jobs)
            waiters.left()

    def _look(self) -> None:
        if self.done() and not self._runners and not self._ended.done():
            self._ended.set_result(None)

    # -- in the line ---------------------------------------------------------------------------------------------------

    def done(self) -> bool:
        """True where no job waits any more."""
        return self._begun == len(self._jobs)

    def set_result(self, given: Slot | Refusal) -> None:
        """Begin the next job on this slot, or none any more."""
        waiters = self._roster.waiters
        if not isinstance(given, Slot):
            waiters.more -= len(self._jobs) - self._begun - 1
            for index in range(self._begun, len(self._jobs)):
                late = given is Refusal.TIMEOUT
                self._outcomes[index] = WorkerAcquisitionTimeoutError(self._timeout) if late else PoolShutdownError()
            self._begun = len(self._jobs)
            self._look()
        else:
            self._begin(given)
            if not self.done():
                waiters.first_again(self)
                waiters.more -= 1

    def _begin(self, slot: Slot) -> None:
        index = self._begun
        self._begun += 1
        worker = slot.holder = Worker(slot)
        if slot is self._giving:
            self._next = worker, index
        else:
            at = [index]
            runner = self._group.create_task(self._runner(worker, at), context=self._context.copy())
            self._runners[runner] = at
            runner.add_done_callback(partial(self._over, worker))

    # -- at work -------------------------------------------------------------------------------------------------------

    async def _runner(self, worker: Worker, at: list[int]) -> None:
        loop, lessor, jobs, outcomes = self._loop, self._lessor, self._jobs, self._outcomes
        courteous_until = loop.time() + _COURTESY
        while True:
            index = at[0]
            error: BaseException | None = None
            try:
                job = jobs[index]
                lessor.assign_job(worker, self._name(job))
                if loop.time() > courteous_until:
                    await asyncio.sleep(0)
                    courteous_until = loop.time() + _COURTESY
                outcomes[index] = await self._work(worker, job)
            except BaseException as raised:  # noqa: BLE001 - it is the outcome; what ends the runner goes on below
                error = outcomes[index] = raised
            ends = error is not None and self._ends(error)
            self._giving = None if ends else worker.slot
            await lessor.release_worker(worker, error)
            self._giving = None
            if ends and error is not None:
                raise error
            given, self._next = self._next, None
            if given is None:
                return
            worker, at[0] = given

    def _ends(self, error: BaseException) -> bool:
        """True where the error is not the job's own: the runner is cancelled, or the program ends."""
        if isinstance(error, Exception):
            return False
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task(self._loop)
            return task is not None and task.cancelling() > 0
        self._leave()
        return True

    def _over(self, worker: Worker, runner: asyncio.Task[None]) -> None:
        (index,) = self._runners.pop(runner)
        if worker.leased:  # cancelled before its first step
            self._outcomes[index] = asyncio.CancelledError()
            self._roster.end_lease(worker.slot, self._roster.clock())
        self._look()
