"""Keeps the stream of a run in a file, for others to follow and to look at later.

Events are only put aside when they come; a thread of its own writes them twice a second, and never waits for the disk
to be sure of them. Where they cannot be written, the run goes on without.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from enrich_tui.display.json_lines import line_of
from enrich_tui.events import BatchChanged, Event, PoolChanged, StageProgressed, WorkerChanged
from enrich_tui.store.outputs import PLAIN, rename
from enrich_tui.store.runs import path_of, prune

INTERVAL = 0.5
"""Seconds between two writes."""
BREATH = 2.0
"""Seconds after which the file is touched, so that others see that the program lives."""
LIMIT = 4 * 1024 * 1024
"""Bytes from which on the file is compacted, and again whenever it has doubled."""
WAITING = 100_000
"""Events that may wait to be written; a disk that takes none gets the newest."""
PATIENCE = 2.0
"""Seconds that the end of a run waits for the last write."""

_log = logging.getLogger(__name__)


class Tape:
    """A sink of events that keeps them; use it as a context. ``lock``, ``epoch``: of the library's owner."""

    def __init__(self, lock: Path, epoch: int, *, limit: int = LIMIT, interval: float = INTERVAL) -> None:
        self.path = path_of(lock, epoch)
        self._lock = lock
        self._limit = limit
        self._interval = interval
        self._waiting: deque[Event] = deque(maxlen=WAITING)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="tape", daemon=True)
        self._descriptor: int | None = None
        self._size = 0
        self._torn = False
        """The last write may have ended in the middle of a line."""
        self._told = False
        self._breath = 0.0

    def __call__(self, event: Event, /) -> None:
        """Keep one event."""
        self._waiting.append(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def _keep(self) -> None:
        over = False
        while not over:
            over = self._over.wait(self._interval)
            try:
                self._write(self._take())
                if self._size > self._limit:
                    self._compact()
            except Exception:  # noqa: BLE001 - whatever it is, the run goes on, and nothing gets onto the screen
                self._torn = True
                if not self._told:
                    self._told = True
                    _log.warning("The stream of this run cannot be kept.", exc_info=True)
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)

    def _take(self) -> bytes:
        events = [self._waiting.popleft() for _ in range(len(self._waiting))]
        return b"".join(map(line_of, merged(events)))

    def _write(self, lines: bytes) -> None:
        if self._descriptor is None:
            self._open()
        assert self._descriptor is not None
        if lines:
            if self._torn:
                lines = b"\n" + lines
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self._torn = False
            self._size += len(lines)
        elif time.monotonic() - self._breath >= BREATH:
            os.utime(self._descriptor if os.utime in os.supports_fd else self.path)
        else:
            return
        self._breath = time.monotonic()

    def _open(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()  # of an owner whose epoch was lost; it may still be writing there
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | PLAIN, 0o644)
        self._size = 0
        prune(self._lock)

    def _compact(self) -> None:
        """Put a shorter stream in the place of this one. Who reads it sees another file under the name."""
        from enrich_tui.sources.compaction import compact

        assert self._descriptor is not None
        if not os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
            raise FileNotFoundError(errno.ENOENT, "it was removed")  # and what is there may be another program's
        lines = self.path.read_bytes().splitlines(keepends=True)
        shorter = b"".join(compact(lines))
        self._limit = max(self._limit, 2 * len(shorter))
        temporary = self.path.with_name(f".{self.path.name}")
        try:
            temporary.write_bytes(shorter)
            os.close(self._descriptor)  # Windows renames nothing over a file that is open
            self._descriptor = None
            rename(temporary, self.path)
            self._size = len(shorter)
        except OSError:
            self._limit = 2 * self._size  # as it is now; another try when it has doubled
            raise
        finally:
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | PLAIN)


def merged(events: list[Event]) -> list[Event]:
    """Without the figures that newer ones among them replace."""
    newest: dict[object, int] = {}
    for index, event in enumerate(events):
        newest[_what(event) or index] = index
    return [events[index] for index in sorted(newest.values())]


def _what(event: Event) -> object:
    """What an event gives the newest figures of; None where it tells of something else."""
    match event:
        case StageProgressed():
            return event.type, event.session, event.stage
        case WorkerChanged():
            return event.type, event.worker, event.status, event.session, event.stage
        case BatchChanged():
            return event.type, event.state, event.eta_reason
        case PoolChanged():
            return event.type
    return None
