"""Starts and signals child processes so that nobody but the event loop's watcher learns how they ended.

asyncio polls a process when its start is cancelled and whenever it is to be signalled. Where the process has just ended
by itself, such a poll takes the exit status away from the watcher, which then complains on standard error and says 255.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import IO

if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    _FLAGS = _NEW_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    _FLAGS = 0


async def spawn(*command: str, stderr: int | IO[bytes], env: Mapping[str, str]) -> Process:
    """Start a process at the head of a group of its own, with pipes to its standard input and from its output.

    Its own group, because Ctrl-C is for the parent, and its scheduling is kept apart from the display's. Cancelling
    this leaves no process behind. Raises ``OSError`` where the system has no process to give.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            env=dict(env),
            start_new_session=True,
            creationflags=_FLAGS,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        signal_group(process, "SIGKILL")
        await process.wait()
        raise


def signal_group(process: Process, name: str) -> None:
    """Send a signal to a process of :func:`spawn` and to everything that it started, as far as it is still there."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.Signals[name])
    except (ProcessLookupError, PermissionError):  # macOS says "permission" of a group of which only a zombie is left
        return
