"""What a holder has in hand: one lease of one worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool.errors import PoolError
from enrich_tui.pool.model import WorkerState, WorkerStatus
from enrich_tui.pool.slot import Condition, Slot, running_task

_STATUS = {
    WorkerState.IDLE: WorkerStatus.IDLE,
    WorkerState.ACTIVE: WorkerStatus.ACTIVE,
    WorkerState.ERROR: WorkerStatus.ERROR,
    WorkerState.RESTARTING: WorkerStatus.ERROR,
    WorkerState.SHUTDOWN: WorkerStatus.SHUTDOWN,
    WorkerState.REMOVED: WorkerStatus.SHUTDOWN,
}


def _ignore(_event: Any) -> None:
    """Nobody listens."""


class Worker:
    """A lease of a worker, made anew for each holder.

    Its attributes are those of the live worker, also after the lease has ended. Only the lease is the holder's own:
    once it has ended, this handle can neither run a job on the worker nor end the lease of the next holder. Two handles
    are equal where they mean the same worker. Points in time are seconds of the pool's clock, durations are seconds.
    """

    __slots__ = ("slot",)

    slot: Slot
    """Set by the pool, because a constructor would double what a handle costs; holders use the attributes below."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Worker) and other.slot is self.slot

    def __hash__(self) -> int:
        return hash(self.slot)

    def __repr__(self) -> str:
        return f"<Worker {self.id} {self.status}>"

    @property
    def leased(self) -> bool:
        """False once this lease has ended."""
        return self.slot.holder is self

    @property
    def runs_jobs(self) -> bool:
        """False where the pool lends leases only, and its users bring their own coroutines."""
        return self.slot.executor is not None

    @property
    def id(self) -> int:
        """The worker's number, from 1; a restart keeps it."""
        return self.slot.id

    @property
    def status(self) -> WorkerStatus:
        """``idle``, ``active``, ``error`` (also while it restarts) or ``shutdown``."""
        return _STATUS[self.slot.state]

    @property
    def current_job(self) -> str | None:
        """The job that was assigned last, until the lease ends."""
        return self.slot.current_job

    @property
    def error_count(self) -> int:
        """Failures in a row; a success or a restart clears it."""
        return self.slot.error_count

    @property
    def restart_count(self) -> int:
        """How often it was restarted."""
        return self.slot.restart_count

    @property
    def total_jobs_completed(self) -> int:
        """Jobs that ended without an error."""
        return self.slot.total_jobs_completed

    @property
    def total_processing_time(self) -> float:
        """Seconds of work on jobs that ended, well or not."""
        return self.slot.total_processing_time

    @property
    def last_error(self) -> str | None:
        """The latest error's own words: for logs, not for a display."""
        return self.slot.last_error

    @property
    def created_at(self) -> float:
        """When it joined the pool."""
        return self.slot.created_at

    @property
    def last_activity_at(self) -> float:
        """When it was last leased, assigned a job or given back."""
        return self.slot.last_activity_at

    async def run(self, job: Any, on_event: Callable[[Any], None] = _ignore) -> Any:
        """Do one job in the worker's executor and return its result; cancelling the caller stops the job.

        Raises what the job raised, :class:`~enrich_tui.errors.problems.WorkerCrashedError` where the worker died over
        it, and :class:`PoolError` where the worker has no executor or is not the caller's any more.
        """
        slot = self.slot
        if slot.executor is None:
            raise PoolError("This pool runs no jobs of its own: await the work while you hold the worker.")
        if not self.leased:
            raise PoolError("This worker has been given back already.")
        if slot.condition is not Condition.READY:
            raise WorkerCrashedError(Problem.WORKER_RESTARTED, detail="the worker is restarting")
        slot.lease_generation = slot.generation
        slot.user = running_task()
        return await slot.executor.run(job, on_event)
