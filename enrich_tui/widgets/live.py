"""The base of the embeddable widgets: shows what a source knows, as often as it changes, while it is mounted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from textual.content import Content

from enrich_tui.widgets.glyphs import choose
from enrich_tui.widgets.panel import Panel

INTERVAL = 0.1
"""Seconds between two looks at the source."""
PATIENCE = 1.0
"""Seconds after which the source is asked although it told of no change: remaining times pass by themselves."""


class Live(Panel):
    """Subscribes on mount, unsubscribes on unmount, and in between paints the lines that have changed.

    Args:
        ascii_only: Draw with plain ASCII signs.
        paced: Whoever mounted it calls :meth:`look`, and tells it also that time has passed; it has no timer.
    """

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        paced: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as all widgets call it
        classes: str | None = None,
    ) -> None:
        super().__init__(choose(ascii_only=ascii_only), name=name, id=id, classes=classes)
        self._paced = paced
        self._unsubscribe: tuple[Callable[[], None], ...] = ()
        self._stale = True
        self._looked = 0.0

    def connect(self) -> Iterable[Callable[[], None]]:
        """Subscribe to the source; returns what ends that."""
        raise NotImplementedError

    def changed(self, *_news: object) -> None:
        """Something has changed: draw it at the next look. Costs next to nothing, so listeners may call it."""
        self._stale = True

    def on_mount(self) -> None:
        """Begin to listen."""
        self._unsubscribe = tuple(self.connect())
        if not self._paced:
            self.set_interval(INTERVAL, self.look)

    def on_unmount(self) -> None:
        """Stop listening; the timer ends with the widget."""
        unsubscribe, self._unsubscribe = self._unsubscribe, ()
        for end in unsubscribe:
            end()

    def look(self) -> None:
        """Draw again what has changed since the last look."""
        now = time.monotonic()
        if self._stale or (not self._paced and now - self._looked >= PATIENCE):
            self._stale, self._looked = False, now
            self.redraw()

    def render(self) -> Content:
        """What it shows, as text without colours."""
        return Content("\n".join(row.text for row in self.rows(self.size.width)))
