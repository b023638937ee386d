"""What a run would do, and how a library stands: from records and the dates of files, without a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from enrich_tui.config import StageConfig
from enrich_tui.events import Eta
from enrich_tui.model import (
    PREREQUISITES,
    STAGES,
    EnrichmentOptions,
    Frozen,
    Session,
    SessionResult,
    SessionStatus,
    Stage,
    StageOutcome,
    StageResult,
)
from enrich_tui.pipeline import cache
from enrich_tui.pipeline.outcome import completed, recorded
from enrich_tui.pipeline.verdict import has_input, judge
from enrich_tui.progress import Estimate, EtaEstimator
from enrich_tui.store.record import FileRecord, SessionRecord, StageRecord, file_record, load_record


class Need(StrEnum):
    """What a run would do about a stage."""

    RUN = "run"
    CACHED = "cached"
    """An earlier result still holds."""
    HOPELESS = "hopeless"
    """It failed for a reason that the same bytes will always have; that is told again."""
    NONE = "none"
    """It is not wanted, or has nothing to work on."""


class PlannedSession(Frozen):
    """What a run would do about a session."""

    session_id: str
    stages: dict[Stage, Need]
    media: dict[Stage, float | None]
    """Media seconds of the stages that would run, as far as they are known from an earlier run."""
    size: int
    """Bytes of its sources."""

    @property
    def to_run(self) -> tuple[Stage, ...]:
        """The stages that would run."""
        return tuple(stage for stage, need in self.stages.items() if need is Need.RUN)


class Plan(Frozen):
    """What a run over a library would do."""

    sessions: tuple[PlannedSession, ...]
    workers: int
    eta: Eta | None
    """Seconds that it would take; None where nothing is known of this machine's pace yet."""


class SessionStanding(Frozen):
    """How a session stands by its record."""

    session_id: str
    result: SessionResult | None
    """How it ended; None where it has not ended."""
    begun: bool
    """True where something of it is on record."""
    output: Path
    finished_at: str
    """When its last stage ended: wall clock, ISO 8601 with zone; empty where none did."""


def plan_run(
    sessions: Sequence[Session],
    options: EnrichmentOptions,
    config: StageConfig,
    *,
    workers: int,
    cpu_slots: int,
    history: dict[str, Any] | None,
    fresh: bool = False,
) -> Plan:
    """Find out what a run would do. Bytes are read only where the date of a file changed and its size did not."""
    planner = _Planner(options.stages, {stage: cache.settings_of(stage, config) for stage in STAGES}, fresh=fresh)
    planned = tuple(map(planner.plan, sessions))
    estimator = EtaEstimator(history)
    queue = [(one.session_id, {stage.value: one.media[stage] for stage in one.to_run}) for one in planned if one.to_run]
    estimator.plan(queue, workers, 0.0, cpu_slots, sizes={one.session_id: one.size for one in planned})
    estimate = estimator.batch(0.0) if queue else Estimate(0.0, 0.0, 0.0)
    eta = Eta(low=estimate.low, mid=estimate.mid, high=estimate.high) if estimate else None
    return Plan(sessions=planned, workers=workers, eta=eta)


class _Planner:
    def __init__(self, wanted: frozenset[Stage], settings: Mapping[Stage, Mapping[str, Any]], *, fresh: bool) -> None:
        self._wanted = wanted
        self._settings = settings
        self._fresh = fresh

    def plan(self, session: Session) -> PlannedSession:
        record = load_record(session.output)
        known = record.stages if record else {}
        sources = _unchanged(session, record)
        needs: dict[Stage, Need] = {}
        for stage in STAGES:
            if stage not in self._wanted or not _has_work(session, stage, needs):
                needs[stage] = Need.NONE
            elif self._fresh or sources is None or any(needs[other] is Need.RUN for other in PREREQUISITES[stage]):
                needs[stage] = Need.RUN
            else:
                before = {other: known[other] for other, need in needs.items() if need is Need.CACHED}
                key = cache.stage_key(session, stage, self._settings[stage], sources, before)
                needs[stage] = _need(session, key, known.get(stage), needs)
        media = {
            stage: known[stage].media_seconds if stage in known else None
            for stage, need in needs.items()
            if need is Need.RUN
        }
        return PlannedSession(session_id=session.id, stages=needs, media=media, size=session.size)


def _has_work(session: Session, stage: Stage, needs: Mapping[Stage, Need]) -> bool:
    if stage in {Stage.SUMMARY, Stage.CANVAS} and not session.notes:
        return bool({needs[Stage.AUDIO], needs[Stage.VIDEO]} & {Need.RUN, Need.CACHED})
    return has_input(session, stage)


def _need(session: Session, key: str, ended: StageRecord | None, needs: Mapping[Stage, Need]) -> Need:
    if cache.holds(ended, key, session.output):
        return Need.CACHED
    if ended is not None and cache.hopeless(ended, key):
        return Need.HOPELESS if ended.status is StageOutcome.FAILED else Need.NONE
    ended_with_another = ended is not None and ended.status is StageOutcome.SKIPPED and not ended.attempts
    return Need.NONE if ended_with_another and Need.HOPELESS in needs.values() else Need.RUN


def _unchanged(session: Session, record: SessionRecord | None) -> dict[Path, FileRecord] | None:
    """The sources as they are; None where they are others than on record, or cannot be looked at."""
    if record is None:
        return None
    known = {entry.path: entry for entry in record.sources}
    now: dict[Path, FileRecord] = {}
    for path in cache.sources_of(session):
        try:
            if path not in known or path.stat().st_size != known[path].size:
                return None
            now[path] = file_record(path, path, known[path])
        except OSError:
            return None
    return now


def standing(session: Session, wanted: frozenset[Stage]) -> SessionStanding:
    """How a session stands by its record alone, whether or not its sources have changed since."""
    record = load_record(session.output)
    known = record.stages if record else {}
    results: dict[Stage, StageResult] = {}
    ended = True
    for stage in STAGES:
        if (entry := known.get(stage)) is not None:
            done = entry.status is StageOutcome.COMPLETED
            results[stage] = completed(session, stage, entry, cached=True) if done else recorded(stage, entry)
        elif stage in wanted and has_input(session, stage):
            ended = False
    result = None
    if ended:
        status, told = judge(results) if results else (SessionStatus.SKIPPED, None)
        result = SessionResult(
            session_id=session.id,
            status=status,
            stages=results,
            output=session.output,
            duration=sum(one.duration for one in results.values()),
            message=told.message if told else None,
            advice=told.advice if told else None,
        )
    return SessionStanding(
        session_id=session.id,
        result=result,
        begun=bool(known),
        output=session.output,
        finished_at=max((entry.finished_at for entry in known.values()), default=""),
    )
