"""``python -m tests.terminal.still`` shows a run that is over and changes no more, but for the clock.

``--busy FILE``: first it changes everything on the screen a few hundred times; then it makes the file, and is over.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome
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


class Busy(Scripted):
    """Changes all lines again and again before it is over."""

    def __init__(self, over: Path) -> None:
        super().__init__(script())
        self._over = over

    async def run(self, sink: ev.Sink, /) -> int:
        """See the module."""
        sink(STARTED)
        for number in range(SESSIONS):
            sink(ev.SessionQueued(session=f"s{number}", title=f"session {number}", source="", output="", stages=STAGES))
        for step in range(300):
            for number in range(SESSIONS):
                sink(ev.StageProgressed(session=f"s{number}", stage=Stage.AUDIO, fraction=step / 300))
            await asyncio.sleep(0.02)
        self._over.touch()
        return await super().run(sink)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    app = dashboard(Busy(Path(arguments[1])) if arguments else Scripted(script()))
    app.run()
    raise SystemExit(app.return_code)
