"""How far the batch is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from enrich_tui.display.figures import BatchFigures
from enrich_tui.display.rows import SessionState
from enrich_tui.text import count_text, eta_text, length_text
from enrich_tui.widgets.drawing import Row, bar, flow, parted, spread
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.palette import state_style
from enrich_tui.widgets.sources import BatchSource

_BESIDE = 48
"""From this width on, in cells, the bar shares its line with the figures."""
_TAIL = 40
"""Cells that the figures beside the bar mostly need: the bar keeps its length while they change."""
_REASON = 76
"""From this width on there is room for the reason why an estimate jumped; the bar gives way while it is told."""
_ALWAYS = {SessionState.DONE, SessionState.FAILED, SessionState.RUNNING, SessionState.QUEUED}
_ORDER = (
    SessionState.DONE,
    SessionState.PARTIAL,
    SessionState.FAILED,
    SessionState.RUNNING,
    SessionState.RETRYING,
    SessionState.QUEUED,
    SessionState.ARRIVING,
    SessionState.SKIPPED,
    SessionState.CANCELLED,
)


class BatchProgress(Live):
    """The batch: its bar, how long it will take, how many sessions are where, and what its source says of it.

    Args:
        progress_service: Where its progress comes from; the batch may be started later.
        compact: One line with the totals, without a bar.
        label: What stands before the totals in the compact form.
        ascii_only: Draw with plain ASCII signs.
        paced: Whoever mounted it calls :meth:`look`; it has no timer of its own.
    """

    def __init__(
        self,
        progress_service: BatchSource,
        *,
        compact: bool = False,
        label: str = "",
        ascii_only: bool = False,
        paced: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, paced=paced, name=name, id=id, classes=classes)
        self._service = progress_service
        self.compact = compact
        self.label = label

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to the batch."""
        yield self._service.on("batch-update", self.changed)

    def figures(self) -> BatchFigures | None:
        """What there is to show; None before there is a batch."""
        batch = self._service.get_batch_progress()
        return batch if batch is None or isinstance(batch, BatchFigures) else BatchFigures.of_progress(batch)

    def rows(self, width: int) -> Sequence[Row]:
        """The bar with its figures, the counts, and the message."""
        batch, ellipsis = self.figures(), self.glyphs.ellipsis
        if batch is None:
            return [Row().add("No batch yet", self.palette.dim).cut(width, ellipsis)]
        if self.compact:
            return [self._totals(batch, width)]
        drawn = [*self._bar(batch, width), *self._counts(batch, width)]
        if batch.message:
            drawn.append(Row().add(batch.message, self.palette.dim).cut(width, ellipsis))
        return drawn

    def _totals(self, batch: BatchFigures, width: int) -> Row:
        palette, states = self.palette, self.glyphs.states
        failed, partial = (batch.counts.get(state, 0) for state in (SessionState.FAILED, SessionState.PARTIAL))
        running = batch.counts.get(SessionState.RUNNING, 0)
        parts = [
            Row().add(self.label, palette.strong),
            Row().add(f"{int(batch.fraction * 100)}%", palette.strong),
            Row().add(f"{batch.ended}/{batch.total}", palette.text),
            Row().add(f"{states[SessionState.FAILED]}{failed}", palette.bad if failed else palette.dim),
            Row().add(f"{states[SessionState.PARTIAL]}{partial}" if partial else "", palette.warn),
            Row().add(f"{states[SessionState.RUNNING]}{running}", palette.accent if running else palette.dim),
            Row().add("" if batch.over else self._eta(batch), palette.dim),
        ]
        return parted([part for part in parts if part.width], width, gap=1)

    def _bar(self, batch: BatchFigures, width: int) -> list[Row]:
        palette, glyphs = self.palette, self.glyphs
        done = palette.good if batch.over and batch.ended == batch.total else palette.bar
        figures = [
            Row().add(f"{int(batch.fraction * 100):>4}%", palette.strong),
            Row().add(f"{batch.ended}/{count_text(batch.total, 'session')}", palette.text),
        ]
        if not batch.over:
            eta = Row().add(" ETA ", palette.dim).add(self._eta(batch), palette.text)
            if batch.reason and width >= _REASON:
                eta.add(f" {glyphs.dot} {batch.reason}", palette.warn)
            figures.append(eta)
        if width < _BESIDE:
            return [bar(batch.fraction, width, glyphs, done, palette.rest), *flow(figures, width, glyphs.ellipsis)]
        tail = parted(figures, width)
        room = max(10, width - (tail.width if batch.over else max(tail.width, _TAIL)))
        return [bar(batch.fraction, room, glyphs, done, palette.rest).append(tail)]

    def _counts(self, batch: BatchFigures, width: int) -> list[Row]:
        palette, glyphs = self.palette, self.glyphs
        parts, empty = [], []
        for state in _ORDER:
            count = batch.counts.get(state, 0)
            if count or state in _ALWAYS:
                sign = state_style(state, palette, rest=palette.dim) if count else palette.faint
                words = palette.text if count else palette.faint
                part = Row().add(glyphs.states[state], sign).add(f" {count} {state}", words)
                parts.append(part)
                if not count:
                    empty.append(part)
        right = Row()
        if batch.elapsed is not None:
            right.add(f"elapsed {length_text(batch.elapsed)}", palette.dim)
        room = max(1, width - (right.width + 2 if right.width else 0))
        lines = flow(parts, room, glyphs.ellipsis)
        while len(lines) > 1 and empty:  # what there is none of gives way, so that the others add up
            parts.remove(empty.pop())
            lines = flow(parts, room, glyphs.ellipsis)
        return [spread(lines[0], right, width), *lines[1:]]

    def _eta(self, batch: BatchFigures) -> str:
        eta = batch.eta
        told = eta_text(eta.low, eta.mid, eta.high) if eta else eta_text(None, None, None)
        return told.replace("±", self.glyphs.about)
