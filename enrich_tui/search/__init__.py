"""Finds words in what was made of the recordings of a library, without an index: reads the results as they are."""

from enrich_tui.search.library import Found, Place, by_merit, places, search_place, when
from enrich_tui.search.passages import Hit, Kind
from enrich_tui.search.query import Query

__all__ = ["Found", "Hit", "Kind", "Place", "Query", "by_merit", "places", "search_place", "when"]
