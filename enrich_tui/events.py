"""What happens in a run, as a stream of frozen events: the one source of displays, JSON Lines and replays.

A display never asks the services anything. It applies events to a view (:mod:`enrich_tui.display.view`) and draws that.
What a person wants goes the other way, through :class:`enrich_tui.controls.Controls`. ``t`` is seconds since the run
started, monotonic.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Protocol

from pydantic import ConfigDict, Field, TypeAdapter

from enrich_tui.model import Frozen, SessionStatus, Stage, StageOutcome

STREAM_VERSION = 1
"""Goes up when a reader of the stream would have to change."""


class Eta(Frozen):
    """Remaining seconds: P10, P50, P90."""

    low: float
    mid: float
    high: float


class _Event(Frozen):
    t: float = 0.0


class RunStarted(_Event):
    """First event of a stream."""

    type: Literal["run-started"] = "run-started"
    version: int = STREAM_VERSION
    program: str
    """Name and version of the program."""
    library: str
    """The folder or file that is enriched, as clean text."""
    at: str
    """Wall clock, ISO 8601 with zone."""
    workers: int
    cpu_slots: int
    stages: tuple[Stage, ...]
    simulated: bool = False
    """True where no real engine works; every display must say so."""
    read_only: bool = False


class SessionArriving(_Event):
    """A recording is there that is not taken up yet; told again when ``growing`` changes, and as it grows.

    A ``session-queued`` follows when it is taken up. A session that is known already is going to be taken up again.
    """

    type: Literal["session-arriving"] = "session-arriving"
    session: str
    title: str
    source: str
    size: int = 0
    growing: bool = False
    """True: it is still being written, or not whole yet; False: it is not known yet."""
    gone: bool = False
    """True: it went away again."""


class SessionQueued(_Event):
    """A session entered the queue, at its end unless a ``queue-order`` follows; at the start or at any time later.

    For a session that is known already it tells what has changed about it; a ``session-requeued`` follows.
    """

    type: Literal["session-queued"] = "session-queued"
    session: str
    title: str
    source: str
    output: str
    size: int = 0
    stages: tuple[Stage, ...]
    """The stages that have input and are wanted; the others are skipped."""


class SessionMeasured(_Event):
    """It is known how much media a session has."""

    type: Literal["session-measured"] = "session-measured"
    session: str
    media: dict[Stage, float | None]
    """Media seconds by stage; None where unknown, no entry where the stage has nothing to do."""
    kept: dict[Stage, float] = Field(default_factory=dict)
    """The shares, 0 to 1, of the stages behind which they seem to go on, where an earlier run kept something."""


class SourceRejected(_Event):
    """Something in the library cannot be a session."""

    type: Literal["source-rejected"] = "source-rejected"
    path: str
    reason: str


class StageStarted(_Event):
    """An attempt of a stage began on a worker."""

    type: Literal["stage-started"] = "stage-started"
    session: str
    stage: Stage
    attempt: int
    attempts: int
    """How many attempts there may be."""
    worker: int
    stand_in: bool = False
    """The attempts at a server have failed, and the stage is done without it: ``attempt`` is the last of those."""


class StageProgressed(_Event):
    """A stage measured how far it is."""

    type: Literal["stage-progressed"] = "stage-progressed"
    session: str
    stage: Stage
    fraction: float
    """0 to 1."""
    kept: float | None = None
    """The fraction at which its work began, from a stage that goes on from what earlier attempts kept: all of
    ``fraction`` while it has met nothing but what was there."""
    message: str = ""


class StageRetrying(_Event):
    """An attempt failed and another one is scheduled; the worker is free meanwhile."""

    type: Literal["stage-retrying"] = "stage-retrying"
    session: str
    stage: Stage
    attempt: int
    """The attempt that comes next."""
    attempts: int
    delay: float
    """Seconds until it may start."""
    problem: str
    message: str


class StageFinished(_Event):
    """A stage ended for good."""

    type: Literal["stage-finished"] = "stage-finished"
    session: str
    stage: Stage
    outcome: StageOutcome
    cached: bool = False
    duration: float = 0.0
    attempts: int = 0
    outputs: tuple[str, ...] = ()
    engine: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    problem: str | None = None
    message: str | None = None
    advice: str | None = None
    word: str | None = None
    """The problem in one word of at most 10 cells, for a narrow column: ``codec``, ``empty``."""


class SessionFinished(_Event):
    """A session ended for good (until a person retries it)."""

    type: Literal["session-finished"] = "session-finished"
    session: str
    status: SessionStatus
    duration: float
    message: str | None = None
    advice: str | None = None


class SessionRequeued(_Event):
    """These stages of a session are pending again: by a person's wish, or because its files changed.

    It had ended, or a worker was restarted under one of them.
    """

    type: Literal["session-requeued"] = "session-requeued"
    session: str
    stages: tuple[Stage, ...]


class QueueOrder(_Event):
    """The order of all sessions changed."""

    type: Literal["queue-order"] = "queue-order"
    sessions: tuple[str, ...]


class ErrorRaised(_Event):
    """Something to tell in the error panel. Equal ``problem`` and ``message`` are one entry there."""

    type: Literal["error"] = "error"
    problem: str
    category: str
    """The error type of the contract, as displays may say it: ``rate-limit``, ``malformed-data``, ..."""
    message: str
    advice: str
    session: str | None = None
    stage: Stage | None = None
    worker: int | None = None
    final: bool = True
    """False while the attempt will be repeated by itself."""


class WorkerChanged(_Event):
    """A worker's state, whole."""

    type: Literal["worker"] = "worker"
    worker: int
    status: Literal["idle", "active", "error", "restarting", "shutdown", "removed"]
    pid: int | None = None
    session: str | None = None
    stage: Stage | None = None
    restarts: int = 0
    jobs: int = 0
    memory: int | None = None
    """Resident bytes of the worker's process."""
    cpu: float | None = None
    """Share of one processor over the last second or so, 0 to the number of its threads."""
    last_error: str | None = None


