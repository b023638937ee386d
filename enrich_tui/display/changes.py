"""What of a view became outdated since a display looked last."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Changes:
    """What became outdated since the last look."""

    rows: frozenset[str]
    parts: frozenset[str]
    """Of ``header``, ``batch``, ``pool``, ``workers``, ``errors``, ``log``, ``order``, ``second``."""


@dataclass(slots=True)
class Outdated:
    """Collects what becomes outdated: rows by the ids of their sessions, and parts of the screen."""

    rows: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def take(self) -> Changes:
        """What changed since the last call."""
        changes = Changes(frozenset(self.rows), frozenset(self.parts))
        self.rows.clear()
        self.parts.clear()
        return changes
