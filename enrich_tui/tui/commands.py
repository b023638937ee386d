"""What a person can ask of the run, and what is answered. No widget is touched here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from enrich_tui.controls import Controls
from enrich_tui.display.rows import SessionRow, SessionState
from enrich_tui.text import count_text, fit
from enrich_tui.tui.board import Board

READ_ONLY = "This run is only shown here; it cannot be changed."
FOREIGN = "Another program works here. Its run is only shown; it cannot be changed."
TO_BE_HAD = "Nobody works here any more. Take the work over to change something."


class Commands:
    """Passes wishes on to the run, and says in a few words what comes of them."""

    def __init__(self, board: Board, say: Callable[[str], None]) -> None:
        self._board = board
        self._say = say

    def _controls(self) -> Controls | None:
        if self._board.to_be_had:
            self._say(TO_BE_HAD)
        elif self._board.controls is None:
            self._say(READ_ONLY if self._board.handover is None else FOREIGN)
        return self._board.controls

    def _name(self, idents: Sequence[str]) -> str:
        if len(idents) == 1:
            return self._short(self._board.title(idents[0]))
        return count_text(len(idents), "session")

    def _short(self, title: str) -> str:
        return fit(title, 30, ellipsis=self._board.glyphs.ellipsis)

    def retry(self, idents: Sequence[str]) -> None:
        """Run these sessions again."""
        controls = self._controls()
        if controls is None:
            return
        count = controls.retry(idents)
        if count:
            self._say(f"Running {self._name(idents) if count == len(idents) else count_text(count, 'session')} again.")
        elif not idents:
            self._say("No session is selected.")
        else:
            self._say(f"{self._name(idents)}: nothing failed here, so there is nothing to run again.")

    def retry_failed(self) -> None:
        """Run everything again that failed."""
        controls = self._controls()
        if controls is not None:
            count = controls.retry_failed()
            self._say(f"Running {count_text(count, 'session')} again." if count else "No session failed.")

    def cancel(self, idents: Sequence[str]) -> None:
        """Cancel these sessions."""
        controls = self._controls()
        if controls is not None:
            count = controls.cancel(idents)
            rows = (self._board.view.rows.get(ident) for ident in idents)
            arriving = any(row is not None and row.state is SessionState.ARRIVING for row in rows)
            nothing = "This has not been taken up yet." if arriving else "This is finished already."
            self._say(f"Cancelled {count_text(count, 'session')}." if count else nothing)

    def cancel_all(self) -> None:
        """Cancel the batch."""
        controls = self._controls()
        if controls is not None:
            count = controls.cancel_all()
            self._say(f"Cancelled {count_text(count, 'session')}." if count else "Everything is finished already.")

    def pause(self) -> None:
        """Pause, or go on."""
        controls = self._controls()
        if controls is None:
            return
        match self._board.view.state:
            case "paused":
                controls.resume()
                self._say("Taking new work again.")
            case "starting" | "looking" | "running" | "watching":
                controls.pause()
                self._say("Paused. Running stages finish; no new ones start.")
            case state:
                self._say(f"The run is {state}; there is nothing to pause.")

    def take_over(self) -> None:
        """Go on with the work of another program, if that is gone."""
        board, handover = self._board, self._board.handover
        if handover is None or board.controls is not None:
            self._say(READ_ONLY if board.controls is None else "The work is done here already.")
        elif handover.free:
            handover.take_over()
            self._say("Taking the work over.")
        else:
            who = f" (process {handover.process})" if handover.process else ""
            if board.view.state == "silent":
                self._say(f"The other program{who} does not answer, but holds the library. End it, then take over.")
            else:
                self._say(f"The other program{who} still works here.")

    def restart_errored(self) -> None:
        """Restart all workers that are in error."""
        controls = self._controls()
        if controls is None:
            return
        count = sum(worker.status == "error" for worker in self._board.view.workers.values())
        if count:
            controls.restart_errored_workers()
            self._say(f"Restarting {count_text(count, 'worker')}.")
        else:
            self._say("No worker is in error.")

    def restart(self, worker: int) -> None:
        """Restart this worker."""
        controls = self._controls()
        if controls is not None:
            controls.restart_worker(worker)
            self._say(f"Restarting worker {worker}.")

    def add_worker(self) -> None:
        """One worker more."""
        controls = self._controls()
        if controls is not None:
            controls.add_worker()
            cores = os.cpu_count() or 1
            enough = len(self._board.view.workers) >= cores
            reserve = f" {cores} work at a time, one a processor; it steps in where one stops." if enough else ""
            self._say(f"Adding a worker.{reserve}")

    def remove_worker(self) -> None:
        """One worker less."""
        controls = self._controls()
        if controls is None:
            return
        if len(self._board.view.workers) <= 1:
            self._say("One worker has to stay.")
            return
        controls.remove_worker()
        self._say("Removing a worker when it has finished its stage.")

    def move(self, by: int) -> None:
        """Move the selected session in the queue, down where ``by`` is positive."""
        row = self._movable()
        if row is not None and self._board.controls is not None:
            self._board.controls.move(row.id, by)

    def move_to_end(self, *, front: bool) -> None:
        """Move the selected session to one of the two ends of the queue."""
        row = self._movable()
        if row is not None and self._board.controls is not None:
            count = len(self._board.view.rows)
            self._board.controls.move(row.id, -count if front else count)
            self._say(f"{self._short(row.title)} is {'next' if front else 'last'} in the queue.")

    def _movable(self) -> SessionRow | None:
        row = self._board.row
        if self._controls() is None:
            return None
        if row is None or row.state is not SessionState.QUEUED:
            self._say("Only a queued session can be moved.")
            return None
        return row

    @property
    def working(self) -> bool:
        """True while there is work that leaving would interrupt."""
        view = self._board.view
        if view.state in {"done", "stopping", "stopped"}:
            return False
        return view.state == "starting" or self.unfinished

    @property
    def unfinished(self) -> bool:
        """True while a session that was taken up has not ended."""
        return self._board.view.ended < self._board.view.total
