"""Lines of styled text, measured by cells: what all widgets are made of. Never markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from enrich_tui.text import cells, fit, pad
from enrich_tui.text.measure import ELLIPSIS
from enrich_tui.widgets.glyphs import Glyphs
from enrich_tui.widgets.wrapping import wrap


class Row:
    """One line under construction."""

    __slots__ = ("_segments", "width")

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self.width = 0
        """Cells so far."""

    @property
    def text(self) -> str:
        """What it says, without styles."""
        return "".join(segment.text for segment in self._segments)

    def add(self, text: str, style: Style | None = None) -> Row:
        """Append text as it is."""
        if text:
            self._segments.append(Segment(text, style))
            self.width += cells(text)
        return self

    def cell(
        self, text: str, width: int, style: Style | None = None, *, right: bool = False, ellipsis: str = ELLIPSIS
    ) -> Row:
        """Append text in exactly ``width`` cells, cut off or filled up."""
        if width <= 0:
            return self
        if right:
            fitted = fit(text, width, ellipsis=ellipsis)
            text = " " * (width - cells(fitted)) + fitted
        else:
            text = pad(text, width, ellipsis=ellipsis)
        self._segments.append(Segment(text, style))
        self.width += width
        return self

    def append(self, other: Row) -> Row:
        """Append what another line holds."""
        self._segments.extend(other._segments)
        self.width += other.width
        return self

    def cut(self, width: int, ellipsis: str) -> Row:
        """The line in at most ``width`` cells, with an ellipsis where something was cut off."""
        if self.width <= width:
            return self
        row = Row()
        for number, segment in enumerate(self._segments):
            room = width - row.width
            more = number + 1 < len(self._segments)
            if cells(segment.text) > room or (more and cells(segment.text) == room):
                return row.add(
                    fit(segment.text + " " if more else segment.text, room, ellipsis=ellipsis), segment.style
                )
            row.add(segment.text, segment.style)
        return row

    def marked(self, start: int, end: int, style: Style) -> Row:
        """The line with a style over the characters from ``start`` to ``end``; -1: to its end."""
        row, place = Row(), 0
        stop = len(self.text) if end < 0 else end
        for text, own, _ in self._segments:
            first, last = max(0, start - place), max(0, stop - place)
            inside = (own or Style()) + style
            row.add(text[:first], own).add(text[first:last], inside).add(text[max(first, last) :], own)
            place += len(text)
        return row

    def to(self, column: int, filler: str = " ", style: Style | None = None) -> Row:
        """Fill up to this column."""
        if column > self.width:
            self.add(filler * (column - self.width), style)
        return self

    def strip(self, width: int, under: Style, over: Style | None = None) -> Strip:
        """The finished line in exactly ``width`` cells, with one style below its own and perhaps one above."""
        strip = Strip(self._segments, self.width).adjust_cell_length(width)
        return Strip(Segment.apply_style(strip, under, over), width)


def ends(left: Row, right: Row, width: int, ellipsis: str) -> Row:
    """Two parts at the two ends of a line; the left one is cut where there is no room for both."""
    row = Row().append(left.cut(max(0, width - right.width - 1), ellipsis))
    return row.to(width - right.width).append(right).cut(width, ellipsis)


def spread(left: Row, right: Row, width: int) -> Row:
    """Two parts at the two ends of a line; the right one goes where there is no room for both."""
    if left.width + right.width + 1 <= width:
        left.to(width - right.width).append(right)
    return left


def parted(parts: Sequence[Row], width: int, gap: int = 2) -> Row:
    """As many of the parts, from the first on, as there is room for."""
    line = Row()
    for part in parts:
        space = gap if line.width else 0
        if line.width + space + part.width <= width:
            line.to(line.width + space).append(part)
    return line


def flow(parts: Iterable[Row], width: int, ellipsis: str, gap: int = 2) -> list[Row]:
    """The parts one after another, on as many lines as they need."""
    lines: list[Row] = []
    for part in parts:
        piece = part.cut(width, ellipsis)
        if lines and lines[-1].width + gap + piece.width <= width:
            lines[-1].to(lines[-1].width + gap).append(piece)
        else:
            lines.append(Row().append(piece))
    return lines


def paragraph(lead: Row, text: str, style: Style, width: int, ellipsis: str, most: int) -> list[Row]:
    """Words behind ``lead``, broken between them and indented as far; at most ``most`` lines."""
    indent = min(lead.width, width // 2)
    room = max(2, width - indent)
    words = wrap(text, room)
    if len(words) > most:
        words[most - 1 :] = [fit(" ".join(words[most - 1 :]), room, ellipsis=ellipsis)]
    rows = [Row().to(indent).add(line, style) for line in words]
    rows[0] = Row().append(lead).add(words[0], style)
    return [row.cut(width, ellipsis) for row in rows]


def bar(fraction: float, width: int, glyphs: Glyphs, done: Style, rest: Style) -> Row:
    """A bar of ``width`` cells, as fine as the signs allow. Full means done: it never rounds up to that."""
    row = Row()
    steps = len(glyphs.parts) + 1
    filled = int(min(1.0, max(0.0, fraction)) * width * steps)
    whole, part = divmod(filled, steps)
    row.add(glyphs.full * whole, done)
    if part:
        row.add(glyphs.parts[part - 1], done)
    return row.to(width, glyphs.rest, rest)


def rule(title: Row, tail: Row, width: int, glyphs: Glyphs, style: Style) -> Row:
    """A horizontal line with a title near its left end and something near its right end."""
    row = Row().add(glyphs.rule + " ", style)
    row.append(title).add(" ", style)
    end = tail.width + 3 if tail.width else 0
    if row.width + end > width:
        return row.to(width, glyphs.rule, style)
    row.to(width - end, glyphs.rule, style)
    if tail.width:
        row.add(" ", style).append(tail).add(" " + glyphs.rule, style)
    return row


def sparkline(values: Sequence[float], top: float, width: int, glyphs: Glyphs) -> str:
    """The last ``width`` values as levels between 0 and ``top``."""
    levels = len(glyphs.spark) - 1
    drawn = "".join(
        glyphs.spark[min(levels, max(0, round(value / top * levels))) if top > 0 else 0] for value in values[-width:]
    )
    return drawn.rjust(width)


def bytes_text(size: int | None) -> str:
    """A size in the unit that suits it: ``370 MB``; a dash where there is none."""
    if size is None:
        return "-"
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.1f} {unit}" if unit == "GB" else f"{amount:.0f} {unit}"
        amount /= 1000
    return "-"


def ordinal(number: int) -> str:
    """``2nd`` of 2."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
