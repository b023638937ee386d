"""What a worker's process may take, and how it makes room for the person in front of the machine.

Everything here is best effort: what a platform does not have is left out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

FILE_BYTES = 16 * 1024**3
"""Longest file that a stage may write: some hours of video, copied into another container."""
OPEN_FILES = 512
NICENESS = 10
"""The display and the person's other programs come first.

Where Linux shares processors out by session, this counts inside a session only. That is meant: a session of its own
keeps the display's loop as quick as beside nothing, and a nice group of sessions would add nothing but slow starts.
"""


def apply(memory: int) -> None:
    """Limit this process: ``memory`` bytes of address space, file size and number, no core dumps; and be nice."""
    if sys.platform != "win32":
        import resource

        _limit(resource.RLIMIT_AS, memory)
        _limit(resource.RLIMIT_FSIZE, FILE_BYTES)
        _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
        _limit(resource.RLIMIT_CORE, 0)
        with contextlib.suppress(OSError):
            os.nice(NICENESS)


def give_back() -> None:
    """Hand free memory back to the system: glibc keeps what a stage has used, and a worker may idle for long."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux).

    Everywhere, the end of the pipe tells the same; but a thread has to read it, and native code may hold Python up.
    """
    if sys.platform == "linux":
        import ctypes

        parent_death_signal = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
        ctypes.CDLL(None, use_errno=True).prctl(parent_death_signal, signal.SIGKILL, 0, 0, 0)


if sys.platform != "win32":

    def _limit(what: int, most: int) -> None:
        import resource

        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS has names for limits that it does not set
            resource.setrlimit(what, (most, most))
