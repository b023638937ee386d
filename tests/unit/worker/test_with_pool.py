"""Pool and processes together: what a killed process and a cancelled job mean for the others."""

from __future__ import annotations

import asyncio
import os
import signal

from enrich_tui.errors.problems import WorkerCrashedError
from enrich_tui.model import StageOutput
from enrich_tui.pool import WorkerPool
from enrich_tui.worker.process import ProcessExecutors, Progress
from tests.unit.worker.conftest import Task


async def test_one_kill_fails_one_job_and_a_cancelled_job_is_no_fault(executors: ProcessExecutors, task: Task) -> None:
    pool = WorkerPool(max_workers=2, acquisition_timeout=60, executor_factory=executors)
    at_work: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def job(title: str) -> StageOutput:
        def heard(progress: Progress) -> None:
            if title == "wait" and not at_work.done():
                at_work.set_result(int(progress.message))

        async with pool.worker(title) as worker:
            output: StageOutput = await worker.run(task(title), heard)
            return output

    jobs = [asyncio.create_task(job(title)) for title in ("wait", *["report_much"] * 2, *["succeed"] * 5)]
    os.kill(await asyncio.wait_for(at_work, 20), signal.SIGKILL)
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [WorkerCrashedError, *[StageOutput] * 7]

    before = pool.get_pool_status()
    cancelled = asyncio.create_task(job("burn"))
    await asyncio.sleep(0.3)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await asyncio.gather(*(job("succeed") for _ in range(3)))
    after = pool.get_pool_status()
    assert (after.total_jobs_failed, after.restarts) == (before.total_jobs_failed, before.restarts) == (1, 1)
    await pool.shutdown(timeout=1)
