"""What a simulated run does by itself: made-up work on made-up sessions, and the events that tell of it."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import Literal

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, StageOutcome
from enrich_tui.testing.made_up import PROBLEMS, Session, Work, Worker, make_session
from enrich_tui.version import __version__

_STEP = 0.05
_ATTEMPTS = 3

State = Literal["running", "paused", "draining", "stopping", "done"]


class Simulation:
    """The events of a simulated run; see :class:`enrich_tui.testing.simulated.SimulatedSource`."""

    def __init__(
        self,
        *,
        sessions: int = 20,
        workers: int = 4,
        events_per_second: float = 20.0,
        seed: int = 0,
        fail_rate: float = 0.08,
        speed: float = 10.0,
        keep_open: bool = True,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same run again, nothing secret
        self._rate = events_per_second
        self._speed = speed
        self._keep_open = keep_open
        self._sink: ev.Sink = lambda _event: None
        self._now = 0.0
        self._state: State = "running"
        made = [make_session(number, self._random, fail_rate) for number in range(sessions)]
        self._sessions = {session.id: session for session in made}
        self._order = list(self._sessions)
        self._workers = {number: Worker(number) for number in range(1, workers + 1)}
        self._failures = self._successes = 0
        self._code: int | None = None
        self._woken = asyncio.Event()

    # -- source -------------------------------------------------------------------------------------------------------

    async def run(self, sink: ev.Sink, /) -> int:
        """Play it; see :class:`enrich_tui.events.Source`."""
        self._sink = sink
        self._begin()
        loop = asyncio.get_running_loop()
        zero, told = loop.time(), 0.0
        while self._code is None:
            before, self._now = self._now, loop.time() - zero
            if self._state in {"running", "paused", "draining"}:
                self._work(self._now - before)
            if self._now - told >= (0.1 if self._state == "running" else 1.0):
                told = self._now
                self._figures()
            try:
                await asyncio.wait_for(self._woken.wait(), _STEP)
                self._woken.clear()
            except TimeoutError:
                pass
            self._follow()
        self._figures()
        counts = self._counts()
        self._emit(ev.RunFinished(**counts, duration=self._now, exit_code=self._code))
        return self._code

    def _emit(self, event: ev.Event) -> None:
        self._sink(event.model_copy(update={"t": round(self._now, 3)}))

    def _begin(self) -> None:
        self._emit(
            ev.RunStarted(
                program=f"enrich-tui {__version__}",
                library="recordings",
                at=datetime.now().astimezone().isoformat(timespec="seconds"),
                workers=len(self._workers),
                cpu_slots=len(self._workers),
                stages=STAGES,
                simulated=True,
            )
        )
        for session in self._sessions.values():
            self._emit(
                ev.SessionQueued(
                    session=session.id,
                    title=session.title,
                    source="",
                    output="",
                    size=self._random.randrange(10**6, 10**9),
                    stages=tuple(session.works),
                )
            )
        for worker in self._workers.values():
            self._tell_worker(worker)
        self._figures()

    def _work(self, seconds: float) -> None:
        running = [worker for worker in self._workers.values() if worker.work is not None]
        shown = min(1.0, self._rate * seconds / len(running)) if running else 0.0
        for worker in running:
            session, work = worker.session, worker.work
            if session is None or work is None:
                continue
            step = seconds * self._speed * worker.rate
            work.done += step
            session.spent += step
            if work.fails and work.done > work.length * 0.6:
                self._fail(worker, session, work)
            elif work.done >= work.length:
                self._end(worker, session, work, StageOutcome.COMPLETED)
            elif self._random.random() < shown:
                self._emit(ev.StageProgressed(session=session.id, stage=work.stage, fraction=work.done / work.length))
        if self._state == "running":
            self._assign()

    def _assign(self) -> None:
        idle = [w for w in self._workers.values() if w.work is None and not w.error and not w.leaving]
        if not idle:
            return
        for ident in self._order:
            session = self._sessions[ident]
            if session.status is not None or session.busy or session.not_before > self._now:
                continue
            work = session.next_work()
            if work is None:
                continue
            worker = idle.pop(0)
            worker.session, worker.work, worker.rate = session, work, self._random.uniform(0.7, 1.3)
            session.busy, work.done = True, 0.0
            self._emit(
                ev.StageStarted(
                    session=session.id, stage=work.stage, attempt=work.attempt, attempts=_ATTEMPTS, worker=worker.id
                )
            )
            self._tell_worker(worker)
            if not idle:
                return

    def _fail(self, worker: Worker, session: Session, work: Work) -> None:
        problem, word, message, advice = self._random.choice(PROBLEMS[work.stage])
        self._failures += 1
        if self._random.random() < 0.15:
            self._break(worker, session, work)
            return
        if work.fails == "once" or work.attempt == 1:
            if work.fails == "once":
                work.fails = ""
            work.attempt += 1
            delay = 2.0 ** (work.attempt - 1) * 2
            session.not_before = self._now + delay
            self._emit(
                ev.StageRetrying(
                    session=session.id,
                    stage=work.stage,
                    attempt=work.attempt,
                    attempts=_ATTEMPTS,
                    delay=delay,
                    problem=problem,
                    message=message,
                )
            )
            self._release(worker)
            return
        self._emit(
            ev.ErrorRaised(
                problem=problem,
                category="malformed-data",
                message=message,
                advice=advice,
                session=session.id,
                stage=work.stage,
            )
        )
        self._end(
            worker, session, work, StageOutcome.FAILED, problem=problem, word=word, message=message, advice=advice
        )

    def _break(self, worker: Worker, session: Session, work: Work) -> None:
        work.fails = ""
        worker.error = True
        self._emit(
            ev.ErrorRaised(
                problem="out-of-memory",
                category="out-of-memory",
                message=f"Worker {worker.id} ran out of memory. Its session went back in the queue.",
                advice="restart the worker",
                worker=worker.id,
            )
        )
        self._emit(ev.SessionRequeued(session=session.id, stages=(work.stage,)))
        self._release(worker)

    def _end(self, worker: Worker, session: Session, work: Work, outcome: StageOutcome, **words: str | None) -> None:
        work.outcome = outcome
        if outcome is StageOutcome.COMPLETED:
            self._successes += 1
            worker.jobs += 1
        self._emit(
            ev.StageFinished(
                session=session.id,
                stage=work.stage,
                outcome=outcome,
                duration=work.done,
                attempts=work.attempt,
                **words,
            )
        )
        self._release(worker)
        if session.next_work() is None:
            failed = [w for w in session.works.values() if w.outcome is StageOutcome.FAILED]
            status = SessionStatus.COMPLETE
            if failed:
                status = SessionStatus.FAILED if len(failed) == len(session.works) else SessionStatus.PARTIAL
            self._finish(session, status, words.get("message"), words.get("advice"))

    def _finish(
        self, session: Session, status: SessionStatus, message: str | None = None, advice: str | None = None
    ) -> None:
        session.status = status
        self._emit(
            ev.SessionFinished(
                session=session.id, status=status, duration=session.spent, message=message, advice=advice
            )
        )

    def _release(self, worker: Worker) -> None:
        if worker.session is not None:
            worker.session.busy = False
        worker.session = worker.work = None
        if worker.leaving:
            del self._workers[worker.id]
            self._emit(ev.WorkerChanged(worker=worker.id, status="removed"))
        else:
            self._tell_worker(worker)

    def _tell_worker(self, worker: Worker) -> None:
        busy = worker.work is not None
        self._emit(
            ev.WorkerChanged(
                worker=worker.id,
                status="error" if worker.error else "active" if busy else "idle",
                pid=10_000 + worker.id,
                session=worker.session.id if worker.session else None,
                stage=worker.work.stage if worker.work else None,
                restarts=worker.restarts,
                jobs=worker.jobs,
                memory=int(self._random.uniform(250, 420) * 1e6),
                cpu=self._random.uniform(0.7, 1.0) if busy else 0.0,
            )
        )

    def _counts(self) -> dict[str, int]:
        statuses = [session.status for session in self._sessions.values()]
        return {status.value: statuses.count(status) for status in SessionStatus}

    def _figures(self) -> None:
        counts = self._counts()
        ended = sum(counts.values())
        busy = sum(session.busy for session in self._sessions.values())
        total = len(self._sessions)
        work = sum(work.length for session in self._sessions.values() for work in session.works.values())
        left = sum(
            work.length - work.done
            for session in self._sessions.values()
            if session.status is None
            for work in session.works.values()
            if work.outcome is None
        )
        hands = max(1, sum(not worker.error for worker in self._workers.values()))
        eta = left / self._speed / hands
        etas = {
            session.id: ev.Eta(low=rest * 0.8, mid=rest, high=rest * 1.3)
            for session in self._sessions.values()
            if session.busy
            for rest in [sum(w.length - w.done for w in session.works.values() if w.outcome is None) / self._speed]
        }
        self._emit(
            ev.BatchChanged(
                state=self._state,
                total=total,
                pending=total - ended - busy,
                processing=busy,
                completed=counts["complete"] + counts["partial"],
                failed=counts["failed"],
                skipped=counts["skipped"],
                cancelled=counts["cancelled"],
                attempts=self._failures + self._successes,
                failed_attempts=self._failures,
                progress=100.0 * (1 - left / work) if work else 100.0,
                eta=ev.Eta(low=eta * 0.8, mid=eta, high=eta * 1.25) if self._state == "running" else None,
                etas=etas,
                rate=60 * ended / self._now if self._now > 1 and ended else None,
                elapsed=self._now,
            )
        )
        active = sum(worker.work is not None for worker in self._workers.values())
        errors = sum(worker.error for worker in self._workers.values())
        self._emit(
            ev.PoolChanged(
                total=len(self._workers),
                idle=len(self._workers) - active - errors,
                active=active,
                error=errors,
                pending=0,
                error_rate=100 * self._failures / max(1, self._failures + self._successes),
                restarts=sum(worker.restarts for worker in self._workers.values()),
                uptime_percentage=100.0 - 2.0 * errors,
                avg_job_duration=60 / self._speed,
            )
        )
        for worker in self._workers.values():
            if worker.work is not None and self._random.random() < 0.05:
                self._tell_worker(worker)

    def _follow(self) -> None:
        unfinished = any(session.status is None for session in self._sessions.values())
        busy = any(session.busy for session in self._sessions.values())
        if self._state == "draining" and not busy:
            self._code = self._exit_code()
        elif self._state == "running" and not unfinished:
            self._set_state("done")
            if not self._keep_open:
                self._code = self._exit_code()
        elif self._state == "done" and unfinished:
            self._set_state("running")

    def _exit_code(self) -> int:
        counts = self._counts()
        return int(counts["complete"] < sum(counts.values()))

    def _set_state(self, state: State) -> None:
        self._state = state
        self._figures()
        self._woken.set()
