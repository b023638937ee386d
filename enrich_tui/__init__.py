"""enrich-tui: recorded sessions become transcripts, chapters, summaries and canvases, in batches, while you watch.

The names below are the public services; they run without a screen, and importing this package imports neither the
screen nor an engine. Each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from enrich_tui.version import __version__

if TYPE_CHECKING:
    from enrich_tui.model import (
        EnrichmentOptions,
        Session,
        SessionResult,
        SessionStatus,
        Stage,
        StageOutcome,
        StageResult,
    )

_HOMES = {
    "enrich_tui.model": (
        "EnrichmentOptions",
        "Session",
        "SessionResult",
        "SessionStatus",
        "Stage",
        "StageOutcome",
        "StageResult",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "EnrichmentOptions",
    "Session",
    "SessionResult",
    "SessionStatus",
    "Stage",
    "StageOutcome",
    "StageResult",
    "__version__",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'enrich_tui' has no attribute {name!r}") from None
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
