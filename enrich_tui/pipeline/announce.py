"""Tells the progress service and the displays what happens in a run."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from enrich_tui.errors import describe
from enrich_tui.errors.problems import Problem
from enrich_tui.events import (
    BatchChanged,
    Eta,
    Event,
    Noted,
    PoolChanged,
    RunFinished,
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
from enrich_tui.pipeline.state import Queue, SessionEntry
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.pool import PoolStatus, WorkerPool, WorkerSnapshot
from enrich_tui.progress import BatchProgress, Estimate, ProgressService
from enrich_tui.text import clean
from enrich_tui.version import __version__

TICK = 0.25
"""Seconds between two looks at the figures of batch and pool."""

PACE = 0.1
"""Seconds between two tellings of the batch's figures, however many sessions end meanwhile; the next tick tells."""

VITALS = 1.0
"""Seconds between two looks at what a worker's process uses."""

LATELY = 600.0
"""Seconds over which the rate of sessions is told."""

_PROBLEMS = frozenset(Problem)

LEFT_UNFINISHED = 130
"""Exit code where a person ended the run before its sessions had ended."""

State = Literal["looking", "running", "paused", "watching", "draining", "stopping", "done"]


def _eta(estimate: Estimate | None) -> Eta | None:
    return None if estimate is None else Eta(low=estimate.low, mid=estimate.mid, high=estimate.high)


def _batch_eta(batch: BatchProgress | None) -> Eta | None:
    if batch is None or batch.eta is None or batch.eta_low is None or batch.eta_high is None:
        return None
    return Eta(low=batch.eta_low, mid=batch.eta, high=batch.eta_high)


