"""A screen in letters: its text, and for each cell a letter whose style a legend tells, in all four themes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_letters, digits

from rich.style import Style
from textual.strip import Strip

from enrich_tui.text import cells

_LETTERS = ascii_letters + digits + "!#$%&*+-/<=>?@^_~"


def style_text(style: Style | None, default: str) -> str:
    """A style as people write it: ``#d5d9e6 on #15171f bold``."""
    if style is None:
        return default
    words = [_colour(style.color), "on", _colour(style.bgcolor)]
    words += [name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)]
    return " ".join(words)


def _colour(colour: object) -> str:
    if colour is None:
        return "default"
    triplet = getattr(colour, "triplet", None)
    return triplet.hex if triplet is not None else str(getattr(colour, "name", colour))


def screen_cells(strips: Iterable[Strip]) -> list[list[tuple[str, str]]]:
    """Line by line, each character with its style; a wide one is followed by an empty one."""
    lines = []
    for strip in strips:
        line: list[tuple[str, str]] = []
        for segment in strip:
            told = style_text(segment.style, "default on default")
            for character in segment.text:
                width = cells(character)
                if not width and line:
                    line[-1] = (line[-1][0] + character, line[-1][1])
                    continue
                line.append((character, told))
                line += [("", told)] * (width - 1)
        lines.append(line)
    return lines


def picture(themes: Mapping[str, Sequence[Sequence[tuple[str, str]]]]) -> str:
    """The screens of all themes as one text, which is the same whenever they look the same."""
    names = list(themes)
    texts = {name: ["".join(cell[0] for cell in line).rstrip() for line in themes[name]] for name in names}
    letters: dict[tuple[str, ...], str] = {}
    grid = []
    for row in zip(*themes.values(), strict=True):
        drawn = ""
        for column in zip(*row, strict=True):
            styles = tuple(told for _, told in column)
            drawn += letters.setdefault(styles, _LETTERS[len(letters)])
        grid.append(_short(drawn))
    parts = ["\n".join(texts[names[0]])]
    # a theme changes colours only; where it ever changes more, its text is here too
    parts += [f"text in {name}:\n" + "\n".join(texts[name]) for name in names[1:] if texts[name] != texts[names[0]]]
    parts.append("\n".join(grid))
    width = max(map(len, names))
    legend = []
    for styles, letter in letters.items():
        legend += [
            f"{letter if not number else ' '} {name:<{width}} {told}"
            for number, (name, told) in enumerate(zip(names, styles, strict=True))
        ]
    parts.append("\n".join(legend))
    return "\n\n".join(parts) + "\n"


def _short(line: str) -> str:
    """The letters of a line, without the repetition of the last one."""
    return line.rstrip(line[-1]) + line[-1] if line else ""
