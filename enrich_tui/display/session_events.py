"""What the events of sessions and stages change in their rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from enrich_tui import events as ev
from enrich_tui.display.changes import Outdated
from enrich_tui.display.log import Log, say
from enrich_tui.display.rows import ACTIVE, ENDED_AS, Cell, CellState, SessionState, fraction
from enrich_tui.display.sessions import Sessions, title_of
from enrich_tui.display.troubles import Troubles
from enrich_tui.model import STAGES, SessionStatus, StageOutcome
from enrich_tui.text import clean, length_text

_LAST = 1 << 40
"""Where a session stands in the queue that is not in it yet."""

_CELL = {
    StageOutcome.COMPLETED: CellState.COMPLETED,
    StageOutcome.FAILED: CellState.FAILED,
    StageOutcome.SKIPPED: CellState.SKIPPED,
    StageOutcome.CANCELLED: CellState.CANCELLED,
}
_LEVEL = {SessionStatus.COMPLETE: "good", SessionStatus.FAILED: "error", SessionStatus.PARTIAL: "warning"}


class SessionEvents:
    """Applies the events of sessions and stages to their rows; tells what is worth a line of the log."""

    def __init__(self, sessions: Sessions, log: Log, troubles: Troubles, outdated: Outdated) -> None:
        self._sessions = sessions
        self._rows = sessions.rows
        self._log = log
        self._troubles = troubles
        self._outdated = outdated
        self.handlers: dict[type, Callable[[Any], None]] = {
            ev.SessionArriving: self._session_arriving,
            ev.SessionQueued: self._session_queued,
            ev.SessionMeasured: self._session_measured,
            ev.StageStarted: self._stage_started,
            ev.StageProgressed: self._stage_progressed,
            ev.StageRetrying: self._stage_retrying,
            ev.StageFinished: self._stage_finished,
            ev.SessionFinished: self._session_finished,
            ev.SessionRequeued: self._session_requeued,
            ev.QueueOrder: self._queue_order,
        }

    def _session_arriving(self, event: ev.SessionArriving) -> None:
        row = self._rows.get(event.session)
        if event.gone:
            if row is not None and row.state is SessionState.ARRIVING:
                self._sessions.remove(row)
            return
        if row is None:
            row = self._sessions.add(event.session, SessionState.ARRIVING, _LAST + len(self._rows), self._log.now)
            self._sessions.name(row, title_of(event))
            row.source = clean(event.source)
            self._outdated.parts |= {"batch", "order"}
        elif event.growing and not row.growing and row.state is not SessionState.ARRIVING:
            self._log.tell(
                "info", f"{row.title}: is being written to; it is taken up again when it is finished", row.id
            )
        row.growing = event.growing
        if row.state is SessionState.ARRIVING:
            row.size = event.size
        self._outdated.rows.add(row.id)

    def _session_queued(self, event: ev.SessionQueued) -> None:
        row = self._rows.get(event.session)
        if row is None:
            row = self._sessions.add(event.session, SessionState.QUEUED, self._sessions.total, self._log.now)
        elif row.state is SessionState.ARRIVING:
            row.order = self._sessions.total
            self._sessions.set_state(row, SessionState.QUEUED, self._log.now)
        row.growing = False
        self._sessions.name(row, title_of(event))
        row.source, row.output, row.size = clean(event.source), clean(event.output), event.size
        for stage in STAGES:
            if stage not in row.cells:
                wanted = stage in event.stages
                self._sessions.add_cell(row, stage, CellState.PENDING if wanted else CellState.SKIPPED)
        self._outdated.rows.add(row.id)
        self._outdated.parts.add("order")

    def _session_measured(self, event: ev.SessionMeasured) -> None:
        row = self._rows.get(event.session)
        if row is not None:
            known = [seconds for seconds in event.media.values() if seconds is not None and math.isfinite(seconds)]
            row.media = max(known, default=None)
            self._outdated.rows.add(row.id)

    def _stage_started(self, event: ev.StageStarted) -> None:
        row = self._rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        self._sessions.set_cell(row, event.stage, CellState.PROCESSING)
        cell.fraction, cell.started, cell.worker = 0.0, self._log.now, event.worker
        cell.attempt, cell.attempts, cell.doing, cell.cached = event.attempt, event.attempts, "", False
        self._sessions.set_state(row, SessionState.RUNNING, self._log.now)

    def _stage_progressed(self, event: ev.StageProgressed) -> None:
        row = self._rows.get(event.session)
        if row is None or row.cells[event.stage].state is not CellState.PROCESSING:
            return
        cell = row.cells[event.stage]
        cell.fraction = max(cell.fraction, fraction(event.fraction))
        if event.message:
            cell.doing = say(event.message)
        self._outdated.rows.add(row.id)

    def _stage_retrying(self, event: ev.StageRetrying) -> None:
        row = self._rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        cell.spent = cell.seconds(self._log.now)
        self._sessions.set_cell(row, event.stage, CellState.RETRYING)
        cell.due = self._log.now + (event.delay if math.isfinite(event.delay) else 0.0)
        cell.attempt, cell.attempts, cell.message, cell.problem = (
            event.attempt,
            event.attempts,
            say(event.message),
            clean(event.problem, 40),
        )
        self._sessions.follow_cells(row, self._log.now)
        self._log.tell("warning", f"{row.title}: {event.stage} again in {event.delay:.0f} s. {cell.message}", row.id)

    def _stage_finished(self, event: ev.StageFinished) -> None:
        row = self._rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        measured = cell.seconds(self._log.now)
        self._sessions.set_cell(row, event.stage, _CELL[event.outcome])
        cell.spent = event.duration if event.duration > 0 and math.isfinite(event.duration) else measured
        cell.cached, cell.attempt = event.cached, event.attempts or cell.attempt
        cell.outputs, cell.engine = tuple(clean(name) for name in event.outputs), clean(event.engine, 80)
        cell.facts = event.facts
        cell.word, cell.problem = clean(event.word or "", 10), clean(event.problem or "", 40)
        cell.message, cell.advice = say(event.message or ""), say(event.advice or "")
        if event.outcome is StageOutcome.COMPLETED:
            cell.fraction = 1.0
            if self._troubles.mend_session(row.id, event.stage):
                self._outdated.parts.add("errors")
        if row.state in ACTIVE:
            self._sessions.follow_cells(row, self._log.now)

    def _session_finished(self, event: ev.SessionFinished) -> None:
        row = self._rows.get(event.session)
        if row is None:
            return
        row.message, row.advice, row.eta = say(event.message or ""), say(event.advice or ""), None
        self._sessions.set_state(row, ENDED_AS[event.status], self._log.now)
        words = row.message or f"{row.state} in {length_text(event.duration)}"
        if row.message and self._troubles.tells(row.id, row.message):  # why, the line of the error says
            if event.status is not SessionStatus.PARTIAL:
                return
            words = row.state.value
        self._log.tell(_LEVEL.get(event.status, "info"), f"{row.title}: {words}", row.id)

    def _session_requeued(self, event: ev.SessionRequeued) -> None:
        row = self._rows.get(event.session)
        if row is None:
            return
        for stage in event.stages:
            self._sessions.set_cell(row, stage, CellState.PENDING)
            row.cells[stage] = Cell()
        row.message = row.advice = ""
        self._troubles.mend_session(row.id)
        if any(cell.state in {CellState.PROCESSING, CellState.RETRYING} for cell in row.cells.values()):
            self._sessions.follow_cells(row, self._log.now)  # a worker was restarted under one of two stages
        else:
            self._sessions.set_state(row, SessionState.QUEUED, self._log.now)
        self._outdated.parts.add("errors")
        self._log.tell("info", f"{row.title}: back in the queue", row.id)

    def _queue_order(self, event: ev.QueueOrder) -> None:
        for position, ident in enumerate(event.sessions):
            row = self._rows.get(ident)
            if row is not None and row.order != position:
                row.order = position
                self._outdated.rows.add(ident)
        self._outdated.parts.add("order")
