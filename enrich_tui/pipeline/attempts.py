"""One attempt of a stage on a leased worker, and what follows from how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from enrich_tui import stages
from enrich_tui.config import StageConfig
from enrich_tui.errors import ErrorContext, ErrorHandler, ErrorResolution, Permit
from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.events import ErrorRaised, SessionRequeued, StageProgressed, StageRetrying, StageStarted
from enrich_tui.model import Stage, StageOutcome, StageOutput, StageResult, StageTask
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.outage import Outage
from enrich_tui.pipeline.outcome import described
from enrich_tui.pipeline.settle import Settler
from enrich_tui.pipeline.shares import Shares
from enrich_tui.pipeline.state import Queue, SessionEntry, StageState
from enrich_tui.pipeline.verdict import HARMLESS, NEEDS_MENDING, ends_session, judge
from enrich_tui.pool import Worker, WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.stages.summarize.stand_in import write_stand_in
from enrich_tui.store.owner import OwnershipLostError
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


class Attempts:
    """Runs attempts, decides between success, another attempt and giving up, and ends stages and sessions."""

    def __init__(
        self,
        queue: Queue,
        *,
        runner: Runner,
        pool: WorkerPool,
        progress: ProgressService,
        errors: ErrorHandler,
        announcer: Announcer,
        settler: Settler,
        config: StageConfig,
        shares: Shares,
        fresh: bool,
        changed: Callable[[], None],
        ended: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._runner = runner
        self._pool = pool
        self._progress = progress
        self._errors = errors
        self._announcer = announcer
        self._settler = settler
        self._config = config
        self._fresh = fresh
        self._shares = shares
        self._changed = changed
        """Called when something else may be able to start."""
        self._ended = ended
        """Called with the id of a session that has ended, when all of it is written down."""
        self._outage = Outage(errors, OPERATIONS[Stage.SUMMARY], patience=config.summary.patience, note=announcer.note)

    @property
    def takes_over(self) -> bool:
        """True where a session can take over the results of another one of the same bytes."""
        return self._settler.takes_over

    @property
    def may_wait(self) -> bool:
        """True where some stages wait for a server instead of computing."""
        return bool(stages.served(self._config))

    def waits(self, entry: SessionEntry, stage: Stage) -> bool:
        """True where the next attempt of this stage waits for a server."""
        return entry.stages[stage].failure is None and stages.waits(stage, self._config)

    async def look_ahead(self, entries: Iterable[SessionEntry]) -> int:
        """Find out about the first of these sessions before their turn; returns about how many."""
        return await self._settler.look_ahead(entries)

    async def settle(self, entry: SessionEntry) -> None:
        """End the stages that need no work, make the next ones ready to run, and end the session with its last one.

        Raises :class:`OwnershipLostError` where the library has gone to another program. Whatever else goes wrong ends
        this session only.
        """
        try:
            async for stage, result in self._settler.settle(entry):
                if result.status is StageOutcome.FAILED:
                    self.give_up(entry, stage, result)
                    self._end_rest(entry, result)
                else:
                    self.end(entry, stage, result)
        except OwnershipLostError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the other sessions go on
            _log.exception("A session cannot go on.")
            for stage, state in list(entry.unfinished()):
                if state.state is not StageState.RUNNING:
                    self.give_up(entry, stage, described(stage, Problem.INTERNAL, StageOutcome.FAILED))
        if entry.status is None:
            self._stop_waiting([entry], Stage.SUMMARY)
            if not any(entry.unfinished()):
                await self.close(entry)

    async def run(self, worker: Worker, permit: Permit | None, entry: SessionEntry, stage: Stage) -> None:
        """Run one attempt on this worker, give the worker back, then deal with what came of it.

        Without a permit it says nothing about a service: it stands in for an attempt that could not be had there.
        """
        session, state = entry.session, entry.stages[stage]
        waits = self.waits(entry, stage)
        started = time.monotonic()
        error: Exception | None = None
        output: StageOutput | None = None
        try:
            job_id = f"{session.id}:{stage}"
            self._announcer.job(job_id, session.id, stage)
            self._pool.assign_job(worker, job_id)
            self._begin(worker, entry, stage)
            task = StageTask(
                session=session,
                stage=stage,
                config=self._config if state.failure is None else self._config.offline,
                attempt=state.attempt,
                threads=self._shares.threads,
                fence=self._settler.fence,
                fresh=self._fresh and state.attempt == 1,
            )
            if waits and not state.insisted:
                self._outage.check()
            output = await self._run(worker, task)
        except asyncio.CancelledError as cancelled:
            if permit is not None:
                permit.release()
            await self._pool.release_worker(worker, error=cancelled)
            state.state = StageState.WAITING  # a stopped program goes on with it next time
            raise
        except Exception as raised:  # noqa: BLE001 - whatever it is, the error handler says what follows
            error = raised
        state.worked += time.monotonic() - started
        interrupted = isinstance(error, StageError) and error.problem is Problem.WORKER_RESTARTED
        blamed: BaseException | None = None
        if interrupted:
            blamed = asyncio.CancelledError()  # nobody's fault
        elif error is not None and not waits and _workers_fault(error):
            blamed = error
        await self._pool.release_worker(worker, error=blamed)
        self._changed()
        with permit or contextlib.nullcontext():
            if output is not None:
                await self._completed(entry, stage, output, permit)
            elif interrupted:
                self._begin_anew(entry, stage)
            elif error is not None:
                await self._failed(entry, stage, error, worker.id, permit)
        await self.settle(entry)

    async def _run(self, worker: Worker, task: StageTask) -> StageOutput:
        """What the runner makes of it; what a runner may not do ends in an ``Exception``."""
        try:
            output: object = await self._runner(
                worker, task, lambda event: self._on_progress(task.session.id, task.stage, event)
            )
        except asyncio.CancelledError as cancelled:
            attempt = asyncio.current_task()
            if attempt is None or attempt.cancelling():
                raise
            raise StageError(Problem.CANCELLED) from cancelled  # something that it waited for was, not the attempt
        if not isinstance(output, StageOutput):
            raise TypeError(f"A runner returns a StageOutput, not {type(output).__name__}.")
        return output

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
                stand_in=state.failure is not None,
            )
        )

    def _on_progress(self, session_id: str, stage: Stage, event: Progress) -> None:
        kept = None if event.kept is None else event.kept * 100
        self._progress.update_stage(session_id, stage, progress=event.fraction * 100, kept=kept)
        self._announcer.emit(
            StageProgressed(
                session=session_id, stage=stage, fraction=event.fraction, kept=event.kept, message=event.message
            )
        )

    async def _completed(self, entry: SessionEntry, stage: Stage, output: StageOutput, permit: Permit | None) -> None:
        waited = self.waits(entry, stage)
        asked = not waited or output.engine == self._config.summary.writer  # without words there is nothing to send
        if permit is not None and asked:
            self._errors.record_success(OPERATIONS[stage], permit)
            if waited:
                self._outage.succeeded()
        try:
            result = await self._settler.record(entry, stage, output)
        except (OSError, StageError) as error:
            await self._failed(entry, stage, error, None, permit)
            return
        self.end(entry, stage, result)

    async def _failed(
        self, entry: SessionEntry, stage: Stage, error: Exception, worker: int | None, permit: Permit | None
    ) -> None:
        await self._settler.still_ours()  # else it failed because the library has gone to another program
        state = entry.stages[stage]
        if state.failure is not None:
            self._errors.log_error(error, ErrorContext(entry.session.id, OPERATIONS[stage], state.attempt))
            await self._give_way(entry, stage, state.failure)
            return
        if isinstance(error, WorkerCrashedError):
            state.crashes += 1
            if state.crashes >= POISON_CRASHES:
                error = StageError(Problem.POISON, detail=error.detail)
        problem = error.problem if isinstance(error, StageError) else None
        if problem in HARMLESS or problem in NEEDS_MENDING:
            facts = error.facts if isinstance(error, StageError) else {}
            result = described(stage, problem, StageOutcome.SKIPPED, state=state, facts=facts)
            if problem in HARMLESS:
                self.end(entry, stage, result)
            else:
                self.give_up(entry, stage, result)
            return
        context = ErrorContext(session_id=entry.session.id, operation=OPERATIONS[stage], attempt_number=state.attempt)
        resolution = await self._errors.handle_error(error, context, permit)
        self._tell(entry, stage, resolution, worker)
        waited = self.waits(entry, stage)
        if waited:
            self._outage.failed(resolution, error)
        if resolution.should_retry:
            self._retry_later(entry, stage, resolution.retry_delay, resolution.code, resolution.user_message)
        else:
            await self._end_failed(entry, stage, resolution)
        if waited:
            self._stop_waiting(self._queue.open(), stage)

    def _tell(
        self, entry: SessionEntry, stage: Stage, resolution: ErrorResolution, worker: int | None, *, last: bool = False
    ) -> None:
        again = resolution.should_retry and not last
        self._announcer.emit(
            ErrorRaised(
                problem=resolution.code,
                category=resolution.type.display,
                message=resolution.user_message if again else resolution.happened,
                advice=resolution.advice,
                session=entry.session.id,
                stage=stage,
                worker=worker,
                final=not again,
            )
        )

    async def _end_failed(self, entry: SessionEntry, stage: Stage, resolution: ErrorResolution) -> None:
        """End a stage for good, or have something stand in for what it should have made."""
        failure = _failure(entry, stage, resolution)
        if not (stage is Stage.SUMMARY and resolution.can_continue):
            self.end(entry, stage, failure)
            self._end_rest(entry, failure, abort=resolution.recommended_action == "abort")
        elif self.waits(entry, stage):
            self._replace(entry, stage, failure)
        else:
            await self._give_way(entry, stage, failure)

    def _stop_waiting(self, entries: Iterable[SessionEntry], stage: Stage) -> None:
        """Where the server has been down for too long, let these sessions wait for it no longer."""
        if (resolution := self._outage.hopeless) is None:
            return
        for entry in entries:
            state = entry.stages[stage]
            idle = state.state in {StageState.WAITING, StageState.RETRYING}
            if idle and state.key and self.waits(entry, stage):
                self._tell(entry, stage, resolution, None, last=True)
                self._replace(entry, stage, _failure(entry, stage, resolution))

    def lose_patience(self) -> None:
        """Where nothing else is left to do than to wait for the server: see whether it has been waited for enough."""
        self._stop_waiting(self._queue.open(), Stage.SUMMARY)

    def _replace(self, entry: SessionEntry, stage: Stage, failure: StageResult) -> None:
        """Have the stage done without its server, by a worker, when one is free."""
        state = entry.stages[stage]
        state.failure, state.state = failure, StageState.WAITING
        if entry.started is not None:
            self._progress.update_stage(entry.session.id, stage, status="pending", outcome="retry")
        self._changed()

    async def _give_way(self, entry: SessionEntry, stage: Stage, failure: StageResult) -> None:
        """End the summary with what needs no look into the session."""
        made = await self._stand_in(entry)
        told = f"{failure.message} A basic summary stands in." if made else failure.message
        result = failure.model_copy(update={"outputs": made, "message": told, "duration": entry.stages[stage].worked})
        self.end(entry, stage, result)
        self._end_rest(entry, result)

    def _end_rest(self, entry: SessionEntry, failed: StageResult, *, abort: bool = False) -> None:
        """Skip the stages that have nothing to work on any more."""
        if abort or (failed.problem is not None and ends_session(entry.session, failed.problem)):
            for other, _ in list(entry.unfinished()):
                if entry.stages[other].state is not StageState.RUNNING:
                    self.end(entry, other, described(other, Problem.LEFT_OUT, StageOutcome.SKIPPED))

    async def _stand_in(self, entry: SessionEntry) -> tuple[Path, ...]:
        made = [stage for stage, done in entry.results().items() if done.status is StageOutcome.COMPLETED]
        try:
            return await asyncio.to_thread(write_stand_in, entry.session, made)
        except OSError:
            _log.exception("No basic summary could be written.")
            return ()

    def _begin_anew(self, entry: SessionEntry, stage: Stage) -> None:
        """Have the attempt made again as if it had not begun: its worker was restarted under it."""
        entry.stages[stage].state = StageState.WAITING
        self._progress.update_stage(entry.session.id, stage, status="pending", outcome="retry")
        self._announcer.emit(SessionRequeued(session=entry.session.id, stages=(stage,)))
        self._changed()

    def _retry_later(self, entry: SessionEntry, stage: Stage, delay: float, problem: str, message: str) -> None:
        state = entry.stages[stage]
        self._queue.retry_at(entry.session.id, stage, time.monotonic() + delay)
        self._progress.update_stage(entry.session.id, stage, status="pending", outcome="retry")
        self._announcer.figures.attempted(failed=True)
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
        self._changed()

    def give_up(self, entry: SessionEntry, stage: Stage, result: StageResult) -> None:
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
        self.end(entry, stage, result)

    def end(self, entry: SessionEntry, stage: Stage, result: StageResult) -> None:
        state = entry.stages[stage]
        state.state = StageState.DONE
        state.result = result
        self._announcer.stage_ended(entry, result)
        self._changed()

    async def abandon(self, entry: SessionEntry, problem: Problem) -> None:
        """Skip what is left of a session that nobody works on, for this reason; nothing of it is written down."""
        self.drop(entry)
        stage, _ = next(entry.unfinished())
        result = described(stage, problem, StageOutcome.SKIPPED)
        self.end(entry, stage, result)
        self._end_rest(entry, result, abort=True)
        await self.close(entry)

    def drop(self, entry: SessionEntry) -> None:
        """Let go of what was found out about the files of a session."""
        self._settler.drop(entry.session.id)

    def reconsider(self, entry: SessionEntry) -> None:
        """Have what is due of a session that was not begun looked at as if for the first time."""
        self.drop(entry)
        for _, state in entry.unfinished():
            state.key = ""

    async def close(self, entry: SessionEntry) -> None:
        status, told = judge(entry.results())
        self._queue.close(entry.session.id, status)
        await self._settler.forget(entry)
        self._announcer.session_ended(entry, told)
        self._ended(entry.session.id)
        self._changed()


def _failure(entry: SessionEntry, stage: Stage, resolution: ErrorResolution) -> StageResult:
    state = entry.stages[stage]
    return StageResult(
        stage=stage,
        status=StageOutcome.FAILED,
        duration=state.worked,
        attempts=state.attempt,
        message=resolution.happened,
        advice=resolution.advice,
        problem=resolution.code,
    )


def _workers_fault(error: Exception) -> bool:
    """A bad recording says nothing about the worker; a crash, or an error that nobody foresaw, does."""
    if isinstance(error, StageError):
        return isinstance(error, WorkerCrashedError) or error.problem in {Problem.INTERNAL, Problem.OUT_OF_MEMORY}
    return True
