"""What a run would do, and how a library stands: from records and the dates of files, without a worker."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    Stage,
    StageOutcome,
    StageResult,
)
from enrich_tui.pipeline import cache
from enrich_tui.pipeline.adopt import Elsewhere, is_of, made_anything
from enrich_tui.pipeline.alike import Alike
from enrich_tui.pipeline.kept import Kept
from enrich_tui.pipeline.outcome import completed, recorded, session_result
from enrich_tui.pipeline.untitle import Untitled
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.progress import Estimate, EtaEstimator
from enrich_tui.progress.eta import past_of
from enrich_tui.stages import served
from enrich_tui.store.record import FileRecord, SessionRecord, StageRecord, file_record, load_record


class Need(StrEnum):
    """What a run would do about a stage."""

    RUN = "run"
    CACHED = "cached"
    """An earlier result still holds."""
    COPY = "copy"
    """Another session before it is a copy, as far as can be seen, and does it; its result is taken over."""
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
    kept: dict[Stage, float]
    """The shares (0 to 1) of such stages behind which they would go on, as far as a look at them tells."""
    size: int
    """Bytes of its sources."""

    @property
    def to_run(self) -> tuple[Stage, ...]:
        """The stages that would run."""
        return tuple(stage for stage, need in self.stages.items() if need is Need.RUN)


class PastRun(Frozen):
    """What was predicted of an earlier run on this machine, and what happened. Seconds."""

    predicted: float
    took: float


class Plan(Frozen):
    """What a run over a library would do."""

    sessions: tuple[PlannedSession, ...]
    workers: int
    eta: Eta | None
    """Seconds that it would take; None where nothing is known of this machine's pace yet."""
    past: tuple[PastRun, ...] = ()
    """Earlier runs of this user on this machine, the latest last."""


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
    retry: bool = False,
    elsewhere: Elsewhere | None = None,
) -> Plan:
    """Find out what a run would do. Bytes are read only where the date of a file changed and its size did not, and a
    few where several recordings are of one size.

    ``elsewhere`` finds results of the same bytes in other places.
    """
    settings = {stage: cache.settings_of(stage, config) for stage in STAGES}
    planner = _Planner(options.stages, settings, elsewhere or Elsewhere(), Kept(config), fresh=fresh, retry=retry)
    planned = tuple(map(planner.plan, sessions))
    if planner.takes_over:
        planned = _without_copies(sessions, planned)
    estimator = EtaEstimator(history)
    queue = [(one.session_id, {stage.value: one.media[stage] for stage in one.to_run}) for one in planned if one.to_run]
    sizes = {one.session_id: one.size for one in planned}
    kept: dict[str, dict[str, float]] = {
        one.session_id: {stage.value: share for stage, share in one.kept.items()} for one in planned if one.kept
    }
    estimator.plan(queue, workers, 0.0, cpu_slots, sizes=sizes, served=served(config), kept=kept)
    estimate = estimator.batch(0.0) if queue else Estimate(0.0, 0.0, 0.0)
    eta = Eta(low=estimate.low, mid=estimate.mid, high=estimate.high) if estimate else None
    past = tuple(PastRun(predicted=one.predicted, took=one.took) for one in past_of(history))
    return Plan(sessions=planned, workers=workers, eta=eta, past=past)


def _without_copies(sessions: Sequence[Session], planned: Sequence[PlannedSession]) -> tuple[PlannedSession, ...]:
    """The same where sessions of the same bytes are worked on once."""
    both = list(zip(sessions, planned, strict=True))
    alike = Alike(session for session, one in both if one.to_run)
    return tuple(_as_copy(one, alike.done_before(session, one.to_run)) if one.to_run else one for session, one in both)


def _as_copy(one: PlannedSession, copied: Collection[Stage]) -> PlannedSession:
    if not copied:
        return one
    left = {stage: share for stage, share in one.kept.items() if stage not in copied}
    stages = one.stages | dict.fromkeys(copied, Need.COPY)
    media = {stage: seconds for stage, seconds in one.media.items() if stage not in copied}
    return one.model_copy(update={"stages": stages, "media": media, "kept": left})


