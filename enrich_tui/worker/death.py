"""Why a child process ended: finds out what can be known, and says it as a problem."""

from __future__ import annotations

import signal
from typing import NamedTuple

from enrich_tui.errors.problems import Problem, WorkerCrashedError
from enrich_tui.worker import procfs

NEAR_LIMIT = 0.9
"""A process killed with this share of its memory limit resident was killed for it."""


class Evidence(NamedTuple):
    """What was known of a process when it ended."""

    returncode: int
    """Its exit code, or minus the number of the signal."""
    memory: int | None
    """Resident bytes when last looked at."""
    memory_limit: int
    kills_before: int | None
    """:func:`enrich_tui.worker.procfs.memory_kills` when its job began."""
    fault: str
    """What the parent noticed about it before the end, if anything."""
    log: str
    """The end of what it wrote."""


def crash(evidence: Evidence) -> WorkerCrashedError:
    """The error of the job that the process had."""
    problem = Problem.OUT_OF_MEMORY if _memory(evidence) else Problem.WORKER_CRASHED
    parts = [evidence.fault, _ending(evidence.returncode), evidence.log]
    return WorkerCrashedError(problem, detail="\n".join(filter(None, parts)))


def _memory(evidence: Evidence) -> bool:
    if evidence.returncode == -signal.SIGABRT:
        return "std::bad_alloc" in evidence.log  # how a C++ library ends at the limit of its address space
    if evidence.returncode != -getattr(signal, "SIGKILL", 9):
        return False
    kills = procfs.memory_kills()
    if kills is not None and evidence.kills_before is not None and kills > evidence.kills_before:
        return True
    return evidence.memory is not None and evidence.memory >= NEAR_LIMIT * evidence.memory_limit


def _ending(returncode: int) -> str:
    if returncode >= 0:
        return f"The worker's process ended with exit code {returncode}."
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"The worker's process was ended by {name}."
