"""From the queue to the workers: which stage the next free worker gets, and the attempts that run now."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from enrich_tui.errors import CircuitState, ErrorHandler
from enrich_tui.model import Stage
from enrich_tui.pipeline.attempts import OPERATIONS, Attempts
from enrich_tui.pipeline.shares import Shares
from enrich_tui.pipeline.state import Queue, SessionEntry, StageState
from enrich_tui.pool import Worker, WorkerPool

AHEAD = 200
"""Stages that are looked at for one of the other kind, which waits for a server or computes."""


class Dispatcher:
    """Leases workers one by one, and begins an attempt on each.

    Not by :meth:`WorkerPool.run`: what comes next is decided when a worker is free, and an attempt outlasts its lease.
    Stages that wait are records here, too; only attempts have tasks.
    """

    def __init__(
        self,
        queue: Queue,
        attempts: Attempts,
        *,
        pool: WorkerPool,
        errors: ErrorHandler,
        shares: Shares,
        may_start: Callable[[str], bool],
        spawn: Callable[[Coroutine[Any, Any, object]], object],
        changed: Callable[[], None],
        broken: Callable[[SessionEntry, Stage, BaseException], None],
    ) -> None:
        self._queue = queue
        self._attempts = attempts
        self._pool = pool
        self._errors = errors
        self._shares = shares
        self._may_start = may_start
        """False where no stage of this session may start."""
        self._spawn = spawn
        self._changed = changed
        """Called when something else may be able to start."""
        self._broken = broken
        """Called with what an attempt should never have raised."""
        self._tasks: dict[tuple[str, Stage], asyncio.Task[None]] = {}
        self._waiting: set[tuple[str, Stage]] = set()
        """Those that wait for a server, and leave the processors to others."""
        self._lease: asyncio.Task[Worker] | None = None

    @property
    def busy(self) -> bool:
        """True while any attempt runs."""
        return bool(self._tasks)

    def at_work(self, session_id: str) -> bool:
        """True while an attempt of this session runs."""
        return any(ident == session_id for ident, _ in self._tasks)

    def dispatch(self, *, accepting: bool) -> None:
        """Begin what can begin; nothing unless ``accepting``.

        Raises :class:`~enrich_tui.pool.PoolShutdownError` where the pool has been shut down.
        """
        while accepting and (candidate := self._next()) is not None:
            if self._lease is None:
                self._lease = asyncio.create_task(self._pool.acquire_worker(timeout=math.inf), name="lease")
                self._lease.add_done_callback(lambda _task: self._changed())
            if not self._lease.done():
                return
            lease, self._lease = self._lease, None
            worker = lease.result()
            entry, stage = candidate
            state = entry.stages[stage]
            permit = self._errors.permit(OPERATIONS[stage]) if state.failure is None else None
            if permit is None and state.failure is None:
                self._spawn(self._unused(worker))
                return
            if self._attempts.waits(entry, stage):
                self._waiting.add((entry.session.id, stage))
            state.state = StageState.RUNNING
            attempt = self._attempts.run(worker, permit, entry, stage)
            task = asyncio.create_task(attempt, name=f"{stage} of {entry.session.id}")
            self._tasks[entry.session.id, stage] = task
            task.add_done_callback(partial(self._over, entry.session.id, stage))
        if self._lease is not None and self._lease.done():
            self._spawn(self._unused(self._lease.result()))
            self._lease = None

    def _next(self) -> tuple[SessionEntry, Stage] | None:
        full = len(self._tasks) - len(self._waiting) >= self._shares.slots
        if full and (len(self._tasks) >= self._pool.size or not self._attempts.may_wait):
            return None
        beside = max(1, self._pool.size - self._shares.slots)
        later = tried = None
        for number, (entry, stage) in enumerate(self._queue.candidates(time.monotonic())):
            if number >= AHEAD and (full or later is not None):
                break
            waits = self._attempts.waits(entry, stage)
            if (full and not waits) or (waits and later is not None) or not self._may_begin(entry, stage):
                continue
            if self._proves_little(entry, stage):
                tried = tried or (entry, stage)
            elif full or not waits or len(self._waiting) < beside:
                return entry, stage
            else:
                later = entry, stage  # first what there are processors for, lest all leases wait
        return later or tried

    def _may_begin(self, entry: SessionEntry, stage: Stage) -> bool:
        state = entry.stages[stage]
        prepared = state.key and self._may_start(entry.session.id)
        settling = (entry.session.id, stage) in self._tasks  # the attempt before it may not be quite over
        return bool(prepared) and not settling and (state.failure is not None or self._errors.ready(OPERATIONS[stage]))

    def _proves_little(self, entry: SessionEntry, stage: Stage) -> bool:
        """True for a repeated attempt while one is wanted that tries a circuit: it may fail for a reason of its own."""
        repeated = entry.stages[stage].attempt > 1
        return repeated and self._errors.circuit_state(OPERATIONS[stage]) is CircuitState.HALF_OPEN

    async def _unused(self, worker: Worker) -> None:
        """Give back a worker that did nothing: it counts as no job, like one whose job was cancelled."""
        await self._pool.release_worker(worker, error=asyncio.CancelledError())

    def _over(self, session_id: str, stage: Stage, task: asyncio.Task[None]) -> None:
        del self._tasks[session_id, stage]
        self._waiting.discard((session_id, stage))
        self._changed()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken(self._queue[session_id], stage, error)

    async def cancel(self, session_id: str) -> None:
        """Cancel what runs of this session, and wait until it is over."""
        mine = [task for (ident, _), task in self._tasks.items() if ident == session_id]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    def stop(self) -> None:
        """Cancel all that runs."""
        for task in self._tasks.values():
            task.cancel()

    async def close(self) -> None:
        """Cancel all that runs, wait until it is over, and give back the worker that was asked for last."""
        if self._lease is not None:
            self._lease.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._unused(await self._lease)
        self.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
