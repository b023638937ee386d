"""How the workers are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from enrich_tui.pool.model import PoolStatus
from enrich_tui.text import seconds_text
from enrich_tui.widgets.lines import ACCENT, BAD, MUTED, WARN, Line, flow
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import PoolSource


class PoolHealth(Live):
    """The pool: what its workers do, how often jobs fail, how long they take, and how much of the time workers are up.

    Args:
        worker_pool: The pool.
        ascii_only: Draw with plain ASCII signs.
    """

    ERROR_RATE_LIMIT: ClassVar[float] = 50.0
    """Percent of failed jobs above which there is a warning."""
    UPTIME_TARGET: ClassVar[float] = 99.0
    """Percent of the time below which there is a warning."""

    def __init__(
        self,
        worker_pool: PoolSource,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._pool = worker_pool

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to the workers."""
        yield self._pool.subscribe(self.changed)

    def lines(self, width: int) -> Sequence[Line]:
        """The workers by state, then the figures over the pool's life."""
        status, ellipsis = self._pool.get_pool_status(), self.signs.ellipsis
        return [*flow(self._workers(status), width, ellipsis), *flow(self._figures(status), width, ellipsis)]

    def _workers(self, status: PoolStatus) -> list[Line]:
        if not status.total:
            return [Line().add("No workers in service", MUTED)]
        rows = (
            (self.signs.active, status.active, "active", ACCENT),
            (self.signs.idle, status.idle, "idle", ""),
            (self.signs.failed, status.error, "error", BAD),
            (self.signs.pending, status.pending, "waiting", ""),
        )
        return [
            Line().add(sign, style if count else MUTED).add(f" {count} {word}", "" if count else MUTED)
            for sign, count, word, style in rows
        ]

    def _figures(self, status: PoolStatus) -> list[Line]:
        return [
            self._watched("error rate", status.error_rate, "high", bad=status.error_rate > self.ERROR_RATE_LIMIT),
            self._watched("up", status.uptime_percentage, "low", bad=status.uptime_percentage < self.UPTIME_TARGET),
            Line().add("avg ", MUTED).add(seconds_text(status.avg_job_duration or None)),
            Line().add("jobs ", MUTED).add(str(status.total_jobs_completed + status.total_jobs_failed)),
            Line().add("restarts ", MUTED).add(str(status.restarts)),
        ]

    def _watched(self, name: str, percent: float, verdict: str, *, bad: bool) -> Line:
        line = Line()
        if bad:
            line.add(f"{self.signs.warning} ", WARN)
        line.add(f"{name} ", MUTED).add(f"{percent:.1f}%", WARN if bad else "")
        return line.add(f" {verdict}", WARN) if bad else line
