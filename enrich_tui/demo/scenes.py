"""Pictures of made-up windows, for the demo's screen recordings and screenshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

SIZE = (1280, 720)
"""Width and height in pixels."""

_LINE = 30


@dataclass(frozen=True)
class Window:
    """A kind of window: its colours and how its content is set."""

    title: str
    background: str
    panel: str
    ink: str
    accent: str


LIST = Window("Orders", "#f5f6f8", "#ffffff", "#2b2f36", "#3a6ea5")
EDITOR = Window("report.py", "#1e2127", "#282c34", "#c8ccd4", "#98c379")
TERMINAL = Window("Terminal", "#0c0f12", "#0c0f12", "#d0e8d0", "#e5c07b")
SLIDES = Window("Overview", "#fdf6e3", "#fdf6e3", "#3b3a36", "#b5532a")
FORM = Window("Sign in", "#e9eef5", "#ffffff", "#263238", "#2e7d6b")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def draw(window: Window, lines: Sequence[str], shown: int | None = None) -> Image.Image:
    """The window with these lines in it, or with their first ``shown`` characters, as if they were being typed."""
    image = Image.new("RGB", SIZE, window.background)
    pen = ImageDraw.Draw(image)
    width, height = SIZE
    pen.rectangle((0, 0, width, 44), fill=window.accent)
    pen.text((20, 8), window.title, fill=window.background, font=_font(22))
    pen.rectangle((40, 80, width - 40, height - 40), fill=window.panel)
    pen.rectangle((40, 80, 220, height - 40), fill=window.accent if window is LIST else window.panel)
    left = 250 if window is LIST else 70
    remaining = sum(len(line) for line in lines) if shown is None else shown
    for row, line in enumerate(lines):
        if remaining <= 0:
            break
        part = line[:remaining]
        remaining -= len(line)
        pen.text((left, 100 + row * _LINE), part, fill=window.ink, font=_font(22))
        if remaining <= 0 and shown is not None:
            end = left + pen.textlength(part, font=_font(22))
            pen.rectangle((end + 4, 102 + row * _LINE, end + 14, 126 + row * _LINE), fill=window.accent)
    return image
