"""Restarts with and without a spare, the loop's lag beside busy children, and what a killed worker takes with it.

    python -m tests.benchmarks.worker [restart] [lag] [kill] [memory]

Prints seconds and the ratios between them; ratios of one run can be compared, seconds of two runs cannot.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from enrich_tui.config import Limits
from enrich_tui.errors.problems import StageError
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.worker.process import ProcessExecutor, ProcessExecutors, Progress

STAGES = "tests.unit.worker.fake_stages"
REPEAT = 5

BURN = """
import os, sys
if "nice" in sys.argv: os.nice(10)
if "autogroup" in sys.argv: open("/proc/self/autogroup", "w").write("10")
while True: pass
"""


def task(title: str) -> StageTask:
    """A job for the stages that do what a title says."""
    folder = Path(tempfile.gettempdir())
    return StageTask(session=Session(id=title, title=title, source=folder, output=folder), stage=Stage.AUDIO)


def executors(folder: str, spare: int) -> ProcessExecutors:
    """Executors of those stages."""
    return ProcessExecutors(Limits(), threads=1, log_dir=Path(folder), spare=spare, stage_package=STAGES)


def ignore(_progress: Progress) -> None:
    """Progress does not matter here."""


async def restart_seconds(folder: str, spare: int) -> list[float]:
    """From the death of a process to the end of a job that needs the heavy imports, in its successor."""
    factory = executors(folder, spare)
    executor = factory(0)
    taken = []
    for _ in range(REPEAT):
        await executor.run(task("use_engines"), ignore)
        await asyncio.sleep(4)  # long enough for a spare to start and to warm up
        os.kill(executor.vitals().pid or 0, signal.SIGKILL)
        while executor.alive:  # noqa: ASYNC110 - measured from the outside
            await asyncio.sleep(0.001)
        started = time.perf_counter()
        await executor.run(task("use_engines"), ignore)
        taken.append(time.perf_counter() - started)
    await factory.aclose()
    return taken


async def restart(folder: str) -> None:
    """Compare restarts."""
    without, with_spare = [statistics.median(await restart_seconds(folder, spare)) for spare in (0, 1)]
    print(f"restart with heavy imports: {without:.3f} s without a spare, {with_spare:.3f} s with: ", end="")
    print(f"{without / with_spare:.1f} times faster")


async def lag_p99(seconds: float = 4.0) -> float:
    """The 99th percentile of how late a 5 ms timer of this loop is, in milliseconds."""
    late = []
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        await asyncio.sleep(0.005)
        late.append((time.perf_counter() - now - 0.005) * 1000)
    return statistics.quantiles(late, n=100)[98]


async def lag_beside(session: bool, *arguments: str) -> float:
    """The lag beside one busy process a core."""
    burning = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", BURN, *arguments, start_new_session=session)
        for _ in range(os.cpu_count() or 1)
    ]
    await asyncio.sleep(0.5)
    result = await lag_p99()
    for process in burning:
        process.kill()
        await process.wait()
    return result


async def lag_beside_workers(folder: str) -> float:
    """The lag beside one busy worker a core, with its progress and heartbeats coming in."""
    factory = executors(folder, 0)
    jobs = [asyncio.create_task(factory(slot).run(task("burn"), ignore)) for slot in range(os.cpu_count() or 1)]
    await asyncio.sleep(1.5)
    result = await lag_p99()
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    await factory.aclose()
    return result


async def lag(folder: str) -> None:
    """Compare the loop's lag, in turns."""
    ways: dict[str, Callable[[], Coroutine[Any, Any, float]]] = {
        "nothing beside it": lag_p99,
        "busy, same session": lambda: lag_beside(False),
        "busy, nice": lambda: lag_beside(False, "nice"),
        "busy, own session": lambda: lag_beside(True),
        "busy, own session, nice": lambda: lag_beside(True, "nice"),
        "busy, own session, nice group": lambda: lag_beside(True, "nice", "autogroup"),
        "busy workers": lambda: lag_beside_workers(folder),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):
        for name, measure in ways.items():
            found[name].append(await measure())
    for name, values in found.items():
        print(f"loop lag p99, {name:<30} {statistics.median(values):7.2f} ms  ({min(values):.2f}-{max(values):.2f})")


def burn_a_second() -> int:
    """A job for the process pool."""
    end = time.process_time() + 1.0
    while time.process_time() < end:
        pass
    return os.getpid()


def kill_in_pool() -> int:
    """How many of 8 jobs fail in a ProcessPoolExecutor of which one of two processes is killed."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(burn_a_second) for _ in range(8)]
        time.sleep(0.5)
        os.kill(next(iter(pool._processes)), signal.SIGKILL)
        return sum(job.exception() is not None for job in jobs)


async def kill_in_workers(folder: str) -> int:
    """The same with these workers."""
    factory = executors(folder, 1)
    waiting = list(range(8))
    failed = 0

    async def work(executor: ProcessExecutor) -> None:
        nonlocal failed
        while waiting:
            waiting.pop()
            try:
                await executor.run(task("burn_a_second"), ignore)
            except StageError:
                failed += 1

    victim = factory(0)
    await victim.start()
    work_all = asyncio.gather(work(victim), work(factory(1)))
    await asyncio.sleep(0.3)
    os.kill(victim.vitals().pid or 0, signal.SIGKILL)
    await work_all
    await factory.aclose()
    return failed


async def kill(folder: str) -> None:
    """Compare what a kill takes with it."""
    pool = await asyncio.to_thread(kill_in_pool)
    print(f"one of two busy workers killed, 8 jobs: {pool} fail with ProcessPoolExecutor, ", end="")
    print(f"{await kill_in_workers(folder)} here")


async def memory(folder: str) -> None:
    """Whether the real speech engine works within the memory limit, and what it takes of it."""
    from enrich_tui.demo import library

    recording = next(Path(library.__file__).parent.glob("speech/*.opus"))
    output = Path(folder) / "enriched"
    session = Session(id="s", title="s", source=recording, output=output, audio=(recording,))
    factory = ProcessExecutors(Limits(), threads=2, log_dir=Path(folder), spare=1)
    executor = factory(0)
    started = time.perf_counter()
    done = await executor.run(StageTask(session=session, stage=Stage.AUDIO, threads=2), ignore)
    pid = executor.vitals().pid
    status = await asyncio.to_thread(Path(f"/proc/{pid}/status").read_text)
    peaks = [line for line in status.splitlines() if line.startswith(("VmPeak", "VmHWM"))]
    print(f"{done.engine}: {done.media_seconds:.0f} s of sound in {time.perf_counter() - started:.1f} s;", *peaks)
    await factory.aclose()


def main(names: list[str]) -> None:
    """Run the named parts, or all."""
    parts = {"restart": restart, "lag": lag, "kill": kill, "memory": memory}
    for name in names or parts:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(parts[name](folder))


if __name__ == "__main__":
    main(sys.argv[1:])
