"""The circuits do what the contract says, with permits and without."""

from __future__ import annotations

import asyncio
import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from enrich_tui.errors import CircuitBreaker, ErrorContext, ErrorHandler, Permit, Problem, StageError
from tests.unit.errors.breaker_cases import CASES, Bench, Clock, ServiceError, Work

OPERATION = "audio-review"


class Guarded:
    """The error handler as a guard."""

    def __init__(self, clock: Clock) -> None:
        self.handler = ErrorHandler(clock=clock)

    async def call(self, operation: str, work: Work) -> None:
        permit = self.handler.permit(operation)
        if permit is None:
            raise RuntimeError("refused")
        with permit:
            try:
                await work()
            except Exception as error:
                await self.handler.handle_error(error, ErrorContext("s", operation), permit)
                raise
            self.handler.record_success(operation, permit)


@pytest.mark.parametrize("name", CASES)
async def test_every_case(name: str) -> None:
    clock = Clock()
    assert await CASES[name](Bench(Guarded(clock), clock))


# -- without permits -------------------------------------------------------------------------------------------------


async def _fail(handler: ErrorHandler, times: int = 1) -> None:
    for _ in range(times):
        await handler.handle_error(ServiceError(), ErrorContext("s", OPERATION))


async def test_the_life_of_a_circuit() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock)
    await _fail(handler, 4)
    assert handler.circuit_state(OPERATION) == "closed"
    await _fail(handler)
    assert handler.circuit_state(OPERATION) == "open"
    assert not handler.allow(OPERATION)
    clock.now += 59.9
    assert not handler.allow(OPERATION)
    clock.now += 0.1
    assert handler.circuit_state(OPERATION) == "half-open"
    assert handler.ready(OPERATION)
    assert [handler.allow(OPERATION) for _ in range(3)] == [True, False, False]
    assert not handler.ready(OPERATION)
    handler.record_success(OPERATION)
    assert handler.circuit_state(OPERATION) == "half-open"
    assert [handler.allow(OPERATION) for _ in range(2)] == [True, False]
    handler.record_success(OPERATION)
    assert handler.circuit_state(OPERATION) == "closed"


async def test_a_failed_probe_opens_it_for_another_minute() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock)
    await _fail(handler, 5)
    clock.now += 60
    assert handler.allow(OPERATION)
    await _fail(handler)
    assert handler.circuit_state(OPERATION) == "open"
    clock.now += 59
    assert not handler.allow(OPERATION)
    clock.now += 1
    assert handler.allow(OPERATION)


async def test_successes_while_open_change_nothing() -> None:
    handler = ErrorHandler(clock=Clock())
    await _fail(handler, 5)
    handler.record_success(OPERATION)
    handler.record_success(OPERATION)
    assert handler.circuit_state(OPERATION) == "open"


async def test_recorded_successes_close_a_circuit_that_seems_stuck() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock)
    await _fail(handler, 5)
    clock.now += 60
    handler.record_success(OPERATION)
    handler.record_success(OPERATION)
    assert handler.circuit_state(OPERATION) == "closed"


async def test_a_cancelled_probe_is_given_back() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock)
    await _fail(handler, 5)
    clock.now += 60
    assert handler.allow(OPERATION)
    handler.release_permit(OPERATION)
    assert [handler.allow(OPERATION) for _ in range(2)] == [True, False]
    await handler.handle_error(asyncio.CancelledError(), ErrorContext("s", OPERATION))
    assert handler.allow(OPERATION)


async def test_a_probe_of_which_nothing_is_heard_is_given_up() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock, probe_timeout=100)
    await _fail(handler, 5)
    clock.now += 60
    assert handler.allow(OPERATION)
    clock.now += 99
    assert not handler.allow(OPERATION)
    clock.now += 1
    assert handler.allow(OPERATION)


async def test_a_probe_that_nobody_holds_is_back() -> None:
    clock = Clock()
    handler = ErrorHandler(clock=clock)
    await _fail(handler, 5)
    clock.now += 60
    permit = handler.permit(OPERATION)
    assert permit is not None
    assert handler.permit(OPERATION) is None
    del permit
    gc.collect()
    assert handler.permit(OPERATION) is not None


async def test_only_transient_errors_count() -> None:
    handler = ErrorHandler(clock=Clock())
    for problem in (Problem.CODEC, Problem.NOT_MEDIA, Problem.KEY_REFUSED, Problem.SERVICE_REFUSED, Problem.POISON):
        for _ in range(6):
            await handler.handle_error(StageError(problem), ErrorContext("s", OPERATION))
    assert handler.circuit_state(OPERATION) == "closed"


async def test_the_state_is_in_the_backends_details_while_a_circuit_is_open() -> None:
    handler = ErrorHandler(clock=Clock())
    context = ErrorContext("s", OPERATION)
    first = await handler.handle_error(ServiceError(), context)
    assert "circuit_state" not in first.backend_details.metadata
    await _fail(handler, 3)
    last = await handler.handle_error(ServiceError(), context)
    assert last.backend_details.metadata["circuit_state"] == "open"


async def test_circuits_can_be_closed_by_hand() -> None:
    handler = ErrorHandler(clock=Clock())
    await _fail(handler, 5)
    handler.reset_circuit_breakers()
    assert handler.allow(OPERATION)


def test_how_long_it_stays_open() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock=clock, failure_threshold=1)
    assert breaker.remaining == 0
    permit = breaker.acquire()
    assert permit is not None
    permit.failure()
    clock.now += 20
    assert breaker.remaining == pytest.approx(40)


# -- whatever happens ------------------------------------------------------------------------------------------------


class Circuit(RuleBasedStateMachine):
    """Any order of calls, outcomes and times: never two probes, never stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = CircuitBreaker(clock=self.clock)
        self.out: list[Permit] = []

    @rule()
    def ask(self) -> None:
        state = self.breaker.state
        probing = self.breaker.probing
        permit = self.breaker.acquire()
        assert (permit is not None) == (state == "closed" or (state == "half-open" and not probing))
        if permit is not None:
            self.out.append(permit)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), outcome=st.sampled_from(["success", "failure", "release"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        permit = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        before, current = self.breaker.state, permit.current
        getattr(permit, outcome)()
        if not current:
            assert self.breaker.state == before
        elif outcome == "failure" and before == "half-open":
            assert self.breaker.state == "open"

    @rule(seconds=st.floats(-100, 100))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def it_always_gets_out_of_open(self) -> None:
        assert self.breaker.state in {"closed", "open", "half-open"}
        self.clock.now += 60
        assert self.breaker.state != "open"

    @invariant()
    def at_most_one_probe(self) -> None:
        if self.breaker.state == "half-open":
            assert sum(permit.current for permit in self.out) <= 1


TestCircuit = Circuit.TestCase
TestCircuit.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.lists(st.booleans(), max_size=40))
def test_it_opens_on_five_in_a_row_and_not_before(outcomes: list[bool]) -> None:
    breaker = CircuitBreaker(clock=Clock())
    row = 0
    for succeeds in outcomes:
        permit = breaker.acquire()
        assert (permit is None) == (row >= 5)
        if permit is None:
            return
        (permit.success if succeeds else permit.failure)()
        row = 0 if succeeds else row + 1
