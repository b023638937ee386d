"""One run over many sessions: takes in what comes, has it worked on, tells what happens, and does as it is told.

Data flows one way: worker → result files → record → event. Controls only change the queue and wake the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any

from enrich_tui.config import Config
from enrich_tui.errors import ErrorHandler
from enrich_tui.errors.problems import Problem
from enrich_tui.events import (
    Eta,
    Sink,
    both,
)
from enrich_tui.model import (
    EnrichmentOptions,
    Rejected,
    Session,
    SessionResult,
    Stage,
    StageOutcome,
)
from enrich_tui.pipeline.adopt import Elsewhere
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.attempts import OPERATIONS, Attempts, Runner
from enrich_tui.pipeline.dispatch import Dispatcher
from enrich_tui.pipeline.intake import Inbox, Intake
from enrich_tui.pipeline.outcome import described, session_result
from enrich_tui.pipeline.settle import Settler
from enrich_tui.pipeline.shares import Shares
from enrich_tui.pipeline.state import Queue, SessionEntry
from enrich_tui.pipeline.steering import Steering
from enrich_tui.pool import PoolShutdownError, WorkerPool, WorkerSnapshot
from enrich_tui.progress import ProgressService
from enrich_tui.stages import served
from enrich_tui.store.owner import Owner, OwnershipLostError
from enrich_tui.text import count_text
from enrich_tui.worker.lengths import LengthFinder

_log = logging.getLogger(__name__)

PARKED = 1.0
"""Seconds between two looks at whether an open circuit lets something through again."""

HOPELESS = 4
"""When each worker failed to start so many times in a row, the run ends."""

LOST = 2
"""Exit code where the library is another program's."""

NO_WORKER = 3
"""Exit code where no worker could be kept alive."""


Feed = Callable[[Inbox], Awaitable[None]]
"""Puts into the inbox what it finds, and returns when nothing more will come."""


