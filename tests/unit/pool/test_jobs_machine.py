"""Jobs that wait as records fare as if each had a task and a lease of its own, whatever happens to the pool."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool import PoolStatus, Worker, WorkerPool, WorkerSnapshot
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import FakeExecutors
from tests.unit.pool.stepped import SteppedLoop

TIMEOUTS = st.sampled_from([0.0, 3.0, 25.0, math.inf])
Job = tuple[int, int]
"""Which run it belongs to, and its number there."""


class Side:
    """A pool, and what its users see of it."""

    def __init__(self, clock: FakeClock, *, records: bool, executors: bool, auto_restart: bool, size: int) -> None:
        self.records = records
        self.loop = SteppedLoop(clock)
        self.executors = FakeExecutors() if executors else None
        self.pool = WorkerPool(
            size, 2, 10.0, math.inf, auto_restart, executor_factory=self.executors, recycle_after=5, clock=clock
        )
        self.turns = 0
        self.seen: list[tuple[int, Job, int, str | None]] = []
        """Jobs that began: after which turn of the test, on which worker, and what that was assigned."""
        self.gates: dict[Job, asyncio.Future[str]] = {}
        """Jobs at work, in the order in which they began."""
        self.runs: list[asyncio.Task[list[str | BaseException]]] = []
        self.callers: list[asyncio.Task[Worker]] = []
        self.handles: list[Worker] = []

    async def work(self, worker: Worker, job: Job) -> str:
        """Go on until the test says how it ends."""
        assert worker.leased
        self.handles.append(worker)
        self.seen.append((self.turns, job, worker.id, worker.current_job))
        gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.gates[job] = gate
        try:
            return await gate
        finally:
            del self.gates[job]

    async def alone(self, job: Job, limit: float) -> str:
        """What is the same for one job, by the pool's other means."""
        async with self.pool.worker(str(job), limit) as worker:
            return await self.work(worker, job)

    async def together(self, jobs: list[Job], limit: float) -> list[str | BaseException]:
        """Have all of them done."""
        if self.records:
            return await self.pool.run(self.work, jobs, timeout=limit)
        return await asyncio.gather(*[self.alone(job, limit) for job in jobs], return_exceptions=True)

    def finish(self, jobs: list[Job], errors: list[BaseException | None]) -> None:
        """End jobs that are at work, with an error or well."""
        for job, error in zip(jobs, errors, strict=False):
            if error is None:
                self.gates[job].set_result("well")
            elif isinstance(error, asyncio.CancelledError):
                self.gates[job].cancel()
            else:
                self.gates[job].set_exception(error)

    def facts(self) -> tuple[PoolStatus, tuple[WorkerSnapshot, ...], object, object, object]:
        """All that can be told of the pool and its users."""
        return (
            self.pool.get_pool_status(),
            self.pool.snapshots(),
            sorted(self.seen),
            [ending(run) for run in self.runs],
            [ending(caller) for caller in self.callers],
        )


def ending(task: asyncio.Task[Any]) -> str:
    """How a task ended, if it did."""
    if not task.done():
        return "goes on"
    if task.cancelled():
        return "cancelled"
    return repr(task.exception() or task.result()).replace("CancelledError('')", "CancelledError()")  # gather's


