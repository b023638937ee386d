"""Callers in line for something, first come, first served, each with a deadline of its own.

Who is cancelled or runs out of time stays in the line, dead, until its turn comes or until the dead are more than the
living; so leaving costs O(1) on average wherever one stands. All deadlines share one timer of the event loop.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from enum import Enum, auto
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")

_SLACK = 64
"""Dead entries that are not worth sweeping."""


class Refusal(Enum):
    """Why a waiter gets nothing."""

    TIMEOUT = auto()
    SHUTDOWN = auto()


class Waiters(Generic[T]):
    """The line. A waiter awaits its future, which gets a ``T`` or a :class:`Refusal`; its length is who still waits."""

    def __init__(self) -> None:
        self.line: deque[asyncio.Future[T | Refusal]] = deque()
        # Deadlines mostly come in rising order, for which a push to the heap is O(1); the count keeps ties apart.
        self._deadlines: list[tuple[float, int, asyncio.Future[T | Refusal]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        """When the timer rings."""
        self._dead = 0
        """How many in the line do not wait any more."""

    def __len__(self) -> int:
        return len(self.line) - self._dead

    def join(self, loop: asyncio.AbstractEventLoop, timeout: float) -> asyncio.Future[T | Refusal]:
        """Stand at the end of the line for at most ``timeout`` seconds (``math.inf``: for ever).

        Who stops waiting for another reason than the future's result must say so: :meth:`leave`.
        """
        future: asyncio.Future[T | Refusal] = loop.create_future()
        self.line.append(future)
        if timeout != math.inf:
            deadline = loop.time() + timeout
            entry = (deadline, next(self._order), future)
            if self._deadlines and self._deadlines[0][2].done():
                heapreplace(self._deadlines, entry)
            else:
                heappush(self._deadlines, entry)
                if len(self._deadlines) > 2 * len(self.line) + _SLACK:
                    self._sweep()
            if deadline < self._due:
                self._arm(loop, deadline)
        return future

    def next(self) -> asyncio.Future[T | Refusal] | None:
        """Take the first one out of the line, whose future is then to be resolved at once; None where nobody waits."""
        line = self.line
        while line:
            future = line.popleft()
            if not future.done():
                return future
            self._dead -= 1
        return None

    def leave(self, future: asyncio.Future[T | Refusal]) -> T | None:
        """Stop waiting. Returns what the waiter had already been given, which is then for the caller to pass on."""
        if future.cancel() or future.cancelled():
            self._dead += 1
            if self._dead > len(self) + _SLACK:
                self._sweep()
            return None
        given = future.result()
        return None if isinstance(given, Refusal) else given

    def refuse(self) -> None:
        """Send everybody away."""
        for future in self.line:
            if future.done():
                self._dead -= 1
            else:
                future.set_result(Refusal.SHUTDOWN)
        self.line.clear()
        self._deadlines.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._due = None, math.inf

    def _arm(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due = loop.call_at(deadline, self._expire, loop), deadline

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, self._due = None, math.inf
        now = loop.time()
        while self._deadlines:
            deadline, _, future = self._deadlines[0]
            if not future.done():
                if deadline > now:
                    self._arm(loop, deadline)
                    break
                future.set_result(Refusal.TIMEOUT)
                self._dead += 1
            heappop(self._deadlines)
        if self._dead > len(self) + _SLACK:
            self._sweep()

    def _sweep(self) -> None:
        living = deque(future for future in self.line if not future.done())
        self._dead -= len(self.line) - len(living)
        self.line = living
        self._deadlines = [entry for entry in self._deadlines if not entry[2].done()]
        heapify(self._deadlines)
