"""What does a worker's jobs: the seam between the pool's leases and whatever runs behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


class Vitals(NamedTuple):
    """How the thing behind a worker is doing."""

    pid: int | None
    memory: int | None
    """Resident bytes."""
    cpu_seconds: float | None
    """Processor time used so far."""


class Executor(Protocol):
    """One worker's engine room: a child process, or nothing but the caller's own coroutines."""

    @property
    def alive(self) -> bool:
        """False once it cannot take a job any more."""
        ...

    async def start(self) -> None:
        """Make it ready. Raises where it cannot be."""
        ...

    async def run(self, job: Any, on_event: Callable[[Any], None]) -> Any:
        """Do one job. Cancelling the caller really stops the work. Raises what the job raised.

        Where the thing behind the worker died or hung, raises
        :class:`enrich_tui.errors.problems.WorkerCrashedError`.
        """
        ...

    async def stop(self, grace: float = 2.0) -> None:
        """End it, whatever it is doing, within a little more than ``grace`` seconds; idempotent."""
        ...

    def vitals(self) -> Vitals:
        """How it is doing, without waiting."""
        ...


ExecutorFactory = Callable[[int], Executor]
"""Makes the executor of a slot id."""
