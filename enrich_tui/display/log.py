"""The log of a run: its last lines, with the time of the run on them."""

from __future__ import annotations

from collections import deque

from enrich_tui.display.changes import Outdated
from enrich_tui.display.rows import Line
from enrich_tui.text import clean, gate

LINES = 2000
"""Lines of the log that are kept."""
SAYING = 1000
"""Longest message, in characters."""


class Log:
    """Takes lines."""

    def __init__(self, outdated: Outdated) -> None:
        self.now = 0.0
        """Seconds since the run started, by its latest event."""
        self.lines: deque[Line] = deque(maxlen=LINES)
        self._outdated = outdated

    def tell(self, level: str, text: str, session: str | None = None) -> None:
        """Add a line. For the levels see :class:`~enrich_tui.display.rows.Line`; ``session``: an id."""
        self.lines.append(Line(self.now, level, text, session))
        self._outdated.parts.add("log")


def say(text: str) -> str:
    """Own words, gated, as one line."""
    return clean(gate(text), SAYING)
