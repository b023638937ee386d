"""The standard streams of the program: closed ones, narrow ones, and those whose reader has gone."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping


def prepare_streams() -> None:
    """Where the caller has closed a standard stream, nothing takes its number, and what is written there is lost.

    Characters that an open one cannot take become question marks. On Windows all take UTF-8, as its consoles do: what
    is written into a file there would be in the code page of a region.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if sys.platform == "win32" else None, errors="replace")


def can_draw(environ: Mapping[str, str]) -> bool:
    """True where the dashboard has a terminal to be drawn on: standard error, on Windows standard output.

    Windows' consoles need no ``TERM``; elsewhere a terminal without one is not trusted with control sequences.
    """
    windows = sys.platform == "win32"
    stream = sys.stdout if windows else sys.stderr
    return stream.isatty() and environ.get("TERM", "" if windows else "dumb") != "dumb"


def silence_stdout() -> None:
    """The reader is gone: let the interpreter's own last flush go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_lines(lines: Iterable[str]) -> None:
    """Print lines to standard output, whole; where the reader or the terminal is gone, they are lost quietly."""
    try:
        print("\n".join(lines), flush=True)  # noqa: T201
    except OSError:
        silence_stdout()
