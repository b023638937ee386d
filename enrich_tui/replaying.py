"""Shows a recorded run again: from a file, from standard input, or the last one of a library."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from enrich_tui.config import Config
from enrich_tui.logs import start_log
from enrich_tui.show import Shown, show
from enrich_tui.sources.recording import Recording, RecordingError, read_recording
from enrich_tui.sources.replay import Replay
from enrich_tui.store.owner import lock_of
from enrich_tui.store.runs import kept

STANDARD_INPUT = "-"

_TERMINAL = "CONIN$" if sys.platform == "win32" else "/dev/tty"


def replay(path: str, speed: float, display: str, config: Config, *, exit_on_complete: bool = False) -> int:
    """Show the recording at ``path``; returns the exit code: 0 where it could be shown, however the run ended.

    Nothing is owned and nothing written but the log. Raises
    :class:`~enrich_tui.sources.recording.RecordingError` where nothing of it can be shown, and ``OSError``.
    """
    recording = _read(path)
    if path == STANDARD_INPUT and display == "full":
        _take_keys_from_terminal()
    start_log()
    keep_open = display == "full" and not exit_on_complete
    return asyncio.run(_play(Replay(recording, speed, keep_open=keep_open), display, config))


async def _play(source: Replay, display: str, config: Config) -> int:
    return await show(Shown(source, player=source, mark="REPLAY"), display, config)


def _read(path: str) -> Recording:
    if path == STANDARD_INPUT:
        return read_recording(sys.stdin.buffer)
    place = Path(path)
    if place.is_dir():
        runs = kept(lock_of(place))
        if not runs:
            raise RecordingError("no run of this library is on record. Give the folder of the results, or a recording.")
        place = runs[-1][1]
    with place.open("rb") as stream:
        return read_recording(stream)


def _take_keys_from_terminal() -> None:
    """The recording has come through standard input; keys come from the terminal itself. Raises ``OSError``."""
    os.dup2(os.open(_TERMINAL, os.O_RDWR), sys.stdin.fileno())
