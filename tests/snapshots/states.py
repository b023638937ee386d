"""States of a run, as scripts of events: what the snapshots show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome
from enrich_tui.search import Found, Kind, Place, Query
from enrich_tui.search.passages import Flow

_STARTED = ev.RunStarted(
    program="enrich-tui test",
    library="/srv/recordings",
    at="2026-01-01T00:00:00Z",
    workers=4,
    cpu_slots=4,
    stages=STAGES,
)
_TITLES = (
    "Lecture on tides", "Demo of the editor", "Talk: small tools", "会議の録画 第三回", "Planning, week 12",
    "Interview with the harbour master of the old town", "Standup", "Screen tour", "Support call 4471", "Retrospective",
    "Workshop, part 9", "Workshop, part 10", "Field recording", "Budget meeting", "Reading group", "Release notes",
    "Onboarding", "Q&A", "Design review", "Garden gate", "Night shift", "Town hall", "Rehearsal", "Choir",
    "Kitchen stories", "Radio hour", "Bug hunt", "Model railway", "Open day", "Farewell",
)  # fmt: skip
CODEC = "This video could not be decoded (codec not supported)."
MEMORY = "Worker 2 ran out of memory. Its session went back in the queue."


def _queue(t: float = 0.0) -> list[ev.Event]:
    return [
        ev.SessionQueued(
            t=t, session=f"s{number:02}", title=title, source=f"/srv/recordings/{number}.mp4",
            output=f"/srv/recordings/{number}.enriched", size=(number + 1) * 7_300_000, stages=STAGES,
        )
        for number, title in enumerate(_TITLES)
    ]  # fmt: skip


def _workers(t: float, *, error: bool = False) -> list[ev.Event]:
    busy = [("s05", Stage.VIDEO, 0.97), ("s06", Stage.AUDIO, 0.88), ("s07", Stage.AUDIO, 0.91)]
    workers: list[ev.Event] = [
        ev.WorkerChanged(
            t=t, worker=number + 1, status="active", pid=4000 + number, session=ident, stage=stage, jobs=5 + number,
            memory=310_000_000 + number * 21_000_000, cpu=cpu,
        )
        for number, (ident, stage, cpu) in enumerate(busy)
    ]  # fmt: skip
    last = (
        ev.WorkerChanged(t=t, worker=4, status="error", restarts=2, jobs=3, last_error="worker-crashed")
        if error
        else ev.WorkerChanged(t=t, worker=4, status="idle", restarts=1, jobs=8, memory=290_000_000, cpu=0.0)
    )
    return [*workers, last]


def _done(number: int, t: float, *, times: Sequence[float] = (12.4, 61.0, 9.2, 4.1)) -> list[ev.Event]:
    ident = f"s{number:02}"
    stages: list[ev.Event] = []
    for stage, seconds in zip(STAGES, times, strict=True):
        stages.append(ev.StageStarted(t=t, session=ident, stage=stage, attempt=1, attempts=3, worker=number % 4 + 1))
        stages.append(
            ev.StageFinished(
                t=t, session=ident, stage=stage, outcome=StageOutcome.COMPLETED, duration=seconds, attempts=1
            )
        )
    return [*stages, ev.SessionFinished(t=t, session=ident, status=SessionStatus.COMPLETE, duration=sum(times))]


def _failed(number: int, t: float) -> list[ev.Event]:
    ident = f"s{number:02}"
    advice = "convert it to H.264 or VP9, then run it again"
    return [
        ev.StageStarted(t=t, session=ident, stage=Stage.AUDIO, attempt=1, attempts=3, worker=2),
        ev.StageFinished(
            t=t, session=ident, stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=11.0, attempts=1
        ),
        ev.StageStarted(t=t, session=ident, stage=Stage.VIDEO, attempt=1, attempts=3, worker=2),
        ev.StageFinished(
            t=t, session=ident, stage=Stage.VIDEO, outcome=StageOutcome.FAILED, duration=3.0, attempts=1,
            problem="codec", word="codec", message=CODEC, advice=advice,
        ),
        ev.StageFinished(t=t, session=ident, stage=Stage.SUMMARY, outcome=StageOutcome.SKIPPED),
        ev.StageFinished(t=t, session=ident, stage=Stage.CANVAS, outcome=StageOutcome.SKIPPED),
        ev.ErrorRaised(
            t=t, problem="codec", category="malformed-data", message=CODEC, advice=advice, session=ident,
            stage=Stage.VIDEO,
        ),
        ev.SessionFinished(t=t, session=ident, status=SessionStatus.FAILED, duration=14.0, message=CODEC),
    ]  # fmt: skip


def _pool(t: float, *, error: bool = False) -> ev.PoolChanged:
    return ev.PoolChanged(
        t=t, total=4, idle=0 if error else 1, active=3, error=int(error), pending=17, error_rate=5.3, restarts=2,
        uptime_percentage=99.2, avg_job_duration=19.5,
    )  # fmt: skip


def _batch(t: float, state: str, **figures: object) -> ev.BatchChanged:
    whole = {
        "t": t, "state": state, "total": 30, "pending": 0, "processing": 0, "completed": 0, "failed": 0,
        "progress": 0.0, "elapsed": t,
    }  # fmt: skip
    return ev.BatchChanged.model_validate({**whole, **figures})


_GOING = (("s05", Stage.VIDEO, 1, 0.62, 1), ("s06", Stage.AUDIO, 2, 0.34, 2), ("s07", Stage.AUDIO, 1, 0.07, 3))
_ETA = ev.Eta(low=840, mid=1080, high=1320)
_ETAS = {ident: ev.Eta(low=30 + 20 * n, mid=50 + 25 * n, high=80 + 30 * n) for n, (ident, *_) in enumerate(_GOING)}


def _working(t: float) -> list[ev.Event]:
    """Three sessions in work, one that waits for its next attempt, five done."""
    events: list[ev.Event] = [*_queue(), *[event for number in range(5) for event in _done(number, t - 40 + number)]]
    events.append(ev.StageStarted(t=t - 35, session="s05", stage=Stage.AUDIO, attempt=1, attempts=3, worker=1))
    events.append(
        ev.StageFinished(
            t=t - 35, session="s05", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=12.4, attempts=1
        )
    )
    for ident, stage, attempt, fraction, worker in _GOING:
        events.append(ev.StageStarted(t=t - 20, session=ident, stage=stage, attempt=attempt, attempts=3, worker=worker))
        events.append(
            ev.StageProgressed(
                t=t - 2, session=ident, stage=stage, fraction=fraction, message="looking for changes of the picture"
            )
        )
    events.append(ev.SessionMeasured(t=t - 20, session="s05", media={Stage.VIDEO: 1834.0}))
    events.append(ev.StageStarted(t=t - 6, session="s08", stage=Stage.AUDIO, attempt=1, attempts=3, worker=4))
    events.append(
        ev.StageRetrying(
            t=t - 4, session="s08", stage=Stage.AUDIO, attempt=2, attempts=3, delay=12.0, problem="network",
            message="The server did not answer. It will be tried again.",
        )
    )  # fmt: skip
    return events


def _cpu(t: float) -> list[ev.Event]:
    """Half a minute of work in the sparkline."""
    return [
        ev.WorkerChanged(t=t - 30 + second, worker=number, status="active", cpu=0.2 + (second * number % 7) / 9)
        for second in range(30)
        for number in (1, 2, 3)
    ]


def states() -> Mapping[str, Sequence[ev.Event]]:
    """By name: empty, running, paused, errors, done."""
    t = 402.0
    going = _batch(
        t, "running", progress=22.4, eta=_ETA, etas=_ETAS, rate=3.1, attempts=22, failed_attempts=1,
    )  # fmt: skip
    running = [_STARTED, *_working(t), *_cpu(t), *_workers(t), _pool(t), going]
    paused = going.model_copy(update={"t": t + 1, "state": "paused"})
    errors = [
        *running,
        *[event for number in range(9, 14) for event in _failed(number, t + number - 8)],
        ev.ErrorRaised(
            t=t + 6, problem="out-of-memory", category="out-of-memory", message=MEMORY,
            advice="restart the worker if it does not come back, then run it again", worker=4, final=False,
        ),
        ev.ErrorRaised(
            t=t + 7, problem="network", category="network-timeout", session="s08", stage=Stage.AUDIO, final=False,
            message="The server did not answer. It will be tried again.", advice="check the network connection",
        ),
        *_workers(t + 7, error=True),
        _pool(t + 7, error=True),
        _batch(
            t + 8, "running", progress=31.0, eta=ev.Eta(low=1000, mid=1300, high=1700), eta_reason="1 worker lost",
            etas=_ETAS, rate=2.6, attempts=32, failed_attempts=6,
        ),
    ]  # fmt: skip
    done = [
        _STARTED,
        *_queue(),
        *[event for number in range(30) if number not in range(9, 14) for event in _done(number, 400.0 + number * 9)],
        *[event for number in range(9, 13) for event in _failed(number, 500.0 + number)],
        ev.SessionFinished(t=680.0, session="s13", status=SessionStatus.CANCELLED, duration=0.0),
        *[ev.WorkerChanged(t=690.0, worker=number, status="idle", jobs=26) for number in range(1, 5)],
        _pool(690.0).model_copy(update={"idle": 4, "active": 0, "pending": 0}),
        _batch(690.0, "running", attempts=108, failed_attempts=4),
        _batch(
            4900.0, "done", progress=100.0, rate=3.1, attempts=108, failed_attempts=4,
            predicted=ev.Eta(low=4000, mid=4500, high=5400),
        ),
    ]  # fmt: skip
    return {
        "empty": [_STARTED, _batch(0.5, "done", total=0, progress=100.0)],
        "running": running,
        "paused": [*running, paused],
        "errors": errors,
        "done": done,
    }


def arriving() -> Sequence[ev.Event]:
    """A library that is watched: one session in work, one done, others that are not taken up yet."""
    t = 60.0
    return [
        _STARTED,
        *_queue()[:3],
        *_done(0, t - 30),
        ev.StageStarted(t=t - 20, session="s01", stage=Stage.VIDEO, attempt=1, attempts=3, worker=1),
        ev.StageProgressed(t=t - 1, session="s01", stage=Stage.VIDEO, fraction=0.4),
        *[
            ev.SessionArriving(
                t=t, session=f"s{number:02}", title=_TITLES[number], source=f"/srv/recordings/{number}.mp4",
                size=size, growing=growing,
            )
            for number, size, growing in ((3, 48_000_000, True), (4, 3_100_000_000, False))
        ],
        _pool(t).model_copy(update={"idle": 3, "active": 1, "pending": 1}),
        _batch(
            t, "running", total=3, progress=45.0, rate=2.0, eta=ev.Eta(low=60, mid=90, high=150), attempts=4,
        ),
    ]  # fmt: skip


def stopped() -> Sequence[ev.Event]:
    """The program that worked is gone before all was done."""
    return [*arriving(), ev.OwnerSeen(t=61.0, state="gone")]


def found(place: Place, query: Query, most: int | None = None) -> Found | None:
    """What there is of a word in a session, as a search tells it."""
    del most
    if place.title not in _SAYS:
        return None
    kinds = {"Kitchen": Kind.CHAPTER, "Title": Kind.SUMMARY, "tides.py": Kind.SCREEN}
    hits = []
    for time, text in _SAYS[place.title]:
        kind = next((kind for word, kind in kinds.items() if word in text), Kind.SPEECH)
        flow = Flow(kind, [text], (time, time))
        hits += [passage.hit for passage in flow.passages(query)]
    started = datetime(2026, 1, 8, tzinfo=UTC) if place.title.startswith("Lecture") else None
    total = len(hits) + len(hits) // 3
    return Found(place._replace(started=started), tuple(hits), total, total, (), 0.0)


_SAYS: dict[str, list[tuple[float | None, str]]] = {
    "Lecture on tides": [
        (None, "Title: how the moon makes tides."),
        (62.0, "So the tides follow the moon, with a delay that depends on the coast."),
        (605.0, f"Where the basin has just the right length, {'which is rare, ' * 4}the tide is amplified."),
        (4210.0, "Read the table of tides before you go out."),
    ],
    "Screen tour": [(12.0, "tides.py plot(tides, start)")],
    "Kitchen stories": [(31.0, "Kitchen clock and tide table")],
}
