"""What is shown of an estimate: it counts down, and it rises seldom."""

from __future__ import annotations

RISE_EVERY = 12
"""Updates after a rise until the smallest one is shown."""

WORTH_A_RISE, WORTH_IT_AT_ONCE = 0.03, 0.5
"""Smallest rises that are shown, as a share of what remains: after that many updates, and right after another one."""

EASE = 0.3
"""Share of a difference downwards that one update takes over."""


class Steady:
    """Follows an estimate of remaining seconds.

    Between updates it counts down with the time. A lower estimate is taken over in a few updates. A higher one makes it
    stand still, which is no rise, until the two agree; the longer ago the last rise, the smaller a one is spent on it.
    """

    def __init__(self) -> None:
        self._shown: float | None = None
        self._at = 0.0
        self._since_rise = 0

    def jump(self) -> None:
        """There is a reason: take over the next estimate whole."""
        self._shown = None

    @property
    def _worth(self) -> float:
        return max(WORTH_A_RISE, WORTH_IT_AT_ONCE * (1.0 - self._since_rise / RISE_EVERY))

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
            elif estimate > before * (1.0 + self._worth):
                self._shown, self._since_rise = estimate, 0
            else:
                self._shown = min(before, estimate)
        self._at = now
        return self._shown
