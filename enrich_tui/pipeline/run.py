"""One run over many sessions: takes stages from the queue, gives them to workers, and tells what happens.

Data flows one way: worker → result files → record → event. Controls only change the queue and wake the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from enrich_tui.config import Config
from enrich_tui.errors import ErrorContext, ErrorHandler
from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.events import (
    ErrorRaised,
    QueueOrder,
    SessionRequeued,
    Sink,
    StageProgressed,
    StageRetrying,
    StageStarted,
)
from enrich_tui.model import (
    EnrichmentOptions,
    Rejected,
    Session,
    SessionResult,
    SessionStatus,
    Stage,
    StageOutcome,
    StageOutput,
    StageResult,
    StageTask,
)
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.measure import media_lengths
from enrich_tui.pipeline.outcome import described
from enrich_tui.pipeline.settle import Settler
from enrich_tui.pipeline.state import Queue, SessionEntry, StageState
from enrich_tui.pipeline.verdict import HARMLESS, NEEDS_MENDING, ends_session, judge
from enrich_tui.pool import Worker, WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.worker.lengths import LengthFinder
from enrich_tui.worker.process import Progress

_log = logging.getLogger(__name__)

OPERATIONS = {
    Stage.AUDIO: "audio-review",
    Stage.VIDEO: "video-chaptering",
    Stage.SUMMARY: "summary-generation",
    Stage.CANVAS: "canvas-generation",
}
"""The error handler's name for the work of a stage."""

POISON_CRASHES = 2
"""A stage that took down this many workers is not given to a third."""

Runner = Callable[[Worker, StageTask, Callable[[Progress], None]], Awaitable[StageOutput]]
"""Runs a stage on a leased worker."""


