"""Follows the run of another program that owns the library, by the stream that it keeps."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Literal, NamedTuple

from enrich_tui.events import BatchChanged, Event, Noted, OwnerSeen, RunFinished, RunStarted, SessionFinished, Sink
from enrich_tui.model import SessionStatus
from enrich_tui.sources.tail import Tail
from enrich_tui.store.owner import Holder, holder, is_free, lock_of
from enrich_tui.store.runs import kept

INTERVAL = 0.25
"""Seconds between two looks."""
QUIET = 1.0
"""Seconds without a sign of life after which it is looked whether the lock is free."""
SILENT = 8.0
"""Seconds without a sign of life after which a program that holds the lock is silent."""

LEFT_UNFINISHED = 130
"""Exit code where the other program ended before its sessions had."""

Presence = Literal["working", "silent", "gone"]


class _Look(NamedTuple):
    events: list[Event]
    holder: Holder
    alive: bool
    """Something happened since the last look."""
    free: bool | None
    """None: not looked."""


class Follow:
    """A :class:`enrich_tui.events.Source`: what there is of the latest run, then what comes, whoever owns the library.

    ``home``: the folder that its owner holds. ``until``: it goes on until :meth:`leave`, or until the library is
    ``free``, or until the work is ``done`` or its owner gone; then the exit code is that of the run.
    """

    def __init__(
        self,
        home: Path,
        *,
        until: Literal["left", "free", "done"] = "left",
        interval: float = INTERVAL,
        quiet: float = QUIET,
        silent: float = SILENT,
    ) -> None:
        self.presence: Presence | None = None
        """How the other program is; None before the first look."""
        self.holder = Holder()
        """Who owns the library, or owned it last."""
        self._home = home
        self._until = until
        self._interval = interval
        self._quiet = quiet
        self._silent = silent
        self._lock = lock_of(home)
        self._tail: Tail | None = None
        self._epoch = 0
        self._heard = time.monotonic()
        self.t = 0.0
        """Time of the last event."""
        self._unhappy: set[str] = set()
        self._state = ""
        self._code: int | None = None
        self._left: int | None = None
        self._foreign = False
        self._wake = asyncio.Event()

    @property
    def found(self) -> bool:
        """True where there is, or was, a run to be seen."""
        return self._tail is not None

    def leave(self, code: int = 0) -> None:
        """Let :meth:`run` end with this exit code."""
        self._left = code
        self._wake.set()

    async def run(self, sink: Sink, /) -> int:
        """Send what the run of the other program tells."""
        while True:
            self._wake.clear()
            look = await asyncio.to_thread(self._look)
            for event in look.events:
                self._take(event, sink)
            self._judge(look, sink)
            left, self._left = self._left, None
            code = self._outcome(look) if left is None else left
            if code is not None:
                return code
            if not look.events:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._interval)

    def _look(self) -> _Look:
        if self._tail is None:
            self._lock = lock_of(self._home)
        told = holder(self._lock)
        quiet = time.monotonic() - self._heard
        free = None
        if self._tail is None or self.presence != "working" or quiet > self._quiet or self._code is not None:
            free = is_free(self._lock)
        self._choose(told, free=bool(free))
        if self._tail is None:
            return _Look([], told, alive=False, free=free)
        alive = self._tail.changed()
        return _Look(self._tail.read(), told, alive, free)

    def _choose(self, told: Holder, *, free: bool) -> None:
        """The stream of the present owner; where there is none, the last that there is."""
        if self._tail is not None and (free or told.epoch == self._epoch):
            return
        runs = dict(kept(self._lock))
        epoch = told.epoch if told.epoch in runs else max(runs, default=None) if free else None
        if epoch is not None and (self._tail is None or epoch != self._epoch):
            self._tail, self._epoch = Tail(runs[epoch]), epoch
            self._unhappy, self._state, self._code = set(), "", None

    def _take(self, event: Event, sink: Sink) -> None:
        self.t = event.t
        match event:
            case RunStarted():
                event = event.model_copy(update={"read_only": True})
            case SessionFinished():
                well = event.status is SessionStatus.COMPLETE
                (self._unhappy.discard if well else self._unhappy.add)(event.session)
            case BatchChanged():
                self._state = event.state
            case RunFinished():
                self._code = event.exit_code
        sink(event)

    def _judge(self, look: _Look, sink: Sink) -> None:
        """How the other program is, by what was seen; and tell when that has changed."""
        now = time.monotonic()
        if look.alive or look.events or look.holder != self.holder:
            self._heard = now
        self.holder = look.holder
        if self._tail is not None and self._tail.foreign and not self._foreign:
            sink(Noted(level="warning", message="The program that works here is of another version; see it there."))
        self._foreign = self._tail is not None and self._tail.foreign
        before, presence = self.presence, self._presence(look, now)
        if presence == before:
            return
        self.presence = presence
        if before is not None or presence != "working":
            sink(OwnerSeen(t=self.t, state=presence))
            sink(Noted(t=self.t, level="warning", message=self._words(presence, before)))

    def _presence(self, look: _Look, now: float) -> Presence:
        if look.free and not look.events:
            return "gone"
        if self._heard == now or self.presence in {None, "gone"}:
            return "working"
        return "silent" if now - self._heard > self._silent or self.presence == "silent" else "working"

    def _words(self, presence: Presence, before: Presence | None) -> str:
        match presence:
            case "silent":
                who = f" (process {self.holder.pid})" if self.holder.pid else ""
                if not self.found:
                    return f"The program that works here{who} tells nothing of its run; there is nothing to show."
                return f"The program that works here{who} does not answer; it may be suspended."
            case "working" if before == "silent":
                return "The program that works here answers again."
            case "working":
                return "Another program works here now."
        if not self.found:
            return "Nobody works here, and no run is on record."
        if self._code is None and self._state != "done":
            return "The program that worked here has ended before its work was done."
        return "The program that worked here has ended."

    def _outcome(self, look: _Look) -> int | None:
        """The exit code of the run that is followed, once it is over."""
        if look.events or self._until == "left":
            return None
        if self._until == "done" and self._code is not None:
            return self._code
        if self._until == "done" and self._state == "done":
            return int(bool(self._unhappy))
        return LEFT_UNFINISHED if self.presence == "gone" else None
