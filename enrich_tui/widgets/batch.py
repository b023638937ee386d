"""How far the batch is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from enrich_tui.progress.model import BatchProgress as Snapshot
from enrich_tui.text import clean, eta_text, gate
from enrich_tui.widgets.lines import ACCENT, BAD, GOOD, MUTED, STRONG, Line, bar, flow, percent_text
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import BatchSource

_BESIDE = 60
"""From this width on, in cells, the bar shares its line with the figures."""


class BatchProgress(Live):
    """The batch: its bar, how many sessions are where, how long it will take, and what the service says of it.

    Args:
        progress_service: Where its progress comes from; the batch may be started later.
        ascii_only: Draw with plain ASCII signs.
    """

    def __init__(
        self,
        progress_service: BatchSource,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._service = progress_service

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to the batch."""
        yield self._service.on("batch-update", self.changed)

    def lines(self, width: int) -> Sequence[Line]:
        """The bar with its figures, the counts, and the message."""
        batch, signs = self._service.get_batch_progress(), self.signs
        if batch is None:
            return [Line().add("No batch yet", MUTED).cut(width, signs.ellipsis)]
        figures = self._figures(batch)
        if width >= _BESIDE:
            # the bar keeps its length while the words beside it change
            room = max(20, width - max(41, sum(part.width + 2 for part in figures)))
            drawn = flow([bar(batch.progress, room, signs), *figures], width, signs.ellipsis)
        else:
            drawn = [bar(batch.progress, width, signs), *flow(figures, width, signs.ellipsis)]
        drawn += flow(self._counts(batch), width, signs.ellipsis)
        if batch.message:
            drawn.append(Line().add(gate(clean(batch.message)), MUTED).cut(width, signs.ellipsis))
        return drawn

    def _figures(self, batch: Snapshot) -> list[Line]:
        ended = batch.completed + batch.failed
        figures = [
            Line().add(f"{percent_text(batch.progress):>4}", STRONG),
            Line().add(f"{ended}/{batch.total} {'session' if batch.total == 1 else 'sessions'}"),
        ]
        if ended < batch.total:
            eta = eta_text(batch.eta_low, batch.eta, batch.eta_high).replace("±", self.signs.about)
            figures.append(Line().add("ETA ", MUTED).add(eta))
        return figures

    def _counts(self, batch: Snapshot) -> list[Line]:
        rows = (
            (self.signs.completed, batch.completed, "completed", GOOD),
            (self.signs.failed, batch.failed, "failed", BAD),
            (self.signs.processing, batch.processing, "processing", ACCENT),
            (self.signs.pending, batch.pending, "pending", MUTED),
        )
        return [
            Line().add(sign, style if count else MUTED).add(f" {count} {word}", "" if count else MUTED)
            for sign, count, word, style in rows
        ]
