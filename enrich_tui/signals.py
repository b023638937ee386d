"""The signals that ask the program to end, and with which exit code it then does: 128 and the signal's number."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

INTERRUPTED, HUNG_UP = 130, 129

_ENDING = (
    *("HUP", "INT", "QUIT", "ABRT", "TRAP", "SYS", "USR1", "USR2", "ALRM", "TERM", "STKFLT", "XCPU", "VTALRM", "PROF"),
    *("IO", "PWR"),
)
"""Those whose default is to end a process. Left out: KILL, which nobody can catch; faults in the program's own code
(SEGV and its like), after which nothing can be trusted; PIPE and XFSZ, which Python turns into errors where they occur.
"""


def ending_signals() -> dict[int, int]:
    """Exit code by number, of all signals of this system that ask the program to end."""
    numbers = (getattr(signal, f"SIG{name}", None) for name in _ENDING)
    return {int(number): 128 + int(number) for number in numbers if number is not None}


@contextlib.contextmanager
def told(stop: Callable[[int], object]) -> Iterator[None]:
    """While the block runs, call ``stop`` in the running loop with the exit code of a signal that asks to end.

    Where the loop cannot listen to signals (Windows, another thread), it changes nothing.
    """
    loop = asyncio.get_running_loop()
    listening = []
    for number, code in ending_signals().items():
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop, code)
            listening.append(number)
    try:
        yield
    finally:
        for number in listening:
            loop.remove_signal_handler(number)
