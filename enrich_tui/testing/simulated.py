"""A run in which nothing works and nobody hurries: made-up sessions, for developing and measuring displays.

``python -m enrich_tui.testing.simulated --sessions 250`` shows one in the dashboard. Everything that it emits says
``simulated``; the same seed gives the same run.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable

from enrich_tui import events as ev
from enrich_tui.model import SessionStatus, StageOutcome
from enrich_tui.testing.made_up import Worker
from enrich_tui.testing.simulation import Simulation


class SimulatedSource(Simulation):
    """A source of events and the controls over it.

    ``events_per_second`` is how many progress events there are in all; ``speed``: seconds of made-up work a second;
    ``fail_rate``: share of the sessions that meet an error, 0 to 1.
    """

    def retry(self, sessions: Iterable[str]) -> int:
        """See :class:`enrich_tui.controls.Controls`."""
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
        """See :class:`enrich_tui.controls.Controls`."""
        unhappy = {SessionStatus.FAILED, SessionStatus.PARTIAL}
        return self.retry([session.id for session in self._sessions.values() if session.status in unhappy])

    def cancel(self, sessions: Iterable[str]) -> int:
        """See :class:`enrich_tui.controls.Controls`."""
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
        """See :class:`enrich_tui.controls.Controls`."""
        return self.cancel(list(self._sessions))

    def pause(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        if self._state == "running":
            self._set_state("paused")

    def resume(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        if self._state == "paused":
            self._set_state("running")

    def restart_errored_workers(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        for worker in self._workers.values():
            if worker.error:
                self.restart_worker(worker.id)

    def restart_worker(self, worker: int) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
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
        """See :class:`enrich_tui.controls.Controls`."""
        worker = Worker(max(self._workers, default=0) + 1)
        self._workers[worker.id] = worker
        self._tell_worker(worker)

    def remove_worker(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        staying = [worker for worker in self._workers.values() if not worker.leaving]
        if len(staying) > 1:
            staying[-1].leaving = True
            if staying[-1].work is None:
                self._release(staying[-1])

    def move(self, session: str, by: int) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        place = self._order.index(session)
        self._order.insert(max(0, min(len(self._order) - 1, place + by)), self._order.pop(place))
        self._emit(ev.QueueOrder(sessions=tuple(self._order)))

    def drain(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
        self._set_state("draining")

    def stop(self) -> None:
        """See :class:`enrich_tui.controls.Controls`."""
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
