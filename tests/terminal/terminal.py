"""A program on a pseudo-terminal, with a screen that can be read. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

START_UP = 20.0
"""Seconds that a program may take to show something on a busy machine."""


_ON_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal on standard input the controlling one, then becomes the program."""


class Terminal:
    """Starts Python with these arguments on a terminal of this size, and reads what it paints."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str] | None = None,
        stdout: int | None = None,
    ) -> None:
        width, height = size
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        """Everything that came so far."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.modes = termios.tcgetattr(slave)
        self._slave = slave
        self._open = True
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, sys.executable, *arguments],
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env={**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environ or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._open:
            os.close(self._master)
            os.close(self._slave)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def read(self, seconds: float) -> None:
        """Take in what was painted, waiting at most so long for the first of it."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            data = os.read(self._master, 65536)
            self.written += data
            self._stream.feed(data)

    def until(self, text: str, seconds: float = START_UP) -> None:
        """Read until this is on the screen, or fail."""
        self.until_true(lambda: text in self.text, seconds, what=repr(text))

    def until_true(
        self, condition: Callable[[], bool], seconds: float = START_UP, what: str = "it", *, reading: bool = True
    ) -> None:
        """Read until something is as it is to be, or fail. Without ``reading`` the terminal takes nothing meanwhile."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.text}"
            if reading:
                self.read(0.1)
            else:
                time.sleep(0.05)

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size, as when its window is dragged; the program is told by the system."""
        self.screen.resize(height, width)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def settle(self, seconds: float = 0.5) -> None:
        """Read until nothing was painted for so long."""
        before = -1
        while len(self.written) != before:
            before = len(self.written)
            self.read(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed or the connection breaks."""
        os.close(self._master)
        os.close(self._slave)
        self._open = False

    def until_stopped(self, seconds: float = START_UP) -> None:
        """Read until the program was stopped, as by the shell's job control."""
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.process.pid, os.WUNTRACED | os.WNOHANG)
            if pid and os.WIFSTOPPED(status):
                break
            assert time.monotonic() < deadline, f"it is not stopped:\n{self.text}"
            self.read(0.1)
        self.read(0.1)

    def end(self, seconds: float = START_UP) -> int:
        """Read until the program has ended; returns its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self.read(0.1)
        self.read(0.1)
        return self.process.returncode

    def restored(self) -> bool:
        """True where the terminal is as it was: normal screen, cursor shown, mouse off, modes as before."""
        pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?1000h", b"\x1b[?1000l")]
        off = all(self.written.rfind(on) < self.written.rfind(back) for on, back in pairs)
        return off and termios.tcgetattr(self._slave)[:4] == self.modes[:4]
