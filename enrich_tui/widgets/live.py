"""The base of the widgets: shows what a service knows, as often as it changes, and no longer than it is mounted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from enrich_tui.widgets.lines import ASCII, Line, content, terminal_signs

INTERVAL = 0.1
"""Seconds between two paintings, at least."""
LOOK = 1.0
"""Seconds after which the service is asked again although it told of no change: remaining times pass by themselves."""


class Live(Widget):
    """Subscribes on mount, unsubscribes on unmount, and in between draws :meth:`lines` where they have changed."""

    DEFAULT_CSS: ClassVar[str] = "Live { width: 1fr; height: auto; }"

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as all widgets call it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.signs = ASCII if ascii_only else terminal_signs()
        """What states and bars are drawn with."""
        self._unsubscribe: tuple[Callable[[], None], ...] = ()
        self._stale = True
        self._looked = 0.0
        self._lines: Sequence[Line] = ()
        self._width = 0

    def connect(self) -> Iterable[Callable[[], None]]:
        """Subscribe to the service; returns what ends that."""
        raise NotImplementedError

    def lines(self, width: int) -> Sequence[Line]:
        """What there is to see, in lines of at most ``width`` cells."""
        raise NotImplementedError

    def changed(self, *_news: object) -> None:
        """Something has changed: draw it with the next painting. Costs next to nothing, so listeners may call it."""
        self._stale = True

    def on_mount(self) -> None:
        """Begin to listen."""
        self._unsubscribe = tuple(self.connect())
        self.set_interval(INTERVAL, self._tick)

    def on_unmount(self) -> None:
        """Stop listening; the timer ends with the widget."""
        unsubscribe, self._unsubscribe = self._unsubscribe, ()
        for end in unsubscribe:
            end()

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room, in cells."""
        del viewport
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are."""
        del container, viewport
        return len(self._at(width))

    def render(self) -> Content:
        """The lines as they are now."""
        return content(self._at(self.size.width))

    def _at(self, width: int) -> Sequence[Line]:
        if width != self._width:
            self._lines, self._width = self.lines(width) if width > 0 else (), width
        return self._lines

    def _tick(self) -> None:
        now = time.monotonic()
        width = self.size.width
        if width <= 0 or not (self._stale or now - self._looked >= LOOK):
            return
        self._stale, self._looked = False, now
        before = self._at(width)
        self._lines = self.lines(width)
        if self._lines != before:
            self.refresh(layout=len(self._lines) != len(before))
