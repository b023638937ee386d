"""Text from outside that means harm, and what must be true of every screen that shows it."""

from __future__ import annotations

import unicodedata
from typing import Any

from textual.app import App

from enrich_tui.text import cells

HOSTILE = {
    "clipboard": "\x1b]52;c;aGFja2Vk\x07clip",
    "link": "\x1b]8;;http://evil.example\x1b\\\\link\x1b]8;;\x1b\\\\",
    "screen": "\x1b[2J\x1b[31mred\x9b5m\x1b[?1049l",
    "title": "\x1b]0;owned\x07\x9d0;owned\x9ctitle",
    "action": "[@click=app.bell]press[/]",
    "write": "[@click=app.screenshot('x','/nowhere')]here",
    "end": "[/]",
    "style": "[red]colour[/red] [bold $text-error",
    "bidi": "\u202egnp.exe\u2066 bidi\u200f\u061c",
    "invisible": "a\u200b\u200c\u200d\u2060\ufeffb\u00ad\u034f\u115f",
    "marks": "z" + "\u0301" * 500,
    "long": "x" * 10_000,
    "wide": "多" * 5_000,
    "lines": "a\nb\tc\r\0d\x85\u2028e",
    "surrogate": "\ud800 lone",
    "not-utf8": b"caf\xe9 \xff\xfe.mp4".decode("utf-8", "surrogateescape"),
    "nothing": "",
}
"""By what it would do."""


def check_clean(app: App[Any]) -> None:
    """Nothing on the screen is more than text, and every line is as wide as the screen."""
    for line in app.screen._compositor.render_strips():
        shown = "".join(segment.text for segment in line)
        assert line.cell_length == cells(shown) == app.size.width, shown
        for character in shown:
            assert unicodedata.category(character) not in {"Cc", "Cs", "Cf", "Zl", "Zp"}, f"{character!r} in {shown!r}"
        for segment in line:
            assert not (segment.style and (segment.style.link or segment.style.meta.get("@click"))), shown
