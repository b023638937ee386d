"""Plays a recorded run again, at any speed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable

from enrich_tui.events import Noted, RunStarted, Sink
from enrich_tui.sources.playhead import Playhead
from enrich_tui.sources.recording import Recording

CHUNK = 200
"""Events that are sent on before others get their turn."""


class Replay:
    """A :class:`enrich_tui.events.Source` and its :class:`enrich_tui.controls.Player`. Nothing is asked or written.

    ``keep_open``: stay at the end of the recording until the display is left.
    """

    def __init__(
        self,
        recording: Recording,
        speed: float = 1.0,
        *,
        keep_open: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recording = recording
        self._keep_open = keep_open
        self._head = Playhead(recording.length, speed, clock)
        self._next = 0
        self._wake = asyncio.Event()

    async def run(self, sink: Sink, /) -> int:
        """Send every event when its time has come."""
        self._head.go_to(0.0)
        while True:
            self._wake.clear()
            await self._send(sink)
            if self._next < len(self._recording):
                delay = self._head.wait(self._recording.at(self._next))
            elif self._keep_open:
                delay = None
            else:
                return 0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), delay)

    async def _send(self, sink: Sink) -> None:
        """Everything up to where it is now."""
        sent = 0
        while self._next < self._recording.after(self._head.position):
            self._send_next(sink)
            sent += 1
            if sent % CHUNK == 0:
                await asyncio.sleep(0)

    def _send_next(self, sink: Sink) -> None:
        event = self._recording.event(self._next)
        self._next += 1
        sink(event)
        if isinstance(event, RunStarted) and self._next == 1:
            for remark in self._recording.remarks:
                sink(Noted(t=event.t, level="warning", message=remark))

    # -- the player ---------------------------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """Seconds of the recording in one second; infinite: all at once."""
        return self._head.speed

    @property
    def paused(self) -> bool:
        """True while it stands still."""
        return self._head.paused

    @property
    def position(self) -> float:
        """Where it is."""
        return self._head.position

    @property
    def length(self) -> float:
        """Where it ends."""
        return self._head.length

    def pause(self) -> None:
        """Stand still, or go on; at the end, from the start."""
        if not self._head.paused and self._next >= len(self._recording):
            self._go_to(0.0)
        else:
            self._head.pause(on=not self._head.paused)
        self._wake.set()

    def faster(self) -> None:
        """The next speed."""
        self._head.faster()
        self._wake.set()

    def slower(self) -> None:
        """The speed before."""
        self._head.slower()
        self._wake.set()

    def step(self) -> None:
        """Stand still, one event further."""
        self._head.pause(on=True)
        if self._next < len(self._recording):
            self._go_to(self._recording.at(self._next))

    def seek(self, by: float) -> None:
        """Go forward, or back where ``by`` is negative; from the end of one that ran all at once, stand still there."""
        if math.isinf(self._head.speed):
            self._head.pause(on=True)
        self._go_to(self._head.position + by)

    def _go_to(self, moment: float) -> None:
        self._head.go_to(moment)
        if self._recording.after(self._head.position) < self._next:
            self._next = 0  # the run-started that comes first makes every display start over
        self._wake.set()
