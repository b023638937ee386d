"""What a child process writes to its standard error: a bounded file per process, whose end tells of crashes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

MAX_LOG = 4 * 1024**2
"""A log longer than this is begun again."""
TAIL = 4 * 1024


class WorkerLog:
    """The log of one child process; the previous one of the same number is kept beside it.

    Where the folder cannot be written, the log has no name and goes with the process.
    """

    def __init__(self, folder: Path, number: int) -> None:
        path = folder / f"worker-{number}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists():
                path.replace(path.with_suffix(".previous.log"))
            # Opened for appending: the child and a second program may write the same file.
            self.file: IO[bytes] = path.open("a+b", buffering=0)
        except OSError:
            self.file = tempfile.TemporaryFile("a+b", buffering=0)  # noqa: SIM115 - closed by close()
        self._closed_tail = ""

    def bound(self) -> None:
        """Begin again where it has become too long."""
        if self.file.seek(0, 2) > MAX_LOG:
            self.file.truncate(0)
            self.file.seek(0)  # where Windows has the child write on

    def tail(self) -> str:
        """The end of it, at most 4 KB."""
        if not self.file.closed:
            self.file.seek(max(0, self.file.seek(0, 2) - TAIL))
            self._closed_tail = self.file.read(TAIL).decode("utf-8", "backslashreplace").strip()
        return self._closed_tail

    def close(self) -> None:
        """Let go of the file; the tail stays known."""
        self.tail()
        self.file.close()
