"""The parent's end of one child process: starts it, gives it a job, watches over it, and ends it for certain."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from enrich_tui.config import Limits
from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.pool.executor import Vitals
from enrich_tui.worker import procfs
from enrich_tui.worker.death import Evidence, crash
from enrich_tui.worker.environment import child_environment
from enrich_tui.worker.log import WorkerLog
from enrich_tui.worker.protocol import (
    Done,
    Failed,
    FrameError,
    Heartbeat,
    Progressed,
    Ready,
    Run,
    ToParent,
    Warm,
    encode,
    read_from_child,
)
from enrich_tui.worker.spawn import signal_group, spawn

START_SECONDS = 60.0
"""Longest time for a child to become ready; the first start after an installation compiles everything."""
HANG_CHECKS = 10
"""Checks in a row, one per heartbeat, without a sign of life or processor time, after which a child counts as hung."""
BLIND_CHECKS = 60
"""The same where processor time cannot be seen from outside: a library that holds Python up gives no sign either."""
TERM_SECONDS = 1.0
"""Time between asking the system to end a child and to kill it."""
_EXIT_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """How far a job is: a fraction from 0 to 1, and perhaps a few words."""

    fraction: float
    message: str = ""
    kept: float | None = None
    """The fraction at which its work began, where it goes on from what earlier attempts kept."""


class Terms(NamedTuple):
    """What all children of a run have in common."""

    limits: Limits
    threads: int
    log_dir: Path
    stage_package: str
    heartbeat: float
    """Seconds between signs of life, and between checks for them."""


class _Job(NamedTuple):
    number: int
    on_event: Callable[[Progress], None]
    outcome: asyncio.Future[StageOutput | StageError]


class Child:
    """One child process. Made by :meth:`start`; does one job at a time; is over once it has ended."""

    def __init__(self, process: asyncio.subprocess.Process, terms: Terms, log: WorkerLog) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._terms = terms
        self._log = log
        self._ready: asyncio.Future[WorkerCrashedError | None] = asyncio.get_running_loop().create_future()
        self._job: _Job | None = None
        self._jobs = 0
        self._frames = 0
        self._heartbeat: Heartbeat | None = None
        self._fault = ""
        self.dismissed = False
        """True where it was told to leave, and does not end by a fault of its own."""
        self._kills_before = procfs.memory_kills()
        self._listener = asyncio.create_task(self._listen(), name=f"worker process {self.pid}")

    @classmethod
    async def start(cls, terms: Terms, number: int) -> Child:
        """Start a process and wait until it takes jobs. ``number``: tells its log from others'.

        Raises :class:`WorkerCrashedError` where it ends, or says nothing for a minute; ``OSError`` where the system
        has no process to give.
        """
        log = WorkerLog(terms.log_dir, number)
        arguments = (terms.stage_package, str(terms.limits.memory), str(terms.heartbeat))
        try:
            process = await spawn(
                sys.executable,
                "-P",  # the current folder may hold anything, modules too
                "-X",
                "faulthandler",
                "-m",
                "enrich_tui.worker",
                *arguments,
                stderr=log.file,
                env=child_environment(os.environ, terms.threads),
            )
        except BaseException:
            log.close()
            raise
        child = cls(process, terms, log)
        try:
            async with asyncio.timeout(START_SECONDS):
                error = await asyncio.shield(child._ready)
        except TimeoutError:
            await child.kill("It was not ready in time.")
            raise WorkerCrashedError(Problem.WORKER_HUNG, detail=f"Not ready in {START_SECONDS:.0f} s.") from None
        except asyncio.CancelledError:
            await child.kill("Nobody waits for it any more.")
            raise
        if error is not None:
            raise error
        return child

    @property
    def alive(self) -> bool:
        """False once it has ended, or is about to."""
        return not self.ended and not self._stdin.is_closing()

    @property
    def ended(self) -> bool:
        """True once nothing is left of it."""
        return self._listener.done()

    def vitals(self) -> Vitals:
        """How it is doing now; where the platform does not tell, how it was at its last heartbeat."""
        if not self.alive:
            return Vitals(None, None, None)
        memory, cpu_seconds = procfs.resident(self.pid), procfs.cpu_seconds(self.pid)
        if (last := self._heartbeat) is not None:
            memory = last.memory if memory is None else memory
            cpu_seconds = last.cpu_seconds if cpu_seconds is None else cpu_seconds
        return Vitals(self.pid, memory, cpu_seconds)

    def warm(self, modules: tuple[str, ...]) -> None:
        """Have it import these modules unless a job comes first."""
        self._stdin.write(encode(Warm(modules=modules)))

    async def run(self, task: StageTask, on_event: Callable[[Progress], None]) -> StageOutput:
        """Run one stage. Raises :class:`StageError` as the stage did, :class:`WorkerCrashedError` where the process
        ended or hung, and ``StageError(TIME_LIMIT)`` after the limit; in both cases it has been ended.

        Cancelling this leaves the process at work: end it with :meth:`leave`.
        """
        assert self._job is None, "a worker does one job at a time"
        self._jobs += 1
        self._kills_before = procfs.memory_kills()
        self._job = job = _Job(self._jobs, on_event, asyncio.get_running_loop().create_future())
        try:
            self._stdin.write(encode(Run(job=job.number, task=task)))
            if self.ended:
                raise self._crash()
            return await self._watch(job)
        except FrameError as error:
            raise StageError(Problem.INTERNAL, detail=str(error)) from error
        finally:
            self._job = None

    async def leave(self, grace: float = 2.0) -> None:
        """End it: close its pipe, which tells it to leave; after ``grace`` seconds SIGTERM, a second later SIGKILL.

        Cancelling this kills at once.
        """
        self.dismissed = True
        self._fault = self._fault or "The worker was told to stop."
        self._stdin.close()
        try:
            if not await self._ends_within(grace):
                signal_group(self._process, "SIGTERM")
            if not await self._ends_within(TERM_SECONDS):
                signal_group(self._process, "SIGKILL")
            await asyncio.wait({self._listener})
        except asyncio.CancelledError:
            signal_group(self._process, "SIGKILL")
            raise

    async def kill(self, fault: str) -> None:
        """End it at once; ``fault`` says why, for the log."""
        self._fault = fault
        signal_group(self._process, "SIGKILL")
        await asyncio.wait({self._listener})

    # -- watching -----------------------------------------------------------------------------------------------------

    async def _watch(self, job: _Job) -> StageOutput:
        # Counted in checks, not in time: a machine that slept, or a parent that was stopped, has missed no check.
        checks = quiet = 0
        while True:
            sign = (self._frames, procfs.cpu_seconds(self.pid))
            await asyncio.wait({job.outcome}, timeout=self._terms.heartbeat)
            if job.outcome.done():
                outcome = job.outcome.result()
                if isinstance(outcome, StageError):
                    raise outcome
                return outcome
            self._log.bound()
            checks += 1
            quiet = quiet + 1 if sign == (self._frames, procfs.cpu_seconds(self.pid)) else 0
            if quiet >= (BLIND_CHECKS if sign[1] is None else HANG_CHECKS):
                fault = f"No sign of life in {quiet} checks, {self._terms.heartbeat:g} s apart."
                await self.kill(fault)
                raise WorkerCrashedError(Problem.WORKER_HUNG, detail=f"{fault}\n{self._log.tail()}")
            if checks * self._terms.heartbeat >= self._terms.limits.stage_seconds:
                await self.leave()
                raise StageError(Problem.TIME_LIMIT, detail=f"Ended after {self._terms.limits.stage_seconds:g} s.")

    async def _listen(self) -> None:
        """Take what the child sends until it has ended, whatever the reason, and clear up after it."""
        try:
            while (frame := await read_from_child(self._stdout)) is not None:
                self._frames += 1
                self._take(frame)
        except FrameError as error:
            self._fault = self._fault or f"It sent what cannot be read: {error}."
            signal_group(self._process, "SIGKILL")
        except asyncio.CancelledError:
            signal_group(self._process, "SIGKILL")
            raise
        finally:
            await self._bury()

    async def _bury(self) -> None:
        self._stdin.close()
        ending = asyncio.ensure_future(self._process.wait())
        await asyncio.wait({ending}, timeout=_EXIT_SECONDS)
        signal_group(self._process, "SIGKILL")  # the rest of its group, or itself where it closed the pipe and stayed
        await ending
        self._log.close()
        error = self._crash()
        if not self._ready.done():
            self._ready.set_result(error)
        self._settle(error)

    def _take(self, frame: ToParent) -> None:
        match frame:
            case Ready():
                if not self._ready.done():
                    self._ready.set_result(None)
            case Heartbeat():
                self._heartbeat = frame
                if frame.memory is not None and frame.memory > self._terms.limits.memory:
                    self._fault = self._fault or "It took more memory than it may."  # macOS limits no address space
                    signal_group(self._process, "SIGKILL")
            case Progressed():
                if self._job is not None and frame.job == self._job.number:
                    try:
                        self._job.on_event(Progress(frame.fraction, frame.message, frame.kept))
                    except Exception:  # noqa: BLE001 - a display's fault is not the job's
                        _log.exception("Progress of a job could not be taken.")
            case Done():
                self._settle(frame.output, frame.job)
            case Failed():
                fields = frame.model_dump(exclude={"type", "job", "problem"})
                self._settle(StageError(frame.problem, **fields), frame.job)

    def _settle(self, outcome: StageOutput | StageError, number: int | None = None) -> None:
        job = self._job
        if job is not None and number in {None, job.number} and not job.outcome.done():
            job.outcome.set_result(outcome)

    def _crash(self) -> WorkerCrashedError:
        return crash(
            Evidence(
                returncode=self._process.returncode or 0,
                memory=self._heartbeat.memory if self._heartbeat else None,
                memory_limit=self._terms.limits.memory,
                kills_before=self._kills_before,
                fault=self._fault,
                log=self._log.tail(),
            )
        )

    # -- ending -------------------------------------------------------------------------------------------------------

    async def _ends_within(self, seconds: float) -> bool:
        await asyncio.wait({self._listener}, timeout=seconds)
        return self.ended
