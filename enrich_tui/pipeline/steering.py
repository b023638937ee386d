"""What a person asks of a run: it changes the queue, the workers, or whether the run goes on, and wakes the run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from enrich_tui.errors.problems import Problem
from enrich_tui.events import QueueOrder, SessionRequeued
from enrich_tui.model import SessionStatus, StageOutcome
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.attempts import Attempts
from enrich_tui.pipeline.dispatch import Dispatcher
from enrich_tui.pipeline.intake import Intake
from enrich_tui.pipeline.outcome import described
from enrich_tui.pipeline.state import Queue, SessionEntry
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.text import count_text


class Steering:
    """The :class:`enrich_tui.controls.Controls` of a run."""

    def __init__(
        self,
        queue: Queue,
        attempts: Attempts,
        dispatcher: Dispatcher,
        intake: Intake,
        announcer: Announcer,
        *,
        pool: WorkerPool,
        progress: ProgressService,
        spawn: Callable[[Coroutine[Any, Any, object]], object],
        changed: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._attempts = attempts
        self._dispatcher = dispatcher
        self._intake = intake
        self._announcer = announcer
        self._pool = pool
        self._progress = progress
        self._spawn = spawn
        self._changed = changed
        """Called when the run has something to do."""
        self._cancelled: set[str] = set()
        self.paused = False
        """True while no new work is taken."""
        self.ending = False
        """True once the run was told to end."""
        self.exit_code: int | None = None
        """The exit code that it was told to end with; None: the run's own."""

    def cancels(self, session_id: str) -> bool:
        """True where no stage of this session may start, because it is being cancelled."""
        return session_id in self._cancelled

    def retry(self, sessions: Iterable[str]) -> int:
        """Run these sessions again from the stage that failed; returns how many can be."""
        count = 0
        for ident in self._known(sessions):
            was = self._queue[ident].status
            if was is not None and (stages := self._queue.reopen(ident)):
                count += 1
                entry = self._queue[ident]
                self._announcer.reopened(entry, was)
                self._announcer.emit(SessionRequeued(session=ident, stages=stages))
                self._spawn(self._intake.settle(entry))
        self._changed()
        return count

    def _known(self, sessions: Iterable[str]) -> list[str]:
        """Without those that are shown while they arrive, and were not taken up yet."""
        return [ident for ident in sessions if ident in self._queue]

    def retry_failed(self) -> int:
        """Run all sessions again that did not complete; returns how many."""
        well = {None, SessionStatus.COMPLETE}
        return self.retry([ident for ident, entry in self._queue.entries.items() if entry.status not in well])

    def cancel(self, sessions: Iterable[str]) -> int:
        """Cancel these sessions; what they finished stays. Returns how many were not yet finished."""
        count = 0
        for ident in self._known(sessions):
            entry = self._queue[ident]
            if entry.status is not None:
                continue
            count += 1
            self._cancelled.add(ident)
            self._spawn(self._cancel(entry))
        self._changed()
        return count

    async def _cancel(self, entry: SessionEntry) -> None:
        with self._intake.tending(entry.session.id):
            await self._dispatcher.cancel(entry.session.id)
            for stage, _ in list(entry.unfinished()):
                self._attempts.end(entry, stage, described(stage, Problem.CANCELLED, StageOutcome.CANCELLED))
            if entry.status is None:
                await self._attempts.close(entry)
            self._cancelled.discard(entry.session.id)

    def cancel_all(self) -> int:
        """Cancel everything that is not finished."""
        return self.cancel([entry.session.id for entry in self._queue.open()])

    def pause(self) -> None:
        """Take no new work; running stages finish."""
        self.paused = True
        self._progress.pause()
        self._announcer.set_state("paused")
        self._changed()

    def resume(self) -> None:
        """Take new work again."""
        self.paused = False
        self._progress.resume()
        self._announcer.set_state("running")
        self._changed()

    def restart_errored_workers(self) -> None:
        """Restart every worker in error; a note says how many came back."""
        self._spawn(self._restart_errored())

    async def _restart_errored(self) -> None:
        count = await self._pool.restart_errored_workers()
        self._announcer.note(f"{count_text(count, 'worker')} {'is' if count == 1 else 'are'} back.")

    def restart_worker(self, worker: int) -> None:
        """Restart this worker; its attempt goes back into the queue."""
        self._spawn(self._pool.restart_worker(worker))

    def add_worker(self) -> None:
        """One worker more."""
        self._spawn(self._pool.add_worker())

    def remove_worker(self) -> None:
        """One worker less, when it has finished what it does; never below one."""
        self._spawn(self._pool.remove_worker())

    def move(self, session: str, by: int) -> None:
        """Move a queued session up (negative) or down in the order."""
        if self._queue.move(session, by):
            self._announcer.emit(QueueOrder(sessions=self._queue.order))

    def drain(self) -> None:
        """Finish the running stages, then end the run."""
        self.ending = True
        self._announcer.set_state("draining")
        self._changed()

    def stop(self, exit_code: int | None = None) -> None:
        """Stop now; the work goes on at the next start. ``exit_code`` replaces the run's own."""
        self.ending = True
        self.exit_code = exit_code
        self._announcer.set_state("stopping")
        self._dispatcher.stop()
        self._changed()
