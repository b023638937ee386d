"""Breaks text into lines of a width in cells, between words where it can."""

from __future__ import annotations

from enrich_tui.text import cells, fit


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells; a longer word is cut. Line ends in the text are kept."""
    width = max(2, width)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, taken = "", 0
        for word in paragraph.split(" "):
            size = cells(word)
            if taken + (1 if line else 0) + size <= width:
                line, taken = (f"{line} {word}", taken + 1 + size) if line else (word, size)
                continue
            if line:
                lines.append(line)
            while size > width:
                piece = fit(word, width, ellipsis="") or word[0]
                lines.append(piece)
                word = word[len(piece) :]  # noqa: PLW2901
                size = cells(word)
            line, taken = word, size
        lines.append(line)
    return lines
