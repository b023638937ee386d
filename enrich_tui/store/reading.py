"""Reading what lies among results: they may have come from anywhere, together with the recordings."""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading. Raises ``OSError``, also of anything else: a pipe would be waited for."""
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of a regular file, from its beginning. Raises as :func:`open_regular` does."""
    with open_regular(path) as stream:
        return stream.read(limit)
