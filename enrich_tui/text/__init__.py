"""The one boundary for text from outside: clean it, gate it, measure and fit it by terminal cells, and tell times."""

from enrich_tui.text.cleaning import clean
from enrich_tui.text.counts import count_text
from enrich_tui.text.gating import NEUTRAL, compose, gate, mentions_money
from enrich_tui.text.measure import cells, fit, fit_end, pad
from enrich_tui.text.times import eta_text, length_text, seconds_text, speed_text

__all__ = [
    "NEUTRAL",
    "cells",
    "clean",
    "compose",
    "count_text",
    "eta_text",
    "fit",
    "fit_end",
    "gate",
    "length_text",
    "mentions_money",
    "pad",
    "seconds_text",
    "speed_text",
]
