"""A run that emits what a test says and remembers what was asked of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from textual.pilot import Pilot

from enrich_tui import events as ev
from enrich_tui.config import UiConfig
from enrich_tui.model import STAGES
from enrich_tui.tui.app import Dashboard

STARTED = ev.RunStarted(
    program="enrich-tui test", library="recordings", at="2026-01-01T00:00:00Z", workers=2, cpu_slots=2, stages=STAGES
)


class Scripted:
    """Source and controls in one."""

    def __init__(self, events: Sequence[ev.Event], *, error: Exception | None = None) -> None:
        self._script = events
        self._error = error
        self._sink: ev.Sink = lambda _event: None
        self._code: asyncio.Future[int] | None = None
        self.asked: list[tuple[object, ...]] = []

    async def run(self, sink: ev.Sink, /) -> int:
        self._sink = sink
        self._code = asyncio.get_running_loop().create_future()
        for event in self._script:
            sink(event)
        if self._error is not None:
            raise self._error
        return await self._code

    def emit(self, *events: ev.Event) -> None:
        for event in events:
            self._sink(event)

    def end(self, code: int) -> None:
        assert self._code is not None
        if not self._code.done():
            self._code.set_result(code)

    def retry(self, sessions: Iterable[str]) -> int:
        wanted = list(sessions)
        self.asked.append(("retry", *wanted))
        return len(wanted)

    def retry_failed(self) -> int:
        self.asked.append(("retry_failed",))
        return 1

    def cancel(self, sessions: Iterable[str]) -> int:
        wanted = list(sessions)
        self.asked.append(("cancel", *wanted))
        return len(wanted)

    def cancel_all(self) -> int:
        self.asked.append(("cancel_all",))
        return 1

    def pause(self) -> None:
        self.asked.append(("pause",))

    def resume(self) -> None:
        self.asked.append(("resume",))

    def restart_errored_workers(self) -> None:
        self.asked.append(("restart_errored_workers",))

    def restart_worker(self, worker: int) -> None:
        self.asked.append(("restart_worker", worker))

    def add_worker(self) -> None:
        self.asked.append(("add_worker",))

    def remove_worker(self) -> None:
        self.asked.append(("remove_worker",))

    def move(self, session: str, by: int) -> None:
        self.asked.append(("move", session, by))

    def drain(self) -> None:
        self.asked.append(("drain",))
        self.end(1)

    def stop(self) -> None:
        self.asked.append(("stop",))
        self.end(0)


def dashboard(
    source: Scripted, *, read_only: bool = False, keys: dict[str, str] | None = None, **ui: object
) -> Dashboard:
    """A dashboard over a scripted run."""
    return Dashboard(source, None if read_only else source, ui=UiConfig.model_validate(ui), keys=keys or {})


def shown(app: Dashboard) -> str:
    """The text on the screen, line by line."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


async def until(pilot: Pilot[int], condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for a condition, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain; on the screen:\n{shown(pilot.app)}"  # type: ignore[arg-type]
        await pilot.pause()


async def until_shown(pilot: Pilot[int], text: str) -> str:
    """Wait for text on the screen; returns the whole screen."""
    app = pilot.app
    assert isinstance(app, Dashboard)
    await until(pilot, lambda: text in shown(app))
    return shown(app)
