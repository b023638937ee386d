"""One pool for the whole process, for programs that embed the services and need no more than one."""

from __future__ import annotations

import asyncio

from enrich_tui.pool.pool import WorkerPool

_pool: WorkerPool | None = None
_endings: set[asyncio.Task[None]] = set()


def get_worker_pool() -> WorkerPool:
    """The process-wide pool with the default settings; a new one where the last one ended, or its event loop did."""
    global _pool
    if _pool is None or not _pool.usable:
        _pool = WorkerPool()
    return _pool


def reset_worker_pool() -> None:
    """Forget the process-wide pool. Where its event loop runs, it is shut down at once, without waiting for jobs."""
    global _pool
    pool, _pool = _pool, None
    if pool is None or not pool.usable:
        return
    try:
        ending = asyncio.get_running_loop().create_task(pool.shutdown(timeout=0.0))
    except RuntimeError:
        return
    _endings.add(ending)
    ending.add_done_callback(_endings.discard)