class _Planner:
    def __init__(
        self,
        wanted: frozenset[Stage],
        settings: Mapping[Stage, str],
        elsewhere: Elsewhere,
        kept: Kept,
        *,
        fresh: bool,
        retry: bool,
    ) -> None:
        self._kept = kept
        self._wanted = wanted
        self._settings = settings
        self._elsewhere = elsewhere
        self._fresh = fresh
        self._retry = retry

    @property
    def takes_over(self) -> bool:
        """True where a session can take over the results of another one of the same bytes."""
        return not self._fresh and self._elsewhere.looks

    def plan(self, session: Session) -> PlannedSession:
        folder, record, sources = _look(session, self._elsewhere)
        known = record.stages if record else {}
        needs: dict[Stage, Need] = {}
        for stage in STAGES:
            if stage not in self._wanted or not _has_work(session, stage, needs):
                needs[stage] = Need.NONE
            elif self._fresh or sources is None or any(needs[other] is Need.RUN for other in PREREQUISITES[stage]):
                needs[stage] = Need.RUN
            else:
                before = {other: known[other] for other, need in needs.items() if need is Need.CACHED}
                key = cache.stage_key(session, stage, self._settings[stage], sources, before)
                needs[stage] = self._need(folder, stage, key, known.get(stage), needs)
        media = {
            stage: known[stage].media_seconds if stage in known else None
            for stage, need in needs.items()
            if need is Need.RUN
        }
        shares = {} if self._fresh else {stage: self._kept.share(session, stage, folder) for stage in media}
        return PlannedSession(
            session_id=session.id,
            stages=needs,
            media=media,
            kept={stage: share for stage, share in shares.items() if share > 0.0},
            size=session.size,
        )

    def _need(
        self, folder: Path, stage: Stage, key: str, ended: StageRecord | None, needs: Mapping[Stage, Need]
    ) -> Need:
        if cache.holds(ended, key, folder) or (stage is Stage.VIDEO and Untitled.find(ended, key, folder) is not None):
            return Need.CACHED
        if ended is not None and not self._retry and cache.hopeless(ended, key):
            return Need.HOPELESS if ended.status is StageOutcome.FAILED else Need.NONE
        ended_with_another = ended is not None and ended.status is StageOutcome.SKIPPED and not ended.attempts
        return Need.NONE if ended_with_another and Need.HOPELESS in needs.values() else Need.RUN


def _has_work(session: Session, stage: Stage, needs: Mapping[Stage, Need]) -> bool:
    if stage in {Stage.SUMMARY, Stage.CANVAS} and not session.notes:
        return bool({needs[Stage.AUDIO], needs[Stage.VIDEO]} & {Need.RUN, Need.CACHED})
    return has_input(session, stage)


_Sources = dict[Path, FileRecord]


def _look(session: Session, elsewhere: Elsewhere) -> tuple[Path, SessionRecord | None, _Sources | None]:
    """Where the results of a session are, what is on record of them, and its sources; as a run would find them."""
    record = load_record(session.output)
    sources = _as_they_are(session, record)
    mine = record is not None and sources is not None and is_of(record, sources)
    if not (mine and made_anything(record)):
        try:
            found = elsewhere.find(session, next(iter(sources.values()), None) if mine and sources else None)
        except OSError:
            found = None
        if found is not None and (not mine or made_anything(found.record)):
            return found.folder, found.record, _as_they_are(session, found.record, found.main)
    return session.output, record, sources


def _as_they_are(session: Session, record: SessionRecord | None, main: FileRecord | None = None) -> _Sources | None:
    """The sources; without a digest where they are others than on record. None where they cannot be looked at."""
    if record is None:
        return None
    known = cache.known_sources(session, record) | ({main.path: main} if main is not None else {})
    sizes = {entry.size for entry in known.values()}
    now: _Sources = {}
    for path in cache.sources_of(session):
        try:
            status = path.stat()
            if status.st_size == known[path].size if path in known else status.st_size in sizes:
                now[path] = file_record(path, path, known.get(path))
            else:
                now[path] = FileRecord(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns, sha256="")
        except OSError:
            return None
    return now


def standing(session: Session, wanted: frozenset[Stage], elsewhere: Elsewhere | None = None) -> SessionStanding:
    """How a session stands by its record alone, whether or not its sources have changed since.

    ``elsewhere`` finds the record of one that was renamed, moved or copied.
    """
    record = load_record(session.output)
    if record is None and elsewhere is not None and (found := elsewhere.find_or_none(session)) is not None:
        record = found.record
        session = session.model_copy(update={"output": found.folder})
    known = record.stages if record else {}
    results: dict[Stage, StageResult] = {}
    ended = True
    for stage in STAGES:
        if (entry := known.get(stage)) is not None:
            done = entry.status is StageOutcome.COMPLETED
            results[stage] = completed(session, stage, entry, cached=True) if done else recorded(stage, entry)
        elif stage in wanted and has_input(session, stage):
            ended = False
    return SessionStanding(
        session_id=session.id,
        result=session_result(session, results) if ended else None,
        begun=bool(known),
        output=session.output,
        finished_at=max((entry.finished_at for entry in known.values()), default=""),
    )
