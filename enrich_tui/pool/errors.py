"""What the pool raises to its callers."""

from __future__ import annotations


class PoolError(Exception):
    """The pool cannot do what it was asked for; the text says why."""


class PoolShutdownError(PoolError):
    """The pool is shut down, or was while the caller waited."""

    def __init__(self) -> None:
        super().__init__("The worker pool is shut down.")

    def __reduce__(self) -> tuple[type[PoolShutdownError], tuple[()]]:
        return type(self), ()


class WorkerAcquisitionTimeoutError(PoolError, TimeoutError):
    """No worker became free in time."""

    def __init__(self, timeout: float) -> None:
        super().__init__(f"No worker became free within {timeout:g} s.")
        self.timeout = timeout
        """How long the caller waited, in seconds."""

    def __reduce__(self) -> tuple[type[WorkerAcquisitionTimeoutError], tuple[float]]:
        return type(self), (self.timeout,)
