"""A terminal that may vanish, stand still, or be dragged to another size again and again.

What is written to one that is gone is lost, and harms nothing: Textual writes from a thread that ends with the first
error; its queue then fills up, and the program that wants to say goodbye to a closed window waits for ever, with its
workers.

While nobody reads it (a connection that hangs), nothing waits for it either: what cannot be written is left out, and
the whole screen is painted when it takes something again. Textual would halt the program, and with it the run.

Sizes arrive in their order: Textual looks at the size in a signal handler, which the next signal can interrupt between
looking and telling, so that an older size is told last and stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import IO, Any, cast

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

_LOOK = 0.25
"""Seconds between two looks at whether the terminal takes something again."""
_MOST = 20
"""Texts that may wait for the terminal. Textual's own line takes 30, and halts who brings more."""


class _Forgiving:
    """A file of which errors in writing are ignored."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.taken = 0
        """How many texts were written, or lost in an error."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._file.write(text)
        self.taken += 1

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class TerminalDriver(LinuxDriver):
    """Textual's driver for POSIX terminals, for windows that are closed, dragged, or not read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._terminal = _Forgiving(cast("IO[str]", self._file))
        self._file = cast("Any", self._terminal)
        self._given = 0
        self._painting = False
        self._behind = False
        """Something was left out because the terminal takes nothing."""

    @property
    def _waiting(self) -> int:
        return self._given - self._terminal.taken

    def write(self, data: str) -> None:
        """Write, or leave it out where the terminal takes nothing at present."""
        if not self._painting or not (self._behind or self._waiting >= _MOST):
            self._given += 1
            super().write(data)
        elif not self._behind:
            self._behind = True
            self._catch_up()

    def _catch_up(self) -> None:
        if self._painting and self._waiting:
            asyncio.get_running_loop().call_later(_LOOK, self._catch_up)
            return
        self._behind = False
        if self._painting:
            self._app.screen.refresh()

    def stop_application_mode(self) -> None:
        """As Textual does; what restores the terminal is never left out."""
        self._painting = False
        super().stop_application_mode()

    def start_application_mode(self) -> None:
        """As Textual does, but sizes are looked at in the event loop, one after the other."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if sys.platform != "win32":  # which has a driver of its own
            asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, self._resized)
        self._painting = True

    def _resized(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(events.Resize(size, size))