class JobsMachine(RuleBasedStateMachine):
    """Does the same to a pool whose jobs are records and to one whose jobs are tasks."""

    @initialize(size=st.integers(1, 3), executors=st.booleans(), auto_restart=st.booleans())
    def begin(self, size: int, executors: bool, auto_restart: bool) -> None:
        self.clock = FakeClock(1000.0)
        self.sides = [
            Side(self.clock, records=records, executors=executors, auto_restart=auto_restart, size=size)
            for records in (True, False)
        ]
        self.closed = False
        self.do(lambda _side: None)

    def do(self, act: Callable[[Side], object]) -> None:
        """Do the same to both, and let everything happen that can."""
        for side in self.sides:
            side.turns += 1
            act(side)
            side.loop.turn(40)

    @property
    def one(self) -> Side:
        """Either side: they are the same."""
        return self.sides[0]

    @precondition(lambda self: not self.closed)
    @rule(count=st.integers(0, 6), limit=TIMEOUTS)
    def submit(self, count: int, limit: float) -> None:
        number = len(self.one.runs)
        jobs = [(number, index) for index in range(count)]
        self.do(lambda side: side.runs.append(side.loop.create_task(side.together(jobs, limit))))

    @precondition(lambda self: not self.closed)
    @rule(limit=TIMEOUTS)
    def acquire(self, limit: float) -> None:
        self.do(lambda side: side.callers.append(side.loop.create_task(side.pool.acquire_worker(limit))))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        held = [
            number
            for number, caller in enumerate(self.one.callers)
            if caller.done() and not caller.cancelled() and not caller.exception() and caller.result().leased
        ]
        if held:
            number = data.draw(st.sampled_from(held))
            self.do(lambda side: side.loop.create_task(side.pool.release_worker(side.callers[number].result())))

    @precondition(lambda self: self.one.gates)
    @rule(
        data=st.data(),
        errors=st.lists(
            st.sampled_from(
                [None, None, RuntimeError("no"), WorkerCrashedError(Problem.WORKER_CRASHED), asyncio.CancelledError()]
            ),
            min_size=1,
            max_size=3,
        ),
    )
    def finish(self, data: st.DataObject, errors: list[BaseException | None]) -> None:
        jobs = data.draw(st.permutations(list(self.one.gates)))
        self.do(lambda side: side.finish(jobs, errors))

    @precondition(lambda self: self.one.runs)
    @rule(data=st.data(), at_once=st.booleans())
    def cancel(self, data: st.DataObject, at_once: bool) -> None:
        number = data.draw(st.integers(0, len(self.one.runs) - 1))
        if at_once and not self.closed:
            self.do(lambda side: side.runs.append(side.loop.create_task(side.together([(99, 0), (99, 1)], math.inf))))
        self.do(lambda side: side.runs[number].cancel())

    @precondition(lambda self: self.one.callers)
    @rule(data=st.data())
    def cancel_caller(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.one.callers) - 1))
        self.do(lambda side: side.callers[number].cancel())

    @rule(seconds=st.sampled_from([0.4, 3.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.do(lambda _side: None)

    @precondition(lambda self: not self.closed)
    @rule(size=st.integers(1, 4))
    def resize(self, size: int) -> None:
        self.do(lambda side: side.loop.create_task(side.pool.resize(size)))

    @precondition(lambda self: not self.closed)
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        ident = data.draw(st.sampled_from([seen.id for seen in self.one.pool.snapshots()]))
        self.do(lambda side: side.loop.create_task(side.pool.restart_worker(ident)))

    @precondition(lambda self: not self.closed)
    @rule()
    def restart_errored(self) -> None:
        self.do(lambda side: side.loop.create_task(side.pool.restart_errored_workers()))

    @precondition(lambda self: self.one.executors is not None and not self.closed)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        idents = [seen.id for seen in self.one.pool.snapshots() if seen.pid is not None]
        if idents:
            ident = data.draw(st.sampled_from(idents))

            def end(side: Side) -> None:
                assert side.executors is not None
                side.executors[ident].die()
                side.pool.check_health()

            self.do(lambda side: side.loop.call_soon(end, side))

    @precondition(lambda self: not self.closed)
    @rule(seldom=st.integers(0, 9), limit=st.sampled_from([0.0, 5.0]))
    def shutdown(self, seldom: int, limit: float) -> None:
        if not seldom:
            self.closed = True
            self.do(lambda side: side.loop.create_task(side.pool.shutdown(limit)))

    @invariant()
    def both_fare_alike(self) -> None:
        if not hasattr(self, "sides"):
            return
        records, tasks = (side.facts() for side in self.sides)
        assert records == tasks
        live = [handle for handle in self.one.handles if handle.leased]
        assert len({handle.id for handle in live}) == len(live), "one worker, two jobs"

    def teardown(self) -> None:
        if hasattr(self, "sides"):
            for side in self.sides:
                for task in (*side.runs, *side.callers):
                    task.cancel()
                side.loop.turn(40)
                side.loop.do(side.pool.shutdown(0.0))
                side.loop.turn(40)
                assert not asyncio.all_tasks(side.loop)
                side.loop.close()


TestJobsMachine = JobsMachine.TestCase
TestJobsMachine.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
