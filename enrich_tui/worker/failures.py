"""Turns whatever a stage raised into one of the closed set of problems."""

from __future__ import annotations

import errno
import traceback

from enrich_tui.errors.memory import is_shortage
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.errors.shapes import FILE_ERRNO
from enrich_tui.worker.protocol import Failed

_DETAIL = 2_000
_TRACE = 20_000


def failure(job: int, error: BaseException) -> Failed:
    """The frame that tells of ``error``: its problem, and for the log its text and where it came from, no values."""
    trace = _printable("".join(traceback.format_exception(error)), _TRACE)
    if isinstance(error, StageError):
        return Failed(
            job=job,
            problem=error.problem,
            facts=error.facts,
            detail=_printable(error.detail, _DETAIL),
            trace=_printable(error.trace, _TRACE) or trace,
            retry_after=error.retry_after,
            status=error.status,
        )
    problem, facts = _problem(error)
    return Failed(
        job=job,
        problem=problem,
        facts=facts,
        detail=_printable(f"{type(error).__name__}: {error}", _DETAIL),
        trace=trace,
    )


def _problem(error: BaseException) -> tuple[Problem, dict[str, str | int | float]]:
    if is_shortage(error):
        return Problem.OUT_OF_MEMORY, {}
    if any(kind.__module__.startswith("av.") for kind in type(error).__mro__):
        # FFmpeg says "permission" and "not found" of data, in classes that are also OSErrors. A full disk is one.
        if getattr(error, "errno", None) == errno.ENOSPC:
            return Problem.DISK_FULL, {}
        return Problem.DAMAGED, {}
    if isinstance(error, OSError):
        return FILE_ERRNO.get(error.errno or 0, Problem.IO_ERROR), {}
    return Problem.INTERNAL, {}


def _printable(text: str, most: int) -> str:
    """Text that can travel; of a long one the beginning and the end, where the reasons are."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) <= most:
        return text
    return f"{text[: most // 3]}\n…\n{text[-(most - most // 3) :]}"
