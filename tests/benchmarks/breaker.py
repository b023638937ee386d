"""Puts circuit breakers through the same cases: ``python -m tests.benchmarks.breaker``.

The others are not needed for anything else: ``pip install -e ".[bench]"``. Their clocks
are replaced, so that nothing waits. Where a breaker has no setting for something (most close after one success), the
cases about it are lost: the score is that against what is asked for here, not one of quality.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import logging
import sys
import time
from collections.abc import Callable
from importlib import metadata
from types import SimpleNamespace
from typing import Any

from enrich_tui.errors import ErrorContext, ErrorHandler
from tests.benchmarks.peers import missing, peer
from tests.benchmarks.targets import judge
from tests.unit.errors.breaker_cases import CASES, Bench, Clock, Guard, NeutralError, ServiceError, Work


class RefusedError(Exception):
    """Nothing may be sent."""


class Ours:
    """The error handler's circuits."""

    def __init__(self, clock: Clock) -> None:
        self._handler = ErrorHandler(clock=clock)

    async def call(self, operation: str, work: Work) -> None:
        permit = self._handler.permit(operation)
        if permit is None:
            raise RefusedError
        with permit:
            try:
                await work()
            except Exception as error:
                await self._handler.handle_error(error, ErrorContext("s", operation), permit)
                raise
            self._handler.record_success(operation, permit)


class Simple:
    """The error handler's circuits as one uses them without permits, one call at a time."""

    def __init__(self, clock: Clock) -> None:
        self._handler = ErrorHandler(clock=clock)

    async def call(self, operation: str, work: Work) -> None:
        if not self._handler.allow(operation):
            raise RefusedError
        try:
            await work()
        except asyncio.CancelledError:
            self._handler.release_permit(operation)
            raise
        except Exception as error:
            await self._handler.handle_error(error, ErrorContext("s", operation))
            raise
        self._handler.record_success(operation)


def _module(name: str) -> Any:
    return importlib.import_module(name)


def _datetime(clock: Clock) -> type[dt.datetime]:
    """A ``datetime`` class whose now is the clock's."""

    class Faked(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.fromtimestamp(clock(), tz or dt.UTC).replace(tzinfo=tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

    return Faked


class Purgatory:
    """The library purgatory, through its public calls."""

    def __init__(self, clock: Clock) -> None:
        model: Any = _module("purgatory.domain.model")
        model.time = SimpleNamespace(time=clock)
        self._factory = _module("purgatory").AsyncCircuitBreakerFactory(
            default_threshold=5, default_ttl=60, exclude=[NeutralError]
        )

    async def call(self, operation: str, work: Work) -> None:
        async with await self._factory.get_breaker(operation):
            await work()


class Aiobreaker:
    """The library aiobreaker, through its public calls."""

    def __init__(self, clock: Clock) -> None:
        for name in ("aiobreaker.state", "aiobreaker.circuitbreaker"):
            module: Any = _module(name)
            module.datetime = _datetime(clock)
        self._make: Callable[..., Any] = _module("aiobreaker").CircuitBreaker
        self._breakers: dict[str, Any] = {}

    async def call(self, operation: str, work: Work) -> None:
        if operation not in self._breakers:
            self._breakers[operation] = self._make(
                fail_max=5, timeout_duration=dt.timedelta(seconds=60), exclude=[NeutralError]
            )
        await self._breakers[operation].call_async(work)


class Pybreaker:
    """The library pybreaker, through its public calls."""

    def __init__(self, clock: Clock) -> None:
        module: Any = _module("pybreaker")
        module.datetime = _datetime(clock)
        self._make: Callable[..., Any] = module.CircuitBreaker
        self._breakers: dict[str, Any] = {}

    async def call(self, operation: str, work: Work) -> None:
        if operation not in self._breakers:
            self._breakers[operation] = self._make(
                fail_max=5, reset_timeout=60, success_threshold=2, exclude=[NeutralError], throw_new_error_on_trip=False
            )
        with self._breakers[operation].calling():
            await work()


class Circuitbreaker:
    """The library circuitbreaker, through its public calls."""

    def __init__(self, clock: Clock) -> None:
        module: Any = _module("circuitbreaker")
        module.monotonic = clock
        self._make: Callable[..., Any] = module.CircuitBreaker
        self._breakers: dict[str, Any] = {}

    async def call(self, operation: str, work: Work) -> None:
        if operation not in self._breakers:
            self._breakers[operation] = self._make(
                failure_threshold=5, recovery_timeout=60, expected_exception=ServiceError, name=operation
            )
        breaker = self._breakers[operation]
        if breaker.opened:
            raise RefusedError
        await breaker.call_async(work)


OURS = "enrich-tui"
BREAKERS: dict[str, Callable[[Clock], Guard]] = {
    OURS: Ours,
    "purgatory": Purgatory,
    "aiobreaker": Aiobreaker,
    "pybreaker": Pybreaker,
    "circuitbreaker": Circuitbreaker,
}


async def passes(make: Callable[[Clock], Guard], name: str) -> bool:
    """True where a breaker of this kind gets through the case."""
    clock = Clock()
    try:
        return bool(await asyncio.wait_for(CASES[name](Bench(make(clock), clock)), timeout=5))
    except Exception:  # noqa: BLE001 - a breaker that raises something of its own has lost the case
        return False


async def speed(make: Callable[[Clock], Guard], calls: int = 5_000) -> float:
    """Microseconds that a guarded call takes, over one that is not."""

    async def work() -> None:
        pass

    guard = make(Clock())
    started = time.perf_counter()
    for _ in range(calls):
        await guard.call("audio-review", work)
    return (time.perf_counter() - started) / calls * 1e6


async def report() -> bool:
    """Print the scores side by side; true where ours gets through everything."""
    logging.disable(logging.CRITICAL)  # the errors are made on purpose
    breakers = {kind: make for kind, make in BREAKERS.items() if kind == OURS or peer(kind) is not None}
    results = {kind: {name: await passes(make, name) for name in CASES} for kind, make in breakers.items()}
    width = max(map(len, CASES)) + 2
    print(" " * width + "  ".join(results))
    for name in CASES:
        marks = ("pass" if result[name] else "-" for result in results.values())
        print(name.ljust(width) + "  ".join(mark.center(len(kind)) for mark, kind in zip(marks, results, strict=True)))
    scores = {kind: f"{sum(result.values())}/{len(CASES)}" for kind, result in results.items()}
    print("score".ljust(width) + "  ".join(score.center(len(kind)) for kind, score in scores.items()))
    took = {kind: f"{await speed(make):.1f}" for kind, make in breakers.items()}
    print("µs a call".ljust(width) + "  ".join(value.center(len(kind)) for kind, value in took.items()))
    print("versions: " + ", ".join(f"{kind} {metadata.version(kind)}" for kind in breakers))
    passed = sum(results[OURS].values())
    judge(f"Breaker cases passed, of {len(CASES)}", passed, len(CASES), least=True)
    logging.disable(logging.NOTSET)
    return passed == len(CASES)


if __name__ == "__main__":
    well = asyncio.run(report())
    print(missing())
    sys.exit(not well)
