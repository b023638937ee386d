"""What the estimator is told about the runs."""

from __future__ import annotations

from enrich_tui.model import Stage
from enrich_tui.progress.eta import EtaEstimator, Outcome
from enrich_tui.progress.model import StageStatus
from enrich_tui.progress.run import SessionRun


class Feed:
    """Passes stages on to the estimator, and the number of workers.

    Until somebody tells how many workers there are, as many are assumed as stages were seen running at once.
    """

    def __init__(self, estimator: EtaEstimator) -> None:
        self._estimator = estimator
        self._told = False
        self._running: set[tuple[str, Stage]] = set()
        self.workers = 1

    def tell_workers(self, n: int, now: float) -> None:
        """So many are alive."""
        self._told = True
        self.workers = max(1, n)
        self._estimator.set_workers(self.workers, now)

    def measure(self, run: SessionRun, stage: Stage, progress: float, now: float, kept: float | None = None) -> None:
        """Note in the run how far a stage is (0 to 100), and pass it on; ``kept``: where its work began (0 to 100)."""
        run.set_progress(stage, progress, now)
        record = run.stages[stage]
        if record.status is StageStatus.PROCESSING:
            began = None if kept is None else kept / 100.0
            self._estimator.progressed(run.session_id, stage, record.progress / 100.0, now, began)

    def status(
        self, run: SessionRun, stage: Stage, now: float, outcome: Outcome | None = None, engine: str = ""
    ) -> None:
        """Pass on a stage's new status."""
        key = run.session_id, stage
        self._running.discard(key)
        match run.stages[stage].status:
            case StageStatus.PROCESSING:
                self._running.add(key)
                self._estimator.started(run.session_id, stage, now)
                self._count(now)
            case StageStatus.PENDING:
                self._estimator.finished(run.session_id, stage, now, "retry")
            case StageStatus.COMPLETED:
                self._estimator.finished(run.session_id, stage, now, outcome or "completed", engine=engine)
            case StageStatus.FAILED:
                self._estimator.finished(run.session_id, stage, now, "failed")
            case StageStatus.SKIPPED:
                self._estimator.finished(run.session_id, stage, now, "skipped")

    def forget(self, session_id: str) -> None:
        """Nothing of this session runs any more."""
        self._running = {key for key in self._running if key[0] != session_id}

    def _count(self, now: float) -> None:
        if not self._told and len(self._running) > self.workers:
            self.workers = len(self._running)
            self._estimator.set_workers(self.workers, now)
