"""Tells the progress service and the displays what happens in a run."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from enrich_tui.errors import describe
from enrich_tui.errors.problems import Problem
from enrich_tui.events import (
    BatchChanged,
    Event,
    Noted,
    RunStarted,
    SessionArriving,
    SessionFinished,
    SessionMeasured,
    SessionQueued,
    SessionRequeued,
    Sink,
    SourceRejected,
    StageFinished,
    WorkerChanged,
)
from enrich_tui.model import (
    STAGES,
    EnrichmentOptions,
    Rejected,
    Session,
    SessionStatus,
    Stage,
    StageOutcome,
    StageResult,
)
from enrich_tui.pipeline.figures import VITALS, Figures, State
from enrich_tui.pipeline.state import Queue, SessionEntry
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.pool import WorkerPool, WorkerSnapshot
from enrich_tui.progress import ProgressService
from enrich_tui.text import clean
from enrich_tui.version import __version__

TICK = 0.25
"""Seconds between two looks at the figures of batch and pool."""

REST = 1.0
"""Seconds after which the batch's figures are told again although they are the same, so that displays see time pass."""

PACE = 0.1
"""Seconds between two tellings of the batch's figures, however many sessions end meanwhile; the next tick tells."""

_PROBLEMS = frozenset(Problem)


