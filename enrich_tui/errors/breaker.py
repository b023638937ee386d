"""A circuit breaker: after failures in a row nothing is sent for a while, then one call tries whether it works again.

It is evaluated on time: each look at it compares the clock with the moment of opening, so it gets out of ``open``
without another failure, success or timer. Every call holds a permit of the period in which it was let through; when the
circuit has changed since, what comes of that call changes nothing.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Self

from enrich_tui.errors.values import CircuitState


class Permit:
    """One call that was let through. As a context manager it gives itself back unless its outcome was recorded."""

    def __init__(self, breaker: CircuitBreaker, epoch: int) -> None:
        self._breaker = breaker
        self._epoch = epoch
        self._open = True

    @property
    def current(self) -> bool:
        """True until an outcome is recorded or the circuit changes."""
        return self._open and self._epoch == self._breaker.epoch

    def success(self) -> None:
        """The call came through."""
        if self._settle():
            self._breaker.succeeded(self)

    def failure(self) -> None:
        """The call failed in a way that says something about the service."""
        if self._settle():
            self._breaker.failed(self)

    def release(self) -> None:
        """The call was cancelled, or failed in a way that says nothing about the service."""
        if self._settle():
            self._breaker.released(self)

    def _settle(self) -> bool:
        current, self._open = self.current, False
        return current

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class CircuitBreaker:
    """The circuit of one operation. Not for use from several threads at once; nothing in it waits.

    ``failure_threshold`` failures in a row open it; ``reset_timeout`` seconds later it is half-open and lets one probe
    through at a time; ``success_threshold`` successes close it, one failure opens it again.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        failure_threshold: int = 5,
        reset_timeout: float = 60.0,
        success_threshold: int = 2,
    ) -> None:
        self._clock = clock
        self._failure_threshold = failure_threshold
        self._reset_timeout = reset_timeout
        self._success_threshold = success_threshold
        self._epoch = 0
        self._failures = 0
        self._successes = 0
        self._opened_at: float | None = None
        self._half_open = False
        self._probe: weakref.ref[Permit] | None = None

    @property
    def epoch(self) -> int:
        """Goes up with every change of the circuit."""
        self._look()
        return self._epoch

    @property
    def state(self) -> CircuitState:
        """The state now."""
        self._look()
        if self._opened_at is not None:
            return CircuitState.OPEN
        return CircuitState.HALF_OPEN if self._half_open else CircuitState.CLOSED

    @property
    def remaining(self) -> float:
        """Seconds until it leaves ``open`` by itself; 0 where it is not open."""
        self._look()
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self._reset_timeout - self._clock())

    @property
    def probing(self) -> bool:
        """True while the one probe of a half-open circuit is out. A probe that nobody holds any more is back."""
        probe = self._probe() if self._probe else None
        return probe is not None and probe.current

    @property
    def ready(self) -> bool:
        """True where a call may be sent now."""
        state = self.state
        return state is CircuitState.CLOSED or (state is CircuitState.HALF_OPEN and not self.probing)

    def acquire(self) -> Permit | None:
        """A permit for one call, or None where nothing may be sent now."""
        if not self.ready:
            return None
        permit = Permit(self, self._epoch)
        if self._half_open:
            self._probe = weakref.ref(permit)
        return permit

    def reset(self) -> None:
        """Close it, whatever it was; calls that are out change nothing any more."""
        self._change(opened_at=None, half_open=False)

    # -- told by permits of the current epoch --------------------------------------------------------------------------

    def succeeded(self, _permit: Permit) -> None:
        """See :meth:`Permit.success`."""
        self._failures = 0
        if self._half_open:
            self._probe = None
            self._successes += 1
            if self._successes >= self._success_threshold:
                self.reset()

    def failed(self, _permit: Permit) -> None:
        """See :meth:`Permit.failure`."""
        self._failures += 1
        if self._half_open or self._failures >= self._failure_threshold:
            self._change(opened_at=self._clock(), half_open=False)

    def released(self, permit: Permit) -> None:
        """See :meth:`Permit.release`."""
        if self._probe is not None and self._probe() is permit:
            self._probe = None

    def _look(self) -> None:
        if self._opened_at is None:
            return
        now = self._clock()
        if now < self._opened_at:  # the clock was set back; wait anew rather than for as long as it was
            self._opened_at = now
        elif now - self._opened_at >= self._reset_timeout:
            self._change(opened_at=None, half_open=True)

    def _change(self, *, opened_at: float | None, half_open: bool) -> None:
        self._epoch += 1
        self._failures = self._successes = 0
        self._opened_at, self._half_open, self._probe = opened_at, half_open, None
