"""What share of the attempts at stages fails: over the whole run, and over its last ten minutes."""

from __future__ import annotations

from collections import deque

LATELY = 600.0
"""Seconds that count as lately."""
_STEP = 10.0
"""Seconds between two figures that are kept."""
_NONE = (0.0, 0, 0)


class ErrorRate:
    """Takes the figures of a run as they grow. All times are seconds of the run, all rates percent."""

    def __init__(self) -> None:
        self._latest = _NONE
        """When they were told, attempts that had ended by then, and those of them that had failed."""
        self._before: deque[tuple[float, int, int]] = deque(maxlen=int(LATELY / _STEP) + 2)

    def tell(self, now: float, ended: int, failed: int) -> None:
        """So many attempts have ended by now, and so many of them failed."""
        self._latest = (now, ended, failed)
        if not self._before or now - self._before[-1][0] >= _STEP:
            self._before.append(self._latest)

    def clear(self) -> None:
        """Another run begins."""
        self._latest = _NONE
        self._before.clear()

    @property
    def overall(self) -> float | None:
        """Of all attempts that ended; None where none has."""
        return self._since(_NONE)

    def lately(self, now: float) -> float | None:
        """Of those that ended in the last ten minutes; None where none did."""
        told = (self._latest, *reversed(self._before))
        return self._since(next((figures for figures in told if figures[0] <= now - LATELY), _NONE))

    def _since(self, then: tuple[float, int, int]) -> float | None:
        ended, failed = self._latest[1] - then[1], self._latest[2] - then[2]
        return 100.0 * min(1.0, max(0.0, failed / ended)) if ended > 0 else None
