"""What the progress service hands out: frozen snapshots of a session, of its stages and of a batch.

Points in time are seconds of the service's monotonic clock, durations are seconds, progress is 0 to 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, Field

from enrich_tui.model import Frozen, Stage

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class Phase(StrEnum):
    """Where a session is: in a stage, or at one of its two ends."""

    AUDIO = "audio"
    VIDEO = "video"
    SUMMARY = "summary"
    CANVAS = "canvas"
    COMPLETE = "complete"
    FAILED = "failed"


class StageStatus(StrEnum):
    """How far a stage is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class StageProgress(Frozen):
    """How far one stage of a session is."""

    status: StageStatus = StageStatus.PENDING
    progress: Percent = 0.0
    started_at: float | None = None
    """When its latest attempt began; None before the first one."""
    completed_at: float | None = None
    """When it completed or failed."""
    error: str | None = None
    """What went wrong, for a person."""


class _FrozenStages(dict[str, StageProgress]):
    """Stages by name. Nobody can change it, so that one snapshot can be handed to many."""

    def __init__(self, stages: Mapping[str, StageProgress]) -> None:
        super().__init__({Stage(name): progress for name, progress in stages.items()})

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("A progress snapshot cannot be changed.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[_FrozenStages], tuple[dict[str, StageProgress]]]:
        return _FrozenStages, (dict(self),)


class EnrichmentProgress(Frozen):
    """How far one session is."""

    session_id: str
    stage: Phase
    """The stage that was entered last and still runs, or how the session ended."""
    progress: Percent
    """Over all stages, weighted by their expected durations; never goes backwards within a run."""
    message: str
    started_at: float
    eta: Seconds | None = None
    """Seconds until the session is done; None while nothing at all is known."""
    stages: Annotated[dict[str, StageProgress], AfterValidator(_FrozenStages)]
    """All four stages. The keys are :class:`~enrich_tui.model.Stage`, which plain names equal."""
    updated_at: float


class BatchProgress(Frozen):
    """How far a batch is. The four counts always add up to ``total``."""

    total: Count
    pending: Count
    """Sessions that were not started."""
    processing: Count
    """Sessions that were started and have not ended."""
    completed: Count
    failed: Count
    progress: Percent
    """Part-done sessions count with their part, ended ones in full."""
    message: str
    eta: Seconds | None = None
    """Seconds until the whole batch is done, the median; None while nothing at all is known."""
    eta_low: Seconds | None = None
    """It takes less than this in one case of ten."""
    eta_high: Seconds | None = None
    """It takes longer than this in one case of ten."""
    started_at: float
