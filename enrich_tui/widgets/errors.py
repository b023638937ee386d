"""What went wrong, what to do about it, and whom it befell; the same cause only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from enrich_tui.display.rows import CellState
from enrich_tui.display.sessions import fit_title
from enrich_tui.display.troubles import Trouble, Troubles
from enrich_tui.errors.values import ErrorRecord, RecommendedAction
from enrich_tui.events import ErrorRaised, Event, SessionRequeued, StageFinished, WorkerChanged
from enrich_tui.model import Stage, StageOutcome
from enrich_tui.text import cells, clean, count_text, gate
from enrich_tui.widgets.drawing import Row, paragraph
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import ErrorSource

_BESIDE = 48
"""From this width on, in cells, the sessions stand beside the message."""
_ADVICE = 6
"""Column of the advice."""


class ErrorPanel(Live):
    """The errors, newest first, each with its advice and its sessions.

    An error handler is enough: what it remembers is shown, and what it handles from then on, until :meth:`clear`. Where
    the run's events are at hand, ``ErrorPanel()`` with ``enrich_batch(..., sink=panel.feed)`` also forgets what was
    mended. A run tells the same errors to both: give the panel one of them. Of each stage of a session the latest error
    is shown.

    Args:
        error_handler: Where errors come from, if not from events.
        limit: Most entries that are shown; a last line says how many there are besides.
        title_of: What to call the session of an id; its id where there is no such function.
        ascii_only: Draw with plain ASCII signs.
        paced: Whoever mounted it calls :meth:`look`; it has no timer of its own.

    Raises ``ValueError`` for a limit below 1.
    """

    MESSAGE_LINES: ClassVar[int] = 4
    ADVICE_LINES: ClassVar[int] = 3
    """Lines that they may take in one entry."""

    def __init__(
        self,
        error_handler: ErrorSource | None = None,
        *,
        limit: int = 5,
        title_of: Callable[[str], str] | None = None,
        ascii_only: bool = False,
        paced: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        if limit < 1:
            raise ValueError("An error panel shows at least one entry.")
        super().__init__(ascii_only=ascii_only, paced=paced, name=name, id=id, classes=classes)
        self._handler = error_handler
        self._limit = limit
        self._title_of = title_of or str
        self._troubles = Troubles()

    @property
    def count(self) -> int:
        """How many different causes there are."""
        return len(self._troubles)

    def connect(self) -> Iterable[Callable[[], None]]:
        """Show what the handler remembers, and listen to it."""
        if self._handler is not None:
            for record in self._handler.error_history:
                self._handled(record)
            yield self._handler.subscribe(self._handled)

    def feed(self, event: Event, /) -> None:
        """Take an event of a run, as its sink or from one: errors come, and go when they are mended."""
        match event:
            case ErrorRaised():
                said = {"message": _own(event.message), "advice": _own(event.advice)}
                self._troubles.add(**{**event.model_dump(exclude={"type"}), **said})
            case StageFinished(outcome=StageOutcome.COMPLETED):
                self._troubles.mend_session(event.session, event.stage)
            case SessionRequeued():
                self._troubles.mend_session(event.session)
            case WorkerChanged(status="idle" | "active"):
                self._troubles.mend_worker(event.worker)
            case _:
                return
        self.changed()

    def clear(self) -> None:
        """Forget all entries."""
        self._troubles = Troubles()
        self.changed()

    @property
    def entries(self) -> list[Trouble]:
        """What there is to show, newest first."""
        return self._troubles.newest_first

    def rows(self, width: int) -> Sequence[Row]:
        """Each entry: what happened and how often, what to do, and the sessions."""
        palette, entries = self.palette, self.entries
        if not entries:
            sign = self.glyphs.cells[CellState.COMPLETED]
            return [Row().add(f"{sign} ", palette.good).add("No errors", palette.dim).cut(width, self.glyphs.ellipsis)]
        drawn = [row for entry in entries[: self._limit] for row in self.entry(entry, width)]
        more = len(entries) - self._limit
        if more > 0:
            drawn.append(Row().add(f"and {count_text(more, 'more kind')}", palette.dim))
        return drawn

    def entry(self, entry: Trouble, width: int) -> list[Row]:
        """One entry in lines of at most ``width`` cells."""
        palette, glyphs = self.palette, self.glyphs
        sign = glyphs.cells[CellState.FAILED if entry.final else CellState.RETRYING]
        count = f"{glyphs.times}{entry.count}"
        lead = Row().add(f"{sign} ", palette.bad if entry.final else palette.warn)
        lead.cell(count, max(4, cells(count) + 1), palette.strong)
        beside = width >= _BESIDE
        whom = self._whom(entry, max(12, width // 4) if beside else width - _ADVICE)
        room = width - whom.width - 3 if beside and whom.width else width
        drawn = paragraph(lead, entry.message, palette.text, room, glyphs.ellipsis, self.MESSAGE_LINES)
        if beside:
            drawn[0] = drawn[0].to(width - whom.width - 1).append(whom)
        advice = self.advice_of(entry)
        if advice:
            lead = Row().to(_ADVICE).add(f"{glyphs.arrow} ", palette.accent)
            drawn += paragraph(lead, advice, palette.dim, width, glyphs.ellipsis, self.ADVICE_LINES)
        if whom.width and not beside:
            drawn.append(Row().to(_ADVICE).append(whom).cut(width, glyphs.ellipsis))
        return drawn

    def advice_of(self, entry: Trouble) -> str:
        """What to do about an entry."""
        return entry.advice

    def _whom(self, entry: Trouble, width: int) -> Row:
        if not entry.sessions:
            return Row()
        more = f" +{len(entry.sessions) - 1}" if len(entry.sessions) > 1 else ""
        session = next(iter(entry.sessions))
        title = fit_title(clean(self._title_of(session)), session, width - cells(more), self.glyphs.ellipsis)
        return Row().add(title + more, self.palette.dim)

    def _handled(self, record: ErrorRecord) -> None:
        stage = _stage_of(record.operation)
        self._troubles.add(
            problem=record.code,
            category=record.type.display,
            message=_own(record.user_message),
            advice=_own(record.advice),
            session=record.session_id,
            stage=stage,
            worker=None,
            final=record.recommended_action is not RecommendedAction.RETRY,
            t=record.at,
        )
        self.changed()


def _own(text: str) -> str:
    """Own words, gated, as one line."""
    return clean(gate(text))


def _stage_of(operation: str) -> Stage | None:
    from enrich_tui.pipeline.attempts import OPERATIONS

    return next((stage for stage, named in OPERATIONS.items() if named == operation), None)
