"""What a person can ask of what is on display: of a run, of a run of another program, of a recorded one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Controls(Protocol):
    """What a person can ask of a run while it is watched. Every call returns at once; events tell what came of it."""

    def retry(self, sessions: Iterable[str]) -> int:
        """Run these sessions again from the stage that failed; returns how many can be."""

    def retry_failed(self) -> int:
        """Run all sessions again that failed or are partial; returns how many."""

    def cancel(self, sessions: Iterable[str]) -> int:
        """Cancel these sessions; what they finished stays. Returns how many were not yet finished."""

    def cancel_all(self) -> int:
        """Cancel everything that is not finished."""

    def pause(self) -> None:
        """Take no new work; running stages finish."""

    def resume(self) -> None:
        """Take new work again."""

    def restart_errored_workers(self) -> None:
        """Restart every worker in error; a note says how many came back."""

    def restart_worker(self, worker: int) -> None:
        """Restart this worker; its attempt goes back into the queue."""

    def add_worker(self) -> None:
        """One worker more."""

    def remove_worker(self) -> None:
        """One worker less, when it has finished what it does; never below one."""

    def move(self, session: str, by: int) -> None:
        """Move a queued session up (negative) or down in the order."""

    def drain(self) -> None:
        """Finish the running stages, then end the run."""

    def stop(self) -> None:
        """Stop now; the work goes on at the next start."""


class Handover(Protocol):
    """What can be asked of a run that another program works on, and that is only shown here."""

    @property
    def controls(self) -> Controls | None:
        """Of the run that goes on here, once the work was taken over."""

    @property
    def free(self) -> bool:
        """True where the other program is gone, and the work can be taken over."""

    @property
    def process(self) -> int | None:
        """The other program's process id; None where that is not known."""

    def take_over(self) -> None:
        """Go on with the work here, if it is free; events tell what came of it."""


class Player(Protocol):
    """What a person can ask of a recorded run that is played again. Times are seconds of the recording."""

    @property
    def speed(self) -> float:
        """Seconds of the recording in one second; infinite: all at once."""

    @property
    def paused(self) -> bool:
        """True while it stands still."""

    @property
    def position(self) -> float:
        """Where it is."""

    @property
    def length(self) -> float:
        """Where it ends."""

    def pause(self) -> None:
        """Stand still, or go on."""

    def faster(self) -> None:
        """The next speed."""

    def slower(self) -> None:
        """The speed before."""

    def step(self) -> None:
        """Stand still, one event further."""

    def seek(self, by: float) -> None:
        """Go forward, or back where ``by`` is negative."""
