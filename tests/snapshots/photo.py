"""Draws a screen as a picture, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from textual.strip import Strip

from enrich_tui.text import cells

_SIZE = 15


def photo(strips: Sequence[Strip], file: Path) -> None:
    """Write the screen as PNG, with the first DejaVu there is."""
    font = ImageFont.truetype("DejaVuSansMono.ttf", _SIZE)
    bold = ImageFont.truetype("DejaVuSansMono-Bold.ttf", _SIZE)
    wide, high = round(font.getlength("M")), _SIZE + 4
    columns = max(strip.cell_length for strip in strips)
    image = Image.new("RGB", (columns * wide, len(strips) * high))
    draw = ImageDraw.Draw(image)
    for line, strip in enumerate(strips):
        column = 0
        for segment in strip:
            ink, paper = _colours(segment.style or Style())
            for character in segment.text:
                width = cells(character)
                left, top = column * wide, line * high
                draw.rectangle((left, top, left + width * wide, top + high), fill=paper)
                if character == "█":
                    draw.rectangle((left, top, left + wide - 1, top + high - 1), fill=ink)
                else:
                    strong = bool(segment.style and segment.style.bold)
                    draw.text((left, top), character, fill=ink, font=bold if strong else font)
                if segment.style and segment.style.underline:
                    draw.line((left, top + high - 2, left + width * wide, top + high - 2), fill=ink)
                column += width
    image.save(file)


def _colours(style: Style) -> tuple[tuple[int, ...], tuple[int, ...]]:
    theme = SVG_EXPORT_THEME
    known = style.color is not None and not style.color.is_default
    ink = style.color.get_truecolor(theme) if known and style.color else theme.foreground_color
    filled = style.bgcolor is not None and not style.bgcolor.is_default
    paper = style.bgcolor.get_truecolor(theme) if filled and style.bgcolor else theme.background_color
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        return tuple((a + b) // 2 for a, b in zip(ink, paper, strict=True)), tuple(paper)
    return tuple(ink), tuple(paper)
