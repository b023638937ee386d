"""``python -m tests.terminal.still`` shows a run that is over and changes no more, but for the clock."""

from __future__ import annotations

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, StageOutcome
from tests.pilot.scripted import STARTED, Scripted, dashboard

SESSIONS = 30


def script() -> list[ev.Event]:
    """Thirty sessions, every fifth of which failed."""
    told: list[ev.Event] = [STARTED]
    for number in range(SESSIONS):
        ident, broken = f"s{number}", number % 5 == 0
        told.append(
            ev.SessionQueued(session=ident, title=f"session {number}", source="", output="", stages=STAGES, t=0.0)
        )
        for stage in STAGES:
            outcome = StageOutcome.FAILED if broken else StageOutcome.COMPLETED
            told.append(ev.StageFinished(session=ident, stage=stage, outcome=outcome, duration=2.0, t=60.0))
        status = SessionStatus.FAILED if broken else SessionStatus.COMPLETE
        told.append(ev.SessionFinished(session=ident, status=status, duration=8.0, t=60.0))
    failed = len(range(0, SESSIONS, 5))
    told.append(
        ev.BatchChanged(
            state="done",
            total=SESSIONS,
            pending=0,
            processing=0,
            completed=SESSIONS - failed,
            failed=failed,
            progress=100.0,
            elapsed=60.0,
            t=60.0,
        )
    )
    return told


if __name__ == "__main__":
    dashboard(Scripted(script())).run()
