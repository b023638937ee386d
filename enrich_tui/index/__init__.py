"""One page to begin from: all sessions of a library with a picture, a sentence and a link, in one file."""

from enrich_tui.index.build import build, is_ours
from enrich_tui.index.cards import Card, card

__all__ = ["Card", "build", "card", "is_ours"]
