"""How the stages of a run share the processors."""

from __future__ import annotations

from enrich_tui.pool import WorkerPool


class Shares:
    """So many stages side by side, and so many threads for each; it changes with the number of workers."""

    def __init__(self, pool: WorkerPool, cores: int) -> None:
        self._pool = pool
        self.cores = cores

    @property
    def slots(self) -> int:
        """How many stages may work side by side: one a worker, but no more than there are processors."""
        return max(1, min(self._pool.size, self.cores))

    @property
    def threads(self) -> int:
        """Threads that one attempt's engine may use: all slots together use all processors."""
        return max(1, self.cores // self.slots)
