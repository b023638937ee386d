"""Any history of the pool whatsoever: nobody is lost or doubled, the line is kept, and the books are right."""

from __future__ import annotations

import asyncio
import gc
import math

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool import PoolShutdownError, Worker, WorkerAcquisitionTimeoutError, WorkerPool, WorkerState
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import FakeExecutors
from tests.unit.pool.stepped import SteppedLoop

TIMEOUT = 10.0
DOWN = {WorkerState.ERROR, WorkerState.RESTARTING}


class PoolMachine(RuleBasedStateMachine):
    """Does anything to a pool, and keeps books of its own."""

    @initialize(
        size=st.integers(1, 3), threshold=st.integers(1, 3), auto_restart=st.booleans(), with_executors=st.booleans()
    )
    def begin(self, size: int, threshold: int, auto_restart: bool, with_executors: bool) -> None:
        self.clock = FakeClock(1000.0)
        self.loop = SteppedLoop(self.clock)
        self.executors = FakeExecutors() if with_executors else None
        self.pool = WorkerPool(
            size,
            threshold,
            TIMEOUT,
            math.inf,
            auto_restart,
            executor_factory=self.executors,
            recycle_after=4,
            clock=self.clock,
        )
        self.size = size
        self.line: list[tuple[asyncio.Task[Worker], float]] = []
        """Who waits, in the order of arrival, and until when."""
        self.held: list[Worker] = []
        self.former: list[Worker] = []
        self.completed = self.failed = 0
        self.worker_seconds = self.down_seconds = 0.0
        self.closed = False

    def settle(self) -> None:
        """Let everything happen that can; then those who were served must be the first of the line."""
        self.loop.turn()
        served = [task.done() for task, _ in self.line]
        assert served == sorted(served, reverse=True), "somebody overtook"
        for task, _ in self.line[: sum(served)]:
            self.held.append(task.result())
        del self.line[: sum(served)]

    async def check_health(self) -> None:
        """As the loop's timer does it."""
        self.pool.check_health()

    # -- what callers do

    @precondition(lambda self: not self.closed)
    @rule(timeout=st.sampled_from([None, 0.0, 3.0, 25.0, math.inf]), count=st.integers(1, 3))
    def acquire(self, timeout: float | None, count: int) -> None:
        for _ in range(count):
            task = self.loop.create_task(self.pool.acquire_worker(timeout))
            self.line.append((task, self.clock() + (TIMEOUT if timeout is None else timeout)))
        if timeout == 0.0:
            self.loop.turn()
            self.expire()
        self.settle()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def assign(self, data: st.DataObject) -> None:
        self.pool.assign_job(self.held[data.draw(st.integers(0, len(self.held) - 1))], "job")

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(),
        error=st.sampled_from(
            [None, None, RuntimeError("boom"), WorkerCrashedError(Problem.WORKER_CRASHED), asyncio.CancelledError()]
        ),
        dead=st.booleans(),
        cancel_next=st.booleans(),
    )
    def release(self, data: st.DataObject, error: BaseException | None, dead: bool, cancel_next: bool) -> None:
        worker = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.former.append(worker)
        self.completed += error is None
        self.failed += isinstance(error, Exception)
        if dead and self.executors is not None:
            self.executors[worker.id].die()

        async def both() -> None:
            release = self.pool.release_worker(worker, error)
            with pytest.raises(StopIteration):  # it never waits, so that nothing else can happen in between
                release.send(None)
            if cancel_next and self.line:
                self.line.pop(0)[0].cancel()

        self.loop.do(both())
        self.settle()

    @precondition(lambda self: self.former)
    @rule(data=st.data(), error=st.sampled_from([None, RuntimeError("late")]))
    def release_again(self, data: st.DataObject, error: Exception | None) -> None:
        before = self.pool.snapshots(), self.pool.get_pool_status()
        self.loop.do(self.pool.release_worker(self.former[data.draw(st.integers(0, len(self.former) - 1))], error))
        assert (self.pool.snapshots(), self.pool.get_pool_status()) == before

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.line))
        entry[0].cancel()
        self.line.remove(entry)
        self.settle()
        assert entry[0].cancelled()

    @precondition(lambda self: self.held and not self.closed)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        """A holder is gone without giving its worker back."""
        del self.held[data.draw(st.integers(0, len(self.held) - 1))]  # not the handle, which would be kept for a report
        gc.collect()
        self.loop.do(self.check_health())
        self.settle()

    # -- what happens to workers

    @precondition(lambda self: self.executors is not None and not self.closed)
    @rule(data=st.data())
    def die_idle(self, data: st.DataObject) -> None:
        assert self.executors is not None
        idle = [seen.id for seen in self.pool.snapshots() if seen.status is WorkerState.IDLE and seen.pid is not None]
        if idle:
            self.executors[data.draw(st.sampled_from(idle))].die()
            self.loop.do(self.check_health())
            self.settle()

    @precondition(lambda self: self.executors is not None and not self.closed)
    @rule(data=st.data(), times=st.integers(1, 3))
    def spoil_starts(self, data: st.DataObject, times: int) -> None:
        assert self.executors is not None
        ident = data.draw(st.sampled_from([seen.id for seen in self.pool.snapshots()]))
        self.executors[ident].failing_starts.extend(OSError("no") for _ in range(times))

    @precondition(lambda self: not self.closed)
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        self.loop.do(self.pool.restart_worker(data.draw(st.sampled_from([seen.id for seen in self.pool.snapshots()]))))
        self.settle()

    @precondition(lambda self: not self.closed)
    @rule()
    def restart_errored(self) -> None:
        before = self.pool.get_pool_status()
        count = self.loop.do(self.pool.restart_errored_workers())
        assert 0 <= count <= before.error
        if self.executors is None:
            assert self.pool.get_pool_status().error == 0
        self.settle()

    @rule(seconds=st.sampled_from([0.4, 1.0, 5.0, 30.0]))
    def wait(self, seconds: float) -> None:
        seen = self.pool.snapshots()
        if not self.closed or self.held:
            alive = [snapshot for snapshot in seen if snapshot.status is not WorkerState.SHUTDOWN]
            self.worker_seconds += seconds * len(alive)
            self.down_seconds += seconds * sum(snapshot.status in DOWN for snapshot in alive)
        self.clock.advance(seconds)
        self.loop.turn()
        self.expire()
        self.settle()

    def expire(self) -> None:
        """Whose time is over must have heard of it, unless served in the same moment; the others not."""
        waiting: list[tuple[asyncio.Task[Worker], float]] = []
        for task, deadline in self.line:
            if task.done() and task.exception() is not None:
                assert isinstance(task.exception(), WorkerAcquisitionTimeoutError)
                assert deadline <= self.clock()
            else:
                assert task.done() or deadline > self.clock()
                waiting.append((task, deadline))
        self.line = waiting

    # -- size and end

    @precondition(lambda self: not self.closed)
    @rule(size=st.integers(1, 4))
    def resize(self, size: int) -> None:
        self.loop.do(self.pool.resize(size))
        self.size = size
        self.settle()

    @precondition(lambda self: not self.closed)
    @rule(add=st.booleans())
    def one_more_or_less(self, add: bool) -> None:
        if add:
            self.loop.do(self.pool.add_worker())
            self.size += 1
        elif self.loop.do(self.pool.remove_worker()) is not None:
            self.size -= 1
        else:
            assert self.size == 1
        self.settle()

    @precondition(lambda self: not self.closed)
    @rule(seldom=st.integers(0, 9), timeout=st.sampled_from([0.0, 5.0]))
    def shutdown(self, seldom: int, timeout: float) -> None:
        if seldom:
            return
        self.closed = True
        ending = self.loop.create_task(self.pool.shutdown(timeout))
        self.loop.turn()
        for task, _ in self.line:
            assert isinstance(task.exception(), PoolShutdownError)
        self.line = []
        if timeout == 0.0 or not self.held:
            assert ending.done()
            self.former += self.held
            self.held = []
        else:
            assert not ending.done()
            self.ending = ending

    # -- what holds at any time

    @invariant()
    def nobody_is_lost_or_doubled(self) -> None:
        if not hasattr(self, "pool"):
            return
        if self.closed and self.held and self.ending.done():
            self.former += self.held
            self.held = []
        status, snapshots = self.pool.get_pool_status(), self.pool.snapshots()
        assert status.idle + status.active + status.error == status.total
        assert len({snapshot.id for snapshot in snapshots}) == len(snapshots)
        assert all(worker.leased for worker in self.held)
        assert not any(worker.leased for worker in self.former)
        holding = [worker.id for worker in self.held]
        assert len(set(holding)) == len(holding), "one worker, two holders"
        assert status.active <= len(holding) <= status.total
        assert status.pending == len(self.line)
        if status.pending:
            warm = [seen for seen in snapshots if seen.status is WorkerState.IDLE]
            assert not warm, "idle workers while somebody waits"
        if not self.closed:
            retiring = sum(slot.retiring for slot in self.pool._roster.slots.values())
            assert status.total - retiring == self.size
            assert {seen.id for seen in snapshots if seen.status is WorkerState.ACTIVE} <= set(holding)

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "pool"):
            return
        status = self.pool.get_pool_status()
        assert (status.total_jobs_completed, status.total_jobs_failed) == (self.completed, self.failed)
        ended = self.completed + self.failed
        assert status.error_rate == pytest.approx(100 * self.failed / ended if ended else 0)
        expected = 100 * (1 - self.down_seconds / self.worker_seconds) if self.worker_seconds else 100
        assert status.uptime_percentage == pytest.approx(expected)

    def teardown(self) -> None:
        if hasattr(self, "pool"):
            self.loop.do(self.pool.shutdown(0.0))
            for task, _ in self.line:
                assert isinstance(task.exception(), PoolShutdownError)
            assert self.pool.get_pool_status().total == 0
            if self.executors is not None:
                assert not any(executor.alive for executor in self.executors.made.values())
            self.loop.turn()
            assert not asyncio.all_tasks(self.loop)
            self.loop.close()


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
