"""Which kind of error an exception is: by its type, by its HTTP status, and only then by its words.

Libraries are known by the shape of their exceptions and never imported. Text that may come from a recording, a
transcript or a model's answer is not looked at: not :attr:`StageError.detail`, no answer's body but its error code, and
nothing that stands in quotation marks or is the name of a file.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from enrich_tui.errors.http import error_codes, problem_of_status, retry_after, status_of
from enrich_tui.errors.messages import Wording, describe, describe_type
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.errors.shapes import CODES, ERRNO, MALFORMED, NAMES, PYAV
from enrich_tui.errors.values import ErrorCategory, ErrorType
from enrich_tui.errors.words import kind_of_words, refuses

_MOST = 20
"""How many exceptions are looked at: an error, its causes, and the members of its groups."""


@dataclass(frozen=True)
class Finding:
    """What an exception turned out to be."""

    type: ErrorType
    category: ErrorCategory
    problem: Problem | None = None
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    status: int | None = None
    """HTTP status, if there was one."""
    retry_after: float | None = None
    """Seconds that a server asked to wait, if one did."""

    @property
    def wording(self) -> Wording:
        """What happened and what to do about it, for a person."""
        return describe(self.problem, self.facts) if self.problem else describe_type(self.type)

    @property
    def code(self) -> str:
        """What it is, as displays may say it."""
        return self.problem.value if self.problem else self.type.display


_BUGS = (
    TypeError,
    AttributeError,
    NameError,
    LookupError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    SyntaxError,
)
"""Would come again the same way, so there is no point in another attempt."""


def classify(error: BaseException) -> Finding:
    """What kind of error this is. Never raises.

    Looks through groups and explicit causes. Types and statuses count first, all the way down; then words; and last
    the types that tell little, like ``ValueError``.
    """
    family = _family(error)
    for look in (_by_type, _by_words, _by_usual_type):
        for member in family:
            if (found := look(member)) is not None:
                return found
    return Finding(ErrorType.UNKNOWN, ErrorCategory.TRANSIENT)


def from_os_error(error: OSError) -> StageError:
    """The same as a :class:`StageError`: disk full, file missing, no permission, or an error of the disk."""
    return StageError(_os_problem(error) or Problem.IO_ERROR, detail=safe_text(error))


def safe_text(error: BaseException) -> str:
    """The text of an exception, also of one whose ``str`` fails. For the log."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a foreign __str__ may do anything
        return type(error).__name__


def of_problem(problem: Problem, **more: Any) -> Finding:
    """The finding for a problem."""
    wording = describe(problem)
    return Finding(wording.type, wording.category, problem, **more)


def _family(error: BaseException) -> list[BaseException]:
    """The error and what is behind it, the nearest first: members of groups, and causes."""
    family = [error]
    for member in family:
        behind = member.exceptions[:_MOST] if isinstance(member, BaseExceptionGroup) else ()
        for other in (*behind, getattr(member, "__cause__", None)):
            if other is not None and len(family) < _MOST and not any(other is known for known in family):
                family.append(other)
    return [member for member in family if not isinstance(member, BaseExceptionGroup)]


def _by_type(error: BaseException) -> Finding | None:
    if isinstance(error, StageError):
        return of_problem(error.problem, facts=error.facts, status=error.status, retry_after=error.retry_after)
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | GeneratorExit):
        return of_problem(Problem.CANCELLED)
    names = [ancestor.__name__ for ancestor in type(error).__mro__]
    if any((getattr(ancestor, "__module__", None) or "").partition(".")[0] == "av" for ancestor in type(error).__mro__):
        return next((of_problem(PYAV[name]) for name in names if name in PYAV), of_problem(Problem.DAMAGED))
    if "WorkerAcquisitionTimeoutError" in names:  # about our own workers, not about a service
        return Finding(ErrorType.UNKNOWN, ErrorCategory.TRANSIENT)
    if isinstance(error, MemoryError):
        return of_problem(Problem.OUT_OF_MEMORY)
    if (status := status_of(error)) is not None or error_codes(error):
        found = _of_http(error, status)
        if found is not None:
            return found
    return _of_type(error, names)


def _of_http(error: BaseException, status: int | None) -> Finding | None:
    wait = retry_after(error)
    codes = error_codes(error)
    if refuses(codes):
        return of_problem(Problem.SERVICE_REFUSED, status=status)
    if status is None:
        problem = next((CODES[code] for code in codes if code in CODES), None)
        return of_problem(problem, retry_after=wait) if problem else None
    problem = problem_of_status(status)
    if status in {400, 403, 429}:
        # servers use these for more than one thing; their words decide
        worded = kind_of_words(safe_text(error))
        if worded is ErrorType.COST_EXCEEDED and (status != 429 or wait is None):
            problem = Problem.SERVICE_REFUSED
        elif worded is ErrorType.INVALID_API_KEY and status != 429:
            problem = Problem.KEY_REFUSED
    if problem is not None:
        return of_problem(problem, status=status, retry_after=wait)
    if 400 <= status < 500:
        return Finding(ErrorType.MALFORMED_DATA, ErrorCategory.PERMANENT, status=status)
    return None


def _of_type(error: BaseException, names: list[str]) -> Finding | None:
    if isinstance(error, subprocess.CalledProcessError):
        return of_problem(Problem.WORKER_CRASHED)
    if isinstance(error, subprocess.TimeoutExpired):
        return of_problem(Problem.TIME_LIMIT)
    if isinstance(error, ImportError):
        return of_problem(Problem.ENGINE_MISSING)
    named = next((NAMES[name] for name in names if name in NAMES), None)
    if isinstance(error, OSError):
        reason = getattr(error, "reason", None)  # urllib wraps what happened
        if isinstance(reason, BaseException) and reason is not error:
            return _by_type(reason) or of_problem(Problem.NETWORK)
        named = named or _os_problem(error)  # the number of an SSLError is no errno
        if named is None and error.errno:
            named = Problem.IO_ERROR
    if named is not None:
        return of_problem(named, retry_after=retry_after(error))
    if not MALFORMED.isdisjoint(names):
        return Finding(ErrorType.MALFORMED_DATA, ErrorCategory.PERMANENT)
    return None


def _os_problem(error: OSError) -> Problem | None:
    if error.errno is not None:
        return ERRNO.get(error.errno)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Problem.FILE_MISSING
    if isinstance(error, PermissionError):
        return Problem.PERMISSION
    return None


def _by_words(error: BaseException) -> Finding | None:
    if isinstance(error, _BUGS):  # their text is about the program: a key, a name
        return None
    kind = kind_of_words(safe_text(error))
    if kind is None:
        return None
    problem = next((candidate for candidate in _WORDED if describe(candidate).type is kind), None)
    return Finding(kind, describe_type(kind).category, problem, retry_after=retry_after(error))


def _by_usual_type(error: BaseException) -> Finding | None:
    if isinstance(error, _BUGS):
        return of_problem(Problem.INTERNAL)
    if isinstance(error, ValueError):
        return Finding(ErrorType.MALFORMED_DATA, ErrorCategory.PERMANENT)
    return of_problem(Problem.IO_ERROR) if isinstance(error, OSError) else None


_WORDED = (
    Problem.RATE_LIMIT,
    Problem.NETWORK,
    Problem.SERVICE_UNAVAILABLE,
    Problem.KEY_REFUSED,
    Problem.SERVICE_REFUSED,
    Problem.OUT_OF_MEMORY,
    Problem.WORKER_CRASHED,
)
"""The problems that words can tell."""
