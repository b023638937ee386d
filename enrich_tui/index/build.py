"""Draws the page that lists a library, in the style of the canvases that it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from enrich_tui.index.cards import Card
from enrich_tui.stages.page.links import address
from enrich_tui.stages.page.pictures import data_uri
from enrich_tui.stages.page.template import asset, environment, policy
from enrich_tui.text import length_text

PICTURE_WIDTH = 320
"""Of a thumbnail, in pixels: twice what it takes on the page."""
MARK = '<meta name="generator" content="enrich-tui index">'
"""Stands at the beginning of every page, by which it is known."""


def build(title: str, cards: Sequence[Card], folder: Path) -> str:
    """The page as HTML, newest session first, to lie in ``folder``."""
    shown = []
    for card in sorted(cards, key=lambda card: -card.recorded):
        date = f"{card.started.day} {card.started:%B %Y}" if card.started else ""
        shown.append(
            {
                "card": card,
                "url": address(card.canvas, folder) if card.canvas else "",
                "date": date,
                "words": " ".join((card.name, date, card.sentence, *card.words)),
                "length": length_text(card.seconds) if card.seconds else "",
                "picture": data_uri(card.picture, PICTURE_WIDTH) if card.picture else None,
            }
        )
    style = asset("enrich_tui.stages.page", "canvas.css") + asset(__package__, "index.css")
    script = asset(__package__, "index.js")
    template = environment(__package__).get_template("index.html.jinja")
    return template.render(
        policy=policy(style, script),
        mark=Markup(MARK),  # noqa: S704
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        title=title,
        sessions=shown,
        total=length_text(sum(card.seconds for card in cards)),
    )


def is_ours(path: Path) -> bool:
    """True where there is nothing at a path, or such a page, which another one may take the place of; ``OSError``."""
    try:
        with path.open("rb") as stream:
            return MARK.encode() in stream.read(4096)
    except FileNotFoundError:
        return True
