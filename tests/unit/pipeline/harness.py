"""A run over made-up sessions: the real pipeline and services, and a runner that does as it is told."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from enrich_tui.config import Config
from enrich_tui.discovery import discover
from enrich_tui.errors import ErrorHandler
from enrich_tui.events import Event, StageFinished
from enrich_tui.model import EnrichmentOptions, Session, Stage, StageOutput, StageTask
from enrich_tui.pipeline.run import BatchRun, Feed
from enrich_tui.pool import Worker, WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.store.outputs import write_text
from enrich_tui.store.owner import Owner
from enrich_tui.worker.process import Progress

Script = Callable[[StageTask], StageOutput | Exception]
"""Says what comes of a task; exceptions are raised."""


def make_sessions(folder: Path, names: Iterable[str]) -> list[Session]:
    """Recordings with these names, found by discovery."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (folder / name).exists():
            (folder / name).write_text(f"bytes of {name}", encoding="utf-8")
    return list(discover(folder).sessions)


def write_result(task: StageTask) -> StageOutput:
    """The output of a stage that goes well: one file that depends on the source and the stage."""
    name = f"{task.stage}.json"
    write_text(task.session.output / name, f"{task.stage} of {task.session.title}")
    return StageOutput(outputs={task.stage.value: name}, engine="fake 1", media_seconds=10.0)


class FakeRunner:
    """Runs stages by script and counts. ``gates`` hold a stage until they are opened."""

    def __init__(self, script: Script = write_result) -> None:
        self.script = script
        self.runs: Counter[tuple[str, Stage]] = Counter()
        self.running: set[tuple[str, Stage]] = set()
        self.most = 0
        self.started: defaultdict[tuple[str, Stage], asyncio.Event] = defaultdict(asyncio.Event)
        self.gates: dict[tuple[str, Stage], asyncio.Event] = {}

    async def __call__(self, _worker: Worker, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        """Run one task."""
        key = (task.session.id, task.stage)
        self.runs[key] += 1
        self.running.add(key)
        self.most = max(self.most, len(self.running))
        self.started[key].set()
        try:
            on_event(Progress(0.5, ""))
            if key in self.gates:
                await self.gates[key].wait()
            else:
                await asyncio.sleep(0)
            result = self.script(task)
        finally:
            self.running.discard(key)
        if isinstance(result, Exception):
            raise result
        return result


def failing(stage: Stage, error: Exception, times: int = 99) -> Script:
    """Everything goes well but this stage, which fails so many times."""
    left = [times]

    def script(task: StageTask) -> StageOutput | Exception:
        if task.stage is stage and left[0] > 0:
            left[0] -= 1
            return error
        return write_result(task)

    return script


class Watcher:
    """A sink that keeps all events and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event, /) -> None:
        """Take an event."""
        self.events.append(event)
        self._news.set()

    async def until(self, wanted: Callable[[Event], bool], seconds: float = 10) -> Event:
        """Wait until such an event has come."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                self._news.clear()
                await self._news.wait()

    def finished(self, session: str) -> dict[Stage, StageFinished]:
        """How the stages of a session ended, by its last word on each."""
        ended = [event for event in self.events if isinstance(event, StageFinished) and event.session == session]
        return {event.stage: event for event in ended}


@asynccontextmanager
async def prepared(
    sessions: list[Session],
    runner: FakeRunner,
    *,
    workers: int = 2,
    options: EnrichmentOptions | None = None,
    keep_open: bool = False,
    fresh: bool = False,
    retry: bool = False,
    errors: ErrorHandler | None = None,
    config: Config | None = None,
    owner: Owner | None = None,
    feed: Feed | None = None,
    library: Path | None = None,
    output: Path | None = None,
) -> AsyncIterator[BatchRun]:
    """A run that is ready to start."""
    pool = WorkerPool(max_workers=workers)
    try:
        yield BatchRun(
            sessions,
            options or EnrichmentOptions(),
            pool=pool,
            progress=ProgressService(),
            errors=errors or ErrorHandler(base_delay=0.0),
            runner=runner,
            cpu_slots=workers,
            keep_open=keep_open,
            fresh=fresh,
            retry=retry,
            config=config,
            owner=owner,
            feed=feed,
            library=library,
            output=output,
        )
    finally:
        await pool.shutdown(timeout=1)


async def run(sessions: list[Session], runner: FakeRunner, **settings: object) -> tuple[BatchRun, Watcher, int]:
    """Run to the end."""
    watcher = Watcher()
    async with prepared(sessions, runner, **settings) as batch:  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            code = await batch.run(watcher)
    return batch, watcher, code
