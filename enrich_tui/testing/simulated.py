"""A run in which nothing works and nobody hurries: made-up sessions, for developing and measuring displays.

``python -m enrich_tui.testing.simulated --sessions 250`` shows one in the dashboard. Everything that it emits says
``simulated``; the same seed gives the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome
from enrich_tui.version import __version__

_STEP = 0.05
_ATTEMPTS = 3
_NAMES = (
    "standup",
    "lecture",
    "demo",
    "interview",
    "kaigi 会議",
    "review",
    "workshop",
    "retro",
    "office hours",
    "talk",
)
_LENGTH = {Stage.AUDIO: 1.0, Stage.VIDEO: 1.6, Stage.SUMMARY: 0.35, Stage.CANVAS: 0.15}

_PROBLEMS = {
    Stage.AUDIO: (
        ("no-samples", "empty", "The recording holds no sound.", "record it again, or leave the audio stage out"),
        ("truncated", "cut off", "The file ends before its announced end.", "copy it again from where it came from"),
    ),
    Stage.VIDEO: (
        (
            "codec",
            "codec",
            "This video could not be decoded (codec not supported).",
            "convert it to H.264 or VP9, then press R to retry",
        ),
        ("damaged", "damaged", "Large parts of this video are damaged.", "copy it again, then press r to retry it"),
    ),
    Stage.SUMMARY: (
        ("nothing-to-tell", "nothing", "There was nothing to sum up.", "look at the transcript: it may be empty"),
    ),
    Stage.CANVAS: (("disk-full", "disk full", "The disk is full.", "make room, then press R to retry"),),
}


@dataclass
class _Work:
    stage: Stage
    length: float
    fails: str = ""
    """Empty, ``once`` or ``always``."""
    done: float = 0.0
    attempt: int = 1
    outcome: StageOutcome | None = None


@dataclass
class _Session:
    id: str
    title: str
    works: dict[Stage, _Work]
    status: SessionStatus | None = None
    not_before: float = 0.0
    spent: float = 0.0
    busy: bool = False

    def next_work(self) -> _Work | None:
        """The first stage that has not ended."""
        return next((work for work in self.works.values() if work.outcome is None), None)


@dataclass
class _Worker:
    id: int
    session: _Session | None = None
    work: _Work | None = None
    error: bool = False
    leaving: bool = False
    restarts: int = 0
    jobs: int = 0
    rate: float = field(default=1.0)


class SimulatedSource:
    """A source of events and the controls over it.

    ``events_per_second`` is how many progress events there are in all; ``speed``: seconds of made-up work a second;
    ``fail_rate``: share of the sessions that meet an error, 0 to 1.
    """

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
        self._state = "running"
        self._sessions = {f"sim-{number:05}": self._make(number, fail_rate) for number in range(sessions)}
        self._order = list(self._sessions)
        self._workers = {number: _Worker(number) for number in range(1, workers + 1)}
        self._failures = self._successes = 0
        self._code: int | None = None
        self._woken = asyncio.Event()

    def _make(self, number: int, fail_rate: float) -> _Session:
        dice = self._random
        works = {}
        for stage in STAGES:
            if stage in {Stage.AUDIO, Stage.VIDEO} and dice.random() < 0.08:
                continue
            fails = dice.choice(("once", "always")) if dice.random() < fail_rate / 2 else ""
            works[stage] = _Work(stage, _LENGTH[stage] * dice.uniform(20, 120), fails)
        return _Session(f"sim-{number:05}", f"{dice.choice(_NAMES)} {number:04}", works)

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

    def _fail(self, worker: _Worker, session: _Session, work: _Work) -> None:
        problem, word, message, advice = self._random.choice(_PROBLEMS[work.stage])
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

    def _break(self, worker: _Worker, session: _Session, work: _Work) -> None:
        work.fails = ""
        worker.error = True
        self._emit(
            ev.ErrorRaised(
                problem="out-of-memory",
                category="out-of-memory",
                message=f"Worker {worker.id} ran out of memory. Its session went back in the queue.",
                advice="press w to restart it",
                worker=worker.id,
            )
        )
        self._emit(ev.SessionRequeued(session=session.id, stages=(work.stage,)))
        self._release(worker)

    def _end(self, worker: _Worker, session: _Session, work: _Work, outcome: StageOutcome, **words: str | None) -> None:
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
        self, session: _Session, status: SessionStatus, message: str | None = None, advice: str | None = None
    ) -> None:
        session.status = status
        self._emit(
            ev.SessionFinished(
                session=session.id, status=status, duration=session.spent, message=message, advice=advice
            )
        )

    def _release(self, worker: _Worker) -> None:
        if worker.session is not None:
            worker.session.busy = False
        worker.session = worker.work = None
        if worker.leaving:
            del self._workers[worker.id]
            self._emit(ev.WorkerChanged(worker=worker.id, status="removed"))
        else:
            self._tell_worker(worker)

    def _tell_worker(self, worker: _Worker) -> None:
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

    def _set_state(self, state: str) -> None:
        self._state = state
        self._figures()
        self._woken.set()

    # -- controls -----------------------------------------------------------------------------------------------------

    def retry(self, sessions: Iterable[str]) -> int:
        """See :class:`enrich_tui.events.Controls`."""
        count = 0
        for session in [self._sessions[ident] for ident in sessions if ident in self._sessions]:
            failed = [work for work in session.works.values() if work.outcome is StageOutcome.FAILED]
            cancelled = session.status is SessionStatus.CANCELLED
            if session.status is None or not (failed or cancelled):
                continue
            for work in failed:
                work.outcome, work.fails, work.attempt, work.done = None, "", 1, 0.0
            session.status = None
            redone = tuple(work.stage for work in session.works.values() if work.outcome is None)
            self._emit(ev.SessionRequeued(session=session.id, stages=redone))
            count += 1
        self._woken.set()
        return count

    def retry_failed(self) -> int:
        """See :class:`enrich_tui.events.Controls`."""
        unhappy = {SessionStatus.FAILED, SessionStatus.PARTIAL}
        return self.retry([session.id for session in self._sessions.values() if session.status in unhappy])

    def cancel(self, sessions: Iterable[str]) -> int:
        """See :class:`enrich_tui.events.Controls`."""
        count = 0
        for session in [self._sessions[ident] for ident in sessions if ident in self._sessions]:
            if session.status is not None:
                continue
            for worker in list(self._workers.values()):
                if worker.session is session and worker.work is not None:
                    self._emit(
                        ev.StageFinished(session=session.id, stage=worker.work.stage, outcome=StageOutcome.CANCELLED)
                    )
                    self._release(worker)
            self._finish(session, SessionStatus.CANCELLED)
            count += 1
        self._woken.set()
        return count

    def cancel_all(self) -> int:
        """See :class:`enrich_tui.events.Controls`."""
        return self.cancel(list(self._sessions))

    def pause(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        if self._state == "running":
            self._set_state("paused")

    def resume(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        if self._state == "paused":
            self._set_state("running")

    def restart_errored_workers(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        for worker in self._workers.values():
            if worker.error:
                self.restart_worker(worker.id)

    def restart_worker(self, worker: int) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        restarted = self._workers.get(worker)
        if restarted is None:
            return
        session, work = restarted.session, restarted.work
        restarted.error = False
        restarted.restarts += 1
        if session is not None and work is not None:
            self._emit(ev.SessionRequeued(session=session.id, stages=(work.stage,)))
        self._release(restarted)
        self._emit(ev.Noted(message=f"Worker {worker} is back."))

    def add_worker(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        worker = _Worker(max(self._workers, default=0) + 1)
        self._workers[worker.id] = worker
        self._tell_worker(worker)

    def remove_worker(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        staying = [worker for worker in self._workers.values() if not worker.leaving]
        if len(staying) > 1:
            staying[-1].leaving = True
            if staying[-1].work is None:
                self._release(staying[-1])

    def move(self, session: str, by: int) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        place = self._order.index(session)
        self._order.insert(max(0, min(len(self._order) - 1, place + by)), self._order.pop(place))
        self._emit(ev.QueueOrder(sessions=tuple(self._order)))

    def drain(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        self._set_state("draining")

    def stop(self) -> None:
        """See :class:`enrich_tui.events.Controls`."""
        self._code = self._exit_code()
        self._set_state("stopping")


def main() -> int:
    """Show a simulated run in the dashboard."""
    from enrich_tui.config import UiConfig
    from enrich_tui.tui.app import Dashboard

    parser = argparse.ArgumentParser(description="Shows a simulated run in the dashboard.")
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=40.0, help="progress events a second")
    parser.add_argument("--speed", type=float, default=10.0, help="seconds of made-up work a second")
    parser.add_argument("--fail-rate", type=float, default=0.08)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--theme", default="enrich-dark")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--read-only", action="store_true", help="without controls, as a recorded run is shown")
    options = parser.parse_args()

    async def show() -> int:
        source = SimulatedSource(
            sessions=options.sessions,
            workers=options.workers,
            events_per_second=options.rate,
            speed=options.speed,
            fail_rate=options.fail_rate,
            seed=options.seed,
        )
        ui = UiConfig(theme=options.theme, ascii=options.ascii)
        app = Dashboard(source, None if options.read_only else source, ui=ui)
        await app.run_async()
        return app.return_code or 0

    return asyncio.run(show())


if __name__ == "__main__":
    raise SystemExit(main())
