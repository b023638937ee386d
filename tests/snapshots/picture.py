"""A screen in letters: its text, and for each cell a letter whose style a legend tells, in all four themes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_letters, digits
from zlib import crc32

from rich.style import Style
from textual.strip import Strip

from enrich_tui.text import cells

_LETTERS = ascii_letters + digits


_SHOWING = ("underline", "reverse", "strike")
"""Attributes that show on a blank too."""


def style_text(style: Style | None, *, blank: bool = False) -> str:
    """A style as people write it: ``#d5d9e6 on #15171f bold``; of a blank what can be seen of it."""
    if style is None:
        return "on default" if blank else "default on default"
    seen = not blank or any(getattr(style, name) for name in _SHOWING)
    words = [_colour(style.color)] if seen else []
    words += ["on", _colour(style.bgcolor)]
    names = ("bold", "dim", "italic", *_SHOWING) if seen else ()
    return " ".join([*words, *(name for name in names if getattr(style, name))])


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
            for character in segment.text:
                told = style_text(segment.style, blank=character == " ")
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
            drawn += letters.setdefault(styles, "") or _name(styles, letters)
        grid.append(_short(drawn))
    parts = ["\n".join(texts[names[0]])]
    # a theme changes colours only; where it ever changes more, its text is here too
    parts += [f"text in {name}:\n" + "\n".join(texts[name]) for name in names[1:] if texts[name] != texts[names[0]]]
    parts.append("\n".join(grid))
    width = max(map(len, names))
    legend = []
    for styles, letter in sorted(letters.items(), key=lambda item: item[1]):
        legend += [
            f"{letter if not number else ' '} {name:<{width}} {told}"
            for number, (name, told) in enumerate(zip(names, styles, strict=True))
        ]
    parts.append("\n".join(legend))
    return "\n\n".join(parts) + "\n"


def _name(styles: tuple[str, ...], letters: dict[tuple[str, ...], str]) -> str:
    """A letter for this style, the same in every picture unless two want the same one."""
    wanted = crc32(repr(styles).encode())
    taken = set(letters.values())
    letter = next(
        name for step in range(len(_LETTERS)) if (name := _LETTERS[(wanted + step) % len(_LETTERS)]) not in taken
    )
    letters[styles] = letter
    return letter


def _short(line: str) -> str:
    """The letters of a line, without the repetition of the last one."""
    return line.rstrip(line[-1]) + line[-1] if line else ""
