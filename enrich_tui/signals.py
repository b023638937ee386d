"""The signals that ask the program to end, and with which exit code it then does: 128 and the signal's number."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from functools import partial

INTERRUPTED, HUNG_UP = 130, 129

_ENDING = (
    *("HUP", "INT", "QUIT", "ABRT", "TRAP", "SYS", "USR1", "USR2", "ALRM", "TERM", "STKFLT", "XCPU", "VTALRM", "PROF"),
    *("IO", "PWR", "BREAK"),
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

    Where there can be no listening to signals (in another thread), it changes nothing.
    """
    with contextlib.ExitStack() as listening:
        for number, code in ending_signals().items():
            with contextlib.suppress(ValueError, RuntimeError):
                listening.callback(_listen(number, partial(stop, code)))
        yield


def _listen(number: int, then: Callable[[], object]) -> Callable[[], object]:
    """Have the running loop call ``then`` on this signal; returns what ends that."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, then)
    except NotImplementedError:  # Windows' loop, which a signal wakes all the same
        former = signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(then))
        return partial(signal.signal, number, former or signal.SIG_DFL)
    return partial(loop.remove_signal_handler, number)