class BatchRun:
    """A run: a :class:`enrich_tui.events.Source` of events that takes :class:`enrich_tui.controls.Controls`."""

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
        retry: bool = False,
        runner: Runner,
        lengths: LengthFinder | None = None,
        batch: bool = True,
        owner: Owner | None = None,
        witness: Sink | None = None,
        output: Path | None = None,
        feed: Feed | None = None,
    ) -> None:
        stage_config = (config or Config()).stage
        self._pool = pool
        self._progress = progress
        self._errors = errors
        self._feed = feed
        self._feeding: asyncio.Task[object] | None = None
        self._surveying: asyncio.Task[object] | None = None
        self._watching = False
        self._witness = witness
        """Gets every event besides the display."""
        self._keep_open = keep_open
        self._queue = Queue(sessions)
        self._rejected = rejected
        shares = Shares(pool, cpu_slots or os.cpu_count() or 1)
        self._wake = asyncio.Event()
        self._background: set[asyncio.Task[object]] = set()
        self._announcer = Announcer(
            self._queue,
            pool,
            progress,
            library,
            options,
            shares.slots,
            cores=shares.cores,
            served=served(stage_config),
            batch=batch,
        )
        self._elsewhere = Elsewhere(library, output, sessions)
        self._attempts = Attempts(
            self._queue,
            runner=runner,
            pool=pool,
            progress=progress,
            errors=errors,
            announcer=self._announcer,
            settler=Settler(
                stage_config,
                options,
                fresh=fresh,
                retry=retry,
                owner=owner,
                elsewhere=self._elsewhere,
                note=self._announcer.note,
            ),
            config=stage_config,
            shares=shares,
            fresh=fresh,
            changed=self._wake.set,
            ended=self._session_ended,
        )
        self._dispatcher = Dispatcher(
            self._queue,
            self._attempts,
            pool=pool,
            errors=errors,
            shares=shares,
            may_start=self._may_start,
            spawn=self._spawn,
            changed=self._wake.set,
            broken=self._attempt_broken,
        )
        self._intake = Intake(
            self._queue,
            self._attempts,
            self._announcer,
            lengths,
            at_work=self._dispatcher.at_work,
            changed=self._wake.set,
        )
        self.controls = Steering(
            self._queue,
            self._attempts,
            self._dispatcher,
            self._intake,
            self._announcer,
            pool=pool,
            progress=progress,
            spawn=self._spawn,
            changed=self._wake.set,
        )
        """What can be asked of the run."""

    # -- the source ---------------------------------------------------------------------------------------------------

    async def run(self, sink: Sink, /) -> int:
        """Work until everything has ended, or was told to end; returns the exit code."""
        announcer = self._announcer
        witnessed = sink if self._witness is None else both(self._witness, sink)
        announcer.begin(witnessed, self._rejected, looking=self._feed is not None)
        unsubscribe = self._pool.subscribe(self._worker_changed)
        ticker = asyncio.create_task(announcer.tick(), name="batch figures")
        if self._feed is not None:
            self._feeding = self._spawn(self._fed(self._feed))
        try:
            while not self._over():
                self._wake.clear()
                self._take_in()
                try:
                    self._dispatcher.dispatch(accepting=not (self.controls.paused or self.controls.ending))
                except PoolShutdownError:
                    announcer.note("The workers were shut down. What had not begun is not done.")
                    self.controls.drain()
                await self._wait()
        finally:
            await self._halt()
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker
            unsubscribe()
            if left := self._intake.arriving_now:
                which = f"{count_text(left, 'recording')} {'was' if left == 1 else 'were'}"
                announcer.note(f"{which} not finished yet. The next run takes up what is there then.")
            code = announcer.end(self.controls.exit_code)
        return code

    @property
    def elapsed(self) -> float:
        """Seconds that the work took, or has taken so far."""
        return self._announcer.figures.elapsed

    @property
    def predicted(self) -> Eta | None:
        """Seconds that the work was said to take when it began, or when the queue last changed; without its pauses."""
        return self._announcer.figures.predicted

    @property
    def results(self) -> list[SessionResult]:
        """What has come of every session that has ended, in queue order."""
        ended = (entry for entry in self._queue.entries.values() if entry.status is not None)
        return [session_result(entry.session, entry.results()) for entry in ended]

    def result_of(self, session_id: str) -> SessionResult:
        """What has come of a session; where the run ended before it, what it lacks is cancelled."""
        entry = self._queue[session_id]
        results = entry.results()
        for stage, _ in entry.unfinished():
            results[stage] = described(stage, Problem.CANCELLED, StageOutcome.CANCELLED)
        return session_result(entry.session, results)

    @property
    def left(self) -> list[Session]:
        """The sessions that have not ended."""
        return [entry.session for entry in self._queue.open()]

    def _over(self) -> bool:
        if self.controls.ending:
            return not self._dispatcher.busy
        idle = self._queue.finished and not (self._dispatcher.busy or self._intake.waiting or self._intake.unsettled)
        fed = self._feeding is None or self._feeding.done()
        if idle and fed:
            self._announcer.set_state("done")
        elif self.controls.paused:
            self._announcer.set_state("paused")
        elif not idle:
            self._announcer.set_state("running")
        else:
            self._announcer.set_state("watching" if self._watching else "looking")
        return idle and fed and not self._keep_open

    async def _wait(self) -> None:
        now = time.monotonic()
        due = self._queue.next_due(now)
        delay = None if due is None else max(0.0, due - now)
        first = None if self._dispatcher.busy else next(self._queue.candidates(now), None)
        if first is not None:
            delay = min(PARKED, delay or PARKED)  # all that could start waits for a circuit to let something through
            self._attempts.lose_patience()
        self._announcer.figures.held_up = (
            first is not None and not self.controls.paused and not self._errors.ready(OPERATIONS[first[1]])
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay)

    async def _halt(self) -> None:
        for task in self._background:
            task.cancel()
        await self._dispatcher.close()
        await asyncio.gather(*self._background, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_over)
        return task

    def _background_over(self, task: asyncio.Task[object]) -> None:
        self._background.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None and not self._lost(error):
            _log.error("A part of the run failed.", exc_info=error)

    def _lost(self, error: BaseException) -> bool:
        """End the run where the library has gone to another program."""
        if isinstance(error, OwnershipLostError) and not self.controls.ending:
            self._announcer.note(str(error))
            self.controls.stop(LOST)
        return isinstance(error, OwnershipLostError)

    def _may_start(self, session_id: str) -> bool:
        return not self.controls.cancels(session_id) and not self._intake.holds(session_id)

    def _session_ended(self, session_id: str) -> None:
        self._intake.release(session_id)

    def _attempt_broken(self, entry: SessionEntry, stage: Stage, error: BaseException) -> None:
        if self._lost(error):
            return
        _log.error("An attempt ended in an unexpected way.", exc_info=error)
        if entry.status is None:
            self._attempts.give_up(entry, stage, described(stage, Problem.INTERNAL, StageOutcome.FAILED))
            self._spawn(self._intake.settle(entry))

    def _worker_changed(self, worker: WorkerSnapshot) -> None:
        self._announcer.worker_changed(worker)
        if not self.controls.ending and all(other.failed_starts >= HOPELESS for other in self._pool.snapshots()):
            self._announcer.note("No worker could be started; the log says why. What is unfinished goes on next time.")
            self.controls.stop(NO_WORKER)

    # -- what comes in ------------------------------------------------------------------------------------------------

    def arrive(self, sessions: Iterable[Session], rejected: Iterable[Rejected] = ()) -> None:
        """Put sessions at the end of the queue while the run goes on.

        One that is known already begins again as soon as nobody works on it: its files have changed, and the cache says
        what is to be done. Ten thousand at once are best given in portions, so that the loop is not kept.
        """
        sessions = list(sessions)
        self._elsewhere.expect(sessions)
        self._intake.arrive(sessions, rejected)
        self._wake.set()

    def arriving(self, session: Session, *, growing: bool) -> None:
        """A recording is there that cannot be taken up yet; ``growing``: it is being written, or not whole.

        No new stage of it starts until it arrives, or is withdrawn, where it is known already.
        """
        self._intake.arriving(session, growing=growing)

    def withdraw(self, sessions: Iterable[Session]) -> None:
        """The files of these sessions are gone: what has not started of them ends with a message that says so."""
        self._intake.withdraw(sessions)
        self._wake.set()

    def watching(self) -> None:
        """All that was there at the start has come in; from now on it is waited for what is new."""
        self._watching = True
        self._wake.set()

    async def _fed(self, feed: Feed) -> None:
        try:
            await feed(self)
        except Exception:  # noqa: BLE001 - whatever it is, what has come in is worked on
            _log.exception("Looking for recordings failed.")
            self._announcer.figures.unseen = True
            self._announcer.note("Looking for recordings failed; the log says why. What was found is worked on.")

    def _take_in(self) -> None:
        if self.controls.ending:
            return
        for entry in self._intake.apply():
            self._spawn(self._intake.abandon(entry))
        if self._intake.waiting and (self._surveying is None or self._surveying.done()):
            self._surveying = self._spawn(self._intake.survey())
