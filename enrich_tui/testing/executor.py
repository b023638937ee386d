"""An executor that does what its script says, for tests of whatever uses workers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool.executor import Vitals


@dataclass(frozen=True)
class Succeed:
    """The job sends these events and returns this."""

    result: Any = None
    events: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Fail:
    """The job sends these events and raises this; the worker lives on."""

    error: Exception
    events: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Crash:
    """The worker dies over the job, after these events."""

    problem: Problem = Problem.WORKER_CRASHED
    events: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Hang:
    """The job sends these events and then does nothing until it is cancelled or the worker is stopped."""

    events: tuple[Any, ...] = ()


Outcome = Succeed | Fail | Crash | Hang


class FakeExecutor:
    """Runs jobs by a script: one outcome a job, in order, and ``otherwise`` when the script is over.

    Args:
        script: What happens to the jobs, one after another.
        otherwise: What happens to all further jobs.
        failing_starts: What the first starts raise, one after another.
        gate: If given, every start waits until it is set.
    """

    def __init__(
        self,
        script: Iterable[Outcome] = (),
        *,
        otherwise: Outcome = Succeed(),
        failing_starts: Iterable[Exception] = (),
        gate: asyncio.Event | None = None,
    ) -> None:
        self.script = deque(script)
        self.otherwise = otherwise
        self.failing_starts = deque(failing_starts)
        self.gate = gate
        self.jobs: list[Any] = []
        """The jobs that were begun."""
        self.starts = 0
        """Starts that succeeded; stands for the process id."""
        self.stops = 0
        self.memory: int | None = None
        """Resident bytes that :meth:`vitals` tells."""
        self.cpu_seconds: float | None = None
        self._alive = False
        self._death: asyncio.Future[Problem] | None = None

    @property
    def alive(self) -> bool:
        """True from a start to a stop, a crash or :meth:`die`."""
        return self._alive

    async def start(self) -> None:
        """Come up, or raise what the script of starts says."""
        if self.gate is not None:
            await self.gate.wait()
        if self.failing_starts:
            raise self.failing_starts.popleft()
        self.starts += 1
        self._alive = True
        self._death = asyncio.get_running_loop().create_future()

    async def run(self, job: Any, on_event: Callable[[Any], None]) -> Any:
        """Do what the script says. Raises :class:`WorkerCrashedError` where it is down or goes down over the job."""
        if not self._alive or self._death is None:
            raise WorkerCrashedError(Problem.WORKER_CRASHED)
        self.jobs.append(job)
        outcome = self.script.popleft() if self.script else self.otherwise
        for event in outcome.events:
            on_event(event)
        match outcome:
            case Succeed(result=result):
                await asyncio.sleep(0)
                return result
            case Fail(error=error):
                raise error
            case Crash(problem=problem):
                self.die(problem)
        raise WorkerCrashedError(await asyncio.shield(self._death))

    async def stop(self, grace: float = 2.0) -> None:  # noqa: ARG002 - the seam's signature
        """End; a job that runs ends in WorkerCrashedError."""
        self.stops += 1
        self.die(Problem.WORKER_RESTARTED)

    def die(self, problem: Problem = Problem.WORKER_CRASHED) -> None:
        """Die as a process does, whatever it is doing."""
        self._alive = False
        if self._death is not None and not self._death.done():
            self._death.set_result(problem)

    def vitals(self) -> Vitals:
        """The figures that were set, and the number of the start as process id."""
        return Vitals(pid=self.starts if self._alive else None, memory=self.memory, cpu_seconds=self.cpu_seconds)


class FakeExecutors:
    """A factory that keeps what it made: ``executors[worker_id]``."""

    def __init__(self, make: Callable[[int], FakeExecutor] | None = None) -> None:
        self._make = make or (lambda _worker: FakeExecutor())
        self.made: dict[int, FakeExecutor] = {}

    def __call__(self, worker: int) -> FakeExecutor:
        executor = self.made[worker] = self._make(worker)
        return executor

    def __getitem__(self, worker: int) -> FakeExecutor:
        return self.made[worker]
