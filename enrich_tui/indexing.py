"""Writes the page that lists a library, where a person asks for it."""

from __future__ import annotations

import sys
from pathlib import Path

from enrich_tui.discovery import Library
from enrich_tui.index import build, card, is_ours
from enrich_tui.search import places
from enrich_tui.store.outputs import write_text
from enrich_tui.streams import print_lines
from enrich_tui.text import clean, count_text

NAME = "index.html"


def index(library: Library, output: Path | None, to: Path | None) -> int:
    """Write the page for all sessions with results to ``to``; returns the exit code.

    ``to``: a file, or a folder for one; None: the folder of the results, or else that of the library. Another file is
    not written over. The code is 0 where it was written, 1 where no session has results, 2 where it cannot be.
    """
    root = library.root if library.root.is_dir() else library.root.parent
    path = (to or output or root).absolute()
    path = path / NAME if path.is_dir() or to is None else path
    cards = [made for place in places(library, output) if (made := card(place)) is not None]
    for unreadable in (one for made in cards for one in made.unreadable):
        _say(f"{clean(unreadable)} cannot be read; it was passed over.")
    if not cards:
        _say("no session has results yet.")
        return 1
    shown = clean(str(path))
    try:
        if not is_ours(path):
            _say(f"{shown} is something else; name another file with --to.")
            return 2
        write_text(path, build(clean(library.root.name), cards, path.parent))
    except OSError:
        _say(f"no page could be written to {shown}.")
        return 2
    print_lines([f"{count_text(len(cards), 'session')} in {shown}"])
    return 0


def _say(words: str) -> None:
    print(f"enrich-tui: {words}", file=sys.stderr)  # noqa: T201
