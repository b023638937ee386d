"""The view of a run: everything that a display shows, kept up to date event by event. No screen, no clock, no I/O.

All outside text is cleaned and gated here, once, so that displays can draw what they find. Events that make no sense
(a session that was never queued, a recorded stream with a hole) change nothing and raise nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enrich_tui import events as ev
from enrich_tui.display.recent import RecentFailures
from enrich_tui.display.rows import ACTIVE, Cell, CellState, Line, SessionState, WorkerRow
from enrich_tui.display.sessions import TITLE, Sessions
from enrich_tui.display.troubles import Troubles
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome
from enrich_tui.text import clean, gate, seconds_text

LINES = 2000
"""Lines of the log that are kept."""
_LAST = 1 << 40
"""Where a session stands in the queue that is not in it yet."""
SAYING = 1000
"""Longest message, in characters."""

_CELL = {
    StageOutcome.COMPLETED: CellState.COMPLETED,
    StageOutcome.FAILED: CellState.FAILED,
    StageOutcome.SKIPPED: CellState.SKIPPED,
    StageOutcome.CANCELLED: CellState.CANCELLED,
}
_SESSION = {
    SessionStatus.COMPLETE: SessionState.DONE,
    SessionStatus.PARTIAL: SessionState.PARTIAL,
    SessionStatus.FAILED: SessionState.FAILED,
    SessionStatus.SKIPPED: SessionState.SKIPPED,
    SessionStatus.CANCELLED: SessionState.CANCELLED,
}
_LEVEL = {SessionStatus.COMPLETE: "good", SessionStatus.FAILED: "error", SessionStatus.PARTIAL: "warning"}


@dataclass(frozen=True, slots=True)
class Changes:
    """What became outdated since the last look."""

    rows: frozenset[str]
    parts: frozenset[str]
    """Of ``header``, ``batch``, ``pool``, ``workers``, ``errors``, ``log``, ``order``, ``second``."""


class RunView:
    """A run as displays see it. Feed it with :meth:`apply`; ask :meth:`take` what to draw again."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds since the run started, by its latest event."""
        self.dirty: set[str] = set()
        self.parts: set[str] = set()
        self._sessions = sessions = Sessions(self.dirty, self.parts)
        self.rows = sessions.rows
        self.counts = sessions.counts
        self.stage_counts = sessions.stage_counts
        self.workers: dict[int, WorkerRow] = {}
        self.stages: tuple[Stage, ...] = STAGES
        self.started: ev.RunStarted | None = None
        self.library = ""
        self.batch: ev.BatchChanged | None = None
        self.pool: ev.PoolChanged | None = None
        self.finished: ev.RunFinished | None = None
        self.owner = "working"
        """Of a run that is followed: how the program is that works, as :class:`enrich_tui.events.OwnerSeen`."""
        self.troubles = Troubles()
        self.log: deque[Line] = deque(maxlen=LINES)
        self.cpu: deque[float] = deque(maxlen=60)
        """Processors in use by all workers, second by second."""
        self._took: float | None = None
        self._with_eta: set[str] = set()
        self.failures = RecentFailures()
        self._handlers: dict[type, Callable[[Any], None]] = {
            ev.RunStarted: self._run_started,
            ev.SessionArriving: self._session_arriving,
            ev.SessionQueued: self._session_queued,
            ev.SessionMeasured: self._session_measured,
            ev.SourceRejected: self._source_rejected,
            ev.StageStarted: self._stage_started,
            ev.StageProgressed: self._stage_progressed,
            ev.StageRetrying: self._stage_retrying,
            ev.StageFinished: self._stage_finished,
            ev.SessionFinished: self._session_finished,
            ev.SessionRequeued: self._session_requeued,
            ev.QueueOrder: self._queue_order,
            ev.ErrorRaised: self._error,
            ev.WorkerChanged: self._worker,
            ev.PoolChanged: self._pool_changed,
            ev.BatchChanged: self._batch_changed,
            ev.Noted: self._noted,
            ev.OwnerSeen: self._owner_seen,
            ev.RunFinished: self._run_finished,
        }

    # -- what displays ask --------------------------------------------------------------------------------------------

    def take(self) -> Changes:
        """What changed since the last call."""
        changes = Changes(frozenset(self.dirty), frozenset(self.parts))
        self.dirty.clear()
        self.parts.clear()
        return changes

    @property
    def state(self) -> str:
        """Of the run: ``starting``, a state of :class:`enrich_tui.events.BatchChanged`, or ``stopped``.

        ``stopped``: nobody works on it any more, and it is not done. A run that is followed can also be ``silent``.
        """
        state = self.batch.state if self.batch is not None else "starting"
        if self.finished is not None or (self.owner == "gone" and state != "done"):
            return "done" if self.finished is not None and self.ended == self.total else "stopped"
        return self.owner if self.owner == "silent" else state

    @property
    def elapsed(self) -> float:
        """Seconds that the batch has taken; it stands still when all is done, however long one looks at it."""
        if self._took is not None:
            return self._took
        return self.batch.elapsed if self.batch is not None else self.now

    @property
    def total(self) -> int:
        """Sessions that were taken up: without those that are only arriving."""
        return self.counts.total() - self.counts[SessionState.ARRIVING]

    @property
    def predicted(self) -> ev.Eta | None:
        """Seconds that the batch was said to take when its work began, or when the queue last changed."""
        return self.batch.predicted if self.batch is not None else None

    @property
    def ended(self) -> int:
        """Sessions that ended, well or not."""
        return self.total - sum(self.counts[state] for state in (*ACTIVE, SessionState.QUEUED))

    @property
    def unhappy(self) -> int:
        """Sessions that failed, in part or altogether."""
        return self.counts[SessionState.FAILED] + self.counts[SessionState.PARTIAL]

    @property
    def fraction(self) -> float:
        """How much of the batch is done, 0 to 1."""
        if self.batch is None:
            return 0.0
        return _fraction(self.batch.progress / 100.0)

    @property
    def waiting(self) -> int:
        """How many sessions wait for a worker: those in the queue, and those between two stages."""
        return self._sessions.waiting

    @property
    def oldest_wait(self) -> float | None:
        """Seconds that the session waits for a worker that waits longest; None where none does."""
        since = self._sessions.waiting_since
        return None if since is None else self.now - since

    # -- events -------------------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event) -> None:
        """Take one event."""
        if math.isfinite(event.t) and event.t > self.now:
            if int(event.t) != int(self.now):
                self._second()
            self.now = event.t
        self._handlers[type(event)](event)

    def _second(self) -> None:
        self.dirty.update(self._sessions.active)
        self.cpu.append(sum(worker.cpu or 0.0 for worker in self.workers.values() if worker.status == "active"))
        self.parts.add("second")

    def _tell(self, level: str, text: str, session: str | None = None) -> None:
        self.log.append(Line(self.now, level, text, session))
        self.parts.add("log")

    def _run_started(self, event: ev.RunStarted) -> None:
        if self.started is not None:
            self._start_over(event.t)
        self.started = event
        self.library = clean(event.library, TITLE)
        self.stages = tuple(stage for stage in STAGES if stage in event.stages) or STAGES
        self.parts |= {"header", "order"}

    def _start_over(self, now: float) -> None:
        """Another run begins: nothing of the one before is left."""
        self.now = now
        self._sessions.clear()
        self.workers.clear()
        self.batch = self.pool = self.finished = self._took = None
        self.owner = "working"
        self.troubles, self.failures = Troubles(), RecentFailures()
        self.cpu.clear()
        self.log.clear()
        self._with_eta.clear()
        self.parts |= {"header", "batch", "pool", "workers", "errors", "log", "order"}

    def _session_arriving(self, event: ev.SessionArriving) -> None:
        row = self.rows.get(event.session)
        if event.gone:
            if row is not None and row.state is SessionState.ARRIVING:
                self._sessions.remove(row)
            return
        if row is None:
            row = self._sessions.add(event.session, SessionState.ARRIVING, _LAST + len(self.rows), self.now)
            self._sessions.name(row, clean(event.title, TITLE).strip() or clean(event.session, TITLE))
            row.source = clean(event.source)
            self.parts |= {"batch", "order"}
        elif event.growing and not row.growing and row.state is not SessionState.ARRIVING:
            self._tell("info", f"{row.title}: is being written to; it is taken up again when it is finished", row.id)
        row.growing = event.growing
        if row.state is SessionState.ARRIVING:
            row.size = event.size
        self.dirty.add(row.id)

    def _session_queued(self, event: ev.SessionQueued) -> None:
        row = self.rows.get(event.session)
        if row is None:
            row = self._sessions.add(event.session, SessionState.QUEUED, self.total, self.now)
        elif row.state is SessionState.ARRIVING:
            row.order = self.total
            self._sessions.set_state(row, SessionState.QUEUED, self.now)
        row.growing = False
        self._sessions.name(row, clean(event.title, TITLE).strip() or clean(event.session, TITLE))
        row.source, row.output, row.size = clean(event.source), clean(event.output), event.size
        for stage in STAGES:
            if stage not in row.cells:
                wanted = stage in event.stages
                self._sessions.add_cell(row, stage, CellState.PENDING if wanted else CellState.SKIPPED)
        self.dirty.add(row.id)
        self.parts.add("order")

    def _session_measured(self, event: ev.SessionMeasured) -> None:
        row = self.rows.get(event.session)
        if row is not None:
            known = [seconds for seconds in event.media.values() if seconds is not None and math.isfinite(seconds)]
            row.media = max(known, default=None)
            self.dirty.add(row.id)

    def _source_rejected(self, event: ev.SourceRejected) -> None:
        self._tell("warning", f"Left out {clean(event.path, TITLE)}: {_say(event.reason)}")

    def _stage_started(self, event: ev.StageStarted) -> None:
        row = self.rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        self._sessions.set_cell(row, event.stage, CellState.PROCESSING)
        cell.fraction, cell.started, cell.worker = 0.0, self.now, event.worker
        cell.attempt, cell.attempts, cell.doing, cell.cached = event.attempt, event.attempts, "", False
        self._sessions.set_state(row, SessionState.RUNNING, self.now)

    def _stage_progressed(self, event: ev.StageProgressed) -> None:
        row = self.rows.get(event.session)
        if row is None or row.cells[event.stage].state is not CellState.PROCESSING:
            return
        cell = row.cells[event.stage]
        cell.fraction = max(cell.fraction, _fraction(event.fraction))
        if event.message:
            cell.doing = _say(event.message)
        self.dirty.add(row.id)

    def _stage_retrying(self, event: ev.StageRetrying) -> None:
        row = self.rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        cell.spent = cell.seconds(self.now)
        self._sessions.set_cell(row, event.stage, CellState.RETRYING)
        cell.due = self.now + (event.delay if math.isfinite(event.delay) else 0.0)
        cell.attempt, cell.attempts, cell.message, cell.problem = (
            event.attempt,
            event.attempts,
            _say(event.message),
            clean(event.problem, 40),
        )
        self._sessions.follow_cells(row, self.now)
        self.failures.add(self.now, failed=True)
        self._tell("warning", f"{row.title}: {event.stage} again in {event.delay:.0f} s. {cell.message}", row.id)

    def _stage_finished(self, event: ev.StageFinished) -> None:
        row = self.rows.get(event.session)
        if row is None:
            return
        cell = row.cells[event.stage]
        measured = cell.seconds(self.now)
        self._sessions.set_cell(row, event.stage, _CELL[event.outcome])
        cell.spent = event.duration if event.duration > 0 and math.isfinite(event.duration) else measured
        cell.cached, cell.attempt = event.cached, event.attempts or cell.attempt
        cell.outputs, cell.engine = tuple(clean(name) for name in event.outputs), clean(event.engine, 80)
        cell.facts = event.facts
        cell.word, cell.problem = clean(event.word or "", 10), clean(event.problem or "", 40)
        cell.message, cell.advice = _say(event.message or ""), _say(event.advice or "")
        if event.outcome is StageOutcome.COMPLETED:
            cell.fraction = 1.0
            if self.troubles.mend_session(row.id, event.stage):
                self.parts.add("errors")
        if event.outcome in {StageOutcome.COMPLETED, StageOutcome.FAILED} and not event.cached:
            self.failures.add(self.now, failed=event.outcome is StageOutcome.FAILED)
        if row.state in ACTIVE:
            self._sessions.follow_cells(row, self.now)

    def _session_finished(self, event: ev.SessionFinished) -> None:
        row = self.rows.get(event.session)
        if row is None:
            return
        row.message, row.advice, row.eta = _say(event.message or ""), _say(event.advice or ""), None
        self._sessions.set_state(row, _SESSION[event.status], self.now)
        words = row.message or f"{row.state} in {seconds_text(event.duration)}"
        self._tell(_LEVEL.get(event.status, "info"), f"{row.title}: {words}", row.id)

    def _session_requeued(self, event: ev.SessionRequeued) -> None:
        row = self.rows.get(event.session)
        if row is None:
            return
        for stage in event.stages:
            self._sessions.set_cell(row, stage, CellState.PENDING)
            row.cells[stage] = Cell()
        row.message = row.advice = ""
        self.troubles.mend_session(row.id)
        self._sessions.set_state(row, SessionState.QUEUED, self.now)
        self.parts.add("errors")
        self._tell("info", f"{row.title}: back in the queue", row.id)

    def _queue_order(self, event: ev.QueueOrder) -> None:
        for position, ident in enumerate(event.sessions):
            row = self.rows.get(ident)
            if row is not None and row.order != position:
                row.order = position
                self.dirty.add(ident)
        self.parts.add("order")

    def _error(self, event: ev.ErrorRaised) -> None:
        message = _say(event.message)
        self.troubles.add(
            problem=clean(event.problem, 40),
            category=clean(event.category, 40),
            message=message,
            advice=_say(event.advice),
            session=event.session if event.session in self.rows else None,
            stage=event.stage,
            worker=event.worker,
            final=event.final,
            t=self.now,
        )
        self.parts.add("errors")
        self._tell("error" if event.final else "warning", message, event.session)

    def _worker(self, event: ev.WorkerChanged) -> None:
        self.parts.add("workers")
        if event.status == "removed":
            self.workers.pop(event.worker, None)
            return
        worker = self.workers.get(event.worker)
        if worker is None:
            worker = self.workers[event.worker] = WorkerRow(event.worker, since=self.now)
        if (worker.status, worker.session, worker.stage) != (event.status, event.session, event.stage):
            worker.since = self.now
        if worker.status != event.status:
            if event.status in {"error", "restarting"}:
                self._tell("warning", f"Worker {event.worker} is {_WORKER_WORDS[event.status]}")
            elif event.status in {"idle", "active"} and self.troubles.mend_worker(event.worker):
                self.parts.add("errors")
        worker.status, worker.session, worker.stage = event.status, event.session, event.stage
        worker.pid, worker.restarts, worker.jobs = event.pid, event.restarts, event.jobs
        worker.memory, worker.cpu = event.memory, event.cpu
        worker.last_error = _say(event.last_error or "")

    def _pool_changed(self, event: ev.PoolChanged) -> None:
        self.pool = event
        self.parts.add("pool")

    def _batch_changed(self, event: ev.BatchChanged) -> None:
        if self.batch is None or self.batch.state != event.state:
            self.parts.add("header")
            self._took = event.elapsed if event.state == "done" else None
        if event.eta_reason and (self.batch is None or self.batch.eta_reason != event.eta_reason):
            self._tell("info", f"New estimate: {_say(event.eta_reason)}")
        self.batch = event
        self.parts.add("batch")
        for ident in self._with_eta - event.etas.keys():
            self.rows[ident].eta = None
            self.dirty.add(ident)
        self._with_eta &= event.etas.keys()
        for ident, eta in event.etas.items():
            row = self.rows.get(ident)
            if row is None or not math.isfinite(eta.mid):
                continue
            if row.eta is None or int(row.eta.mid) != int(eta.mid):
                self.dirty.add(ident)
            row.eta = eta
            self._with_eta.add(ident)

    def _noted(self, event: ev.Noted) -> None:
        self._tell(event.level, _say(event.message))

    def _owner_seen(self, event: ev.OwnerSeen) -> None:
        self.owner = event.state
        self._end_work()
        self.parts |= {"header", "batch"}

    def _run_finished(self, event: ev.RunFinished) -> None:
        self.finished = event
        self._end_work()
        self.parts |= {"header", "batch"}

    def _end_work(self) -> None:
        """Where nobody works any more, what was in work waits for the next start, and there are no workers."""
        if self.state != "stopped":
            return
        for row in [self.rows[ident] for ident in self._sessions.active]:
            for stage, cell in list(row.cells.items()):
                if cell.state in {CellState.PROCESSING, CellState.RETRYING}:
                    self._sessions.set_cell(row, stage, CellState.PENDING)
                    row.cells[stage] = Cell()
            row.eta = None
            self._sessions.set_state(row, SessionState.QUEUED, self.now)
        self._with_eta.clear()
        self.workers.clear()
        if self.pool is not None:
            self.pool = self.pool.model_copy(update={"total": 0, "idle": 0, "active": 0, "error": 0})
        self.parts |= {"pool", "workers", "order"}


_WORKER_WORDS = {"error": "in error", "restarting": "restarting"}


def _fraction(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def _say(text: str) -> str:
    """Own words, gated, as one line."""
    return clean(gate(text), SAYING)
