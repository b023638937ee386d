"""What is shown of an estimate: it counts down, and it rises seldom."""

from __future__ import annotations

RISE_EVERY = 12
"""Updates between two rises that have no reason but better knowledge."""

WORTH_A_RISE = 0.03
"""Smallest rise that is shown as one, as a share of what remains."""

EASE = 0.3
"""Share of a difference downwards that one update takes over."""


class Steady:
    """Follows an estimate of remaining seconds.

    Between updates it counts down with the time. A lower estimate is taken over in a few updates. A higher one makes it
    stand still, which is no rise, until the two agree; a rise is spent on it only every :data:`RISE_EVERY` updates.
    """

    def __init__(self) -> None:
        self._shown: float | None = None
        self._at = 0.0
        self._since_rise = 0

    def jump(self) -> None:
        """There is a reason: take over the next estimate whole."""
        self._shown = None

    def skip(self, seconds: float) -> None:
        """So much time did not count."""
        self._at += seconds

    def follow(self, estimate: float, now: float) -> float:
        """The remaining seconds to show; above 0 wherever the estimate is."""
        if self._shown is None:
            self._shown, self._since_rise = estimate, 0
        else:
            self._since_rise += 1
            before = self._shown
            down = before - (now - self._at)
            if estimate < down:
                self._shown = down + EASE * (estimate - down)
            elif self._since_rise > RISE_EVERY and estimate > before * (1.0 + WORTH_A_RISE):
                self._shown, self._since_rise = estimate, 0
            else:
                self._shown = min(before, estimate)
        self._at = now
        return self._shown
