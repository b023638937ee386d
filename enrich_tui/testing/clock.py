"""A clock that only moves when it is told to."""

from __future__ import annotations


class FakeClock:
    """Stands in for ``time.monotonic``: call it for the time in seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        """The time, in seconds."""

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises ``ValueError`` for a negative number: a monotonic clock never goes back."""
        if seconds < 0:
            raise ValueError("Time does not go backwards.")
        self.now += seconds