class Announcer:
    """Turns what the run does into events, and keeps the figures of the batch."""

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
        batch: bool = True,
    ) -> None:
        self._batched = batch
        self._cores = cores
        self._queue = queue
        self._pool = pool
        self._progress = progress
        self._library = library
        self._wanted = tuple(stage for stage in STAGES if stage in options.stages)
        self._slots = slots
        self._sink: Sink = lambda _event: None
        self._zero = time.monotonic()
        self._state: State = "running"
        self._ended: Counter[SessionStatus] = Counter()
        self._busy: set[str] = set()
        """Sessions that have started and not ended."""
        self._media: dict[str, dict[str, float | None]] = {}
        self._jobs: dict[str, tuple[str, Stage]] = {}
        self._pool_seen: PoolStatus | None = None
        self._vitals: dict[int, tuple[float, float]] = {}
        self._finished_at: deque[float] = deque()
        """When sessions ended, in the last ten minutes."""
        self._told_at = -math.inf
        """When the batch's figures were told last."""
        self._last_end: float | None = None

    def emit(self, event: Event) -> None:
        """Send one event, with the time of the run on it."""
        self._sink(event.model_copy(update={"t": round(time.monotonic() - self._zero, 3)}))

    def begin(self, sink: Sink, rejected: Sequence[Rejected], *, looking: bool = False) -> None:
        """Tell what there is: the run, what cannot be used, and every session in order.

        ``looking``: sessions are still looked for; they come in later.
        """
        self._sink = sink
        self._state = "looking" if looking else "running"
        self._zero = time.monotonic()
        self.emit(
            RunStarted(
                program=f"enrich-tui {__version__}",
                library=clean(str(self._library or "")),
                at=datetime.now().astimezone().isoformat(timespec="seconds"),
                workers=self._pool.get_pool_status().total,
                cpu_slots=self._slots,
                stages=self._wanted,
            )
        )
        entries = self._queue.entries
        self._list(entries.values(), rejected)
        if self._batched:
            workers = self._pool.get_pool_status().total
            media, sizes = self._expected(entries.values())
            self._progress.start_batch(entries, media=media, sizes=sizes, workers=workers, cpu_slots=self._cores)
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
        self._progress.measured(entry.session.id, lengths)
        self.emit(SessionMeasured(session=entry.session.id, media=wanted))

    # -- sessions and stages ------------------------------------------------------------------------------------------

    def session_started(self, entry: SessionEntry) -> None:
        """The first stage of a session is about to run, or was found done."""
        ident = entry.session.id
        if ident in self._busy:
            return
        self._busy.add(ident)
        wanted = self._stages(entry)
        self._progress.start_progress(
            ident,
            include_audio=Stage.AUDIO in wanted,
            include_video=Stage.VIDEO in wanted,
            include_summary=Stage.SUMMARY in wanted,
            include_canvas=Stage.CANVAS in wanted,
            media=self._media.get(ident),
        )

    def stage_ended(self, entry: SessionEntry, result: StageResult) -> None:
        """A stage has ended for good. What has no input is skipped before its session starts."""
        if result.status is not StageOutcome.SKIPPED:
            self.session_started(entry)
        status = {
            StageOutcome.COMPLETED: "completed",
            StageOutcome.SKIPPED: "skipped",
        }.get(result.status, "failed")
        if entry.session.id in self._busy:
            self._progress.update_stage(
                entry.session.id,
                result.stage,
                status=status,
                error=result.message if status == "failed" else None,
                outcome="cached" if result.cached or result.facts.get("resumed") else None,  # no measure of the pace
                engine=result.engine,
            )
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
        self._busy.discard(ident)
        self._ended[entry.status] += 1
        self._last_end = time.monotonic()
        self._finished_at.append(self._last_end)
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
        if self._last_end - self._told_at >= PACE:
            self._batch()

    def reopened(self, entry: SessionEntry, was: SessionStatus) -> None:
        """A session that had ended is to run again."""
        self._ended[was] -= 1
        self.session_started(entry)

    def renewed(self, entry: SessionEntry, was: SessionStatus | None) -> None:
        """A session whose files have changed begins again; ``was``: how it had ended, None where it had not."""
        ident = entry.session.id
        if was is not None:
            self._ended[was] -= 1
        self._busy.discard(ident)
        self._media.pop(ident, None)
        self._progress.clear_progress(ident)
        self._queued(entry)
        self.emit(SessionRequeued(session=ident, stages=self._stages(entry)))
        self._batch()

    # -- the figures --------------------------------------------------------------------------------------------------

    def set_state(self, state: State) -> None:
        """The run as a whole goes over into this state."""
        ending = self._state in {"draining", "stopping"}
        if state != self._state and not (ending and state not in {"draining", "stopping", "done"}):
            self._state = state
            self._batch()

    def set_slots(self, slots: int) -> None:
        """So many stages can now run side by side."""
        self._slots = slots
        self._tell_workers()

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
        now = time.monotonic()
        cpu = None
        if worker.cpu_seconds is not None:
            before, used = self._vitals.get(worker.id, (now, worker.cpu_seconds))
            if now - before >= VITALS / 2 and worker.cpu_seconds >= used:
                cpu = round((worker.cpu_seconds - used) / (now - before), 2)
            if cpu is not None or worker.id not in self._vitals:
                self._vitals[worker.id] = (now, worker.cpu_seconds)
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
                cpu=cpu,
                last_error=worker.last_error,
            )
        )

    async def tick(self) -> None:
        """Tell the figures again and again, until cancelled."""
        looked = 0.0
        while True:
            await asyncio.sleep(TICK)
            self._batch()
            self._pool_figures()
            if time.monotonic() - looked >= VITALS:
                looked = time.monotonic()
                for worker in self._pool.snapshots():
                    if worker.current_job is not None:
                        self.worker_changed(worker)

    def _pool_figures(self) -> None:
        status = self._pool.get_pool_status()
        if status == self._pool_seen:
            return
        self._pool_seen = status
        self._tell_workers()
        self.emit(
            PoolChanged(
                total=status.total,
                idle=status.idle,
                active=status.active,
                error=status.error,
                pending=status.pending,
                error_rate=status.error_rate,
                restarts=status.restarts,
                uptime_percentage=status.uptime_percentage,
                avg_job_duration=status.avg_job_duration,
            )
        )

    def _batch(self) -> None:
        self._told_at = time.monotonic()
        total = len(self._queue.entries)
        ended = self._ended
        failed = ended[SessionStatus.FAILED] + ended[SessionStatus.SKIPPED] + ended[SessionStatus.CANCELLED]
        completed = ended[SessionStatus.COMPLETE] + ended[SessionStatus.PARTIAL]
        batch = self._progress.get_batch_progress()
        self.emit(
            BatchChanged(
                state=self._state,
                total=total,
                pending=total - completed - failed - len(self._busy),
                processing=len(self._busy),
                completed=completed,
                failed=failed,
                skipped=ended[SessionStatus.SKIPPED],
                cancelled=ended[SessionStatus.CANCELLED],
                retrying=self._queue.retrying(),
                progress=batch.progress if batch else 0.0,
                eta=_batch_eta(batch),
                eta_reason=self._progress.eta_reason(),
                etas=self._etas(),
                rate=self._rate(),
                elapsed=round(self.elapsed, 1),
                predicted=self.predicted,
            )
        )

    def _etas(self) -> dict[str, Eta]:
        """Of the sessions that are worked on; thousands may be known in part and wait for their turn."""
        working = sorted(ident for ident in self._busy if self._queue[ident].started is not None)
        return {ident: eta for ident in working if (eta := _eta(self._progress.eta(ident))) is not None}

    def _exit_code(self) -> int:
        if self._ended.total() < len(self._queue.entries):
            return LEFT_UNFINISHED
        return int(self._ended[SessionStatus.COMPLETE] < self._ended.total())

    @property
    def elapsed(self) -> float:
        """Seconds from the start until now, or until the last session ended where all have."""
        over = self._last_end is not None and self._ended.total() == len(self._queue.entries)
        return (self._last_end if over and self._last_end is not None else time.monotonic()) - self._zero

    @property
    def predicted(self) -> Eta | None:
        """Seconds that the work was said to take when it began, or when the queue last changed."""
        return _eta(self._progress.predicted())

    def _rate(self) -> float | None:
        """Sessions per minute over the last ten minutes, or since the start."""
        now = self._zero + self.elapsed
        recent = self._finished_at
        while recent and now - recent[0] >= LATELY:
            recent.popleft()
        span = min(LATELY, now - self._zero)
        return round(len(recent) * 60 / span, 2) if recent and span >= 1 else None

    def end(self, exit_code: int | None) -> int:
        """Tell how it all came out; returns the exit code."""
        ended = self._ended
        code = exit_code if exit_code is not None else self._exit_code()
        self._batch()
        self._pool_figures()
        self.emit(
            RunFinished(
                complete=ended[SessionStatus.COMPLETE],
                partial=ended[SessionStatus.PARTIAL],
                failed=ended[SessionStatus.FAILED],
                skipped=ended[SessionStatus.SKIPPED],
                cancelled=ended[SessionStatus.CANCELLED],
                duration=round(self.elapsed, 3),
                predicted=self.predicted,
                exit_code=code,
            )
        )
        return code
