"""What went wrong, what to do about it, and whom it befell; the same cause only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from enrich_tui.display.keyless import without_keys
from enrich_tui.display.troubles import Trouble, Troubles
from enrich_tui.errors.values import ErrorRecord, RecommendedAction
from enrich_tui.events import ErrorRaised, Event, SessionRequeued, StageFinished, WorkerChanged
from enrich_tui.model import Stage, StageOutcome
from enrich_tui.pipeline.attempts import OPERATIONS
from enrich_tui.text import clean, gate
from enrich_tui.widgets.lines import BAD, GOOD, MUTED, STRONG, WARN, Line, wrap
from enrich_tui.widgets.live import Live
from enrich_tui.widgets.sources import ErrorSource

_STAGES = {operation: stage for stage, operation in OPERATIONS.items()}


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

    Raises ``ValueError`` for a limit below 1.
    """

    def __init__(
        self,
        error_handler: ErrorSource | None = None,
        *,
        limit: int = 5,
        title_of: Callable[[str], str] | None = None,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        if limit < 1:
            raise ValueError("An error panel shows at least one entry.")
        super().__init__(ascii_only=ascii_only, name=name, id=id, classes=classes)
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
                self._outdate(event.session, event.stage)
                self._troubles.add(**event.model_dump(exclude={"type"}))
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

    def lines(self, width: int) -> Sequence[Line]:
        """Each entry: what happened and how often, what to do, and the sessions."""
        entries = self._troubles.newest_first
        if not entries:
            return [
                Line().add(f"{self.signs.completed} ", GOOD).add("No errors", MUTED).cut(width, self.signs.ellipsis)
            ]
        drawn = [line for entry in entries[: self._limit] for line in self._entry(entry, width)]
        more = len(entries) - self._limit
        if more > 0:
            drawn.append(Line().add(f"and {more} more {'kind' if more == 1 else 'kinds'}", MUTED))
        return drawn

    def _entry(self, entry: Trouble, width: int) -> list[Line]:
        signs = self.signs
        lead = Line().add(signs.failed if entry.final else signs.retrying, BAD if entry.final else WARN)
        lead.add(f" {signs.times}{entry.count} ", STRONG)
        drawn = wrap(lead, gate(clean(entry.message)), "", width, signs.ellipsis, most=4)
        if entry.advice:
            advice = Line().add(f"  {signs.arrow} ", MUTED)
            drawn += wrap(advice, gate(without_keys(clean(entry.advice))), MUTED, width, signs.ellipsis, most=3)
        if entry.sessions:
            more = f" +{len(entry.sessions) - 1}" if len(entry.sessions) > 1 else ""
            title = clean(self._title_of(next(iter(entry.sessions))))
            whom = Line().add("    ").add(title, MUTED).cut(width - len(more), signs.ellipsis)
            drawn.append(whom.add(more, MUTED))
        return drawn

    def _outdate(self, session: str | None, stage: Stage | None) -> None:
        """Another error of the same stage is coming."""
        if session is not None and stage is not None:
            self._troubles.mend_session(session, stage)

    def _handled(self, record: ErrorRecord) -> None:
        stage = _STAGES.get(record.operation)
        self._outdate(record.session_id, stage)
        self._troubles.add(
            problem=record.code,
            category=record.type.display,
            message=record.user_message,
            advice=record.advice,
            session=record.session_id,
            stage=stage,
            worker=None,
            final=record.recommended_action is not RecommendedAction.RETRY,
            t=record.at,
        )
        self.changed()
