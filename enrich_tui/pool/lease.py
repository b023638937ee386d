"""The lease of a worker as a block of code."""

from __future__ import annotations

from collections.abc import Awaitable
from types import TracebackType
from typing import Protocol

from enrich_tui.pool.worker import Worker


class Lessor(Protocol):
    """Who leases workers."""

    async def acquire_worker(self, timeout: float | None = None) -> Worker: ...  # noqa: ASYNC109 - as in the pool

    def assign_job(self, worker: Worker, job_id: str) -> None: ...

    async def release_worker(self, worker: Worker, error: BaseException | None = None) -> None: ...


class WorkerLease:
    """Holds a worker for the time of an ``async with`` block; made by :meth:`enrich_tui.pool.WorkerPool.worker`."""

    __slots__ = ("_job_id", "_pool", "_timeout", "_worker")

    def __init__(self, pool: Lessor, job_id: str, timeout: float | None) -> None:
        self._pool = pool
        self._job_id = job_id
        self._timeout = timeout
        self._worker: Worker

    async def __aenter__(self) -> Worker:
        pool = self._pool
        worker = self._worker = await pool.acquire_worker(self._timeout)
        pool.assign_job(worker, self._job_id)
        return worker

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Awaitable[None]:
        return self._pool.release_worker(self._worker, error)
