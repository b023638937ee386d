"""A terminal that may vanish, or be dragged to another size again and again.

What is written to one that is gone is lost, and harms nothing: Textual writes from a thread that ends with the first
error; its queue then fills up, and the program that wants to say goodbye to a closed window waits for ever, with its
workers.

Sizes arrive in their order: Textual looks at the size in a signal handler, which the next signal can interrupt between
looking and telling, so that an older size is told last and stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import IO, Any, cast

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size


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
    """Textual's driver for POSIX terminals, for windows that are closed or dragged."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = cast("Any", _Forgiving(cast("IO[str]", self._file)))

    def start_application_mode(self) -> None:
        """As Textual does, but sizes are looked at in the event loop, one after the other."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, self._resized)

    def _resized(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(events.Resize(size, size))
