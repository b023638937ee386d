"""Locks on open files that the system takes back when their holder dies.

Everything goes by the descriptor: another open and close of the same file does not give a lock away.
"""

from __future__ import annotations

import errno
import os
import sys
import time

PAUSE = 0.05
"""Seconds between two tries of :func:`wait_for_lock`."""
BYTE = 1 << 30
"""Where Windows locks a byte: far behind what is written there, which others are to be able to read."""


def wait_for_lock(descriptor: int) -> None:
    """Lock this file, however long another process holds it. Raises ``OSError`` where there are no locks."""
    while not take_lock(descriptor):
        time.sleep(PAUSE)


if sys.platform == "win32":
    import msvcrt

    def take_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Lock this file; False where another process holds it. Raises ``OSError`` where there are no locks.

        ``shared``: for who only looks, beside others that do; Windows' are never shared.
        """
        del shared
        os.lseek(descriptor, BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError as error:  # what a drive without locks says is no name of it
            raise OSError(errno.ENOLCK, "this drive knows no locks") from error
        return True
else:
    import fcntl

    def take_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Lock this file; False where another process holds it. Raises ``OSError`` where there are no locks.

        ``shared``: for who only looks, beside others that do.
        """
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
