"""Reads a stream while another program writes it, also when it is replaced by a shorter one."""

from __future__ import annotations

import math
import os
from pathlib import Path

from enrich_tui.events import Event
from enrich_tui.sources.reading import ForeignVersionError, LineError, event_of
from enrich_tui.store.reading import open_regular

CHUNK = 512 * 1024
"""Bytes that are read at once, as long as lines are shorter."""


class Tail:
    """One stream. All methods read a file: they are to be called in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.foreign = False
        """True where it is of a version that cannot be read."""
        self._inode: int | None = None
        self._offset = 0
        self._mark: tuple[int, ...] = ()
        self._last = -math.inf
        """Time of the last event."""
        self._latest: set[bytes] = set()
        """The lines of that time."""
        self._passing = False
        """In a file that took the place of another: until something new comes."""

    def read(self) -> list[Event]:
        """What came since the last call, or a part of it; nothing where the file cannot be read."""
        if self.foreign:
            return []
        try:
            with open_regular(self.path) as stream:
                stat = os.fstat(stream.fileno())
                if stat.st_ino != self._inode or stat.st_size < self._offset:
                    self._passing = self._inode is not None
                    self._inode, self._offset = stat.st_ino, 0
                stream.seek(self._offset)
                data = stream.read(CHUNK)
                while b"\n" not in data and (more := stream.read(CHUNK)):
                    data += more
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        events = []
        for line in whole.splitlines(keepends=True):
            try:
                if (event := self._take(line)) is not None:
                    events.append(event)
            except ForeignVersionError:
                self.foreign = True
                break
            except LineError:
                continue
        return events

    def changed(self) -> bool:
        """True where something happened to the file since the last call."""
        try:
            stat = self.path.stat()
        except OSError:
            return False
        before, self._mark = self._mark, (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        return before != self._mark

    def _take(self, line: bytes) -> Event | None:
        event = event_of(line)
        if self._passing:
            if event.t < self._last or line in self._latest:
                return None
            self._passing = event.t == self._last
        if event.t != self._last:
            self._latest.clear()
        self._last = event.t
        self._latest.add(line)
        return event
