"""What an engine said of a stretch of sound, kept beside the results, so that no stretch is heard twice.

Each finding is a line of its own, added and synced at once: a program that was killed loses the stretch that it was
at, and nothing else. A finding goes by the digest of all that it depends on. Hence it holds wherever the same stretch
comes again: after a restart, and in a recording to which something was added. Beside it stands how far the work was,
so that it can be told from the last line about where it would go on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import zlib
from pathlib import Path
from typing import Any

from enrich_tui.stages import KeepingReport, Report
from enrich_tui.store.outputs import PLAIN, check_allowed, move_aside, sync, write_bytes

HEARD = ".heard.jsonl"
ANSWERED = ".answered.jsonl"
"""The same of what a server answered to the parts of a transcript, lest they are sent again."""
LIMIT = 64 * 1024**2
"""Most that is read, in bytes; an hour of talk is half a megabyte."""
_END = 32 * 1024
"""Bytes in which the last line is looked for; one is seldom longer than four thousand."""

_log = logging.getLogger(__name__)


class Memory:
    """Findings in a file. What cannot be read or written is heard again, and never an error."""

    def __init__(self, path: Path, identity: str, *, size: int = 0, fresh: bool = False) -> None:
        """``identity``: engine, model and version of what is found. ``size``: bytes of what is gone through.

        ``fresh``: begin without what is there.
        """
        self._path = path
        self._identity = identity
        self._mark = _mark(identity)
        self._size = size
        self._fraction = 0.0
        self._lines: dict[str, bytes] = {}
        self._used: dict[str, None] = {}
        self._stream: int | None = None
        self._writable = True
        try:
            self._open(fresh=fresh)
        except OSError:
            _log.warning("What was heard before cannot be read.", exc_info=True)
        self._resuming = bool(self._lines)
        """Something is there from before, and what was asked for last was."""
        self._begun = 0.0

    def key(self, *parts: bytes | str | float | list[int] | None) -> str:
        """The digest of what a finding depends on."""
        digest = hashlib.blake2b(self._identity.encode(), digest_size=16)
        for part in parts:
            data = part if isinstance(part, bytes) else json.dumps(part).encode()
            digest.update(len(data).to_bytes(8, "little"))
            digest.update(data)
        return digest.hexdigest()

    def recall(self, key: str) -> Any | None:
        """What was found; None where nothing was."""
        line = self._lines.get(key)
        if line is None:
            self._resuming = False
            return None
        found = json.loads(line[8:])[1]
        if key not in self._used:
            self._resuming = True
            self._used[key] = None
            self._lines[key] = self._line(key, found)
        return found

    def keep(self, key: str, found: Any) -> None:
        """Keep a finding that JSON can hold."""
        self._lines[key] = line = self._line(key, found)
        self._used[key] = None
        if self._writable:
            try:
                self._add(line)
            except OSError:
                _log.warning("What is heard cannot be kept; it would be heard again.", exc_info=True)
                self._writable = False

    def telling(self, report: KeepingReport) -> Report:
        """A report that tells ``report``, too, where the work begins: behind what was known and not found now."""

        def told(fraction: float, message: str = "") -> None:
            self._fraction = fraction
            if self._resuming:
                self._begun = max(self._begun, fraction)
            report(fraction, message, self._begun)

        return told

    def finish(self) -> None:
        """The work is done: leave what it used, in the order in which it did."""
        self.close()
        wanted = b"".join(self._lines[key] for key in self._used)
        try:
            if wanted and wanted != self._read():
                write_bytes(self._path, wanted)
            elif not wanted:
                self._path.unlink(missing_ok=True)
        except OSError:
            _log.warning("What was heard cannot be tidied up.", exc_info=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            os.close(self._stream)
            self._stream = None

    def _open(self, *, fresh: bool) -> None:
        if not os.path.lexists(self._path):
            return
        if self._path.is_symlink() or not self._path.is_file():
            move_aside(self._path)
        elif fresh:
            self._path.unlink()
        else:
            for line in self._read().splitlines(keepends=True):
                if (key := _key_of(line)) is not None:
                    self._lines[key] = line

    def _read(self) -> bytes:
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as stream:
            return stream.read(LIMIT)
        return b""

    def _line(self, key: str, found: Any) -> bytes:
        """A finding, and where the work is with it."""
        where = [self._mark, self._size, round(self._fraction, 4)]
        text = json.dumps([key, found, where], separators=(",", ":")).encode("ascii")
        return b"%08x%s\n" % (zlib.crc32(text), text)

    def _add(self, line: bytes) -> None:
        check_allowed()
        if self._stream is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | PLAIN, 0o644)
            size = os.fstat(self._stream).st_size
            if size and not self._read().endswith(b"\n"):
                line = b"\n" + line  # the last one was not written to its end
        if os.write(self._stream, line) != len(line):
            raise OSError("not all of it was written")
        sync(self._stream)


def kept(path: Path, identity: str, size: int = 0) -> float:
    """The share of the work, 0 to 1, behind which an attempt would go on with what is in this file; a guess.

    It goes by the end of the file alone. ``identity`` and ``size`` are as for :class:`Memory`: another engine keeps
    nothing, and where something was added to a recording, its size says how much.
    """
    for line in reversed(_end(path)):
        if _key_of(line) is not None:
            match json.loads(line[8:])[2:]:
                case [[str() as mark, int() as before, int() | float() as fraction]] if mark == _mark(identity):
                    grown = before / size if 0 < before <= size else float(before == size)
                    return min(1.0, max(0.0, fraction)) * grown
            break
    return 0.0


def _end(path: Path) -> list[bytes]:
    """The last lines of a file; the first of them may lack its beginning."""
    try:
        if path.is_symlink() or not path.is_file():
            return []
        with path.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _END))
            return stream.read(_END).splitlines(keepends=True)
    except OSError:
        return []


def _mark(identity: str) -> str:
    return hashlib.blake2b(identity.encode(), digest_size=4).hexdigest()


def _key_of(line: bytes) -> str | None:
    """The key of a line that is whole."""
    try:
        if line.endswith(b"\n") and int(line[:8], 16) == zlib.crc32(line[8:-1]):
            return str(json.loads(line[8:])[0])
    except (ValueError, LookupError, TypeError):
        pass
    return None
