"""What leaves the dashboard on a person's wish: text to the clipboard, files, and results opened in other programs."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import platformdirs

from enrich_tui.config import APP
from enrich_tui.display.rows import SessionRow
from enrich_tui.stages.results import CANVAS
from enrich_tui.store.outputs import write_text

OSC52_BYTES = 74_000
"""What terminals take in one OSC 52, with room to spare; some take no more than 100 kB of base64."""
_NO_OSC52 = ("linux", "dumb")


def takes_osc52(environ: Mapping[str, str] | None = None) -> bool:
    """False for terminals that are known to ignore OSC 52: the console, Apple's, those on VTE, and GNU screen."""
    environ = os.environ if environ is None else environ
    return not (
        environ.get("TERM") in _NO_OSC52
        or environ.get("TERM", "").startswith("screen.")
        or environ.get("TERM_PROGRAM") == "Apple_Terminal"
        or "VTE_VERSION" in environ
    )


def stamp() -> str:
    """The time, for the name of a file."""
    return datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")


async def save(text: str, name: str) -> Path:
    """Write a file into the current folder, or where that cannot be, into the user's own; raises ``OSError``."""
    for folder in (Path.cwd(), Path(platformdirs.user_documents_path())):
        try:
            await asyncio.to_thread(write_text, folder / name, text)
        except OSError:
            continue
        return folder / name
    path = Path(platformdirs.user_cache_path(APP)) / name
    await asyncio.to_thread(write_text, path, text)
    return path


async def save_copy(text: str) -> Path:
    """Write what was to be copied into a file of the user's cache; raises ``OSError``."""
    path = Path(platformdirs.user_cache_path(APP)) / "copied.txt"
    await asyncio.to_thread(write_text, path, text)
    return path


def result_path(row: SessionRow) -> Path | None:
    """What there is to open of a session: its canvas, else its folder; None where there is neither."""
    if not row.output:
        return None
    folder = Path(row.output)
    for path in (folder / CANVAS, folder):
        if path.exists():
            return path
    return None


async def run_command(arguments: Sequence[str]) -> bool:
    """Run a program to its end, without a shell and without the terminal; False where it failed or is not there."""
    nowhere = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:
        return False
    return await process.wait() == 0


def address(path: Path, at: float) -> str:
    """The ``file:`` address of a canvas at a moment of its recording, in seconds."""
    return f"{path.absolute().as_uri()}#t={at:.2f}"


async def open_path(path: Path, at: float | None = None) -> bool:
    """Open a file or folder with the program that the desktop has for it; False where there is none.

    ``at``: a moment, in seconds, where it is a canvas.
    """
    # an output folder may have been given relative to the current one, or begin with a dash
    place = str(await asyncio.to_thread(path.absolute))
    if at is not None and path.suffix == ".html":
        moment = address(path, at)
        if sys.platform not in {"win32", "darwin"}:
            place = moment
        else:
            with contextlib.suppress(OSError):
                place = str(await asyncio.to_thread(_way_to, moment))
    if sys.platform == "win32":
        try:
            await asyncio.to_thread(os.startfile, place)  # a file of our own making
            opened = True
        except OSError:
            opened = False
    else:
        opened = await _ask_desktop(place)
    return opened


async def _ask_desktop(place: str) -> bool:
    command = "open" if sys.platform == "darwin" else "xdg-open"
    if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(run_command((command, place)))), 10)
    except TimeoutError:
        return True  # some openers stay until the program that they opened is closed


def _way_to(address: str) -> Path:
    """A page that leads to an address: the openers of some systems drop what stands behind its ``#``; ``OSError``."""
    path = Path(platformdirs.user_cache_path(APP)) / "moment.html"
    write_text(path, f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(address)}">')
    return path
