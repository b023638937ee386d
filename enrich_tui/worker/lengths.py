"""How long recordings are, asked of a child process behind the same limits as the workers.

The parent opens no recording. The child reads one JSON string a line (a path as hexadecimal digits of its bytes) and
answers each with one line: what there is to hear and to see, in seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO, NamedTuple

from enrich_tui.config import Limits
from enrich_tui.errors.problems import StageError
from enrich_tui.worker import limits
from enrich_tui.worker.environment import child_environment
from enrich_tui.worker.spawn import signal_group, spawn

PATIENCE = 10.0
"""Seconds for one recording's headers; one that takes longer is of unknown length."""


class Lengths(NamedTuple):
    """Seconds of sound and of picture in one recording; None where there is none, or its length is not announced."""

    sound: float | None
    picture: float | None
    whole: bool = False
    """It can be opened, and its container ends where the file ends; see :mod:`enrich_tui.media.closed`."""


class LengthFinder:
    """One child process that is asked about one recording after the other."""

    def __init__(self, allowed: Limits) -> None:
        self._allowed = allowed
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def find(self, path: Path) -> Lengths | None:
        """The lengths of a recording; None where they cannot be told. The child is started by the first question."""
        async with self._turn:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._ask(path)
            except (OSError, TimeoutError, ValueError):
                await self.aclose()
                return None
            except asyncio.CancelledError:
                await self.aclose()  # its answer would be taken for that of the next question
                raise

    async def _ask(self, path: Path) -> Lengths:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await spawn(
                *(sys.executable, "-P"),  # the current folder may hold anything, modules too
                *("-m", "enrich_tui.worker.lengths", str(self._allowed.memory)),
                stderr=asyncio.subprocess.DEVNULL,
                env=child_environment(os.environ, 1),
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(os.fsencode(path).hex()).encode() + b"\n")
        await process.stdin.drain()
        return Lengths(*json.loads(await process.stdout.readline()))

    async def aclose(self) -> None:
        """End the child, if there is one; idempotent."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                signal_group(process, "SIGKILL")
            await process.wait()


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    from enrich_tui.media.closed import is_closed
    from enrich_tui.media.probe import probe

    for line in questions:
        sound: float | None = None
        picture: float | None = None
        whole = False
        path = Path(os.fsdecode(bytes.fromhex(json.loads(line))))
        with contextlib.suppress(StageError):
            told = probe(path)
            sound = told.duration if told.audio else None
            picture = told.duration if told.video else None
            whole = is_closed(path)
        answers.write(json.dumps([sound, picture, whole]).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    from enrich_tui.worker.__main__ import claim_pipes

    inbox, outbox = claim_pipes()
    limits.die_with_parent()
    limits.apply(int(sys.argv[1]))
    _serve(inbox, outbox)
