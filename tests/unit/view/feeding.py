"""Events in short, for tests of the view."""

from __future__ import annotations

from enrich_tui import events as ev
from enrich_tui.display.view import RunView
from enrich_tui.model import STAGES, Stage


def queued(ident: str, title: str = "", stages: tuple[Stage, ...] = STAGES) -> ev.SessionQueued:
    return ev.SessionQueued(session=ident, title=title or ident, source="", output="", stages=stages)


def arriving(
    ident: str, *, growing: bool = False, gone: bool = False, size: int = 0, t: float = 0.0
) -> ev.SessionArriving:
    return ev.SessionArriving(t=t, session=ident, title=ident, source="", size=size, growing=growing, gone=gone)


def started(ident: str, stage: Stage, *, t: float = 0.0, worker: int = 1, attempt: int = 1) -> ev.StageStarted:
    return ev.StageStarted(t=t, session=ident, stage=stage, attempt=attempt, attempts=3, worker=worker)


def batch(*, t: float = 0.0, **fields: object) -> ev.BatchChanged:
    figures: dict[str, object] = {
        "state": "running",
        "total": 0,
        "pending": 0,
        "processing": 0,
        "completed": 0,
        "failed": 0,
        "progress": 0.0,
    }
    return ev.BatchChanged.model_validate({"t": t, **figures, **fields})


def pool(*, t: float = 0.0, **fields: object) -> ev.PoolChanged:
    """Two workers, one at work and one in error."""
    figures: dict[str, object] = {
        "total": 2,
        "idle": 0,
        "active": 1,
        "error": 1,
        "pending": 0,
        "error_rate": 50.0,
        "restarts": 0,
        "uptime_percentage": 99.2,
        "avg_job_duration": 3,
    }
    return ev.PoolChanged.model_validate({"t": t, **figures, **fields})


def error(message: str, session: str | None = None, **fields: object) -> ev.ErrorRaised:
    whole = {"problem": "codec", "category": "video-failed", "message": message, "advice": "convert it"}
    return ev.ErrorRaised.model_validate({**whole, "session": session, **fields})


def fed(*events: ev.Event) -> RunView:
    view = RunView()
    for event in events:
        view.apply(event)
    return view
