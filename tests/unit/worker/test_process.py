"""What becomes of jobs in child processes that succeed, fail, crash, hang, and are cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from enrich_tui.config import Limits
from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.pool import Worker, WorkerPool
from enrich_tui.worker import child, procfs
from enrich_tui.worker.child import HANG_CHECKS
from enrich_tui.worker.log import WorkerLog
from enrich_tui.worker.process import ProcessExecutor, ProcessExecutors, Progress
from enrich_tui.worker.protocol import Heartbeat
from tests.unit.worker.conftest import FAKE_STAGES, HEARTBEAT, Task


def ignore(_progress: Progress) -> None:
    """For jobs whose progress does not matter."""


async def failing(executor: ProcessExecutor, task: StageTask) -> StageError:
    with pytest.raises(StageError) as caught:
        await executor.run(task, ignore)
    return caught.value


async def begun(executor: ProcessExecutor, task: StageTask) -> tuple[asyncio.Task[StageOutput], str]:
    """The running job, and the message of its first progress."""
    first: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def heard(progress: Progress) -> None:
        if not first.done():
            first.set_result(progress.message)

    job = asyncio.create_task(executor.run(task, heard))
    return job, await asyncio.wait_for(first, 10)


async def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it becomes true in this time."""
    end = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < end:  # noqa: ASYNC110 - watched from the outside
        await asyncio.sleep(0.01)
    return true


