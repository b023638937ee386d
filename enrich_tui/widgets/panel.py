"""The base of all widgets: lines drawn whole, of which only those that changed are painted again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from enrich_tui.widgets.drawing import Row
from enrich_tui.widgets.glyphs import Glyphs
from enrich_tui.widgets.palette import Palette, palette


class Panel(Widget):
    """Draws the rows that :meth:`rows` gives, in the colours of the app's theme."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Panel { height: auto; width: 1fr; }"

    def __init__(
        self,
        glyphs: Glyphs,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as all widgets call it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.glyphs = glyphs
        """The signs that it draws with."""
        self._strips: list[Strip] = []
        self._drawn_size = Size(0, 0)

    @property
    def palette(self) -> Palette:
        """The colours that it draws with."""
        return palette(self.app)

    def rows(self, width: int) -> Sequence[Row]:
        """The lines for this width, in cells; those that are too many are cut off."""
        raise NotImplementedError

    def overlay(self, line: int) -> Style | None:
        """What is laid over a line, such as a cursor; by default nothing."""
        del line
        return None

    def redraw(self, *, whole: bool = False) -> None:
        """Draw again; ``whole``: also what looks the same, after a change of colours."""
        size = self.size
        if not self.display or not self.is_attached or size.width <= 0:
            self._drawn_size = Size(0, 0)  # it is outdated when it is shown again
            return
        before = self._strips if self._drawn_size == size and not whole else []
        drawn = self.rows(size.width)
        base = self.rich_style
        self._strips = [
            row.strip(size.width, base, self.overlay(line)) for line, row in enumerate(drawn[: size.height])
        ]
        self._drawn_size = size
        if len(drawn) != size.height and self.styles.is_auto_height:
            self.refresh(layout=True)
        if not before:
            self.refresh()
            return
        for line in range(max(len(before), len(self._strips))):
            if before[line : line + 1] != self._strips[line : line + 1]:
                self.refresh(Region(0, line, size.width, 1))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room, in cells."""
        del viewport
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are."""
        del container, viewport
        return len(self.rows(width)) if width > 0 else 0

    def notify_style_update(self) -> None:
        """Other colours: draw everything again."""
        super().notify_style_update()
        self.redraw(whole=True)

    def on_resize(self) -> None:
        """Draw for the new size."""
        if self.size != self._drawn_size:
            self.redraw()

    def render_line(self, y: int) -> Strip:
        """One line, as it was last drawn."""
        if self.size != self._drawn_size:
            self.redraw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)
