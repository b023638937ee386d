"""One run of one session: the mutable record behind :class:`EnrichmentProgress`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from enrich_tui.model import STAGES, Stage
from enrich_tui.progress.model import EnrichmentProgress, Phase, StageProgress, StageStatus

OVER = frozenset({StageStatus.COMPLETED, StageStatus.FAILED, StageStatus.SKIPPED})
"""States in which a stage has nothing left to do."""

_ENTERED = {
    Stage.AUDIO: "Listening to the recording",
    Stage.VIDEO: "Looking for chapters",
    Stage.SUMMARY: "Writing the summary",
    Stage.CANVAS: "Laying out the page",
}


@dataclass(slots=True)
class _StageRecord:
    status: StageStatus = StageStatus.PENDING
    progress: float = 0.0
    started_at: float | None = None
    completed_at: float | None = None
    error: str | None = None

    def snapshot(self) -> StageProgress:
        return StageProgress(
            status=self.status,
            progress=self.progress,
            started_at=self.started_at,
            completed_at=self.completed_at,
            error=self.error,
        )


class SessionRun:
    """What is known of one run of a session. Every change keeps the promises of the contract.

    ``weights`` are the expected seconds of each stage that is part of the run; they hold for the whole run.
    """

    def __init__(self, session_id: str, weights: Mapping[Stage, float], now: float) -> None:
        self.session_id = session_id
        self.weights = dict(weights)
        self.stages = {
            stage: _StageRecord(StageStatus.PENDING if stage in weights else StageStatus.SKIPPED) for stage in STAGES
        }
        self.phase = Phase(next(iter(weights), Stage.AUDIO))
        self.message = "Waiting to start"
        self.progress = 0.0
        self.started_at = now
        self.updated_at = now

    @property
    def ended(self) -> bool:
        """True once the session is complete or failed."""
        return self.phase in (Phase.COMPLETE, Phase.FAILED)

    def move_to(self, stage: Stage, now: float) -> list[Stage]:
        """Enter a stage and complete the one before, if that was processing; returns the stages that changed.

        A stage that is already completed is not entered again.
        """
        if self.stages[stage].status is StageStatus.COMPLETED:
            return []
        previous = Stage(self.phase.value)
        changed = []
        if previous is not stage and self.stages[previous].status is StageStatus.PROCESSING:
            self.set_status(previous, StageStatus.COMPLETED, now)
            changed.append(previous)
        if self.set_status(stage, StageStatus.PROCESSING, now):
            changed.append(stage)
        return changed

    def set_status(self, stage: Stage, status: StageStatus, now: float, error: str | None = None) -> bool:
        """Give a stage a status, whatever it had; returns whether it changed."""
        record = self.stages[stage]
        changed = record.status is not status
        record.status = status
        if status is StageStatus.PROCESSING:
            if changed:
                record.started_at, record.completed_at, record.error, record.progress = now, None, None, 0.0
                self.message = _ENTERED[stage]
            self.phase = Phase(stage)
        elif status is StageStatus.PENDING:
            record.completed_at = None
            record.progress = 0.0
        elif status is not StageStatus.SKIPPED and changed:
            record.completed_at = now
        if status is StageStatus.COMPLETED:
            record.progress, record.error = 100.0, None
        if error is not None:
            record.error = error
        if self.phase.value == stage.value and status is not StageStatus.PROCESSING:
            self._fall_back()
        self._advance(now)
        return changed

    def set_progress(self, stage: Stage, progress: float, now: float) -> None:
        """Note how far a stage is, 0 to 100. An ended stage stays as it is."""
        record = self.stages[stage]
        if record.status not in OVER:
            record.progress = progress
        self._advance(now)

    def end(self, *, success: bool, message: str, now: float) -> dict[Stage, StageStatus]:
        """End the run; returns the stages that this ended, and how.

        What was processing is completed or failed with it, what was pending is skipped.
        """
        closing = StageStatus.COMPLETED if success else StageStatus.FAILED
        ended = {}
        for stage, record in self.stages.items():
            if record.status not in OVER:
                ended[stage] = closing if record.status is StageStatus.PROCESSING else StageStatus.SKIPPED
        reached = self.progress
        for stage, status in ended.items():
            self.set_status(stage, status, now)
        self.phase = Phase.COMPLETE if success else Phase.FAILED
        self.progress = 100.0 if success else reached
        self.message = message
        return ended

    def snapshot(self, eta: float | None) -> EnrichmentProgress:
        """The run as it is now."""
        return EnrichmentProgress(
            session_id=self.session_id,
            stage=self.phase,
            progress=self.progress,
            message=self.message,
            started_at=self.started_at,
            eta=eta,
            stages={stage: record.snapshot() for stage, record in self.stages.items()},
            updated_at=self.updated_at,
        )

    def _fall_back(self) -> None:
        """The current stage no longer runs: another one that does becomes the current one."""
        for stage in reversed(STAGES):
            if self.stages[stage].status is StageStatus.PROCESSING:
                self.phase = Phase(stage)
                return

    def _advance(self, now: float) -> None:
        """Work out the overall progress.

        While work remains, failed and skipped stages leave the sum, so that the rest still reaches 100. Once nothing
        remains, a run with a failed stage keeps what it reached.
        """
        self.updated_at = now
        statuses = {record.status for record in self.stages.values()}
        if statuses <= OVER and StageStatus.FAILED in statuses:
            return
        total = done = 0.0
        for stage, record in self.stages.items():
            if record.status not in (StageStatus.FAILED, StageStatus.SKIPPED):
                weight = self.weights.get(stage, 1.0)
                total += weight
                done += weight * record.progress
        if total > 0.0:
            self.progress = min(100.0, max(self.progress, done / total))