def gone(pid: int) -> bool:
    """True where the process has ended, reaped or not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True


def pid_of(executor: ProcessExecutor) -> int:
    pid = executor.vitals().pid
    assert pid is not None
    return pid


# -- jobs that end by themselves --------------------------------------------------------------------------------------


async def test_jobs_run_in_one_process_that_is_not_this_one(executors: ProcessExecutors, task: Task) -> None:
    executor, heard = executors(0), list[Progress]()
    await executor.start()
    one = await executor.run(task("succeed"), heard.append)
    two = await executor.run(task("succeed"), heard.append)
    assert one == StageOutput(
        outputs={"said": "said.txt"}, engine="fake 1", media_seconds=1.5, facts={"pid": pid_of(executor), "threads": 2}
    )
    assert two == one
    assert heard[0] == Progress(0.25, "a quarter")
    assert one.facts["pid"] != os.getpid()


async def test_progress_comes_at_a_bearable_rate_and_the_last_of_it_is_not_lost(
    executors: ProcessExecutors, task: Task
) -> None:
    heard = list[Progress]()
    started = time.monotonic()
    await executors(0).run(task("report_much"), heard.append)
    assert 1 <= len(heard) <= 10 * (time.monotonic() - started) + 2
    assert heard[-1] == Progress(0.75, "held back ?")


async def test_what_is_printed_goes_to_the_log(executors: ProcessExecutors, task: Task, tmp_path: Path) -> None:
    await executors(0).run(task("make_noise"), ignore)
    log = (tmp_path / "log" / "worker-0.log").read_bytes()
    assert b"printed" in log
    assert b"written" in log
    assert b"put by native code" in log


async def test_a_listener_that_raises_does_not_harm_the_job(executors: ProcessExecutors, task: Task) -> None:
    def raising(_progress: Progress) -> None:
        raise RuntimeError

    assert (await executors(0).run(task("succeed"), raising)).engine == "fake 1"


async def test_failures_keep_what_they_say_and_the_process(executors: ProcessExecutors, task: Task) -> None:
    executor = executors(0)
    error = await failing(executor, task("fail"))
    assert not isinstance(error, WorkerCrashedError)
    assert (error.problem, error.facts) == (Problem.MODEL_MISSING, {"install": "x", "n": 3})
    assert (error.detail, error.retry_after, error.status) == ("d", 2.5, 429)
    pid = pid_of(executor)

    error = await failing(executor, task("surprise"))
    assert error.problem is Problem.INTERNAL
    assert "KeyError" in error.detail
    assert "in surprise" in error.trace
    assert "local value" not in error.trace

    for title, problem in {
        "miss_file": Problem.FILE_MISSING,
        "meet_damage": Problem.DAMAGED,
        "want_memory": Problem.OUT_OF_MEMORY,
        "return_much": Problem.INTERNAL,
        "exit_politely": Problem.INTERNAL,
    }.items():
        assert (await failing(executor, task(title))).problem is problem, title
    assert pid_of(executor) == pid
    assert executor.alive


async def test_a_job_too_big_to_send_fails_alone(executors: ProcessExecutors, task: Task) -> None:
    executor, big = executors(0), task("succeed")
    notes = tuple(Path("n" * 4000) for _ in range(2200))
    big = big.model_copy(update={"session": big.session.model_copy(update={"notes": notes})})
    assert (await failing(executor, big)).problem is Problem.INTERNAL
    assert (await executor.run(task("succeed"), ignore)).engine == "fake 1"


# -- processes that end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "problem", "said"),
    [
        ("crash", Problem.WORKER_CRASHED, "SIGSEGV"),
        ("abort", Problem.WORKER_CRASHED, "SIGABRT"),
        ("run_out_of_memory", Problem.OUT_OF_MEMORY, "bad_alloc"),
        ("leave", Problem.WORKER_CRASHED, "exit code 3"),
        ("talk_nonsense", Problem.WORKER_CRASHED, "cannot be read"),
    ],
)
async def test_a_crash_is_told_and_the_next_job_gets_another_process(
    executors: ProcessExecutors, task: Task, title: str, problem: Problem, said: str
) -> None:
    executor = executors(0)
    error = await failing(executor, task(title))
    assert isinstance(error, WorkerCrashedError)
    assert error.problem is problem
    assert said in error.detail
    assert not executor.alive
    assert (await executor.run(task("succeed"), ignore)).engine == "fake 1"
    assert executor.alive


async def test_killing_a_worker_fails_its_job_only(executors: ProcessExecutors, task: Task) -> None:
    one, two = executors(0), executors(1)
    job, _ = await begun(one, task("wait"))
    other = asyncio.create_task(two.run(task("report_much"), ignore))
    os.kill(pid_of(one), signal.SIGKILL)
    with pytest.raises(WorkerCrashedError) as caught:
        await job
    assert caught.value.problem is Problem.WORKER_CRASHED
    assert "SIGKILL" in caught.value.detail
    assert (await other).engine == "fake 1"


async def test_a_kill_by_the_kernel_for_memory_is_told_from_others(
    executors: ProcessExecutors, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = executors(0)
    job, _ = await begun(executor, task("wait"))
    before = procfs.memory_kills() or 0
    monkeypatch.setattr(procfs, "memory_kills", lambda: before + 1)
    os.kill(pid_of(executor), signal.SIGKILL)
    with pytest.raises(WorkerCrashedError) as caught:
        await job
    assert caught.value.problem is Problem.OUT_OF_MEMORY


async def test_the_death_of_an_idle_process_is_seen(executors: ProcessExecutors) -> None:
    executor = executors(0)
    await executor.start()
    os.kill(pid_of(executor), signal.SIGKILL)
    assert await within(3, lambda: not executor.alive)
    assert executor.vitals().pid is None


async def test_a_stopped_process_is_hung_and_a_quiet_or_a_busy_one_is_not(
    executors: ProcessExecutors, task: Task
) -> None:
    hung, quiet, busy = executors(0), executors(1), executors(2)
    still = [(await begun(executor, task(title)))[0] for executor, title in ((quiet, "wait"), (busy, "burn_natively"))]
    started = time.monotonic()
    error = await failing(hung, task("stop"))
    assert error.problem is Problem.WORKER_HUNG
    assert isinstance(error, WorkerCrashedError)
    assert 10 * HEARTBEAT <= time.monotonic() - started < 15 * HEARTBEAT + 1
    assert not hung.alive
    await asyncio.sleep(3 * HEARTBEAT)
    assert not any(job.done() for job in still)
    for job in still:
        job.cancel()
    await asyncio.gather(*still, return_exceptions=True)


@pytest.mark.parametrize(("visible", "checks"), [(True, 2), (False, 4)])
async def test_where_processor_time_cannot_be_seen_there_is_more_patience(
    executors: ProcessExecutors, task: Task, monkeypatch: pytest.MonkeyPatch, checks: int, *, visible: bool
) -> None:
    monkeypatch.setattr(child, "HANG_CHECKS", 2)
    monkeypatch.setattr(child, "BLIND_CHECKS", 4)
    monkeypatch.setattr(procfs, "cpu_seconds", lambda _pid: 1.0 if visible else None)
    assert f"No sign of life in {checks} checks" in (await failing(executors(0), task("stop"))).detail


async def test_a_process_that_says_it_took_too_much_memory_is_ended(executors: ProcessExecutors, task: Task) -> None:
    executor = executors(0)
    job, _ = await begun(executor, task("wait"))
    assert executor._child is not None
    executor._child._take(Heartbeat(cpu_seconds=1.0, memory=Limits().memory))
    assert executor.alive
    executor._child._take(Heartbeat(cpu_seconds=1.0, memory=Limits().memory + 1))
    with pytest.raises(WorkerCrashedError) as told:
        await job
    assert told.value.problem is Problem.OUT_OF_MEMORY
    assert told.value.detail.startswith("It took more memory than it may.")


async def test_a_pool_replaces_a_hung_worker_and_goes_on(executors: ProcessExecutors, task: Task) -> None:
    pool = WorkerPool(1, executor_factory=executors)
    hung, well = await pool.run(Worker.run, [task("stop"), task("succeed")], name=lambda job: job.session.title)
    assert isinstance(hung, WorkerCrashedError)
    assert hung.problem is Problem.WORKER_HUNG
    assert isinstance(well, StageOutput)
    status = pool.get_pool_status()
    assert (status.restarts, status.total_jobs_failed, status.total_jobs_completed) == (1, 1, 1)
    await pool.shutdown()


def test_a_hung_worker_is_found_within_fifteen_seconds(tmp_path: Path) -> None:
    usual = ProcessExecutors(Limits(), threads=1, log_dir=tmp_path)._terms.heartbeat
    assert (HANG_CHECKS + 1) * usual < 15


async def test_a_stage_has_a_time_limit(executors: ProcessExecutors, task: Task, tmp_path: Path) -> None:
    limited = ProcessExecutors(
        Limits(stage_seconds=0.4),
        threads=1,
        log_dir=tmp_path / "log",
        spare=0,
        stage_package=FAKE_STAGES,
        heartbeat=HEARTBEAT,
    )
    executor = limited(0)
    error = await failing(executor, task("burn"))
    assert error.problem is Problem.TIME_LIMIT
    assert not isinstance(error, WorkerCrashedError)
    assert executor.alive
    await limited.aclose()


# -- cancelling and stopping ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["burn", "burn_natively", "wait"])
async def test_cancelling_stops_the_work(executors: ProcessExecutors, task: Task, title: str) -> None:
    executor = executors(0)
    job, pid = await begun(executor, task(title))
    started = time.monotonic()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert time.monotonic() - started < 3.5
    assert gone(int(pid))
    assert executor.alive, "a cancelled job is no fault of the worker"
    assert (await executor.run(task("succeed"), ignore)).engine == "fake 1"


async def test_a_second_cancellation_does_not_wait(executors: ProcessExecutors, task: Task) -> None:
    job, pid = await begun(executors(0), task("burn_natively"))
    started = time.monotonic()
    job.cancel()
    await asyncio.sleep(0.1)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await executors.aclose()
    assert time.monotonic() - started < 1
    assert gone(int(pid))


async def test_a_cancelled_stage_removes_its_unfinished_files(
    executors: ProcessExecutors, task: Task, tmp_path: Path
) -> None:
    job, _ = await begun(executors(0), task("write"))
    assert len(list((tmp_path / "enriched").iterdir())) == 1
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert list((tmp_path / "enriched").iterdir()) == []


async def test_what_a_stage_started_ends_with_it(executors: ProcessExecutors, task: Task) -> None:
    job, other = await begun(executors(0), task("start_others"))
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await within(1, lambda: gone(int(other)))


async def test_stopping_ends_the_job_and_starting_again_works(executors: ProcessExecutors, task: Task) -> None:
    executor = executors(0)
    job, pid = await begun(executor, task("wait"))
    await executor.stop(grace=0.5)
    await executor.stop()
    with pytest.raises(WorkerCrashedError) as caught:
        await job
    assert caught.value.problem is Problem.WORKER_RESTARTED
    assert gone(int(pid))
    assert not executor.alive
    with pytest.raises(WorkerCrashedError):
        await executor.run(task("succeed"), ignore)
    await executor.start()
    assert (await executor.run(task("succeed"), ignore)).engine == "fake 1"


# -- the spare --------------------------------------------------------------------------------------------------------


async def test_a_restart_takes_the_spare(executors: ProcessExecutors, task: Task, tmp_path: Path) -> None:
    spared = ProcessExecutors(
        Limits(), threads=1, log_dir=tmp_path / "log", stage_package=FAKE_STAGES, heartbeat=HEARTBEAT
    )
    executor = spared(0)
    first = psutil.Process()
    others = {child.pid for child in first.children()}  # of tests before this one
    await executor.start()
    assert await within(10, lambda: spared.spares == 1)
    children = {child.pid for child in first.children()} - others
    assert (await failing(executor, task("leave"))).problem is Problem.WORKER_CRASHED
    output = await executor.run(task("succeed"), ignore)
    assert output.facts["pid"] in children
    await spared.aclose()
    await spared.aclose()
    assert not children & {child.pid for child in first.children()}
    with pytest.raises(WorkerCrashedError):
        await spared(1).start()


# -- surroundings -----------------------------------------------------------------------------------------------------


async def test_a_process_knows_and_may_little(executors: ProcessExecutors, task: Task) -> None:
    executor = executors(0)
    facts: dict[str, Any] = (await executor.run(task("look_around"), ignore)).facts
    environment = facts["environment"]
    assert "SERVICE_API_KEY" not in environment
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert (facts["memory"], facts["core"]) == (Limits().memory, 0)
    assert facts["files"] <= 512
    assert facts["file"] == 16 * 1024**3
    assert facts["nice"] > 0
    assert facts["session"] == facts["pid"]
    assert "" not in facts["path"]


async def test_a_log_is_bounded(
    executors: ProcessExecutors, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrich_tui.worker.log.MAX_LOG", 100_000)
    await executors(0).run(task("fill_log"), ignore)
    assert (tmp_path / "log" / "worker-0.log").stat().st_size < 5_000_000


def test_a_log_that_was_begun_again_is_written_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrich_tui.worker.log.MAX_LOG", 10)
    log = WorkerLog(tmp_path, 0)
    log.file.write(b"x" * 11)
    log.bound()
    assert log.file.tell() == 0  # Windows has the child write where the parent's file is
    log.close()


async def test_logs_that_cannot_be_written_do_not_matter(
    executors: ProcessExecutors, task: Task, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    unlogged = ProcessExecutors(
        Limits(), threads=1, log_dir=tmp_path / "file", spare=0, stage_package=FAKE_STAGES, heartbeat=HEARTBEAT
    )
    assert "SIGSEGV" in (await failing(unlogged(0), task("crash"))).detail
    await unlogged.aclose()
