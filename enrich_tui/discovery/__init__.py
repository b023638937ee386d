"""Finding sessions in a folder; one module a source layout.

Discovery looks at names and sizes only. It opens nothing but manifests, changes nothing, and follows no links.
"""

from enrich_tui.discovery.library import Found, Library, Search, check, discover

__all__ = ["Found", "Library", "Search", "check", "discover"]
