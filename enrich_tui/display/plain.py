"""The plain display: one line a state change, no escape codes. It is also the accessible one."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from enrich_tui.display.sessions import title_of
from enrich_tui.display.summary import outcome, time_text
from enrich_tui.events import (
    BatchChanged,
    ErrorRaised,
    Event,
    Noted,
    RunFinished,
    RunStarted,
    SessionArriving,
    SessionFinished,
    SessionQueued,
    SourceRejected,
    StageFinished,
    StageRetrying,
    StageStarted,
    WorkerChanged,
)
from enrich_tui.model import SessionStatus, StageOutcome
from enrich_tui.text import clean, count_text, eta_text, gate, length_text, seconds_text

HEARTBEAT = 30.0
"""Seconds after which a line is written although nothing ended."""
NAMED = 5
"""Files that are named of those left out for the same reason; at the end the others are counted."""


class PlainDisplay:
    """Writes what happens to a stream, line by line. Call it with every event."""

    def __init__(self, stream: TextIO, mark: str = "") -> None:
        self._stream = stream
        self._mark = mark
        """What is said of the run at its start: ``REPLAY``."""
        self._foreign = bool(mark)
        self._growing: dict[str, bool] = {}
        self._left_out: Counter[str] = Counter()
        """How many files, by the reason."""
        self._titles: dict[str, str] = {}
        self._first: dict[str, str] = {}
        """The first session of each title."""
        self._library = ""
        self._without = False
        """True where it has been told why nothing of the library is taken up."""
        self._last = 0.0
        self._workers: dict[int, str] = {}

    def __call__(self, event: Event, /) -> None:
        """Take one event; most of them are one line, some are none."""
        lines = self._counted() if isinstance(event, RunFinished) else []
        line = self._line(event)
        lines += [line] if line is not None else []
        for line in lines:
            self._last = event.t
            self._stream.write(f"{seconds_text(event.t):>8}  {line}\n")
        if lines:
            self._stream.flush()

    def _line(self, event: Event) -> str | None:
        match event:
            case RunStarted():
                self._last, self._library = 0.0, event.library
                mark = "SIMULATED · " if event.simulated else ""
                shown = self._mark or ("READ-ONLY" if event.read_only else "")
                self._foreign = bool(shown)
                mark += f"{shown} · " if shown else ""
                return f"{mark}{clean(event.library)} · {count_text(event.workers, 'worker')}"
            case SessionArriving():
                return self._arriving(event)
            case SessionQueued():
                self._growing.pop(event.session, None)
                self._name(event.session, title_of(event))
                return None
            case SourceRejected():
                self._without = self._without or event.path == self._library
                self._left_out[event.reason] += 1
                if self._left_out[event.reason] > NAMED:
                    return None
                return f"left out  {clean(event.path)}: {_say(event.reason)}"
            case StageStarted():
                how = f", attempt {event.attempt} of {event.attempts}" if event.attempt > 1 else ""
                if event.stand_in:
                    how = ", without the language model"
                return f"started   {self._title(event.session)}: {event.stage} on worker {event.worker}{how}"
            case StageFinished():
                return self._stage_finished(event)
            case StageRetrying():
                return (
                    f"again     {self._title(event.session)}: {event.stage} in {event.delay:.0f} s"
                    f" (attempt {event.attempt} of {event.attempts}). {_say(event.message)}"
                )
            case SessionFinished():
                why = f" {_say(event.message)}" if event.message else ""
                todo = f" → {_say(event.advice)}" if event.advice else ""
                title, took = self._title(event.session), length_text(event.duration)
                return f"{_STATUS[event.status]:<9} {title} in {took}.{why}{todo}"
            case ErrorRaised(session=None):
                todo = f" → {_say(event.advice)}" if event.advice else ""
                return f"trouble   {_say(event.message)}{todo}"
            case WorkerChanged():
                return self._worker(event)
            case Noted():
                return f"note      {_say(event.message)}"
            case BatchChanged():
                return self._heartbeat(event)
            case RunFinished():
                if self._foreign:
                    return self._run_finished(event)
                return None if self._first or self._without else "there are no recordings here"
            case _:
                return None

    def _counted(self) -> list[str]:
        """How many files were left out that were not named."""
        more = {reason: count - NAMED for reason, count in self._left_out.items() if count > NAMED}
        self._left_out.clear()
        return [f"left out  {count_text(count, 'more file')}: {_say(reason)}" for reason, count in more.items()]

    def _arriving(self, event: SessionArriving) -> str | None:
        title = title_of(event)
        if event.gone:
            self._growing.pop(event.session, None)
            return f"gone      {title}"
        before = self._growing.get(event.session)
        self._growing[event.session] = event.growing
        if before == event.growing:
            return None
        words = "it is still being written" if event.growing else "it is taken up when it is finished"
        return f"arriving  {title}: {words}"

    def _name(self, session: str, title: str) -> None:
        """Sessions of the same title are told apart by their ids."""
        first = self._first.setdefault(title, session)
        if first != session:
            self._titles[first] = first
        if self._titles.get(session) != session:
            self._titles[session] = title if first == session else session

    def _title(self, session: str) -> str:
        return self._titles.get(session, session)

    def _stage_finished(self, event: StageFinished) -> str | None:
        title = self._title(event.session)
        match event.outcome:
            case StageOutcome.COMPLETED if event.cached:
                return f"unchanged {title}: {event.stage}"
            case StageOutcome.COMPLETED:
                return f"finished  {title}: {event.stage} in {length_text(event.duration)}"
            case StageOutcome.FAILED:
                return f"failed    {title}: {event.stage}. {_say(event.message or '')}"
            case _:
                return None

    def _worker(self, event: WorkerChanged) -> str | None:
        before = self._workers.get(event.worker)
        self._workers[event.worker] = event.status
        if before == event.status or event.status not in {"error", "restarting"}:
            return None
        return f"worker {event.worker} {'is restarting' if event.status == 'restarting' else 'is in error'}"

    @staticmethod
    def _run_finished(event: RunFinished) -> str:
        """In a run of its own the summary says so."""
        told = ", ".join(outcome({status: getattr(event, status.value) for status in SessionStatus}).values())
        return f"ended     {told} in {time_text(event.duration, event.predicted)}"

    def _heartbeat(self, event: BatchChanged) -> str | None:
        if event.state in {"watching", "done"} or event.t - self._last < HEARTBEAT:
            return None
        eta = eta_text(event.eta.low, event.eta.mid, event.eta.high) if event.eta else "measuring"
        reason = f" ({_say(event.eta_reason)})" if event.eta_reason else ""
        return (
            f"{event.state}   {event.progress:.0f}%, {event.completed} done, {event.failed} failed, "
            f"{event.processing} in work, {event.pending} queued, ETA {eta}{reason}"
        )


_STATUS = {
    SessionStatus.COMPLETE: "done",
    SessionStatus.PARTIAL: "partly",
    SessionStatus.FAILED: "failed",
    SessionStatus.SKIPPED: "skipped",
    SessionStatus.CANCELLED: "cancelled",
}


def _say(text: str) -> str:
    return gate(clean(text))
