"""Searches the results of a library, and prints the answer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from enrich_tui.discovery import Library
from enrich_tui.display.found import found_json, found_lines
from enrich_tui.search import Query, by_merit, places, search_place
from enrich_tui.streams import print_lines
from enrich_tui.text import clean

MOST = 3
"""Hits of a session that a person is shown who does not ask for more."""


def search(library: Library, output: Path | None, query: Query, *, as_json: bool, most: int | None) -> int:
    """Look through all sessions of a library and print what was found; returns the exit code: 0, or 1 for nothing.

    ``most``: hits of a session that are shown; None: :data:`MOST` for a person, all for a program.
    """
    founds = []
    searched = 0
    for place in places(library, output):
        found = search_place(place, query, most or (None if as_json else MOST))
        if found is None:
            continue
        searched += 1
        for path in found.unreadable:
            print(f"enrich-tui: {clean(path)} cannot be read; it was passed over.", file=sys.stderr)  # noqa: T201
        if found.total:
            founds.append(found)
    founds.sort(key=by_merit)
    bold = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    print_lines(found_json(founds, searched) if as_json else found_lines(founds, searched, bold=bold))
    return 0 if founds else 1
