"""The closed set of things that can go wrong in a stage, and the exception that carries one.

A stage, an engine or a decoder turns what it met into a :class:`StageError` as close to the source as it can. Only the
code and its facts travel on; the foreign text stays in ``detail``, which goes to the log and to nothing else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Problem(StrEnum):
    """What went wrong, or what was noticed. Wording and treatment are in :mod:`enrich_tui.errors.messages`."""

    # the recording itself
    EMPTY_FILE = "empty-file"
    NOT_MEDIA = "not-media"
    NO_SAMPLES = "no-samples"
    NO_STREAM = "no-stream"
    TRUNCATED = "truncated"  # facts: read, announced (seconds)
    DAMAGED = "damaged"  # facts: lost (percent of packets), unless nothing could be decoded
    CODEC = "codec"  # facts: codec
    UNSAFE_CONTAINER = "unsafe-container"
    TOO_LARGE = "too-large"  # facts: what ("to be decoded"), limit (with its unit)
    ENCRYPTED = "encrypted"
    # what lies beside it
    CAPTIONS_UNREADABLE = "captions-unreadable"  # facts: file
    # the file system
    FILE_MISSING = "file-missing"
    FILE_CHANGED = "file-changed"
    PERMISSION = "permission"
    PLACE_TAKEN = "place-taken"  # facts: file
    DISK_FULL = "disk-full"
    IO_ERROR = "io-error"
    # engines and models
    ENGINE_MISSING = "engine-missing"  # facts: install
    MODEL_MISSING = "model-missing"  # facts: install
    MODEL_DAMAGED = "model-damaged"
    MODEL_PLACE = "model-place"  # facts: folder
    MODEL_LANGUAGE = "model-language"  # facts: language, install
    # nothing to work on
    NO_INPUT = "no-input"
    NOT_WANTED = "not-wanted"
    NOTHING_TO_TELL = "nothing-to-tell"
    LEFT_OUT = "left-out"
    # workers
    OUT_OF_MEMORY = "out-of-memory"
    WORKER_CRASHED = "worker-crashed"
    WORKER_HUNG = "worker-hung"
    WORKER_RESTARTED = "worker-restarted"  # by a person, or because the pool closes
    TIME_LIMIT = "time-limit"
    POISON = "poison"
    CANCELLED = "cancelled"
    # services on the network, where one is configured
    RATE_LIMIT = "rate-limit"
    NETWORK = "network"
    SERVICE_UNAVAILABLE = "service-unavailable"
    KEY_REFUSED = "key-refused"
    SERVICE_REFUSED = "service-refused"
    BAD_ANSWER = "bad-answer"
    KEY_UNUSABLE = "key-unusable"  # facts: file, where others can read it
    NOT_COMPATIBLE = "not-compatible"
    MODEL_UNKNOWN = "model-unknown"
    TOO_LONG = "too-long"  # facts: setting, change ("lower", "higher")
    # everything else
    INTERNAL = "internal"


class StageError(Exception):
    """A stage cannot go on. ``facts`` are numbers and short own words; ``detail`` is for the log only."""

    def __init__(
        self,
        problem: Problem,
        *,
        detail: str = "",
        facts: dict[str, str | int | float] | None = None,
        retry_after: float | None = None,
        status: int | None = None,
        trace: str = "",
    ) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail
        self.facts = dict(facts or {})
        self.retry_after = retry_after
        """Seconds that a server asked to wait, if one did."""
        self.status = status
        """HTTP status, if there was one."""
        self.trace = trace
        """The worker's traceback, for the log."""

    def __reduce__(self) -> tuple[type[StageError], tuple[Problem], dict[str, Any]]:
        return type(self), (self.problem,), self.__dict__


class WorkerCrashedError(StageError):
    """The worker's process ended, hung or was killed while it had a job."""