class Announcer:
    """Turns what the run does into events, and tells the figures as they change."""

    def __init__(
        self,
        queue: Queue,
        pool: WorkerPool,
        progress: ProgressService,
        library: Path | None,
        options: EnrichmentOptions,
        slots: int,
        *,
        cores: int,
        served: frozenset[Stage] = frozenset(),
        batch: bool = True,
    ) -> None:
        """``served``: the stages that wait for a server, and leave the ``cores`` to others."""
        self._batched = batch
        self._cores = cores
        self._served = served
        self._queue = queue
        self._pool = pool
        self._progress = progress
        self._library = library
        self._wanted = tuple(stage for stage in STAGES if stage in options.stages)
        self._slots = slots
        self._sink: Sink = lambda _event: None
        self.figures = Figures(queue, pool, progress)
        self._media: dict[str, dict[str, float | None]] = {}
        self._jobs: dict[str, tuple[str, Stage]] = {}
        self._told_at = -math.inf
        """When the batch's figures were told last."""
        self._told: BatchChanged | None = None

    def emit(self, event: Event) -> None:
        """Send one event, with the time of the run on it."""
        self._sink(event.model_copy(update={"t": round(self.figures.now, 3)}))

    def begin(self, sink: Sink, rejected: Sequence[Rejected], *, looking: bool = False) -> None:
        """Tell what there is: the run, what cannot be used, and every session in order.

        ``looking``: sessions are still looked for; they come in later.
        """
        self._sink = sink
        self.figures.begin(looking=looking)
        self.emit(
            RunStarted(
                program=f"enrich-tui {__version__}",
                library=clean(str(self._library or "")),
                at=datetime.now().astimezone().isoformat(timespec="seconds"),
                workers=self._pool.size,
                cpu_slots=self._slots,
                stages=self._wanted,
            )
        )
        entries = self._queue.entries
        self._list(entries.values(), rejected)
        if self._batched:
            media, sizes = self._expected(entries.values())
            self._progress.start_batch(
                entries,
                media=media,
                sizes=sizes,
                workers=self._pool.size,
                cpu_slots=self._cores,
                served=self._served,
            )
        self._batch()

    def arrived(self, entries: Collection[SessionEntry], rejected: Iterable[Rejected]) -> None:
        """These sessions have come in at the end of the queue, and these things cannot be used."""
        self._list(entries, rejected)
        if self._batched:
            media, sizes = self._expected(entries)
            self._progress.extend_batch(media, media=media, sizes=sizes)
        self._batch()

    def _list(self, entries: Iterable[SessionEntry], rejected: Iterable[Rejected]) -> None:
        for source in rejected:
            self.emit(SourceRejected(path=clean(str(source.path)), reason=source.reason))
        for entry in entries:
            self._queued(entry)

    def arriving(self, session: Session, *, growing: bool, gone: bool = False) -> None:
        """A recording is there, or went away, that was not taken up."""
        self.emit(
            SessionArriving(
                session=session.id,
                title=session.title,
                source=clean(str(session.source)),
                size=session.size,
                growing=growing,
                gone=gone,
            )
        )

    def _expected(
        self, entries: Collection[SessionEntry]
    ) -> tuple[dict[str, Mapping[str, float | None]], dict[str, int]]:
        """What the estimates begin with: the stages of each session, of unknown length, and its bytes."""
        media: dict[str, Mapping[str, float | None]] = {
            entry.session.id: dict.fromkeys(self._stages(entry)) for entry in entries
        }
        return media, {entry.session.id: entry.session.size for entry in entries}

    def _queued(self, entry: SessionEntry) -> None:
        session = entry.session
        self.emit(
            SessionQueued(
                session=session.id,
                title=session.title,
                source=clean(str(session.source)),
                output=clean(str(session.output)),
                size=session.size,
                stages=self._stages(entry),
            )
        )

    def _stages(self, entry: SessionEntry) -> tuple[Stage, ...]:
        return tuple(stage for stage in self._wanted if has_input(entry.session, stage))

    def measured(self, entry: SessionEntry, media: dict[Stage, float | None]) -> None:
        """It is known how much media a session's stages will go through, in seconds."""
        wanted = {stage: media[stage] for stage in self._stages(entry) if stage in media}
        lengths: dict[str, float | None] = {stage.value: seconds for stage, seconds in wanted.items()}
        self._media[entry.session.id] = lengths
        self._progress.measured(entry.session.id, lengths, kept=_percents(entry))
        self.emit(SessionMeasured(session=entry.session.id, media=wanted, kept=_kept(entry)))

    def waits_for_copy(self, entry: SessionEntry) -> None:
        """Another session does the same: the estimates expect nothing of this one until it is measured again."""
        self._progress.measured(entry.session.id, dict.fromkeys(map(str, self._stages(entry)), 0.0))

    # -- sessions and stages ------------------------------------------------------------------------------------------

    def session_started(self, entry: SessionEntry) -> None:
        """The first stage of a session is about to run, or was found done."""
        ident = entry.session.id
        if self.figures.is_busy(ident):
            return
        self.figures.started(ident)
        wanted = self._stages(entry)
        self._progress.start_progress(
            ident,
            include_audio=Stage.AUDIO in wanted,
            include_video=Stage.VIDEO in wanted,
            include_summary=Stage.SUMMARY in wanted,
            include_canvas=Stage.CANVAS in wanted,
            media=self._media.get(ident),
            kept=_percents(entry),
        )

    def stage_ended(self, entry: SessionEntry, result: StageResult) -> None:
        """A stage has ended for good. What has no input is skipped before its session starts."""
        if result.status is not StageOutcome.SKIPPED:
            self.session_started(entry)
        status = {
            StageOutcome.COMPLETED: "completed",
            StageOutcome.SKIPPED: "skipped",
        }.get(result.status, "failed")
        if self.figures.is_busy(entry.session.id):
            self._progress.update_stage(
                entry.session.id,
                result.stage,
                status=status,
                error=result.message if status == "failed" else None,
                outcome="cached" if result.cached else None,
                engine=result.engine,
            )
        if result.status in {StageOutcome.COMPLETED, StageOutcome.FAILED} and not result.cached:
            self.figures.attempted(failed=result.status is StageOutcome.FAILED)
        word = describe(Problem(result.problem)).word if result.problem in _PROBLEMS else None
        self.emit(
            StageFinished(
                session=entry.session.id,
                stage=result.stage,
                outcome=result.status,
                cached=result.cached,
                duration=round(result.duration, 3),
                attempts=result.attempts,
                outputs=tuple(clean(str(path)) for path in result.outputs),
                engine=result.engine,
                facts=result.facts,
                problem=result.problem,
                message=result.message,
                advice=result.advice,
                word=word,
            )
        )

    def session_ended(self, entry: SessionEntry, told: StageResult | None) -> None:
        """A session has ended for good."""
        if entry.status is None:
            return
        ident = entry.session.id
        self.session_started(entry)
        self.figures.ended(ident, entry.status)
        well = entry.status in {SessionStatus.COMPLETE, SessionStatus.PARTIAL}
        self._progress.complete_progress(ident, well, told.message if told else None)
        self.emit(
            SessionFinished(
                session=ident,
                status=entry.status,
                duration=round(sum(result.duration for result in entry.results().values()), 3),
                message=told.message if told else None,
                advice=told.advice if told else None,
            )
        )
        if time.monotonic() - self._told_at >= PACE:
            self._batch()

    def reopened(self, entry: SessionEntry, was: SessionStatus) -> None:
        """A session that had ended is to run again."""
        self.figures.reopened(entry.session.id, was)
        self.session_started(entry)

    def renewed(self, entry: SessionEntry, was: SessionStatus | None) -> None:
        """A session whose files have changed begins again; ``was``: how it had ended, None where it had not."""
        ident = entry.session.id
        self.figures.reopened(ident, was)
        self._media.pop(ident, None)
        self._progress.clear_progress(ident)
        self._queued(entry)
        self.emit(SessionRequeued(session=ident, stages=self._stages(entry)))
        self._batch()

    # -- the figures --------------------------------------------------------------------------------------------------

    def set_state(self, state: State) -> None:
        """The run as a whole goes over into this state."""
        if self.figures.set_state(state):
            self._batch()

    def _tell_workers(self) -> None:
        """The estimates go by the workers that are alive."""
        status = self._pool.get_pool_status()
        self._progress.set_workers(status.total - status.error)

    def note(self, message: str) -> None:
        """One line for the status line and the log."""
        self.emit(Noted(message=message))

    def job(self, job_id: str, session_id: str, stage: Stage) -> None:
        """What a worker's job is about."""
        self._jobs[job_id] = (session_id, stage)

    def worker_changed(self, worker: WorkerSnapshot) -> None:
        """A worker's state has changed."""
        session, stage = self._jobs.get(worker.current_job or "", (None, None))
        self.emit(
            WorkerChanged(
                worker=worker.id,
                status=worker.status.value,
                pid=worker.pid,
                session=session,
                stage=stage,
                restarts=worker.restarts,
                jobs=worker.jobs,
                memory=worker.memory,
                cpu=self.figures.processors(worker),
                last_error=worker.last_error,
            )
        )

    async def tick(self) -> None:
        """Tell the figures again and again, until cancelled."""
        looked = 0.0
        while True:
            await asyncio.sleep(TICK)
            self._batch(again=time.monotonic() - self._told_at >= REST)
            self._pool_figures()
            if time.monotonic() - looked >= VITALS:
                looked = time.monotonic()
                for worker in self._pool.snapshots():
                    if worker.current_job is not None:
                        self.worker_changed(worker)

    def _pool_figures(self) -> None:
        changed = self.figures.pool()
        if changed is not None:
            self._tell_workers()
            self.emit(changed)

    def _batch(self, *, again: bool = True) -> None:
        """Tell the batch's figures; ``again``: also where they are the same."""
        figures = self.figures.batch()
        if again or figures != self._told:
            self._told, self._told_at = figures, time.monotonic()
            self.emit(figures)

    def end(self, exit_code: int | None) -> int:
        """Tell how it all came out; returns the exit code."""
        self._batch()
        self._pool_figures()
        outcome = self.figures.outcome(exit_code)
        self.emit(outcome)
        return outcome.exit_code


def _kept(entry: SessionEntry) -> dict[Stage, float]:
    """The shares, 0 to 1, of the stages that are to be done which earlier runs left."""
    return {stage: state.kept for stage, state in entry.unfinished() if state.kept > 0.0}


def _percents(entry: SessionEntry) -> dict[str, float]:
    """The same as the progress service takes it."""
    return {stage.value: 100.0 * share for stage, share in _kept(entry).items()}
