"""What a circuit breaker has to do, as cases that any breaker can be put through; none of them waits.

The breaker under test opens after 5 failures in a row, lets one probe through after 60 s, and closes after 2 successes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class ServiceError(TimeoutError):
    """Says something about the service."""


class NeutralError(EOFError):
    """Says nothing about the service: the input was malformed."""


Work = Callable[[], Awaitable[None]]


class Guard(Protocol):
    """A breaker for several operations behind one way to call."""

    async def call(self, operation: str, work: Work) -> None:
        """Do the work, or raise without doing it where nothing may be sent."""


class Call:
    """A call that was started; ``sent`` is False where the breaker refused it."""

    def __init__(self, guard: Guard, operation: str) -> None:
        self.sent = False
        self._outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(guard, operation))

    async def _run(self, guard: Guard, operation: str) -> None:
        async def work() -> None:
            self.sent = True
            await self._outcome

        await guard.call(operation, work)

    async def end(self, error: BaseException | None = None) -> None:
        if not self._outcome.done():
            if error is None:
                self._outcome.set_result(None)
            else:
                self._outcome.set_exception(error)
        await asyncio.gather(self._task, return_exceptions=True)
        if self._outcome.done() and not self._outcome.cancelled():
            self._outcome.exception()

    async def cancel(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Bench:
    """Drives one breaker through a case."""

    def __init__(self, guard: Guard, clock: Clock) -> None:
        self._guard = guard
        self._clock = clock

    def advance(self, seconds: float) -> None:
        self._clock.now += seconds

    async def start(self, operation: str = "audio-review") -> Call:
        call = Call(self._guard, operation)
        for _ in range(5):
            await asyncio.sleep(0)
        return call

    async def ok(self) -> bool:
        return await self._whole(None)

    async def fail(self, times: int = 1) -> bool:
        sent = [await self._whole(ServiceError("no answer")) for _ in range(times)]
        return all(sent)

    async def neutral(self) -> bool:
        return await self._whole(NeutralError("malformed"))

    async def cancelled(self) -> bool:
        call = await self.start()
        await call.cancel()
        return call.sent

    async def burst(self, number: int = 10) -> int:
        """How many of so many calls at once are sent; all come through."""
        calls = [await self.start() for _ in range(number)]
        for call in calls:
            await call.end()
        return sum(call.sent for call in calls)

    async def opened(self) -> None:
        await self.fail(5)

    async def half_open(self) -> None:
        await self.opened()
        self.advance(60.5)

    async def _whole(self, error: BaseException | None) -> bool:
        call = await self.start()
        await call.end(error)
        return call.sent


Case = Callable[[Bench], Awaitable[bool]]
CASES: dict[str, Case] = {}


def _case(function: Case) -> Case:
    CASES[getattr(function, "__name__", "").replace("_", " ")] = function
    return function


@_case
async def it_starts_closed(bench: Bench) -> bool:
    return await bench.burst() == 10


@_case
async def four_failures_keep_it_closed(bench: Bench) -> bool:
    await bench.fail(4)
    return await bench.ok()


@_case
async def five_failures_in_a_row_open_it(bench: Bench) -> bool:
    return await bench.fail(5) and not await bench.ok()


@_case
async def a_success_ends_the_row(bench: Bench) -> bool:
    await bench.fail(4)
    await bench.ok()
    await bench.fail(4)
    return await bench.ok()


@_case
async def neutral_errors_do_not_count(bench: Bench) -> bool:
    return all([await bench.neutral() for _ in range(8)]) and await bench.ok()


@_case
async def neutral_errors_do_not_end_the_row(bench: Bench) -> bool:
    await bench.fail(4)
    await bench.neutral()
    await bench.fail()
    return not await bench.ok()


@_case
async def cancelled_calls_do_not_count(bench: Bench) -> bool:
    return all([await bench.cancelled() for _ in range(8)]) and await bench.ok()


@_case
async def cancelled_calls_do_not_end_the_row(bench: Bench) -> bool:
    await bench.fail(4)
    await bench.cancelled()
    await bench.fail()
    return not await bench.ok()


@_case
async def while_open_nothing_is_sent(bench: Bench) -> bool:
    await bench.opened()
    return await bench.burst() == 0


@_case
async def it_stays_open_for_the_whole_time(bench: Bench) -> bool:
    await bench.opened()
    bench.advance(59.4)
    return not await bench.ok()


@_case
async def time_alone_gets_it_out_of_open(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.ok()


@_case
async def refused_calls_do_not_prolong_it(bench: Bench) -> bool:
    await bench.opened()
    for _ in range(5):
        bench.advance(10)
        if await bench.ok():
            return False
    bench.advance(10.5)
    return await bench.ok()


@_case
async def one_probe_at_a_time(bench: Bench) -> bool:
    await bench.half_open()
    probe, other = await bench.start(), await bench.start()
    await probe.end()
    await other.end()
    return probe.sent and not other.sent


@_case
async def of_ten_at_once_one_is_the_probe(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.burst() == 1


@_case
async def a_cancelled_probe_gives_its_place_back(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.cancelled() and await bench.ok()


@_case
async def a_cancelled_probe_proves_nothing(bench: Bench) -> bool:
    await bench.half_open()
    await bench.cancelled()
    await bench.cancelled()
    return await bench.burst() == 1


@_case
async def a_neutral_probe_gives_its_place_back(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.neutral() and await bench.neutral() and await bench.burst() == 1


@_case
async def one_success_does_not_close_it(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.ok() and await bench.burst() == 1


@_case
async def two_successes_close_it(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.ok() and await bench.ok() and await bench.burst() == 10


@_case
async def one_failed_probe_opens_it_again(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.fail() and not await bench.ok()


@_case
async def a_failure_after_one_success_opens_it_again(bench: Bench) -> bool:
    await bench.half_open()
    return await bench.ok() and await bench.fail() and not await bench.ok()


@_case
async def opened_again_it_waits_anew(bench: Bench) -> bool:
    await bench.half_open()
    await bench.fail()
    bench.advance(59.4)
    if await bench.ok():
        return False
    bench.advance(1.1)
    return await bench.ok()


@_case
async def successes_before_a_failed_probe_are_forgotten(bench: Bench) -> bool:
    await bench.half_open()
    await bench.ok()
    await bench.fail()
    bench.advance(60.5)
    return await bench.ok() and await bench.burst() == 1


@_case
async def closed_again_it_counts_anew(bench: Bench) -> bool:
    await bench.half_open()
    await bench.ok()
    await bench.ok()
    await bench.fail(4)
    return await bench.ok()


@_case
async def a_late_success_does_not_close_it(bench: Bench) -> bool:
    late = await bench.start()
    await bench.opened()
    await late.end()
    return not await bench.ok()


@_case
async def a_late_failure_does_not_prolong_it(bench: Bench) -> bool:
    late = await bench.start()
    await bench.opened()
    bench.advance(40)
    await late.end(ServiceError())
    bench.advance(20.5)
    return await bench.ok()


@_case
async def a_late_success_is_no_proof_for_the_probes(bench: Bench) -> bool:
    late = await bench.start()
    await bench.half_open()
    await bench.ok()
    await late.end()
    return await bench.burst() == 1


@_case
async def a_late_failure_does_not_spoil_the_probe(bench: Bench) -> bool:
    late = await bench.start()
    await bench.half_open()
    probe = await bench.start()
    await late.end(ServiceError())
    await probe.end()
    return await bench.ok() and await bench.burst() == 10


@_case
async def a_late_failure_does_not_count_when_closed_again(bench: Bench) -> bool:
    late = await bench.start()
    await bench.half_open()
    await bench.ok()
    await bench.ok()
    await bench.fail(4)
    await late.end(ServiceError())
    return await bench.ok()


@_case
async def operations_do_not_affect_each_other(bench: Bench) -> bool:
    await bench.opened()
    other = await bench.start("video-chaptering")
    await other.end()
    return other.sent and not await bench.ok()


@_case
async def a_clock_set_back_does_not_keep_it_open(bench: Bench) -> bool:
    await bench.opened()
    bench.advance(-86_400)
    if await bench.ok():
        return False
    bench.advance(60.5)
    return await bench.ok()
