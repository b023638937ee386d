"""The view of a run: everything that a display shows, kept up to date event by event. No screen, no clock, no I/O.

All outside text is cleaned and gated here, once, so that displays can draw what they find. Events that make no sense
(a session that was never queued, a recorded stream with a hole) change nothing and raise nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

from enrich_tui import events as ev
from enrich_tui.display.changes import Changes, Outdated
from enrich_tui.display.error_rate import ErrorRate
from enrich_tui.display.log import Log, say
from enrich_tui.display.rows import ACTIVE, ENDED_AS, Cell, CellState, SessionState, WorkerRow, fraction
from enrich_tui.display.session_events import SessionEvents
from enrich_tui.display.sessions import TITLE, Sessions
from enrich_tui.display.troubles import Troubles
from enrich_tui.model import STAGES, SessionStatus, Stage
from enrich_tui.text import clean


class RunView:
    """A run as displays see it. Feed it with :meth:`apply`; ask :meth:`take` what to draw again."""

    def __init__(self) -> None:
        self._outdated = outdated = Outdated()
        self._log = Log(outdated)
        self.log = self._log.lines
        self._sessions = sessions = Sessions(outdated)
        self.rows = sessions.rows
        self.counts = sessions.counts
        self.stage_counts = sessions.stage_counts
        self.workers: dict[int, WorkerRow] = {}
        self._wanted: tuple[Stage, ...] = STAGES
        self.started: ev.RunStarted | None = None
        self.library = ""
        self.without = ""
        """Why nothing of the library was taken up, where there is more to it than that it is empty."""
        self.batch: ev.BatchChanged | None = None
        self.pool: ev.PoolChanged | None = None
        self.finished: ev.RunFinished | None = None
        self.owner = "working"
        """Of a run that is followed: how the program is that works, as :class:`enrich_tui.events.OwnerSeen`."""
        self.troubles = Troubles()
        self.error_rate = ErrorRate()
        self.cpu: deque[float] = deque(maxlen=60)
        """Processors in use by all workers, second by second."""
        self._took: float | None = None
        self._with_eta: set[str] = set()
        self._handlers: dict[type, Callable[[Any], None]] = {
            **SessionEvents(sessions, self._log, self.troubles, outdated).handlers,
            ev.RunStarted: self._run_started,
            ev.SourceRejected: self._source_rejected,
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
        return self._outdated.take()

    @property
    def now(self) -> float:
        """Seconds since the run started, by its latest event."""
        return self._log.now

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
        return self._sessions.total

    @property
    def predicted(self) -> ev.Eta | None:
        """Seconds that the batch was said to take when its work began, or when the queue last changed."""
        return self.batch.predicted if self.batch is not None else None

    @property
    def ended(self) -> int:
        """Sessions that ended, well or not."""
        return self.total - sum(self.counts[state] for state in (*ACTIVE, SessionState.QUEUED))

    @property
    def outcome(self) -> dict[SessionStatus, int]:
        """How many sessions have ended how."""
        return {status: self.counts[state] for status, state in ENDED_AS.items()}

    @property
    def fraction(self) -> float:
        """How much of the batch is done, 0 to 1."""
        if self.batch is None:
            return 0.0
        return fraction(self.batch.progress / 100.0)

    @property
    def waiting(self) -> int:
        """How many sessions wait for a worker: those in the queue, and those between two stages."""
        return self._sessions.waiting

    @property
    def oldest_wait(self) -> float | None:
        """Seconds that the session waits for a worker that waits longest; None where none does."""
        since = self._sessions.waiting_since
        return None if since is None else self.now - since

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages of the run that any session has something for; while no session is known, all stages of the run."""
        used = self._sessions.used
        return tuple(stage for stage in self._wanted if stage in used) or self._wanted

    def is_news(self, event: ev.Event) -> bool:
        """False for figures of the batch that are the same as before: they tell only that time passes."""
        return self.batch is None or self.batch.model_copy(update={"t": event.t}) != event

    # -- events -------------------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event) -> None:
        """Take one event."""
        if math.isfinite(event.t) and event.t > self.now:
            if int(event.t) != int(self.now):
                self._second()
            self._log.now = event.t
        self._handlers[type(event)](event)

    def _second(self) -> None:
        self._outdated.rows.update(self._sessions.active)
        self.cpu.append(sum(worker.cpu or 0.0 for worker in self.workers.values() if worker.status == "active"))
        self._outdated.parts.add("second")

    def _run_started(self, event: ev.RunStarted) -> None:
        if self.started is not None:
            self._start_over(event.t)
        self.started = event
        self.library = clean(event.library, TITLE)
        self._wanted = tuple(stage for stage in STAGES if stage in event.stages) or STAGES
        self._outdated.parts |= {"header", "order"}

    def _start_over(self, now: float) -> None:
        """Another run begins: nothing of the one before is left."""
        self._log.now = now
        self._sessions.clear()
        self.workers.clear()
        self.batch = self.pool = self.finished = self._took = None
        self.owner = "working"
        self.without = ""
        self.troubles.clear()
        self.error_rate.clear()
        self.cpu.clear()
        self.log.clear()
        self._with_eta.clear()
        self._outdated.parts |= {"header", "batch", "pool", "workers", "errors", "log", "order"}

    def _source_rejected(self, event: ev.SourceRejected) -> None:
        if self.started is not None and event.path == self.started.library:
            self.without = say(event.reason)
        self._log.tell("warning", f"Left out {clean(event.path, TITLE)}: {say(event.reason)}")

    def _error(self, event: ev.ErrorRaised) -> None:
        message = say(event.message)
        self.troubles.add(
            problem=clean(event.problem, 40),
            category=clean(event.category, 40),
            message=message,
            advice=say(event.advice),
            session=event.session if event.session in self.rows else None,
            stage=event.stage,
            worker=event.worker,
            final=event.final,
            t=self.now,
        )
        self._outdated.parts.add("errors")
        row = self.rows.get(event.session) if event.session is not None else None
        if row is None:
            self._log.tell("error" if event.final else "warning", message)
        elif event.final:  # else it is told with the next attempt
            self._log.tell("error", f"{row.title}: {message}", row.id)

    def _worker(self, event: ev.WorkerChanged) -> None:
        self._outdated.parts.add("workers")
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
                self._log.tell("warning", f"Worker {event.worker} is {_WORKER_WORDS[event.status]}")
            elif event.status in {"idle", "active"} and self.troubles.mend_worker(event.worker):
                self._outdated.parts.add("errors")
        worker.status, worker.session, worker.stage = event.status, event.session, event.stage
        worker.pid, worker.restarts, worker.jobs = event.pid, event.restarts, event.jobs
        worker.memory, worker.cpu = event.memory, event.cpu
        worker.last_error = say(event.last_error or "")

    def _pool_changed(self, event: ev.PoolChanged) -> None:
        self.pool = event
        self._outdated.parts.add("pool")

    def _batch_changed(self, event: ev.BatchChanged) -> None:
        if self.batch is None or self.batch.state != event.state:
            self._outdated.parts.add("header")
            self._took = event.elapsed if event.state == "done" else None
        if event.eta and event.eta_reason and (self.batch is None or self.batch.eta_reason != event.eta_reason):
            self._log.tell("info", f"New estimate: {say(event.eta_reason)}")
        if self.is_news(event):
            self._outdated.parts.add("batch")
        self.batch = event
        self.error_rate.tell(self.now, event.attempts, event.failed_attempts)
        for ident in self._with_eta - event.etas.keys():
            self.rows[ident].eta = None
            self._outdated.rows.add(ident)
        self._with_eta &= event.etas.keys()
        for ident, eta in event.etas.items():
            row = self.rows.get(ident)
            if row is None or not math.isfinite(eta.mid):
                continue
            if row.eta is None or int(row.eta.mid) != int(eta.mid):
                self._outdated.rows.add(ident)
            row.eta = eta
            self._with_eta.add(ident)

    def _noted(self, event: ev.Noted) -> None:
        self._log.tell(event.level, say(event.message))

    def _owner_seen(self, event: ev.OwnerSeen) -> None:
        self.owner = event.state
        self._end_work()
        self._outdated.parts |= {"header", "batch"}

    def _run_finished(self, event: ev.RunFinished) -> None:
        self.finished = event
        self._end_work()
        self._outdated.parts |= {"header", "batch"}

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
        self._outdated.parts |= {"pool", "workers", "order"}


_WORKER_WORDS = {"error": "in error", "restarting": "restarting"}
