"""Keeps the slots' executors up: first starts, restarts, and attempts again with back-off where one fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool.executor import Executor
from enrich_tui.pool.slot import Condition, Slot

log = logging.getLogger(__name__)

FIRST_DELAY = 0.5
"""Seconds before the second attempt to bring a worker up; doubled for each further one."""
LONGEST_DELAY = 30.0
"""Seconds, at most, between two attempts."""


class Upkeep:
    """Brings slots up.

    ``changed`` is told as it begins, ``failed`` of each attempt that failed, and ``up`` gets the slot that can work.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        changed: Callable[[Slot], None],
        failed: Callable[[Slot], None],
        up: Callable[[Slot, float], None],
    ) -> None:
        self._clock = clock
        self._changed = changed
        self._failed = failed
        self._up = up
        self.restarts = 0
        """Restarts that succeeded, of all slots that ever were."""

    def start(self, slot: Slot) -> asyncio.Future[bool]:
        """Start a cold slot. The future tells whether the first attempt succeeds."""
        slot.enter(Condition.STARTING, self._clock())
        return self._begin(slot, restart=False)

    def restart(self, slot: Slot) -> asyncio.Future[bool]:
        """Replace what is behind the slot; where that is under way already, try again at once if it waits.

        The future tells whether the attempt succeeds. Further attempts follow by themselves.
        """
        if slot.task is not None and slot.attempt is not None and slot.kick is not None:
            slot.kick.set()
            return slot.attempt
        slot.enter(Condition.RESTARTING, self._clock())
        return self._begin(slot, restart=True)

    def halt(self, slot: Slot) -> asyncio.Task[None] | None:
        """Make no further attempts. Returns the task of the attempt that was cut short, if there was one."""
        task, slot.task = slot.task, None
        if task is not None:
            task.cancel()
        _answer(slot, succeeded=False)
        return task

    def _begin(self, slot: Slot, *, restart: bool) -> asyncio.Future[bool]:
        attempt = slot.attempt = asyncio.get_running_loop().create_future()
        if slot.executor is None:
            self._succeeded(slot, restart=restart)
        else:
            slot.kick = asyncio.Event()
            self._changed(slot)
            slot.task = asyncio.create_task(
                self._bring_up(slot, slot.executor, slot.kick, restart=restart), name=f"worker {slot.id} comes up"
            )
        return attempt

    async def _bring_up(self, slot: Slot, executor: Executor, kick: asyncio.Event, *, restart: bool) -> None:
        stop_first, delay = restart, FIRST_DELAY
        while True:
            kick.clear()
            try:
                if stop_first:
                    await executor.stop()
                await executor.start()
            except Exception as error:  # noqa: BLE001 - whatever an executor raises, the next attempt may succeed
                self._attempt_failed(slot, error, delay)
            else:
                if executor.alive:
                    break
                died = WorkerCrashedError(Problem.WORKER_CRASHED, detail="the worker ended as soon as it had started")
                self._attempt_failed(slot, died, delay)
            stop_first = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await kick.wait()
            delay = min(2 * delay, LONGEST_DELAY)
        slot.task = None
        self._succeeded(slot, restart=restart)

    def _attempt_failed(self, slot: Slot, error: Exception, delay: float) -> None:
        log.warning("Worker %d did not start; it is tried again in %g s.", slot.id, delay, exc_info=error)
        slot.failed_starts += 1
        slot.note(error)
        slot.enter(Condition.RESTARTING, self._clock())
        _answer(slot, succeeded=False)
        slot.attempt = asyncio.get_running_loop().create_future()
        self._failed(slot)

    def _succeeded(self, slot: Slot, *, restart: bool) -> None:
        slot.failed_starts = 0
        slot.error_count = 0
        slot.jobs_before_start = slot.jobs_ended
        slot.generation += 1
        if restart:
            slot.restart_count += 1
            self.restarts += 1
        now = self._clock()
        slot.enter(Condition.READY, now)
        _answer(slot, succeeded=True)
        self._up(slot, now)


def _answer(slot: Slot, *, succeeded: bool) -> None:
    if slot.attempt is not None and not slot.attempt.done():
        slot.attempt.set_result(succeeded)
