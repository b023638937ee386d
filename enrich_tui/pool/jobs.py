"""Jobs that wait as records: they stand in the pool's line as one, and need a task only where a worker does them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeVar, cast

from enrich_tui.pool.errors import PoolShutdownError, WorkerAcquisitionTimeoutError
from enrich_tui.pool.roster import Roster
from enrich_tui.pool.slot import Slot, running_task
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
        roster: Roster,
        work: Callable[[Worker, T], Awaitable[R]],
        jobs: Sequence[T],
        *,
        timeout: float,
        name: Callable[[T], str],
    ) -> None:
        self._roster = roster
        self._waiters = roster.waiters
        self._work = work
        self._jobs = jobs
        self._name = name
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._group = asyncio.TaskGroup()
        self._total = len(jobs)
        self._left = self._total
        """How many jobs wait."""
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
        if self.done():
            return
        roster, waiters = self._roster, self._waiters
        waiters.join(self, self._loop, self._timeout)
        waiters.more += self._left - 1
        # While anybody waits, none is idle: where one is, these jobs are alone in the line.
        while roster.idle and not self.done() and (slot := roster.take()) is not None:
            waiters.line.remove(self)
            self.set_result(slot)
        roster.warm(self._left)

    def _leave(self) -> None:
        if not self.done():
            self._waiters.more -= self._left - 1
            self._left = 0
            self._waiters.left()

    def _look(self) -> None:
        if self.done() and not self._runners and not self._ended.done():
            self._ended.set_result(None)

    # -- in the line ---------------------------------------------------------------------------------------------------

    def done(self) -> bool:
        """True where no job waits any more."""
        return not self._left

    def set_result(self, given: Slot | Refusal) -> None:
        """Begin the next job on this slot, or none any more."""
        if not isinstance(given, Slot):
            self._refused(given)
            return
        index = self._total - self._left
        self._left -= 1
        if self._left:
            self._waiters.line.appendleft(self)
            self._waiters.more -= 1
        worker = given.holder = Worker()
        worker.slot = given
        if given is self._giving:
            self._next = worker, index
        else:
            at = [index]
            runner = self._group.create_task(self._runner(worker, at), context=self._context.copy())
            self._runners[runner] = at
            runner.add_done_callback(partial(self._over, worker))

    def _refused(self, why: Refusal) -> None:
        self._waiters.more -= self._left - 1
        for index in range(self._total - self._left, self._total):
            late = why is Refusal.TIMEOUT
            self._outcomes[index] = WorkerAcquisitionTimeoutError(self._timeout) if late else PoolShutdownError()
        self._left = 0
        self._look()

    # -- at work -------------------------------------------------------------------------------------------------------

    async def _runner(self, worker: Worker, at: list[int]) -> None:
        roster, jobs, outcomes = self._roster, self._jobs, self._outcomes
        me = running_task(self._loop)
        now = roster.clock()
        courteous_until = now + _COURTESY
        while True:
            index = at[0]
            error: BaseException | None = None
            try:
                job = jobs[index]
                roster.assign(worker, self._name(job), me, now)
                if now > courteous_until:
                    await asyncio.sleep(0)
                    courteous_until = now + _COURTESY
                outcomes[index] = await self._work(worker, job)
            except Exception as raised:  # noqa: BLE001 - it is the outcome
                error = outcomes[index] = raised
            except BaseException as raised:  # it ends the runner
                outcomes[index] = raised
                if not isinstance(raised, asyncio.CancelledError):
                    self._leave()  # the program ends
                roster.take_back(worker, raised)
                raise
            self._giving = worker.slot
            roster.take_back(worker, error)
            self._giving = None
            if self._next is None:
                return
            worker, at[0] = self._next
            self._next = None
            now = worker.slot.busy_since

    def _over(self, worker: Worker, runner: asyncio.Task[None]) -> None:
        (index,) = self._runners.pop(runner)
        if worker.leased:  # cancelled before its first step
            self._outcomes[index] = asyncio.CancelledError()
            self._roster.end_lease(worker.slot, self._roster.clock())
        self._look()
