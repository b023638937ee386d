"""A small library of sample sessions, made on the spot, for a first look."""

from enrich_tui.demo.library import make_library

__all__ = ["make_library"]
