"""The worker pool: leases of a few workers to many callers, first come, first served.

Everything here belongs to one event loop: the one that runs when the pool is made, or else when it is first used.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from enrich_tui.errors.problems import Problem
from enrich_tui.pool.errors import PoolError, PoolShutdownError, WorkerAcquisitionTimeoutError
from enrich_tui.pool.executor import ExecutorFactory
from enrich_tui.pool.jobs import Jobs
from enrich_tui.pool.leaks import abandoned
from enrich_tui.pool.lease import WorkerLease
from enrich_tui.pool.model import PoolStatus, WorkerSnapshot, WorkerState
from enrich_tui.pool.roster import Listener, Roster, Rules
from enrich_tui.pool.slot import Condition, Slot, running_task
from enrich_tui.pool.waiters import Refusal
from enrich_tui.pool.worker import Worker

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class WorkerPool:
    """Leases workers, watches over them, and restarts those that fail.

    Without an ``executor_factory`` a worker is a permit: its holder awaits its own coroutines. With one, each worker
    owns an executor (as a rule a child process), which is started when it is first needed, or by :meth:`start`.

    Args:
        max_workers: Workers to begin with; see :meth:`resize`.
        error_threshold: Failures in a row at which a worker becomes ``error``.
        acquisition_timeout: Seconds that a caller waits for a worker, ``math.inf`` for ever.
        health_check_interval: Seconds between two health checks, ``math.inf`` for none.
        enable_auto_restart: Whether a worker in ``error`` is restarted at once, or by :meth:`restart_errored_workers`.
        executor_factory: Makes the executor of a worker's id.
        recycle_after: Jobs after which an executor is replaced.
        memory_limit: Resident bytes above which an executor is replaced, between two jobs.
        clock: Seconds, monotonic, instead of ``time.monotonic``; all figures come from it. Waiting goes by the event
            loop's own clock.

    Raises ``ValueError`` for settings outside of their range. After a shutdown, what needs a worker raises
    :class:`PoolShutdownError`.
    """

    def __init__(
        self,
        max_workers: int = 5,
        error_threshold: int = 3,
        acquisition_timeout: float = 10.0,
        health_check_interval: float = 30.0,
        enable_auto_restart: bool = True,
        *,
        executor_factory: ExecutorFactory | None = None,
        recycle_after: int | None = None,
        memory_limit: int | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if min(max_workers, error_threshold, recycle_after or 1) < 1 or not health_check_interval > 0:
            raise ValueError("Workers, error threshold, jobs before recycling and check interval must be more than 0.")
        self._acquisition_timeout = _seconds(acquisition_timeout)
        self._health_check_interval = health_check_interval
        self._clock = clock = clock or time.monotonic
        rules = Rules(error_threshold, enable_auto_restart, recycle_after, memory_limit)
        self._roster = Roster(rules, executor_factory, clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._health_timer: asyncio.TimerHandle | None = None
        for _ in range(max_workers):
            slot = self._roster.add()
            if slot.condition is Condition.READY:
                self._roster.offer(slot, self._clock())
        with contextlib.suppress(RuntimeError):  # where no loop runs yet, the first use finds it
            self._bind()

    # -- leases -------------------------------------------------------------------------------------------------------

    async def acquire_worker(self, timeout: float | None = None) -> Worker:  # noqa: ASYNC109 - one timer serves all
        """Wait for a worker, first come, first served, for ``timeout`` seconds instead of the pool's own timeout.

        Raises :class:`WorkerAcquisitionTimeoutError`, :class:`PoolShutdownError`, and ``ValueError`` for a timeout
        below 0.
        """
        roster = self._roster
        if self._loop is None:
            self._bind()
        wait = self._acquisition_timeout if timeout is None else _seconds(timeout)
        slot = roster.take() if roster.idle else None
        if slot is None:
            if roster.closing:
                raise PoolShutdownError
            loop = self._bind()
            roster.warm(1)
            waiter: asyncio.Future[Slot | Refusal] = loop.create_future()
            roster.waiters.join(waiter, loop, wait)
            try:
                given = await waiter
            except BaseException:  # cancelled, or the caller's coroutine was closed
                slot = roster.waiters.leave(waiter)
                if slot is not None and slot.leased:
                    roster.end_lease(slot, self._clock())
                raise
            if not isinstance(given, Slot):
                raise WorkerAcquisitionTimeoutError(wait) if given is Refusal.TIMEOUT else PoolShutdownError
            if not given.leased:
                raise PoolShutdownError
            slot = given
        worker = slot.holder = Worker()
        worker.slot = slot
        return worker

    def assign_job(self, worker: Worker, job_id: str) -> None:
        """Say what the worker works on; its processing time counts from here.

        Raises :class:`PoolError` where the lease has ended, and ``ValueError`` for the worker of another pool.
        """
        self._roster.assign(worker, job_id, running_task(self._loop), self._clock())

    async def release_worker(self, worker: Worker, error: BaseException | None = None) -> None:
        """Give a worker back, with the error in which its job ended, if it did.

        Without an error the job counts as completed; with an ``Exception``, as failed; with another one (a
        cancellation), as neither: give back an unused worker so. A second release is logged and changes nothing. Never
        waits: a restart goes on by itself.
        """
        self._roster.take_back(worker, error)

    def worker(self, job_id: str, timeout: float | None = None) -> WorkerLease:
        """``async with pool.worker(job_id) as worker``: acquire, assign and release, whatever happens in between."""
        return WorkerLease(self, job_id, timeout)

    async def run(
        self,
        work: Callable[[Worker, T], Awaitable[R]],
        jobs: Iterable[T],
        *,
        timeout: float = math.inf,  # noqa: ASYNC109 - one timer serves all
        name: Callable[[T], str] = str,
    ) -> list[R | BaseException]:
        """Have ``work(worker, job)`` done for every job, and return what each returned or raised, in their order.

        Jobs wait as records: only a worker at work has a task. Else it is as if each job had a task of its own with
        ``async with pool.worker(name(job), timeout)`` around its work: in line with all other callers from now on, on
        as many workers as there are at the time, and an error counts against the worker and stops no other job. A job
        that no worker was free for in ``timeout`` seconds gets a :class:`WorkerAcquisitionTimeoutError`, one that still
        waits at a shutdown a :class:`PoolShutdownError`. Cancelling the caller cancels what runs and drops the rest.

        >>> async def double(worker: Worker, number: int) -> int:
        ...     return 2 * number
        >>> async def main() -> list[int | BaseException]:
        ...     return await WorkerPool(max_workers=2).run(double, [1, 2, 3])
        >>> asyncio.run(main())
        [2, 4, 6]

        Where the workers have executors, ``work`` may be ``Worker.run``. Raises :class:`PoolShutdownError` where the
        pool is shut down already, and ``ValueError`` for a timeout below 0.
        """
        self._bind()
        wait = _seconds(timeout)
        if self._roster.closing:
            raise PoolShutdownError
        return await Jobs(self._roster, work, tuple(jobs), timeout=wait, name=name).run()

    # -- figures ------------------------------------------------------------------------------------------------------

    def get_pool_status(self) -> PoolStatus:
        """The figures as they are now."""
        return self._roster.ledger.status(
            self._roster.slots.values(),
            pending=len(self._roster.waiters),
            restarts=self._roster.upkeep.restarts,
            now=self._clock(),
        )

    @property
    def size(self) -> int:
        """How many workers there are, whatever they do; the ``total`` of the status."""
        return self._roster.size

    def snapshots(self) -> tuple[WorkerSnapshot, ...]:
        """Every worker as it is now, by id."""
        return tuple(self._roster.slots[ident].snapshot() for ident in sorted(self._roster.slots))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with a snapshot at each change of a worker. Returns what ends that.

        A listener that raises is logged and harms nobody; a slow one holds up the pool.
        """
        key = object()
        self._roster.listeners[key] = listener

        def unsubscribe() -> None:
            self._roster.listeners.pop(key, None)

        return unsubscribe

    # -- care ---------------------------------------------------------------------------------------------------------

    async def start(self) -> int:
        """Start all executors that were never needed yet, and return how many came up at the first attempt."""
        self._bind()
        cold = [slot for slot in self._roster.slots.values() if slot.condition is Condition.COLD]
        return sum(await asyncio.gather(*[self._roster.upkeep.start(slot) for slot in cold]))

    async def restart_errored_workers(self) -> int:
        """Restart all workers in ``error``, and return how many came back at once. The others are tried again."""
        self._bind()
        errored = [
            slot
            for slot in self._roster.slots.values()
            if slot.condition is Condition.ERROR or (slot.condition is Condition.RESTARTING and slot.failed_starts)
        ]
        return sum(await asyncio.gather(*[self._roster.upkeep.restart(slot) for slot in errored]))

    async def restart_worker(self, worker_id: int) -> bool:
        """Restart a worker whatever it does; True where it came back at once, else it is tried again.

        A job that runs in its executor ends in :class:`~enrich_tui.errors.problems.WorkerCrashedError`; the holder
        keeps its lease. Raises ``ValueError`` for an unknown id.
        """
        self._bind()
        slot = self._find(worker_id)
        if slot.condition is Condition.CLOSED:
            raise PoolShutdownError
        if slot in self._roster.idle:
            self._roster.idle.remove(slot)
        return await (
            self._roster.upkeep.start(slot) if slot.condition is Condition.COLD else self._roster.upkeep.restart(slot)
        )

    def check_health(self) -> None:
        """Find and recover workers whose holder is gone, whose process died, or that outgrew the memory limit.

        A holder whose worker died goes on with it when it is back. One whose job ran in it learns of that from the job.

        Happens by itself every ``health_check_interval`` seconds.
        """
        for slot in tuple(self._roster.slots.values()):
            if slot.leased:
                if abandoned(slot):
                    log.warning("Worker %d comes back: the holder of job %r is gone.", slot.id, slot.current_job)
                    slot.leaked += 1
                    slot.last_error = "its holder was gone before it was given back"
                    slot.last_problem = Problem.INTERNAL.value
                    self._roster.end_lease(slot, self._clock())
                elif slot.condition is Condition.READY and not slot.healthy:
                    self._roster.died_leased(slot)
            elif slot in self._roster.idle:
                if not slot.healthy:
                    self._roster.idle.remove(slot)
                    self._roster.died_idle(slot)
                elif self._roster.too_big(slot):
                    self._roster.idle.remove(slot)
                    self._roster.upkeep.restart(slot)

    # -- size ---------------------------------------------------------------------------------------------------------

    async def add_worker(self) -> int:
        """One worker more, which serves who waits; returns its id."""
        if self._roster.closing:
            raise PoolShutdownError
        self._bind()
        slot = self._roster.add()
        if slot.condition is Condition.READY:
            self._roster.offer(slot, self._clock())
        else:
            self._roster.changed(slot)
            if self._roster.waiters:
                self._roster.upkeep.start(slot)
        return slot.id

    async def remove_worker(self, worker_id: int | None = None) -> int | None:
        """One worker less: this one, or else the one that is missed least; an active one leaves when its job has ended.

        Returns its id, or None where only one worker is left. Raises ``ValueError`` for an unknown id.
        """
        if self._roster.closing:
            raise PoolShutdownError
        self._bind()
        staying = [slot for slot in self._roster.slots.values() if not slot.retiring]
        slot = min(staying, key=_missed) if worker_id is None else self._find(worker_id)
        if slot.retiring:
            return slot.id
        if len(staying) == 1:
            return None
        slot.retiring = True
        if not slot.leased and (stop := self._roster.close(slot, WorkerState.REMOVED)) is not None:
            await asyncio.shield(stop)
        return slot.id

    async def resize(self, workers: int) -> None:
        """Have so many workers; see :meth:`add_worker` and :meth:`remove_worker`. Raises ``ValueError`` below 1."""
        if workers < 1:
            raise ValueError("A pool needs at least one worker.")
        leaving = [slot for slot in self._roster.slots.values() if slot.retiring]
        for _ in range(workers - (len(self._roster.slots) - len(leaving))):
            if leaving:
                leaving.pop().retiring = False
            else:
                await self.add_worker()
        for _ in range(len(self._roster.slots) - sum(slot.retiring for slot in self._roster.slots.values()) - workers):
            await self.remove_worker()

    async def shutdown(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - it bounds the wait for jobs only
        """Send all waiters away, wait ``timeout`` seconds for the active workers, then stop those that still are.

        Idempotent; a second call with a shorter timeout hastens the first one.
        """
        if not self._roster.closing:
            self._roster.closing = True
            if self._health_timer is not None:
                self._health_timer.cancel()
            self._roster.waiters.refuse()
            for slot in tuple(self._roster.slots.values()):
                if not slot.leased:
                    self._roster.close(slot, WorkerState.SHUTDOWN)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if timeout == math.inf else max(0.0, timeout)):  # what is no number is 0
                await self._roster.drained.wait()
        for slot in tuple(self._roster.slots.values()):
            if slot.condition is not Condition.CLOSED:
                log.warning("Worker %d is stopped over its job %r.", slot.id, slot.current_job)
                self._roster.close(slot, WorkerState.SHUTDOWN)
        if self._roster.stops:
            await asyncio.wait(self._roster.stops)

    @property
    def usable(self) -> bool:
        """False once the pool is shut down, or its event loop is closed."""
        return not self._roster.closing and (self._loop is None or not self._loop.is_closed())

    # -- slots --------------------------------------------------------------------------------------------------------

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                raise PoolError("This pool belongs to another event loop.")
            self._loop = loop
            self._schedule_check(loop)
        return loop

    def _schedule_check(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._health_check_interval != math.inf:
            self._health_timer = loop.call_later(self._health_check_interval, self._regular_check, loop)

    def _regular_check(self, loop: asyncio.AbstractEventLoop) -> None:
        self._schedule_check(loop)
        self.check_health()

    def _find(self, worker_id: int) -> Slot:
        try:
            return self._roster.slots[worker_id]
        except KeyError:
            raise ValueError(f"There is no worker {worker_id}.") from None


def _seconds(timeout: float) -> float:
    if not timeout >= 0:
        raise ValueError("A timeout cannot be below 0 seconds.")
    return timeout


_USE = {Condition.COLD: 1, Condition.STARTING: 2, Condition.READY: 3}


def _missed(slot: Slot) -> tuple[bool, int, int]:
    """Orders slots: those in error first, then the cold, the idle and the active ones; of equals the newest first."""
    return (slot.leased, _USE.get(slot.condition, 0), -slot.id)
