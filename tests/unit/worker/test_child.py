"""The child process by itself: what it makes of errors, and that it does not outlive its parent."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import psutil
import pytest

from enrich_tui.errors.problems import Problem
from enrich_tui.worker import procfs
from enrich_tui.worker.death import Evidence, crash
from enrich_tui.worker.environment import child_environment
from enrich_tui.worker.failures import failure
from enrich_tui.worker.protocol import Run, encode
from tests.unit.worker.conftest import FAKE_STAGES, ROOT, Task

LINUX = sys.platform == "linux"

PARENT = """
import asyncio, sys
from pathlib import Path
from enrich_tui.config import Limits
from enrich_tui.model import StageTask
from enrich_tui.worker.process import ProcessExecutors

async def main():
    executors = ProcessExecutors(Limits(), threads=1, log_dir=Path(sys.argv[1]), stage_package=sys.argv[2])
    say = lambda progress: print(progress.message, flush=True)
    tasks = [StageTask.model_validate_json(line) for line in sys.argv[3:]]
    await asyncio.gather(*(executors(slot).run(task, say) for slot, task in enumerate(tasks)))

asyncio.run(main())
"""


def ends_within(seconds: float, pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        end = time.monotonic() + seconds
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
    return True


def test_nothing_outlives_a_killed_parent(task: Task, tmp_path: Path) -> None:
    jobs = [task(title).model_dump_json() for title in ("burn", "burn_natively", "wait")]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), FAKE_STAGES, *jobs], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    busy = {int(parent.stdout.readline()) for _ in jobs}
    children = {child.pid for child in psutil.Process(parent.pid).children()}
    assert busy <= children
    parent.kill()
    parent.wait()
    parent.stdout.close()
    started = time.monotonic()
    assert all(ends_within(3, pid) for pid in children)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(("title", "most"), [(None, 1.0), ("wait", 1.0), ("burn", 1.0), ("write", 1.0)])
def test_the_end_of_the_pipe_ends_the_process(task: Task, tmp_path: Path, title: str | None, most: float) -> None:
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "enrich_tui.worker", FAKE_STAGES, str(4 * 1024**3), "1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment({**os.environ, "PYTHONPATH": str(ROOT)}, 1),
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.read(4)
    if title:
        child.stdin.write(encode(Run(job=1, task=task(title))))
        child.stdin.flush()
        seen = b""
        while b'"fraction":0.1' not in seen:
            seen += child.stdout.read(1)
    child.stdin.close()
    started = time.monotonic()
    assert child.wait(5) == 0
    assert time.monotonic() - started < most + 1
    child.stdout.close()
    assert not list(tmp_path.rglob(".partial-*"))


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (MemoryError(), Problem.OUT_OF_MEMORY),
        (RuntimeError("mkl_malloc: failed to allocate memory"), Problem.OUT_OF_MEMORY),
        (ImportError("libx.so: failed to map segment from shared object"), Problem.OUT_OF_MEMORY),
        (RuntimeError("no such layer"), Problem.INTERNAL),
        (ValueError("bad_alloc.wav cannot allocate"), Problem.INTERNAL),
        (av.error.MemoryError(errno.ENOMEM, ""), Problem.OUT_OF_MEMORY),
        (av.error.PermissionError(errno.EPERM, ""), Problem.DAMAGED),
        (av.error.FileNotFoundError(errno.ENOENT, ""), Problem.DAMAGED),
        (av.error.InvalidDataError(1, ""), Problem.DAMAGED),
        (av.error.OSError(errno.ENOSPC, ""), Problem.DISK_FULL),
        (FileNotFoundError(errno.ENOENT, ""), Problem.FILE_MISSING),
        (NotADirectoryError(errno.ENOTDIR, ""), Problem.FILE_MISSING),
        (PermissionError(errno.EACCES, ""), Problem.PERMISSION),
        (OSError(errno.EROFS, ""), Problem.PERMISSION),
        (OSError(errno.ENOSPC, ""), Problem.DISK_FULL),
        (OSError(errno.EDQUOT, ""), Problem.DISK_FULL),
        (OSError(errno.ENOMEM, ""), Problem.OUT_OF_MEMORY),
        (OSError(errno.EIO, ""), Problem.IO_ERROR),
        (OSError("no number"), Problem.IO_ERROR),
        (ValueError(), Problem.INTERNAL),
        (SystemExit(), Problem.INTERNAL),
    ],
)
def test_every_error_is_one_of_the_closed_set(error: BaseException, problem: Problem) -> None:
    assert failure(1, error).problem is problem


def test_long_texts_of_errors_keep_their_ends() -> None:
    told = failure(1, ValueError("begin" + "x" * 10_000 + "end\udcff")).detail
    assert len(told) < 2100
    assert told.startswith("ValueError: begin")
    assert told.endswith("end\\udcff")


@pytest.mark.parametrize(
    ("returncode", "memory", "log", "problem"),
    [
        (-9, 950, "", Problem.OUT_OF_MEMORY),
        (-9, 800, "", Problem.WORKER_CRASHED),
        (-9, None, "std::bad_alloc", Problem.WORKER_CRASHED),
        (-6, 100, "what(): std::bad_alloc", Problem.OUT_OF_MEMORY),
        (-11, 950, "", Problem.WORKER_CRASHED),
        (1, 950, "", Problem.WORKER_CRASHED),
        (-99, None, "", Problem.WORKER_CRASHED),
    ],
)
def test_ends_are_told_apart(returncode: int, memory: int | None, log: str, problem: Problem) -> None:
    error = crash(Evidence(returncode, memory, 1000, procfs.memory_kills(), "It was seen.", log))
    assert error.problem is problem
    assert error.detail.startswith("It was seen.\nThe worker's process")


def test_the_environment_is_an_allow_list() -> None:
    given = {"PATH": "/bin", "LC_TIME": "C", "HF_TOKEN": "x", "OPENAI_API_KEY": "x", "AWS_SECRET": "x"}
    kept = child_environment(given, 3)
    assert kept["PATH"] == "/bin"
    assert kept["LC_TIME"] == "C"
    assert "x" not in kept.values()
    assert kept["OPENBLAS_NUM_THREADS"] == "3"


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_what_linux_tells_of_a_process() -> None:
    ours = psutil.Process()
    cpu, memory = procfs.cpu_seconds(os.getpid()), procfs.resident(os.getpid())
    assert cpu == pytest.approx(sum(ours.cpu_times()[:2]), abs=0.2)
    assert memory == pytest.approx(ours.memory_info().rss, rel=0.2)
    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert procfs.cpu_seconds(child.pid) is None
    assert procfs.resident(child.pid) is None
