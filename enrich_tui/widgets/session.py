"""How far one session is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.style import Style
from textual.message import Message

from enrich_tui.display.figures import SessionFigures
from enrich_tui.display.rows import Cell, CellState, SessionState
from enrich_tui.model import Stage
from enrich_tui.text import clean, eta_text, length_text
from enrich_tui.widgets.drawing import Row, bar, ends, paragraph
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.palette import state_style
from enrich_tui.widgets.sources import SessionSource

if TYPE_CHECKING:
    from enrich_tui.progress.model import EnrichmentProgress as Snapshot

_ENDS = frozenset({"complete", "failed"})
ROOMY = 34
"""Width from which on, in cells, there is room for a bar of some length beside a stage."""
_STAGE = 9
"""Cells of a stage's name."""
_MOST = 3
"""Lines that a message may take."""


class EnrichmentProgress(Live):
    """One session: its bar, its stages, what it does now, and what went wrong.

    Args:
        session_id: The session; it may be started later.
        progress_service: Where its progress comes from.
        on_complete: Called once, without arguments, when the session is complete, or at once where it already is. Not
            called where the session fails; :class:`Ended` tells of both.
        title: What to call the session; its id where there is no title.
        ascii_only: Draw with plain ASCII signs.
        paced: Whoever mounted it calls :meth:`look`; it has no timer of its own.
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
            return self.progress.stage == "complete"

    def __init__(
        self,
        session_id: str,
        progress_service: SessionSource,
        on_complete: Callable[[], object] | None = None,
        *,
        title: str | None = None,
        ascii_only: bool = False,
        paced: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(ascii_only=ascii_only, paced=paced, name=name, id=id, classes=classes)
        self.session_id = session_id
        self._service = progress_service
        self._on_complete = on_complete
        self._title = title

    def connect(self) -> Iterable[Callable[[], None]]:
        """Listen to this session."""
        known = self._service.get_progress(self.session_id)
        if known is not None and not isinstance(known, SessionFigures) and known.stage in _ENDS:
            self._tell_end(known)
        for event in ("started", "progress", "stage"):
            yield self._service.on(event, self._news)
        for event in ("completed", "failed"):
            yield self._service.on(event, self._ended)

    def figures(self) -> SessionFigures | None:
        """What there is to show; None before the session is known."""
        known = self._service.get_progress(self.session_id)
        if known is None or isinstance(known, SessionFigures):
            return known
        return SessionFigures.of_progress(known, self.title)

    @property
    def title(self) -> str:
        """What the session is called."""
        return clean(self.session_id if self._title is None else self._title)

    def rows(self, width: int) -> Sequence[Row]:
        """The head and the body, in lines of at most ``width`` cells."""
        session = self.figures()
        return [*self.head(session, width), *(self.body(session, width) if session is not None else ())]

    def body(self, session: SessionFigures, width: int) -> Sequence[Row]:
        """The stages, and what there is to say, in lines of at most ``width`` cells."""
        rows: list[Row] = []
        for stage, cell in session.cells.items():
            rows += self._stage(stage, cell, session.now, width)
        said = {text for cell in session.cells.values() for text in (cell.message, cell.advice)}
        for text, shown, style in (
            (session.message, session.message, self.palette.text),
            (session.advice, self.advised(session.advice), self.palette.dim),
        ):
            if text and text not in said:
                rows += paragraph(Row(), shown, style, width, self.glyphs.ellipsis, _MOST)
        return rows

    def advised(self, advice: str) -> str:
        """What to do, as it is shown; who has keys for it can name them."""
        return advice

    def head(self, session: SessionFigures | None, width: int) -> Sequence[Row]:
        """The title with how far the session is, and its bar, in lines of ``width`` cells."""
        palette, glyphs = self.palette, self.glyphs
        title = Row().add(session.title if session else self.title, palette.strong)
        if session is None:
            return [ends(title, Row().add("not started", palette.dim), width, glyphs.ellipsis)]
        style = state_style(session.state, palette)
        far = Row()
        if session.fraction is not None:
            far.add(f"{int(session.fraction * 100)}%  ", palette.strong)
        running = session.state is SessionState.RUNNING
        left = eta_text(None, session.eta.mid if session.eta else None, None)
        far.add(left if running else length_text(session.seconds), palette.dim)
        rows = [
            ends(Row().add(f"{glyphs.states[session.state]} ", style).append(title), far, width, glyphs.ellipsis),
        ]
        if session.fraction is not None:
            rows.append(bar(session.fraction, width, glyphs, style, palette.rest))
        return rows

    def _stage(self, stage: Stage, cell: Cell, now: float, width: int) -> list[Row]:
        palette, glyphs = self.palette, self.glyphs
        line = Row().cell(stage.value, _STAGE, palette.dim)
        if cell.state is CellState.PROCESSING:
            line.append(bar(cell.fraction, 12 if width >= ROOMY else 2, glyphs, palette.bar, palette.rest))
            line.add(f" {int(cell.fraction * 100):>3}%", palette.text)
            line.add(f"  {length_text(cell.seconds(now))}", palette.dim)
            said, style = cell.doing, palette.dim
        else:
            sign, words = self._styles(cell.state)
            line.add(glyphs.cells[cell.state], sign).add(f" {cell.state}", words)
            line.add("  kept" if cell.cached else f"  {length_text(cell.spent)}" if cell.spent else "", palette.dim)
            said, style = cell.message, palette.text
        if cell.attempt > 1:
            tries = f"try {cell.attempt}/{cell.attempts}" if cell.attempts else f"{cell.attempt} tries"
            line.add(f"  {tries}", palette.warn)
        rows = [line.cut(width, glyphs.ellipsis)]
        lead = Row().to(_STAGE if width >= ROOMY else 2)
        if said:
            rows += paragraph(lead, said, style, width, glyphs.ellipsis, _MOST)
        if cell.advice:
            lead = Row().append(lead).add(f"{glyphs.arrow} ", palette.accent)
            rows += paragraph(lead, self.advised(cell.advice), palette.dim, width, glyphs.ellipsis, _MOST)
        return rows

    def _styles(self, state: CellState) -> tuple[Style, Style]:
        """Of a stage's sign, and of the word beside it."""
        palette = self.palette
        match state:
            case CellState.COMPLETED:
                return palette.good, palette.text
            case CellState.FAILED:
                return palette.bad, palette.text
            case CellState.RETRYING:
                return palette.warn, palette.text
            case _:
                return palette.faint, palette.faint

    def _news(self, session_id: str, *_more: object) -> None:
        if session_id == self.session_id:
            self.changed()

    def _ended(self, session_id: str, progress: Snapshot) -> None:
        if session_id == self.session_id:
            self.changed()
            self._tell_end(progress)

    def _tell_end(self, progress: Snapshot) -> None:
        self.post_message(self.Ended(self, progress))
        if progress.stage == "complete" and self._on_complete is not None:
            on_complete, self._on_complete = self._on_complete, None
            self.call_later(partial(_call, on_complete))


def _call(on_complete: Callable[[], object]) -> None:
    on_complete()