class BatchRun:
    """A run: a :class:`enrich_tui.events.Source` of events that takes :class:`enrich_tui.events.Controls`."""

    def __init__(
        self,
        sessions: Sequence[Session],
        options: EnrichmentOptions,
        *,
        pool: WorkerPool,
        progress: ProgressService,
        errors: ErrorHandler,
        config: Config | None = None,
        library: Path | None = None,
        rejected: Sequence[Rejected] = (),
        cpu_slots: int | None = None,
        keep_open: bool = False,
        fresh: bool = False,
        runner: Runner,
        lengths: LengthFinder | None = None,
        batch: bool = True,
    ) -> None:
        self._config = config or Config()
        self._pool = pool
        self._progress = progress
        self._errors = errors
        self._runner = runner
        self._lengths = lengths
        self._keep_open = keep_open
        self._queue = Queue(sessions)
        self._rejected = rejected
        cores = os.cpu_count() or 1
        self._slots = max(1, min(pool.get_pool_status().total, cpu_slots or cores))
        self._tasks: dict[tuple[str, Stage], asyncio.Task[None]] = {}
        self._lease: asyncio.Task[Worker] | None = None
        self._cancelled: set[str] = set()
        self._paused = False
        self._ending = False
        self._exit_code: int | None = None
        self._wake = asyncio.Event()
        self._background: set[asyncio.Task[object]] = set()
        self._announcer = Announcer(self._queue, pool, progress, library, options, self._slots, batch=batch)
        self._settler = Settler(self._config.stage, options, fresh=fresh)

    # -- the source ---------------------------------------------------------------------------------------------------

    async def run(self, sink: Sink, /) -> int:
        """Work until everything has ended, or was told to end; returns the exit code."""
        announcer = self._announcer
        announcer.begin(sink, self._rejected)
        unsubscribe = self._pool.subscribe(announcer.worker_changed)
        ticker = asyncio.create_task(announcer.tick(), name="batch figures")
        survey = self._spawn(self._survey())
        try:
            while not self._over(survey):
                self._wake.clear()
                self._dispatch()
                await self._wait()
        finally:
            survey.cancel()
            await self._halt()
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker
            unsubscribe()
            code = announcer.end(self._exit_code)
        return code

    @property
    def results(self) -> list[SessionResult]:
        """What has come of every session that has ended, in queue order."""
        return [self._result(entry) for entry in self._queue.entries.values() if entry.status is not None]

    def _over(self, survey: asyncio.Task[object]) -> bool:
        if self._ending:
            return not self._tasks
        idle = survey.done() and self._queue.finished and not self._tasks
        self._announcer.set_state("done" if idle else "paused" if self._paused else "running")
        return idle and not self._keep_open

    async def _wait(self) -> None:
        due = self._queue.next_due(time.monotonic())
        delay = None if due is None else max(0.0, due - time.monotonic())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay)

    async def _halt(self) -> None:
        if self._lease is not None:
            self._lease.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pool.release_worker(await self._lease)
        pending = [*self._tasks.values(), *self._background]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_over)
        return task

    def _background_over(self, task: asyncio.Task[object]) -> None:
        self._background.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("A part of the run failed.", exc_info=error)

    # -- from the queue to the workers --------------------------------------------------------------------------------

    async def _survey(self) -> None:
        """Find out, session by session, what is there already and how long it is; then it may run."""
        for entry in self._queue.open():
            await self._settle(entry)
            if self._lengths is not None and entry.status is None:
                self._announcer.measured(entry, await media_lengths(entry.session, self._lengths))
            entry.surveyed = True
            self._wake.set()

    async def _settle(self, entry: SessionEntry) -> None:
        """End the stages that need no work, and make the next ones ready to run."""
        async for stage, result in self._settler.settle(entry):
            self._ended(entry, stage, result)
        if entry.status is None and not any(entry.unfinished()):
            await self._close(entry)

    def _next(self) -> tuple[SessionEntry, Stage] | None:
        if self._paused or self._ending or len(self._tasks) >= self._slots:
            return None
        for entry, stage in self._queue.candidates(time.monotonic()):
            prepared = entry.stages[stage].key and entry.session.id not in self._cancelled
            if prepared and self._errors.circuit_state(OPERATIONS[stage]) != "open":
                return entry, stage
        return None

    def _dispatch(self) -> None:
        while (candidate := self._next()) is not None:
            if self._lease is None:
                self._lease = asyncio.create_task(self._pool.acquire_worker(timeout=math.inf), name="lease")
                self._lease.add_done_callback(lambda _task: self._wake.set())
            if not self._lease.done():
                return
            worker = self._lease.result()
            self._lease = None
            entry, stage = candidate
            if not self._errors.allow(OPERATIONS[stage]):
                self._spawn(self._pool.release_worker(worker))
                return
            entry.stages[stage].state = StageState.RUNNING
            task = asyncio.create_task(self._attempt(worker, entry, stage), name=f"{stage} of {entry.session.id}")
            self._tasks[entry.session.id, stage] = task
            task.add_done_callback(partial(self._attempt_over, (entry.session.id, stage)))
        if self._lease is not None and self._lease.done():
            self._spawn(self._pool.release_worker(self._lease.result()))
            self._lease = None

    def _attempt_over(self, key: tuple[str, Stage], task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("An attempt ended in an unexpected way.", exc_info=error)
            entry = self._queue[key[0]]
            if entry.status is None:
                self._fail(entry, key[1], described(key[1], Problem.INTERNAL, StageOutcome.FAILED))
                self._spawn(self._settle(entry))

    # -- one attempt --------------------------------------------------------------------------------------------------

    async def _attempt(self, worker: Worker, entry: SessionEntry, stage: Stage) -> None:
        """Run one attempt on this worker, give the worker back, then deal with what came of it."""
        session, state = entry.session, entry.stages[stage]
        started = time.monotonic()
        error: Exception | None = None
        output: StageOutput | None = None
        try:
            job_id = f"{session.id}:{stage}"
            self._announcer.job(job_id, session.id, stage)
            self._pool.assign_job(worker, job_id)
            self._begin(worker, entry, stage)
            task = StageTask(session=session, stage=stage, config=self._config.stage, attempt=state.attempt)
            output = await self._runner(worker, task, lambda event: self._on_progress(session.id, stage, event))
        except asyncio.CancelledError:
            await self._pool.release_worker(worker)
            state.state = StageState.WAITING  # a stopped program goes on with it next time
            raise
        except Exception as raised:  # noqa: BLE001 - whatever it is, the error handler says what follows
            error = raised
        state.worked += time.monotonic() - started
        await self._pool.release_worker(worker, error=error if error is not None and _workers_fault(error) else None)
        self._wake.set()
        if output is not None:
            await self._completed(entry, stage, output)
        elif error is not None:
            await self._failed(entry, stage, error, worker.id)
        await self._settle(entry)

    def _begin(self, worker: Worker, entry: SessionEntry, stage: Stage) -> None:
        if entry.started is None:
            entry.started = time.monotonic()
            self._announcer.session_started(entry)
        state = entry.stages[stage]
        self._progress.update_stage(entry.session.id, stage, status="processing", progress=0.0)
        self._announcer.emit(
            StageStarted(
                session=entry.session.id,
                stage=stage,
                attempt=state.attempt,
                attempts=self._errors.max_attempts,
                worker=worker.id,
            )
        )

    def _on_progress(self, session_id: str, stage: Stage, event: Progress) -> None:
        self._progress.update_stage(session_id, stage, progress=event.fraction * 100)
        self._announcer.emit(
            StageProgressed(session=session_id, stage=stage, fraction=event.fraction, message=event.message)
        )

    async def _completed(self, entry: SessionEntry, stage: Stage, output: StageOutput) -> None:
        self._errors.record_success(OPERATIONS[stage])
        try:
            result = await self._settler.record(entry, stage, output)
        except OSError as error:
            await self._failed(entry, stage, error, None)
            return
        self._ended(entry, stage, result)

    async def _failed(self, entry: SessionEntry, stage: Stage, error: Exception, worker: int | None) -> None:
        state = entry.stages[stage]
        if isinstance(error, WorkerCrashedError):
            state.crashes += 1
            if state.crashes >= POISON_CRASHES:
                error = StageError(Problem.POISON, detail=error.detail)
        problem = error.problem if isinstance(error, StageError) else None
        if problem in HARMLESS or problem in NEEDS_MENDING:
            facts = error.facts if isinstance(error, StageError) else {}
            result = described(stage, problem, StageOutcome.SKIPPED, state=state, facts=facts)
            if problem in HARMLESS:
                self._ended(entry, stage, result)
            else:
                self._fail(entry, stage, result)
            return
        context = ErrorContext(session_id=entry.session.id, operation=OPERATIONS[stage], attempt_number=state.attempt)
        resolution = await self._errors.handle_error(error, context)
        code = problem.value if problem else resolution.type.display
        self._announcer.emit(
            ErrorRaised(
                problem=code,
                category=resolution.type.display,
                message=resolution.user_message,
                advice=resolution.advice,
                session=entry.session.id,
                stage=stage,
                worker=worker,
                final=not resolution.should_retry,
            )
        )
        if resolution.should_retry:
            self._retry_later(entry, stage, resolution.retry_delay, code, resolution.user_message)
            return
        result = StageResult(
            stage=stage,
            status=StageOutcome.FAILED,
            duration=state.worked,
            attempts=state.attempt,
            message=resolution.user_message,
            advice=resolution.advice,
            problem=code,
        )
        self._ended(entry, stage, result)
        if resolution.recommended_action == "abort" or (problem and ends_session(entry.session, problem)):
            for other, _ in list(entry.unfinished()):
                if (entry.session.id, other) not in self._tasks:
                    self._ended(entry, other, described(other, Problem.NO_INPUT, StageOutcome.SKIPPED))

    def _retry_later(self, entry: SessionEntry, stage: Stage, delay: float, problem: str, message: str) -> None:
        state = entry.stages[stage]
        state.attempt += 1
        state.not_before = time.monotonic() + delay
        state.state = StageState.RETRYING
        self._progress.update_stage(entry.session.id, stage, status="pending", outcome="retry")
        self._announcer.emit(
            StageRetrying(
                session=entry.session.id,
                stage=stage,
                attempt=state.attempt,
                attempts=self._errors.max_attempts,
                delay=delay,
                problem=problem,
                message=message,
            )
        )
        self._wake.set()

    def _fail(self, entry: SessionEntry, stage: Stage, result: StageResult) -> None:
        """End a stage with a result that belongs into the error panel."""
        self._announcer.emit(
            ErrorRaised(
                problem=result.problem or "",
                category=result.problem or "",
                message=result.message or "",
                advice=result.advice or "",
                session=entry.session.id,
                stage=stage,
            )
        )
        self._ended(entry, stage, result)

    # -- endings ------------------------------------------------------------------------------------------------------

    def _ended(self, entry: SessionEntry, stage: Stage, result: StageResult) -> None:
        state = entry.stages[stage]
        state.state = StageState.DONE
        state.result = result
        self._announcer.stage_ended(entry, result)
        self._wake.set()

    async def _close(self, entry: SessionEntry) -> None:
        status, told = judge(entry.results())
        self._queue.close(entry.session.id, status)
        self._cancelled.discard(entry.session.id)
        await self._settler.forget(entry)
        self._announcer.session_ended(entry, told)
        self._wake.set()

    def _result(self, entry: SessionEntry) -> SessionResult:
        status, told = judge(entry.results())
        return SessionResult(
            session_id=entry.session.id,
            status=status,
            stages=entry.results(),
            output=entry.session.output,
            duration=sum(result.duration for result in entry.results().values()),
            message=told.message if told else None,
            advice=told.advice if told else None,
        )

    # -- controls -----------------------------------------------------------------------------------------------------

    def retry(self, sessions: Iterable[str]) -> int:
        """Run these sessions again from the stage that failed; returns how many can be."""
        count = 0
        for ident in sessions:
            was = self._queue[ident].status
            if was is not None and (stages := self._queue.reopen(ident)):
                count += 1
                entry = self._queue[ident]
                self._announcer.reopened(entry, was)
                self._announcer.emit(SessionRequeued(session=ident, stages=stages))
                self._spawn(self._settle(entry))
        self._wake.set()
        return count

    def retry_failed(self) -> int:
        """Run all sessions again that did not complete; returns how many."""
        well = {None, SessionStatus.COMPLETE}
        return self.retry([ident for ident, entry in self._queue.entries.items() if entry.status not in well])

    def cancel(self, sessions: Iterable[str]) -> int:
        """Cancel these sessions; what they finished stays. Returns how many were not yet finished."""
        count = 0
        for ident in sessions:
            entry = self._queue[ident]
            if entry.status is not None:
                continue
            count += 1
            self._cancelled.add(ident)
            self._spawn(self._cancel(entry))
        self._wake.set()
        return count

    async def _cancel(self, entry: SessionEntry) -> None:
        mine = [task for (ident, _), task in self._tasks.items() if ident == entry.session.id]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
        for stage, _ in list(entry.unfinished()):
            self._ended(entry, stage, described(stage, Problem.CANCELLED, StageOutcome.CANCELLED))
        if entry.status is None:
            await self._close(entry)

    def cancel_all(self) -> int:
        """Cancel everything that is not finished."""
        return self.cancel([entry.session.id for entry in self._queue.open()])

    def pause(self) -> None:
        """Take no new work; running stages finish."""
        self._paused = True
        self._progress.pause()
        self._announcer.set_state("paused")
        self._wake.set()

    def resume(self) -> None:
        """Take new work again."""
        self._paused = False
        self._progress.resume()
        self._announcer.set_state("running")
        self._wake.set()

    def restart_errored_workers(self) -> None:
        """Restart every worker in error; a note says how many came back."""
        self._spawn(self._restart_errored())

    async def _restart_errored(self) -> None:
        count = await self._pool.restart_errored_workers()
        self._announcer.note(f"{count} workers are back." if count != 1 else "1 worker is back.")

    def restart_worker(self, worker: int) -> None:
        """Restart this worker; its attempt goes back into the queue."""
        self._spawn(self._pool.restart_worker(worker))

    def add_worker(self) -> None:
        """One worker more."""
        self._spawn(self._resize(1))

    def remove_worker(self) -> None:
        """One worker less, when it has finished what it does; never below one."""
        if self._pool.get_pool_status().total > 1:
            self._spawn(self._resize(-1))

    async def _resize(self, by: int) -> None:
        if by > 0:
            await self._pool.add_worker()
        else:
            await self._pool.remove_worker()
        self._slots = max(1, min(self._pool.get_pool_status().total, os.cpu_count() or 1))
        self._announcer.set_slots(self._slots)

    def move(self, session: str, by: int) -> None:
        """Move a queued session up (negative) or down in the order."""
        if self._queue.move(session, by):
            self._announcer.emit(QueueOrder(sessions=self._queue.order))

    def drain(self) -> None:
        """Finish the running stages, then end the run."""
        self._ending = True
        self._announcer.set_state("draining")
        self._wake.set()

    def stop(self, exit_code: int | None = None) -> None:
        """Stop now; the work goes on at the next start. ``exit_code`` replaces the run's own."""
        self._ending = True
        self._exit_code = exit_code
        self._announcer.set_state("stopping")
        for task in self._tasks.values():
            task.cancel()
        self._wake.set()


def _workers_fault(error: Exception) -> bool:
    """A bad recording says nothing about the worker; a crash, or an error that nobody foresaw, does."""
    if isinstance(error, StageError):
        return isinstance(error, WorkerCrashedError) or error.problem in {Problem.INTERNAL, Problem.OUT_OF_MEMORY}
    return True
