"""What is on the screen at which size. Cells and lines; no widget is touched here."""

from __future__ import annotations

from dataclasses import dataclass

WIDE = 100
"""From this width on there is a side column."""
GAP = 2
"""Cells between the table and the side column."""
_TABLE, _SIDE = 78, 44


@dataclass(frozen=True)
class Plan:
    """Heights in lines, widths in cells; 0: not shown."""

    overview: int
    head: int
    errors: int
    badge: bool
    """Errors are a few words in the last line but one instead of a panel."""
    side: int
    details: bool
    status: int
    footer: int
    table: bool

    @property
    def wide(self) -> bool:
        """True where there is a side column."""
        return self.side > 0


def plan(width: int, height: int, errors: int) -> Plan:
    """The plan for a screen of this size with so many kinds of errors."""
    wide = width >= WIDE and height >= 20
    side = min(_SIDE, width * 3 // 10, width - _TABLE - GAP) if wide else 0
    if height < 4:
        return Plan(1, 0, 0, badge=False, side=0, details=False, status=0, footer=0, table=False)
    if height < 12 or width < 48:
        footer = 1 if height >= 10 else 0
        overview = 3 if height >= 16 else 1
        head = 2 if height >= 14 else 0
        return Plan(overview, head, 0, badge=errors > 0, side=0, details=False, status=0, footer=footer, table=True)
    panel = 0
    if errors and height >= 20:
        panel = 1 + min(2 * errors, 4 if height < 32 else 8 if height < 50 else 14)
    return Plan(
        overview=4,
        head=2,
        errors=panel,
        badge=errors > 0 and not panel,
        side=side,
        details=wide and height >= 34,
        status=1 if wide or height >= 28 or (errors > 0 and not panel) else 0,
        footer=1,
        table=True,
    )
