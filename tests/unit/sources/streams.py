"""Made-up streams, as a display would have written them."""

from __future__ import annotations

from collections.abc import Iterable

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome

STARTED = ev.RunStarted(
    program="enrich-tui 1", library="/r", at="2026-01-01T10:00:00+00:00", workers=2, cpu_slots=2, stages=STAGES
)


def batch(t: float, **values: object) -> ev.BatchChanged:
    told = {"state": "running", "total": 2, "pending": 1, "processing": 1, "completed": 0, "failed": 0, "progress": 1.0}
    return ev.BatchChanged.model_validate({"t": t, **told, **values})


def session(ident: str, begin: float, end: float) -> list[ev.Event]:
    """A session of one stage, from its queueing to its end."""
    return [
        ev.SessionQueued(session=ident, title=f"Talk {ident}", source="/r/x", output="/r/o", stages=(Stage.AUDIO,)),
        ev.StageStarted(t=begin, session=ident, stage=Stage.AUDIO, attempt=1, attempts=3, worker=1),
        ev.StageProgressed(t=(begin + end) / 2, session=ident, stage=Stage.AUDIO, fraction=0.5),
        ev.StageFinished(
            t=end, session=ident, stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=end - begin, attempts=1
        ),
        ev.SessionFinished(t=end, session=ident, status=SessionStatus.COMPLETE, duration=end - begin),
    ]


def finished(t: float, code: int = 0) -> ev.RunFinished:
    return ev.RunFinished(t=t, complete=2, partial=0, failed=0, skipped=0, cancelled=0, duration=t, exit_code=code)


def run(seconds: float = 10.0) -> list[ev.Event]:
    """Two sessions, one after the other."""
    half = seconds / 2
    told = [
        *session("a", 1.0, half),
        *session("b", half, seconds),
        batch(0.0, progress=0.0),
        batch(half, progress=50.0, elapsed=half),
    ]
    return [STARTED, *sorted(told, key=lambda event: event.t), finished(seconds)]


def lines(events: Iterable[ev.Event]) -> bytes:
    return b"".join(ev.EVENT.dump_json(event) + b"\n" for event in events)
