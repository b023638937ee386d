"""What Linux tells about a process, without asking it. Everywhere else: None."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PROC = Path("/proc")


def cpu_seconds(pid: int) -> float | None:
    """Processor time that a process has used so far, in user and kernel mode, over all its threads."""
    try:
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _constant("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return None


def resident(pid: int) -> int | None:
    """Resident bytes of a process."""
    try:
        pages = (_PROC / str(pid) / "statm").read_bytes().split()[1]
        return int(pages) * _constant("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None


def _constant(name: str) -> int:
    value = 0
    if sys.platform != "win32":
        value = os.sysconf(name)
    return value


def memory_kills() -> int | None:
    """How many processes the kernel has killed for want of memory, in a control group or at all, since it started."""
    try:
        lines = (_PROC / "vmstat").read_text().splitlines()
    except OSError:
        return None
    counts = [line.split()[1] for line in lines if line.startswith("oom_kill ")]
    return int(counts[0]) if counts else None
