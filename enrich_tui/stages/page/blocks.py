"""The shape of a note: headings, lists, paragraphs, code. Its words stay plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_ITEM = re.compile(r"(?:[-*+•]|\d+[.)])\s+(?:\[([ xX])\]\s+)?(.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a note; ``lines`` are its items, or the lines of a paragraph."""

    kind: Literal["heading", "list", "code", "text"]
    lines: tuple[tuple[str, str], ...]
    """(mark, text); the mark is ``done``, ``open`` or empty."""


def blocks(text: str) -> list[Block]:
    """Cut a note into blocks; nothing of its text is lost but the marks at the beginnings of lines."""
    made: list[Block] = []
    kind: Literal["heading", "list", "code", "text"] = "text"
    lines: list[tuple[str, str]] = []

    def flush() -> None:
        if lines:
            made.append(Block(kind, tuple(lines)))
            lines.clear()

    fenced = False
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            flush()
            fenced = not fenced
            kind = "code" if fenced else "text"
        elif fenced:
            lines.append(("", line))
        elif heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", bare):
            flush()
            made.append(Block("heading", (("", heading[1]),)))
        elif item := _ITEM.match(bare):
            if kind != "list":
                flush()
                kind = "list"
            lines.append(("" if item[1] is None else "open" if item[1] == " " else "done", item[2]))
        elif not bare:
            flush()
            kind = "text"
        else:
            if kind != "text":
                flush()
                kind = "text"
            lines.append(("", bare))
    flush()
    return made
