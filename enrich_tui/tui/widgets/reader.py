"""A pane for reading: paragraphs of outside or own text, wrapped by cells, of which only what is in sight is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from enrich_tui.tui.keys import READER
from enrich_tui.widgets.drawing import Row
from enrich_tui.widgets.wrapping import wrap


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text with something in front of its first line, in a column of ``indent`` cells."""

    text: str = ""
    style: Style | None = None
    label: str = ""
    label_style: Style | None = None
    indent: int = 0
    time: float | None = None
    """The moment of the recording that it is about, in seconds."""


class ReaderPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows paragraphs; the text can be far longer than the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*READER]

    def __init__(self) -> None:
        super().__init__(id="reader")
        self._paragraphs: list[Paragraph] = []
        self._rows: list[Row] = []
        self._first_rows: list[int] = []
        """Of each paragraph."""
        self._wrapped_at = 0

    @property
    def text(self) -> str:
        """Everything, to copy."""
        return "\n".join(f"{paragraph.label.strip()}  {paragraph.text}".strip() for paragraph in self._paragraphs)

    def show(self, paragraphs: Iterable[Paragraph], *, to_end: bool = False) -> None:
        """Show these instead; the place is kept, or ``to_end`` of them is gone."""
        follow = to_end and self.scroll_offset.y >= self.max_scroll_y - 1
        self._paragraphs = list(paragraphs)
        self._wrap()
        if follow:
            self.scroll_to(y=len(self._rows), animate=False, immediate=True, force=True)

    def room(self, paragraph: Paragraph) -> int:
        """Cells that a line of its text may have."""
        return self._wrapped_at - paragraph.indent - 1

    def _wrap(self) -> None:
        self._wrapped_at = width = self.scrollable_content_region.width
        self._rows, self._first_rows = [], []
        for paragraph in self._paragraphs:
            self._first_rows.append(len(self._rows))
            for number, line in enumerate(wrap(paragraph.text, self.room(paragraph))):
                label = paragraph.label if number == 0 else ""
                row = Row().cell(label, paragraph.indent, paragraph.label_style)
                self._rows.append(row.add(line, paragraph.style))
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()

    def first_line(self, place: int) -> int:
        """In which line a paragraph begins, by its index."""
        return self._first_rows[place]

    def reveal(self, place: int) -> None:
        """Bring a paragraph into sight, by its index, a third from the top."""
        above = self.size.height // 3
        self.scroll_to(y=max(0, self.first_line(place) - above), animate=False, immediate=True, force=True)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        if self.scrollable_content_region.width != self._wrapped_at:
            self._wrap()

    def line(self, number: int) -> Row:
        """One line of the text, as it is to be drawn."""
        return self._rows[number]

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        line = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if line >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row, selection = self.line(line), self.text_selection
        span = selection.get_span(line) if selection is not None else None
        if span is not None:
            row = row.marked(*span, self.screen.get_component_rich_style("screen--selection"))
        return row.strip(width, self.rich_style).apply_offsets(0, line)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What is selected with the mouse, as it stands there."""
        return selection.extract("\n".join(row.text for row in self._rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show it."""
        del selection
        self.refresh()

    def action_last(self) -> None:
        """To the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
