"""How many attempts failed lately, in buckets of ten seconds: little to keep, whatever comes."""

from __future__ import annotations

from collections import deque

RECENT = 600.0
"""Seconds that count as lately."""
_BUCKET = 10.0


class RecentFailures:
    """Attempts of the last ten minutes. All times are seconds of the run."""

    def __init__(self) -> None:
        self._buckets: deque[list[float]] = deque(maxlen=int(RECENT / _BUCKET))
        """Number of the bucket, attempts that went well, attempts that failed."""

    def add(self, now: float, *, failed: bool) -> None:
        """One attempt has ended."""
        number = now // _BUCKET
        if not self._buckets or self._buckets[-1][0] != number:
            self._buckets.append([number, 0.0, 0.0])
        self._buckets[-1][2 if failed else 1] += 1

    def clear(self) -> None:
        """Forget all."""
        self._buckets.clear()

    def rate(self, now: float) -> float | None:
        """Percent that failed, of those that ended in the last ten minutes; None where none did."""
        oldest = (now - RECENT) // _BUCKET
        good = sum(bucket[1] for bucket in self._buckets if bucket[0] >= oldest)
        bad = sum(bucket[2] for bucket in self._buckets if bucket[0] >= oldest)
        return 100.0 * bad / (good + bad) if good + bad else None
