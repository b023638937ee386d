"""How far one session is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual.message import Message

from enrich_tui.progress.model import EnrichmentProgress as Snapshot
from enrich_tui.progress.model import Phase, StageProgress, StageStatus
from enrich_tui.text import clean, eta_text, gate, seconds_text
from enrich_tui.widgets.lines import (
    ACCENT,
    BAD,
    GOOD,
    MUTED,
    STRONG,
    WARN,
    Line,
    bar,
    flow,
    percent_text,
    spread,
    wrap,
)
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import SessionSource

_STYLES = {
    StageStatus.PENDING: MUTED,
    StageStatus.PROCESSING: ACCENT,
    StageStatus.COMPLETED: GOOD,
    StageStatus.FAILED: BAD,
    StageStatus.SKIPPED: MUTED,
}


class EnrichmentProgress(Live):
    """One session: its bar, its stages, what it does now, and what went wrong.

    Args:
        session_id: The session; it may be started later.
        progress_service: Where its progress comes from.
        on_complete: Called once, without arguments, when the session is complete, or at once where it already is. Not
            called where the session fails; :class:`Ended` tells of both.
        title: What to call the session; its id where there is no title.
        ascii_only: Draw with plain ASCII signs.
    """

    class Ended(Message):
        """The session has ended, well or not."""

        def __init__(self, widget: EnrichmentProgress, progress: Snapshot) -> None:
            super().__init__()
            self.widget = widget
            self.progress = progress

        @property
        def control(self) -> EnrichmentProgress:
            """The widget that tells it."""
            return self.widget

        @property
        def success(self) -> bool:
            """False where the session failed."""
            return self.progress.stage is Phase.COMPLETE

    def __init__(
        self,
        session_id: str,
        progress_service: SessionSource,
        on_complete: Callable[[], object] | None = None,
        *,
        title: str | None = None,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, name=name, id=id, classes=classes)
        self.session_id = session_id
        self._service = progress_service
        self._on_complete = on_complete
        self._title = clean(session_id if title is None else title)

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to this session."""
        known = self._service.get_progress(self.session_id)
        if known is not None and known.stage in {Phase.COMPLETE, Phase.FAILED}:
            self._tell_end(known)
        for event in ("started", "progress", "stage"):
            yield self._service.on(event, self._news)
        for event in ("completed", "failed"):
            yield self._service.on(event, self._ended)

    def lines(self, width: int) -> Sequence[Line]:
        """A head, the bar, the stages, and what there is to say."""
        progress, signs = self._service.get_progress(self.session_id), self.signs
        name = Line().add(self._title, STRONG)
        if progress is None:
            return [spread(name, Line().add("not started", MUTED), width, signs.ellipsis)]
        style = {Phase.COMPLETE: GOOD, Phase.FAILED: BAD}.get(progress.stage, ACCENT)
        drawn = [
            spread(
                Line().add(self._sign(progress) + " ", style).append(name), self._far(progress), width, signs.ellipsis
            ),
            bar(progress.progress, width, signs, style),
            *flow((self._stage(stage, known) for stage, known in progress.stages.items()), width, signs.ellipsis),
        ]
        if progress.message:
            drawn.append(Line().add(gate(clean(progress.message)), MUTED).cut(width, signs.ellipsis))
        for stage, known in progress.stages.items():
            if known.error and known.status in {StageStatus.FAILED, StageStatus.PENDING}:
                failed = known.status is StageStatus.FAILED
                lead = Line().add(f"{signs.failed if failed else signs.retrying} ", BAD if failed else WARN)
                text = f"{clean(stage)}: {gate(clean(known.error))}"
                drawn += wrap(lead, text, "", width, signs.ellipsis, most=3)
        return drawn

    def _sign(self, progress: Snapshot) -> str:
        ends = {Phase.COMPLETE: self.signs.completed, Phase.FAILED: self.signs.failed}
        return ends.get(progress.stage, self.signs.processing)

    def _far(self, progress: Snapshot) -> Line:
        percent = Line().add(percent_text(progress.progress), STRONG)
        if progress.stage in {Phase.COMPLETE, Phase.FAILED}:
            return percent.add(f"  {seconds_text(progress.updated_at - progress.started_at)}", MUTED)
        return percent.add(f"  {eta_text(None, progress.eta, None)}", MUTED)

    def _stage(self, stage: str, known: StageProgress) -> Line:
        style = _STYLES[known.status]
        line = Line().add(f"{self.signs.of(known.status)} ", style)
        line.add(clean(stage), MUTED if style == MUTED else "")
        match known.status:
            case StageStatus.PROCESSING:
                line.add(f" {percent_text(known.progress)}")
            case StageStatus.COMPLETED if known.started_at is not None and known.completed_at is not None:
                line.add(f" {seconds_text(known.completed_at - known.started_at)}", MUTED)
            case StageStatus.FAILED | StageStatus.SKIPPED:
                line.add(f" {known.status}", style)
        return line

    def _news(self, session_id: str, *_more: object) -> None:
        if session_id == self.session_id:
            self.changed()

    def _ended(self, session_id: str, progress: Snapshot) -> None:
        if session_id == self.session_id:
            self.changed()
            self._tell_end(progress)

    def _tell_end(self, progress: Snapshot) -> None:
        self.post_message(self.Ended(self, progress))
        if progress.stage is Phase.COMPLETE and self._on_complete is not None:
            on_complete, self._on_complete = self._on_complete, None
            self.call_later(partial(_call, on_complete))


def _call(on_complete: Callable[[], object]) -> None:
    on_complete()