class PoolChanged(_Event):
    """The pool's figures, as :class:`enrich_tui.pool.PoolStatus`."""

    type: Literal["pool"] = "pool"
    total: int
    idle: int
    active: int
    error: int
    pending: int
    error_rate: float
    restarts: int
    uptime_percentage: float
    avg_job_duration: float


class BatchChanged(_Event):
    """The batch's figures; at most ten a second, and one when nothing else happens for a second."""

    type: Literal["batch"] = "batch"
    state: Literal["looking", "running", "paused", "watching", "draining", "stopping", "done"]
    """``looking``: for the first recordings; ``watching``: all is done, and new recordings are waited for."""
    total: int
    pending: int
    processing: int
    completed: int
    """The partial ones among them."""
    failed: int
    """The skipped and the cancelled ones among them; pending, processing, completed and failed add up to total."""
    skipped: int = 0
    cancelled: int = 0
    retrying: int = 0
    attempts: int = 0
    """Attempts at stages that have ended, well or not."""
    failed_attempts: int = 0
    """Those of them that failed, whether or not the stage was tried again."""
    progress: float
    """0 to 100."""
    eta: Eta | None = None
    eta_reason: str = ""
    """Why the ETA jumped, if it did: ``1 worker lost``."""
    etas: dict[str, Eta] = Field(default_factory=dict)
    """Of the sessions that are being worked on."""
    rate: float | None = None
    """Sessions per minute."""
    elapsed: float = 0.0
    predicted: Eta | None = None
    """Seconds that the whole was said to take when the work began, or when the queue last changed."""


class Noted(_Event):
    """One line for the status line and the log."""

    type: Literal["note"] = "note"
    level: Literal["info", "warning"] = "info"
    message: str


class OwnerSeen(_Event):
    """Only where another program's run is followed: how that program is, after a change."""

    type: Literal["owner"] = "owner"
    state: Literal["working", "silent", "gone"]
    """``silent``: it holds the library and does nothing, as when it is suspended; ``gone``: the library is free."""


class RunFinished(_Event):
    """Last event of a run. Another run-started may follow where the work is taken over."""

    type: Literal["run-finished"] = "run-finished"
    complete: int
    partial: int
    failed: int
    skipped: int
    cancelled: int
    duration: float
    predicted: Eta | None = None
    """Seconds that it was said to take when the work began, or when the queue last changed."""
    exit_code: int


Event = Annotated[
    RunStarted
    | SessionArriving
    | SessionQueued
    | SessionMeasured
    | SourceRejected
    | StageStarted
    | StageProgressed
    | StageRetrying
    | StageFinished
    | SessionFinished
    | SessionRequeued
    | QueueOrder
    | ErrorRaised
    | WorkerChanged
    | PoolChanged
    | BatchChanged
    | Noted
    | OwnerSeen
    | RunFinished,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event, config=ConfigDict(defer_build=True))
"""Reads and writes one event; its JSON Schema documents the stream."""


class Sink(Protocol):
    """Takes events; must be quick and must not raise."""

    def __call__(self, event: Event, /) -> None: ...


def both(first: Sink, second: Sink) -> Sink:
    """A sink that passes every event on to these two, in this order."""

    def pass_on(event: Event, /) -> None:
        first(event)
        second(event)

    return pass_on


class Source(Protocol):
    """Where events come from: a live run, or a recorded one that is played again."""

    async def run(self, sink: Sink, /) -> int:
        """Emit everything into ``sink`` until the run is over or was told to end; returns the exit code."""
        ...
