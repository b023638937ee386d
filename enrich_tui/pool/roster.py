"""The slots of a pool, and who gets them next. Belongs to one event loop, like the pool it is made for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool.errors import PoolError, PoolShutdownError
from enrich_tui.pool.executor import Executor, ExecutorFactory
from enrich_tui.pool.ledger import Ledger
from enrich_tui.pool.model import WorkerSnapshot, WorkerState
from enrich_tui.pool.slot import Condition, Slot, Task
from enrich_tui.pool.upkeep import Upkeep
from enrich_tui.pool.waiters import Waiters
from enrich_tui.pool.worker import Worker

log = logging.getLogger(__name__)

_RESTARTING = Condition.RESTARTING  # in Python 3.11, to look up a member costs more than all that it decides here

Listener = Callable[[WorkerSnapshot], object]


@dataclass(frozen=True)
class Rules:
    """When a slot is restarted; see :class:`enrich_tui.pool.WorkerPool`."""

    error_threshold: int
    auto_restart: bool
    recycle_after: int | None
    memory_limit: int | None


class Roster:
    """Every slot is with a holder, with the idle, coming up, in error or closed. While anybody waits, none is idle."""

    def __init__(self, rules: Rules, executor_factory: ExecutorFactory | None, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._executor_factory = executor_factory
        self.clock = clock
        self.slots: dict[int, Slot] = {}
        self.idle: list[Slot] = []
        """Slots that can take a job at once; the last one in is the first one out, because its caches are warm."""
        self.waiters: Waiters[Slot] = Waiters()
        self.ledger = Ledger(clock())
        self.upkeep = Upkeep(clock, changed=self.changed, failed=self._did_not_start, up=self.came_up)
        self.listeners: dict[object, Listener] = {}
        self.closing = False
        """No slot takes another job."""
        self.drained = asyncio.Event()
        """All slots are closed."""
        self.stops: set[asyncio.Task[None]] = set()
        """Executors that are being stopped."""

    def add(self) -> Slot:
        """A new slot with the lowest number that is free; nobody has been offered it yet."""
        ident = next(number for number in count(1) if number not in self.slots)
        executor = None if self._executor_factory is None else self._executor_factory(ident)
        slot = self.slots[ident] = Slot(self, ident, executor, self.clock())
        return slot

    @property
    def size(self) -> int:
        """How many slots are not closed."""
        return sum(slot.condition is not Condition.CLOSED for slot in self.slots.values())

    def take(self) -> Slot | None:
        """Lease an idle slot that is alive, if there is one."""
        idle = self.idle
        while idle:
            slot = idle.pop()
            if slot.executor is None or slot.executor.alive:
                slot.leased = True
                slot.lease_generation = slot.generation
                slot.busy_since = slot.last_activity_at = self.clock()
                if self.listeners:
                    self.changed(slot)
                return slot
            self.died_idle(slot)
        return None

    def warm(self, most: int) -> None:
        """Start as many slots that were never needed yet, or as many as there are."""
        if self._executor_factory is not None:
            cold = (slot for slot in self.slots.values() if slot.condition is Condition.COLD)
            for slot in tuple(islice(cold, most)):
                self.upkeep.start(slot)

    def came_up(self, slot: Slot, now: float) -> None:
        """The slot can work: its holder goes on with it, where it was restarted under one, or somebody gets it."""
        if slot.leased:
            self.changed(slot)
        else:
            self.offer(slot, now)

    def offer(self, slot: Slot, now: float) -> None:
        """Lease the slot, which can work, to the first waiter; where nobody waits, it is idle."""
        if self.waiters.line and (waiter := self.waiters.next()) is not None:
            slot.leased = True
            slot.lease_generation = slot.generation
            slot.busy_since = now
            waiter.set_result(slot)
        else:
            slot.leased = False
            self.idle.append(slot)
        if self.listeners:
            self.changed(slot)

    def assign(self, worker: Worker, job_id: str, user: Task | None, now: float) -> None:
        """The holder works on this from now on. Raises as :meth:`enrich_tui.pool.WorkerPool.assign_job`."""
        slot = worker.slot
        if slot.owner is not self:
            raise ValueError("This worker belongs to another pool.")
        if slot.holder is not worker:
            raise PoolShutdownError if self.closing else PoolError("This worker has been given back already.")
        slot.current_job = job_id
        slot.user = user
        slot.busy_since = slot.last_activity_at = now
        if self.listeners:
            self.changed(slot)

    def take_back(self, worker: Worker, error: BaseException | None) -> None:
        """The job has ended, see :meth:`enrich_tui.pool.WorkerPool.release_worker`."""
        slot = worker.slot
        if slot.holder is not worker or slot.owner is not self:
            self._refuse(slot)
            return
        now = self.clock()
        faulty = False
        if error is None:
            # Written out here, as is the usual way on below: each call would cost a twentieth of a whole lease.
            slot.total_processing_time += now - slot.busy_since
            slot.total_jobs_completed += 1
            slot.error_count = 0
        elif isinstance(error, Exception):
            slot.job_failed(error, now)
            faulty = self._at_fault(slot, error)
        slot.last_activity_at = now
        slot.holder = slot.user = slot.current_job = None
        if faulty or slot.executor is not None or self.closing or slot.retiring or slot.condition is _RESTARTING:
            self._pass_on(slot, now, faulty=faulty)
        else:
            self.offer(slot, now)

    def _refuse(self, slot: Slot) -> None:
        if slot.condition is Condition.CLOSED:
            return  # it was taken away from its holder
        if slot.owner is not self:
            raise ValueError("This worker belongs to another pool.")
        log.warning("Worker %d was released a second time; nothing changes.", slot.id)

    def _at_fault(self, slot: Slot, error: Exception) -> bool:
        """Count the error against the slot. True where it is one too many."""
        if slot.lease_generation != slot.generation:  # it happened before the last restart
            return False
        slot.error_count += 1
        crashed = isinstance(error, WorkerCrashedError) or not slot.healthy
        return crashed or slot.error_count >= self._rules.error_threshold

    def end_lease(self, slot: Slot, now: float) -> None:
        """Take the slot from its holder, whose handle has no effect any more."""
        slot.last_activity_at = now
        slot.holder = slot.user = slot.current_job = None
        self._pass_on(slot, now, faulty=False)

    def _pass_on(self, slot: Slot, now: float, *, faulty: bool) -> None:
        """Decide what becomes of a slot that nobody holds any more."""
        slot.leased = False
        if self.closing or slot.retiring:
            self.close(slot, WorkerState.SHUTDOWN if self.closing else WorkerState.REMOVED)
        elif slot.condition is _RESTARTING:
            self.changed(slot)
        elif faulty:
            self._fault(slot)
        elif slot.executor is not None and self._worn(slot, slot.executor):
            self.upkeep.restart(slot)
        else:
            self.offer(slot, now)

    def died_idle(self, slot: Slot) -> None:
        """The executor of a slot that is no longer among the idle was found dead."""
        log.warning("Worker %d ended while it was idle.", slot.id)
        slot.note(WorkerCrashedError(Problem.WORKER_CRASHED))
        self._fault(slot)

    def died_leased(self, slot: Slot) -> None:
        """The executor of a slot was found dead under its holder: it is replaced, and the lease goes on."""
        log.warning("Worker %d ended under its holder, whose job is %r.", slot.id, slot.current_job)
        slot.note(WorkerCrashedError(Problem.WORKER_CRASHED))
        self.upkeep.restart(slot)

    def too_big(self, slot: Slot) -> bool:
        """True where its process has more memory than it should."""
        limit = self._rules.memory_limit
        return limit is not None and (slot.vitals().memory or 0) > limit

    def _worn(self, slot: Slot, executor: Executor) -> bool:
        jobs = self._rules.recycle_after
        old = jobs is not None and slot.jobs_ended - slot.jobs_before_start >= jobs
        return old or not executor.alive or self.too_big(slot)

    def close(self, slot: Slot, state: WorkerState) -> asyncio.Task[None] | None:
        """End a slot for good. Returns the task that stops its executor, where it has one that was started."""
        if slot in self.idle:
            self.idle.remove(slot)
        attempt = self.upkeep.halt(slot)
        cold = slot.condition is Condition.COLD
        now = self.clock()
        slot.close(state, now)
        if state is WorkerState.REMOVED:
            del self.slots[slot.id]
            self.ledger.removed(slot, now)
            if self.waiters:
                self.warm(1)
        stop = None
        if slot.executor is not None and not cold:
            stop = asyncio.create_task(_stop(slot, attempt), name=f"worker {slot.id} stops")
            self.stops.add(stop)
            stop.add_done_callback(self.stops.discard)
        self.changed(slot)
        if self.closing and all(other.condition is Condition.CLOSED for other in self.slots.values()):
            self.ledger.close(now)
            self.drained.set()
        return stop

    def changed(self, slot: Slot) -> None:
        """Tell everybody who listens."""
        if self.listeners:
            snapshot = slot.snapshot()
            for listener in tuple(self.listeners.values()):
                try:
                    listener(snapshot)
                except Exception:
                    log.exception("A listener of the worker pool failed.")

    def _did_not_start(self, slot: Slot) -> None:
        self.changed(slot)
        if self.waiters:  # somebody counted on this one
            self.warm(1)

    def _fault(self, slot: Slot) -> None:
        if self._rules.auto_restart:
            self.upkeep.restart(slot)
        else:
            slot.enter(Condition.ERROR, self.clock())
            self.changed(slot)


async def _stop(slot: Slot, attempt: asyncio.Task[None] | None) -> None:
    if attempt is not None:
        await asyncio.wait((attempt,))
    if slot.executor is not None:
        try:
            await slot.executor.stop()
        except Exception:
            log.exception("Worker %d could not be stopped.", slot.id)
