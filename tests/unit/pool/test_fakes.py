"""The clock and the executor that tests of other programs may use too."""

from __future__ import annotations

import asyncio

import pytest

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.pool import Executor
from enrich_tui.testing.clock import FakeClock
from enrich_tui.testing.executor import Crash, Fail, FakeExecutor, Hang, Succeed


def test_the_clock_moves_when_it_is_told_to_and_never_back() -> None:
    clock = FakeClock(5)
    clock.advance(2.5)
    assert clock() == 7.5
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


async def test_the_executor_does_what_its_script_says() -> None:
    fake = FakeExecutor([Succeed(1, events=("a",)), Fail(ValueError("no")), Crash(Problem.OUT_OF_MEMORY)])
    executor: Executor = fake
    heard: list[str] = []
    with pytest.raises(WorkerCrashedError):
        await executor.run("too early", heard.append)
    await executor.start()
    assert await executor.run("first", heard.append) == 1
    with pytest.raises(ValueError, match="no"):
        await executor.run("second", heard.append)
    assert executor.alive
    with pytest.raises(WorkerCrashedError) as caught:
        await executor.run("third", heard.append)
    assert caught.value.problem is Problem.OUT_OF_MEMORY
    assert executor.vitals().pid is None
    await executor.start()
    assert await executor.run("fourth", heard.append) is None
    assert (heard, fake.jobs, executor.vitals().pid) == (["a"], ["first", "second", "third", "fourth"], 2)


async def test_a_hanging_job_ends_by_cancellation_or_with_its_executor() -> None:
    executor = FakeExecutor(otherwise=Hang())
    await executor.start()
    job = asyncio.create_task(executor.run("job", print))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert executor.alive
    job = asyncio.create_task(executor.run("job", print))
    await asyncio.sleep(0)
    await executor.stop()
    with pytest.raises(WorkerCrashedError):
        await job
