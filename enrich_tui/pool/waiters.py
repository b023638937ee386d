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
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

_SLACK = 64
"""Dead entries that are not worth sweeping."""


class Refusal(Enum):
    """Why a waiter gets nothing."""

    TIMEOUT = auto()
    SHUTDOWN = auto()


class Waiter(Protocol[T_contra]):
    """Who can stand in the line: a future, or whatever else can be told of its turn."""

    def done(self) -> bool:
        """True where it does not wait any more."""
        ...

    def set_result(self, given: T_contra | Refusal, /) -> object:
        """It is its turn, or it gets nothing."""
        ...


class Waiters(Generic[T]):
    """The line. A waiter is given a ``T`` or a :class:`Refusal`; the length is how much is still waited for."""

    def __init__(self) -> None:
        self.line: deque[Waiter[T]] = deque()
        # Deadlines mostly come in rising order, for which a push to the heap is O(1); the count keeps ties apart.
        self._deadlines: list[tuple[float, int, Waiter[T]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        """When the timer rings."""
        self._dead = 0
        """How many in the line do not wait any more."""
        self.more = 0
        """What those in the line wait for beyond one turn each; for them to keep up to date."""

    def __len__(self) -> int:
        return len(self.line) - self._dead + self.more

    def join(self, waiter: Waiter[T], loop: asyncio.AbstractEventLoop, timeout: float) -> None:
        """Stand at the end of the line for at most ``timeout`` seconds (``math.inf``: for ever).

        Who stops waiting for another reason than what it was given must say so: :meth:`leave`, :meth:`left`.
        """
        self.line.append(waiter)
        if timeout != math.inf:
            deadline = loop.time() + timeout
            entry = (deadline, next(self._order), waiter)
            if self._deadlines and self._deadlines[0][2].done():
                heapreplace(self._deadlines, entry)
            else:
                heappush(self._deadlines, entry)
                if len(self._deadlines) > 2 * len(self.line) + _SLACK:
                    self._sweep()
            if deadline < self._due:
                self._arm(loop, deadline)

    def next(self) -> Waiter[T] | None:
        """Take the first one out of the line, who is then to be given something at once; None where nobody waits.

        Who wants more than one turn goes back to the head of the line.
        """
        line = self.line
        while line:
            waiter = line.popleft()
            if not waiter.done():
                return waiter
            self._dead -= 1
        return None

    def leave(self, future: asyncio.Future[T | Refusal]) -> T | None:
        """Stop waiting. Returns what the waiter had already been given, which is then for the caller to pass on."""
        if future.cancel() or future.cancelled():
            self.left()
            return None
        given = future.result()
        return None if isinstance(given, Refusal) else given

    def left(self) -> None:
        """One of those in the line does not wait any more."""
        self._dead += 1
        if self._dead > len(self.line) - self._dead + _SLACK:
            self._sweep()

    def refuse(self) -> None:
        """Send everybody away."""
        for waiter in self.line:
            if waiter.done():
                self._dead -= 1
            else:
                waiter.set_result(Refusal.SHUTDOWN)
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
            deadline, _, waiter = self._deadlines[0]
            if not waiter.done():
                if deadline > now:
                    self._arm(loop, deadline)
                    break
                waiter.set_result(Refusal.TIMEOUT)
                self._dead += 1
            heappop(self._deadlines)
        if self._dead > len(self.line) - self._dead + _SLACK:
            self._sweep()

    def _sweep(self) -> None:
        living = deque(waiter for waiter in self.line if not waiter.done())
        self._dead -= len(self.line) - len(living)
        self.line = living
        self._deadlines = [entry for entry in self._deadlines if not entry[2].done()]
        heapify(self._deadlines)
