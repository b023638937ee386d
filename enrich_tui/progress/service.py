"""The progress service: takes what the pipeline reports, and tells how far sessions and the batch are.

What may go wrong in a caller hurts nobody: a report about a session that is unknown or has ended is logged and ignored,
a progress that is no number says nothing. Only a stage, status or event that does not exist raises :class:`ValueError`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from enrich_tui.clock import monotonic
from enrich_tui.model import STAGES, Stage
from enrich_tui.progress.batch import Batch, Pace
from enrich_tui.progress.bus import INTERVAL, Deliver, EventBus, Listener, Subscription
from enrich_tui.progress.eta import Estimate, EtaEstimator, Outcome
from enrich_tui.progress.feed import Feed
from enrich_tui.progress.model import BatchProgress, EnrichmentProgress, Phase, StageStatus
from enrich_tui.progress.run import SessionRun
from enrich_tui.progress.words import event_name, member, percent, say

log = logging.getLogger(__name__)

Media = Mapping[str, float | None]
"""Media seconds by stage, None where unknown."""


class ProgressService:
    """Progress of sessions and of one batch, with events and estimates. It belongs to one thread.

    ``clock`` is monotonic seconds. ``estimator`` carries what earlier batches taught; see :meth:`history`.

    Events: ``started``, ``progress``, ``completed`` and ``failed`` call ``listener(session_id, progress)``; ``stage``
    calls ``listener(session_id, stage, progress)`` when a stage is entered or changes its status; ``batch-update``
    calls ``listener(batch)``. Listeners are called at once, inside the call that caused the event. ``batch-update``
    comes at most ten times a second; the last change always follows by a timer of the running event loop, and where no
    loop runs with the next change, except that the end of the batch is told at once.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic, estimator: EtaEstimator | None = None) -> None:
        self._clock = clock
        self._estimator = estimator if estimator is not None else EtaEstimator()
        self._feed = Feed(self._estimator)
        self._bus = EventBus()
        self._runs: dict[str, SessionRun] = {}
        self._batch: Batch | None = None
        self._told: tuple[int, int, int, int] | None = None
        self._pace = Pace(self._tell_batch, clock)

    def start_progress(
        self,
        session_id: str,
        *,
        include_audio: bool = True,
        include_video: bool = True,
        include_summary: bool = True,
        include_canvas: bool = True,
        media: Media | None = None,
        kept: Mapping[str, float] | None = None,
    ) -> None:
        """Begin a run of a session; a session that was known before begins again at 0.

        The stages that are not included are skipped. ``media`` makes the estimates better from the beginning; a stage
        that it does not name has nothing to go through. ``kept`` says behind how much of a stage (0 to 100) it goes on,
        because an earlier run left that much.
        """
        now = self._clock()
        self._feed.forget(session_id)
        included = zip(STAGES, (include_audio, include_video, include_summary, include_canvas), strict=True)
        lengths = dict.fromkeys(STAGES) if media is None else media
        stages = {stage.value: lengths.get(stage, 0.0) for stage, wanted in included if wanted}
        self._estimator.add(session_id, stages, now, kept=_shares(kept))
        weights = {Stage(stage): seconds for stage, seconds in self._estimator.expected(session_id).items()}
        run = self._runs[session_id] = SessionRun(session_id, weights, now)
        self._tell("started", run)

    def update_progress(
        self,
        session_id: str,
        *,
        stage: Phase | Stage | str | None = None,
        progress: float | None = None,
        message: str | None = None,
    ) -> None:
        """Move on to a stage, and say how far it is (0 to 100) and what it does.

        Without ``stage`` it is about the stage that the session is in, which a progress begins. Moving on completes the
        previous stage if that was processing; stages that run side by side are reported by :meth:`update_stage`.
        ``complete`` and ``failed`` end the session like :meth:`complete_progress`.
        """
        phase = None if stage is None else member(Phase, stage, "stage")
        if phase in (Phase.COMPLETE, Phase.FAILED):
            self.complete_progress(session_id, phase is Phase.COMPLETE, message)
            return
        run = self._open_run(session_id)
        if run is None:
            return
        now = self._clock()
        done = percent(progress)
        current = Stage(run.phase if phase is None else phase)
        begins = done is not None and run.stages[current].status is StageStatus.PENDING
        if phase is not None or begins:
            for changed in run.move_to(current, now):
                self._feed.status(run, changed, now)
                if changed is current:
                    self._tell_stage(run, changed)
        if done is not None:
            self._feed.measure(run, current, done, now)
        if message is not None:
            run.message = say(message)
        run.updated_at = now
        self._tell("progress", run)

    def update_stage(
        self,
        session_id: str,
        stage: Stage | str,
        *,
        status: StageStatus | str | None = None,
        progress: float | None = None,
        kept: float | None = None,
        error: str | None = None,
        outcome: Outcome | None = None,
        engine: str = "",
    ) -> None:
        """Report one stage, whatever the others do: a new status, how far it is (0 to 100), what went wrong.

        A progress without a status means that the stage is processing. ``kept`` is for a stage that keeps what it does,
        so that another attempt goes on from there: at which progress its work began, and all of it while it has met
        nothing but what was there; the estimates go by the rest. ``outcome`` tells the estimator more than the
        status can: ``cached`` beside ``completed``, ``retry`` beside ``pending``. ``engine`` names what completed a
        stage, so that another engine's pace is not taken for this one's.
        """
        which = member(Stage, stage, "stage")
        state = None if status is None else member(StageStatus, status, "status")
        run = self._open_run(session_id)
        if run is None:
            return
        now = self._clock()
        done = percent(progress)
        if state is None and done is not None and run.stages[which].status is StageStatus.PENDING:
            state = StageStatus.PROCESSING
        message = None if error is None else say(error)
        if state is StageStatus.PROCESSING and run.set_status(which, state, now, message):
            self._feed.status(run, which, now, outcome)
            self._tell_stage(run, which)
        if done is not None:
            self._feed.measure(run, which, done, now, percent(kept))
        if state is not None and state is not StageStatus.PROCESSING:
            if run.set_status(which, state, now, message):
                self._feed.status(run, which, now, outcome, engine)
                self._tell_stage(run, which)
        elif message is not None:
            run.stages[which].error = message
        run.updated_at = now
        self._tell("progress", run)

    def complete_progress(self, session_id: str, success: bool, message: str | None = None) -> None:
        """End a session: complete with 100, or failed with what it reached. A session ends once."""
        run = self._open_run(session_id)
        if run is None:
            return
        now = self._clock()
        usual = "Done" if success else "This session could not be finished"
        ended = run.end(success=success, message=usual if message is None else say(message), now=now)
        for stage in ended:
            self._feed.status(run, stage, now)
        self._tell("completed" if success else "failed", run)

    def get_progress(self, session_id: str) -> EnrichmentProgress | None:
        """How far a session is now; None for one that was not started, or was cleared."""
        run = self._runs.get(session_id)
        return None if run is None else self._snapshot(run)

    def get_all_progress(self) -> list[EnrichmentProgress]:
        """How far all sessions are, in the order in which they were first started."""
        return [self._snapshot(run) for run in self._runs.values()]

    def clear_progress(self, session_id: str) -> None:
        """Forget a session. In a batch, one that has ended stays counted, any other is pending again."""
        run = self._runs.pop(session_id, None)
        if run is None:
            return
        self._feed.forget(session_id)
        if self._batch is not None and session_id in self._batch:
            if not run.ended:
                self._batch.forget(session_id)
                self._estimator.requeue(session_id, self._clock())
            self._pace_batch()
        else:
            self._estimator.discard(session_id, self._clock())

    def clear_all_progress(self) -> None:
        """Forget all sessions and the batch."""
        for session_id in self._runs:
            self._feed.forget(session_id)
        self._runs.clear()
        self._batch = None
        self._told = None
        self._pace.cancel()
        self._estimator.plan([], self._feed.workers, self._clock())

    def start_batch(
        self,
        session_ids: Iterable[str],
        *,
        media: Mapping[str, Media] | None = None,
        workers: int | None = None,
        cpu_slots: int | None = None,
        sizes: Mapping[str, int] | None = None,
        served: Collection[str] = (),
    ) -> None:
        """Begin to count these sessions as one batch, in the order of the queue; an earlier batch is forgotten.

        ``media`` tells for each session which stages it has and how long they are, for the estimate; a session that it
        does not name has all four, of unknown length. ``sizes`` are the sessions' bytes, which stand in for unknown
        lengths; ``cpu_slots`` and ``served`` are as for :meth:`EtaEstimator.plan`. Sessions that were started before
        count as they are.
        """
        now = self._clock()
        ids = list(dict.fromkeys(session_ids))
        lengths = media or {}
        if workers is not None:
            self._feed.tell_workers(workers, now)
        mine = set(ids)
        others = [key for key, run in self._runs.items() if not run.ended and key not in mine]  # they share the workers
        stages = [(key, self._stages(key, lengths.get(key))) for key in [*others, *ids]]
        self._estimator.plan(stages, self._feed.workers, now, cpu_slots, sizes=sizes, served=served)
        weights = {key: sum(self._estimator.expected(key).values()) for key in ids} if media or sizes else {}
        self._batch = Batch(ids, weights, now)
        self._told = None
        for run in self._runs.values():
            if run.session_id in self._batch:
                self._batch.note(run)
        self._pace_batch()

    def extend_batch(
        self,
        session_ids: Iterable[str],
        *,
        media: Mapping[str, Media] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        """Count further sessions in the batch, at the end of the queue.

        ``media`` (seconds) and ``sizes`` (bytes) are as for :meth:`start_batch`. Sessions that it has already stay as
        they are. Where there is no batch, one begins.
        """
        if self._batch is None:
            self.start_batch(session_ids, media=media, sizes=sizes)
            return
        now = self._clock()
        ids = [key for key in dict.fromkeys(session_ids) if key not in self._batch]
        lengths = media or {}
        self._estimator.extend([(key, self._stages(key, lengths.get(key))) for key in ids], now, sizes=sizes)
        weights = {key: sum(self._estimator.expected(key).values()) for key in ids} if media or sizes else {}
        self._batch.extend(ids, weights)
        for key in ids:
            if (run := self._runs.get(key)) is not None:
                self._batch.note(run)
        self._pace_batch()

    def measured(self, session_id: str, media: Media, *, kept: Mapping[str, float] | None = None) -> None:
        """How long the stages of a session are that waits in the batch, for the estimate; see :meth:`start_batch`.

        ``kept`` is as for :meth:`start_progress`.
        """
        if session_id not in self._runs and self._batch is not None and session_id in self._batch:
            self._estimator.add(session_id, media, self._clock(), kept=_shares(kept))

    def get_batch_progress(self) -> BatchProgress | None:
        """How far the batch is now; None where none was started."""
        return None if self._batch is None else self._batch.snapshot(self.batch_eta())

    def calculate_eta(self, session_id: str) -> float | None:
        """Seconds until a session is done, the median; None while nothing at all is known, 0 once it has ended."""
        estimate = self.eta(session_id)
        return None if estimate is None else estimate.mid

    def eta(self, session_id: str) -> Estimate | None:
        """Seconds until a session is done, with its range; None as for :meth:`calculate_eta`."""
        run = self._runs.get(session_id)
        if run is not None and run.ended:
            return Estimate(0.0, 0.0, 0.0)
        return self._estimator.session(session_id, self._clock())

    def batch_eta(self) -> Estimate | None:
        """Seconds until the batch is done, with its range; None while nothing at all is known."""
        return None if self._batch is None else self._estimator.batch(self._clock())

    def predicted(self) -> Estimate | None:
        """Seconds that the batch was said to take, with their range; see :attr:`EtaEstimator.predicted`."""
        return self._estimator.predicted

    def eta_reason(self) -> str:
        """Why the batch's estimate jumped lately (``1 worker lost``), or nothing."""
        return self._estimator.reason

    def set_workers(self, n: int) -> None:
        """So many workers are alive. Until this is told, as many are assumed as stages were seen running at once."""
        self._feed.tell_workers(n, self._clock())
        self._pace_batch()

    def pause(self) -> None:
        """No new work is taken: the estimates wait."""
        self._estimator.pause(self._clock())

    def resume(self) -> None:
        """Work is taken again."""
        self._estimator.resume(self._clock())

    def history(self) -> dict[str, Any]:
        """What the next run's estimator should know; JSON-able."""
        return self._estimator.history()

    def on(self, event: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at each event from now on; returns a callable that ends this."""
        return self._bus.on(event_name(event), listener)

    def off(self, event: str, listener: Listener) -> None:
        """End an :meth:`on`; a listener that is not there is no error."""
        self._bus.off(event_name(event), listener)

    def subscribe(self, deliver: Deliver, *, interval: float = INTERVAL) -> Subscription:
        """Get all events in batches, for a display: see :mod:`enrich_tui.progress.bus`.

        To join late: subscribe, then read :meth:`get_all_progress`; whatever changes after that is delivered.
        """
        return self._bus.subscribe(deliver, interval=interval)

    def shutdown(self) -> None:
        """Deliver what waits, then forget all listeners. What is known can still be read. Idempotent."""
        self._pace.cancel()
        self._bus.close()

    def _open_run(self, session_id: str) -> SessionRun | None:
        run = self._runs.get(session_id)
        if run is None:
            log.warning("A report about a session that was not started is ignored: %s", session_id)
        elif run.ended:
            log.debug("A report about a session that has ended is ignored: %s", session_id)
            return None
        return run

    def _stages(self, session_id: str, media: Media | None) -> Media:
        """The stages of a session with their media seconds; a session that was started has those it began with."""
        run = self._runs.get(session_id)
        if run is None:
            return dict.fromkeys(STAGES) if media is None else media
        return {stage: None if media is None else media.get(stage) for stage in run.weights}

    def _snapshot(self, run: SessionRun) -> EnrichmentProgress:
        return run.snapshot(self.calculate_eta(run.session_id))

    def _tell(self, event: str, run: SessionRun) -> None:
        in_batch = self._batch is not None and run.session_id in self._batch
        if self._batch is not None and in_batch:
            self._batch.note(run)
        if self._bus.wanted(event):
            key = (event, run.session_id) if event == "progress" else None
            self._bus.emit(event, run.session_id, self._snapshot(run), key=key)
        if in_batch:
            self._pace_batch()

    def _tell_stage(self, run: SessionRun, stage: Stage) -> None:
        if self._bus.wanted("stage"):
            self._bus.emit("stage", run.session_id, stage, self._snapshot(run), key=("stage", run.session_id, stage))

    def _pace_batch(self) -> None:
        if self._batch is not None and self._bus.wanted("batch-update"):
            counts = self._batch.counts
            self._pace.ask(counts_changed=counts != self._told, ended=counts[0] == counts[1] == 0)

    def _tell_batch(self) -> None:
        if self._batch is not None:
            self._told = self._batch.counts
            self._bus.emit("batch-update", self.get_batch_progress(), key="batch-update")


def _shares(percents: Mapping[str, float] | None) -> dict[str, float]:
    return {stage: done / 100.0 for stage, told in (percents or {}).items() if (done := percent(told)) is not None}


_service: ProgressService | None = None


def get_progress_service() -> ProgressService:
    """The process-wide progress service, made when it is first asked for."""
    global _service
    if _service is None:
        _service = ProgressService()
    return _service


def reset_progress_service() -> None:
    """Shut the process-wide progress service down; the next one starts empty."""
    global _service
    if _service is not None:
        _service.shutdown()
    _service = None
