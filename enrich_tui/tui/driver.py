"""A terminal that may vanish: what is written to one that is gone is lost, and harms nothing.

Textual writes from a thread that ends with the first error; its queue then fills up, and the program that wants to say
goodbye to a closed window waits for ever, with its workers.
"""

from __future__ import annotations

import contextlib
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver


class _Forgiving:
    """A file of which errors in writing are ignored."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's driver for POSIX terminals, for windows that are closed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = cast("Any", _Forgiving(cast("IO[str]", self._file)))
