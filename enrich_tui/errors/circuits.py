"""The circuits of all operations, for callers with permits and for callers that only say which operation they mean."""

from __future__ import annotations

from collections.abc import Callable

from enrich_tui.errors.breaker import CircuitBreaker, Permit
from enrich_tui.errors.values import CircuitState


class Circuits:
    """One breaker an operation.

    An outcome told without a permit is that of the probe which :meth:`allow` let through, if one is out. Else it counts
    as a call of its own, unless the circuit is open or another caller's probe is out: then it can only be a late one.
    """

    def __init__(self, make: Callable[[], CircuitBreaker], clock: Callable[[], float], probe_timeout: float) -> None:
        self._make = make
        self._clock = clock
        self._probe_timeout = probe_timeout
        self._breakers: dict[str, CircuitBreaker] = {}
        self._probes: dict[str, tuple[Permit, float]] = {}
        """Probes that were let through without handing out their permit, and when."""

    def _breaker(self, operation: str) -> CircuitBreaker:
        breaker = self._breakers.get(operation)
        if breaker is None:
            breaker = self._breakers[operation] = self._make()
        return breaker

    def state(self, operation: str) -> CircuitState:
        """The state of the operation's circuit now."""
        return self._breaker(operation).state

    def acquire(self, operation: str) -> Permit | None:
        """A permit for one call, or None."""
        self._drop_stale(operation)
        return self._breaker(operation).acquire()

    def ready(self, operation: str) -> bool:
        """True where one call may be sent now; takes no permit."""
        self._drop_stale(operation)
        return self._breaker(operation).ready

    def allow(self, operation: str) -> bool:
        """True where one call may be sent now."""
        permit = self.acquire(operation)
        if permit is not None and self.state(operation) is CircuitState.HALF_OPEN:
            self._probes[operation] = permit, self._clock()
        return permit is not None

    def success(self, operation: str, permit: Permit | None) -> None:
        """A call came through."""
        permit = permit or self._meant(operation)
        if permit is not None:
            permit.success()

    def failure(self, operation: str, permit: Permit | None) -> None:
        """A call failed in a way that says something about the service."""
        permit = permit or self._meant(operation)
        if permit is not None:
            permit.failure()

    def release(self, operation: str, permit: Permit | None) -> None:
        """A call ended in a way that says nothing about the service."""
        permit = permit or self._meant(operation)
        if permit is not None:
            permit.release()

    def reset(self) -> None:
        """Close all of them; calls that are out change nothing any more."""
        for breaker in self._breakers.values():
            breaker.reset()
        self._probes.clear()

    def _meant(self, operation: str) -> Permit | None:
        probe = self._probes.pop(operation, None)
        if probe is not None and probe[0].current:
            return probe[0]
        return self._breaker(operation).acquire()

    def _drop_stale(self, operation: str) -> None:
        probe = self._probes.get(operation)
        if probe is not None and (not probe[0].current or not 0 <= self._clock() - probe[1] < self._probe_timeout):
            del self._probes[operation]
            probe[0].release()
