"""A worker's place in the pool: it outlives the leases and the processes that come and go in it."""

from __future__ import annotations

import asyncio
import weakref
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.pool.executor import Executor, Vitals
from enrich_tui.pool.model import WorkerSnapshot, WorkerState

if TYPE_CHECKING:
    from enrich_tui.pool.worker import Worker

Task = weakref.ref[asyncio.Task[Any]]

_NO_VITALS = Vitals(None, None, None)


class Condition(Enum):
    """Whether a slot can work, whoever has it."""

    COLD = auto()
    """Its executor was never started."""
    STARTING = auto()
    READY = auto()
    RESTARTING = auto()
    ERROR = auto()
    CLOSED = auto()


_DOWN = frozenset({Condition.RESTARTING, Condition.ERROR})


class Slot:
    """The live state of one worker. Points in time are seconds of the pool's clock."""

    __slots__ = (
        "attempt",
        "busy_since",
        "closed_as",
        "condition",
        "created_at",
        "current_job",
        "down_since",
        "down_total",
        "ended_at",
        "error_count",
        "executor",
        "failed_starts",
        "generation",
        "holder",
        "id",
        "jobs_before_start",
        "kick",
        "last_activity_at",
        "last_error",
        "last_problem",
        "leaked",
        "lease_generation",
        "leased",
        "owner",
        "restart_count",
        "retiring",
        "task",
        "total_jobs_completed",
        "total_jobs_failed",
        "total_processing_time",
        "user",
    )

    def __init__(self, owner: object, ident: int, executor: Executor | None, now: float) -> None:
        self.owner = owner
        """Whose slot it is."""
        self.id = ident
        self.executor = executor
        self.condition = Condition.READY if executor is None else Condition.COLD
        self.closed_as = WorkerState.SHUTDOWN
        self.retiring = False
        """It leaves the pool when its job has ended."""

        self.leased = False
        self.holder: Worker | None = None
        """What its holder has in hand, from the moment in which the holder wakes up with it; it tells this lease from
        all others. Where nobody else refers to it, nobody will end the lease."""
        self.lease_generation = 0
        """The process that the latest job of this lease ran in."""
        self.user: Task | None = None
        """The task that last assigned a job to this lease, or ran one."""
        self.current_job: str | None = None
        self.busy_since = now

        self.error_count = 0
        self.restart_count = 0
        self.generation = 0
        """Tells a process, and what is heard of it, from the one before."""
        self.jobs_before_start = 0
        """Jobs that ended, well or not, before its executor was last started."""
        self.total_jobs_completed = 0
        self.total_jobs_failed = 0
        self.total_processing_time = 0.0
        self.last_error: str | None = None
        self.last_problem: str | None = None
        self.failed_starts = 0
        self.leaked = 0

        self.created_at = now
        self.last_activity_at = now
        self.ended_at: float | None = None
        self.down_since: float | None = None
        self.down_total = 0.0

        self.task: asyncio.Task[None] | None = None
        """Brings the executor up, until it is."""
        self.attempt: asyncio.Future[bool] | None = None
        """Whether the attempt to bring it up that is under way, or comes next, succeeds."""
        self.kick: asyncio.Event | None = None
        """Makes the next attempt come at once."""

    def enter(self, condition: Condition, now: float) -> None:
        """Go over into this condition, and book the time spent down."""
        self.condition = condition
        if condition in _DOWN:
            if self.down_since is None:
                self.down_since = now
        elif self.down_since is not None:
            self.down_total += now - self.down_since
            self.down_since = None

    def close(self, state: WorkerState, now: float) -> None:
        """End for good, as ``shutdown`` or ``removed``."""
        self.enter(Condition.CLOSED, now)
        self.closed_as = state
        self.ended_at = now
        self.leased = False
        self.holder = self.user = self.current_job = None

    def job_failed(self, error: Exception, now: float) -> None:
        """Book a job that ended with this error."""
        self.total_processing_time += now - self.busy_since
        self.total_jobs_failed += 1
        self.note(error)

    def note(self, error: BaseException) -> None:
        """Remember this as the latest error."""
        self.last_error = str(error) or type(error).__name__
        self.last_problem = (error.problem if isinstance(error, StageError) else Problem.INTERNAL).value

    @property
    def jobs_ended(self) -> int:
        """Jobs that ended, well or not."""
        return self.total_jobs_completed + self.total_jobs_failed

    @property
    def healthy(self) -> bool:
        """False where its executor has died."""
        return self.executor is None or self.executor.alive

    @property
    def state(self) -> WorkerState:
        """What a display shows."""
        match self.condition:
            case Condition.CLOSED:
                return self.closed_as
            case Condition.ERROR:
                return WorkerState.ERROR
            case Condition.RESTARTING:
                return WorkerState.RESTARTING
        return WorkerState.ACTIVE if self.leased else WorkerState.IDLE

    def seconds(self, now: float) -> float:
        """How long it has been in the pool."""
        return (now if self.ended_at is None else self.ended_at) - self.created_at

    def down_seconds(self, now: float) -> float:
        """How much of that it could not work."""
        return self.down_total + (0.0 if self.down_since is None else now - self.down_since)

    def vitals(self) -> Vitals:
        """How its executor is doing, where it has one that runs."""
        if self.executor is None or self.condition in {Condition.COLD, Condition.CLOSED}:
            return _NO_VITALS
        return self.executor.vitals()

    def snapshot(self) -> WorkerSnapshot:
        """Everything that a display may want to know."""
        vitals = self.vitals()
        return WorkerSnapshot(
            id=self.id,
            status=self.state,
            current_job=self.current_job,
            pid=vitals.pid,
            memory=vitals.memory,
            cpu_seconds=vitals.cpu_seconds,
            restarts=self.restart_count,
            jobs=self.total_jobs_completed,
            last_error=self.last_problem,
            failed_starts=self.failed_starts,
            leaked=self.leaked,
        )


def running_task(loop: asyncio.AbstractEventLoop | None = None) -> Task | None:
    """The task that runs now, without keeping it alive."""
    task = asyncio.current_task(loop)
    return None if task is None else weakref.ref(task)
