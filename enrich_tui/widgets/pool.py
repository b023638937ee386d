"""How the workers are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from rich.style import Style

from enrich_tui.display.figures import PoolFigures
from enrich_tui.text import length_text
from enrich_tui.widgets.drawing import Row, bytes_text, parted, sparkline, spread
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import PoolSource

_NAME, _FACT = 12, 20
"""Cells of a fact's name, and of a whole fact."""
_GRAPH = 6
"""Cells of the figure before the graph."""


class PoolHealth(Live):
    """The pool: what its workers do, how often jobs fail, how long they take, and how much of the time workers are up.

    Args:
        worker_pool: The pool.
        compact: One line with the most important figures.
        ascii_only: Draw with plain ASCII signs.
        paced: Whoever mounted it calls :meth:`look`; it has no timer of its own.
    """

    ERROR_RATE_LIMIT: ClassVar[float] = 50.0
    """Percent of failed jobs above which there is a warning."""
    UPTIME_TARGET: ClassVar[float] = 99.0
    """Percent of the time below which there is a warning."""

    def __init__(
        self,
        worker_pool: PoolSource,
        *,
        compact: bool = False,
        ascii_only: bool = False,
        paced: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, paced=paced, name=name, id=id, classes=classes)
        self._pool = worker_pool
        self.compact = compact

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to the workers."""
        yield self._pool.subscribe(self.changed)

    def figures(self) -> PoolFigures | None:
        """What there is to show; None before anything is known."""
        status = self._pool.get_pool_status()
        return status if status is None or isinstance(status, PoolFigures) else PoolFigures.of_status(status)

    def rows(self, width: int) -> Sequence[Row]:
        """One line, or the facts in as many columns as there is room for, and below them the processors' graph."""
        pool = self.figures()
        if pool is None:
            return [Row().add("starting", self.palette.faint)]
        if self.compact:
            return [self._line(pool, width)]
        if not pool.total:
            return [Row().add("No workers in service", self.palette.dim).cut(width, self.glyphs.ellipsis)]
        facts = list(self._facts(pool))
        columns = max(1, width // _FACT)
        rows = []
        for start in range(0, len(facts), columns):
            row = Row()
            for number, fact in enumerate(facts[start : start + columns]):
                row.to(number * _FACT).append(fact)
            rows.append(row.cut(width, self.glyphs.ellipsis))
        return [*rows, *self._graph(pool, width)]

    def _line(self, pool: PoolFigures, width: int) -> Row:
        palette, signs = self.palette, self.glyphs.workers
        parts = [
            Row().add(f"{signs['active']} {pool.active} active", palette.text if pool.active else palette.faint),
            Row().add(f"{signs['idle']} {pool.idle} idle", palette.dim),
            Row().add(f"{signs['error']} {pool.error} error", palette.bad if pool.error else palette.faint),
            self._watched("error rate", pool.error_rate, bad=self._too_high(pool.error_rate)),
            self._watched("up", pool.uptime, bad=pool.uptime < self.UPTIME_TARGET),
        ]
        line = Row().add("pool  ", palette.dim)
        right = Row().add(f"{pool.pace:.1f}/min" if pool.pace is not None else "", palette.dim)
        return spread(line.append(parted(parts, width - line.width - right.width - 2)), right, width)

    def _too_high(self, error_rate: float | None) -> bool:
        return error_rate is not None and error_rate > self.ERROR_RATE_LIMIT

    def _watched(self, name: str, percent: float | None, *, bad: bool) -> Row:
        palette = self.palette
        row = Row().add(f"{self.glyphs.warning} " if bad else " ", palette.warn).add(f"{name} ", palette.dim)
        return row.add(_percent_text(percent), palette.warn if bad else palette.dim)

    def _facts(self, pool: PoolFigures) -> Iterator[Row]:
        palette, told = self.palette, pool.cpu is not None  # where the processors are known, the rest is too

        def fact(name: str, value: str, style: Style = palette.text) -> Row:
            return Row().cell(name, _NAME, palette.dim).add(value, style)

        def watched(name: str, percent: float | None, *, bad: bool) -> Row:
            sign = self.glyphs.warning if bad else ""
            return fact(name, f"{sign}{_percent_text(percent)}", palette.warn if bad else palette.text)

        yield fact("active", f"{pool.active} of {pool.total}" if pool.total < 10 else f"{pool.active}/{pool.total}")
        yield fact("in error", f"{pool.error}", palette.bad if pool.error else palette.text)
        yield watched("error rate", pool.error_rate, bad=self._too_high(pool.error_rate))
        if told:
            yield watched("last 10 min", pool.error_rate_lately, bad=self._too_high(pool.error_rate_lately))
        yield watched("uptime", pool.uptime, bad=pool.uptime < self.UPTIME_TARGET)
        yield fact("restarts", f"{pool.restarts}")
        yield fact("waiting", f"{pool.waiting}")
        if told:
            yield fact("oldest wait", length_text(pool.oldest_wait))
        yield fact("stage avg" if pool.jobs is None else "job avg", length_text(pool.average))
        if pool.jobs is not None:
            yield fact("jobs", f"{pool.jobs}")
        if told:
            yield fact("memory", bytes_text(pool.memory))

    def _graph(self, pool: PoolFigures, width: int) -> list[Row]:
        if pool.cpu is None or width < _NAME + _GRAPH:
            return []
        palette = self.palette
        now = pool.cpu[-1] if pool.cpu else 0.0
        row = Row().cell("cpu", _NAME, palette.dim).cell(f"{now:.1f}", _GRAPH, palette.text)
        top = max(pool.processors, max(pool.cpu, default=0.0))
        return [row.add(sparkline(list(pool.cpu), top, max(0, width - row.width - 1), self.glyphs), palette.bar)]


def _percent_text(percent: float | None) -> str:
    return f"{percent:.1f}%" if percent is not None else "-"
