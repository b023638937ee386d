"""Before and after an attempt: which stages need no work at all, and the record of those that were done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from enrich_tui.config import StageConfig
from enrich_tui.errors import StageError, from_os_error
from enrich_tui.errors.problems import Problem
from enrich_tui.model import (
    PREREQUISITES,
    EnrichmentOptions,
    Fence,
    Session,
    Stage,
    StageOutcome,
    StageOutput,
    StageResult,
)
from enrich_tui.pipeline import cache
from enrich_tui.pipeline.adopt import Elsewhere, adopt, is_of, made_anything, tells
from enrich_tui.pipeline.kept import Kept
from enrich_tui.pipeline.outcome import completed, described, recorded, stands_in
from enrich_tui.pipeline.state import SessionEntry, StageState
from enrich_tui.pipeline.untitle import Untitled
from enrich_tui.pipeline.verdict import anything_to_tell, has_input
from enrich_tui.store.outputs import partials
from enrich_tui.store.owner import Owner
from enrich_tui.store.record import (
    FileRecord,
    SessionRecord,
    StageRecord,
    file_record,
    read_record,
    save_record,
    save_spare,
    set_aside,
)
from enrich_tui.text import clean
from enrich_tui.version import __version__

_log = logging.getLogger(__name__)

MOMENT = 0.01
"""Seconds for which sessions are looked at before their turn."""


@dataclass
class _Known:
    """What is known of one open session: its record, its sources, and one writer at a time."""

    record: SessionRecord
    sources: dict[Path, FileRecord]
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)


class Settler:
    """Compares what is wanted with what is there. Reads and hashes files in a thread."""

    def __init__(
        self,
        config: StageConfig,
        options: EnrichmentOptions,
        *,
        fresh: bool = False,
        retry: bool = False,
        owner: Owner | None = None,
        elsewhere: Elsewhere | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``fresh``: nothing that is there counts; ``retry``: no failure that is on record does.

        ``note`` is told what a person should know of what was found, in words.
        """
        self._config = config
        self._wanted = options.stages
        self._fresh = fresh
        self._retry = retry or fresh
        self._owner = owner
        self._elsewhere = elsewhere or Elsewhere()
        self._note = note
        self._notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._known: dict[str, _Known] = {}
        self._kept = Kept(config)
        self._settings: dict[Stage, str] = {}
        self._found: dict[str, list[tuple[Stage, StageResult]]] = {}
        """What was seen ahead of the sessions' turn."""

    @property
    def takes_over(self) -> bool:
        """True where results of the same bytes are looked for elsewhere in the library."""
        return not self._fresh and self._elsewhere.looks

    async def settle(self, entry: SessionEntry) -> AsyncIterator[tuple[Stage, StageResult]]:
        """Yield the results of stages that need no work; give the ready ones that do their key.

        The caller ends each yielded stage before it takes the next, because that may make others ready.
        """
        found = self._found.pop(entry.session.id, None)
        failed = True
        while failed:  # what follows from a failure is the caller's to say
            failed = False
            if found is None:
                found = await asyncio.to_thread(self._look, entry)
            while not self._notes.empty():
                self._note(self._notes.get_nowait())
            for stage, result in found:
                if entry.stages[stage].state is not StageState.DONE:  # it may have been cancelled meanwhile
                    failed = result.status is StageOutcome.FAILED
                    yield stage, result
            found = None

    async def look_ahead(self, entries: Iterable[SessionEntry]) -> int:
        """Look at the first of these sessions, as many as take a moment; returns how many.

        :meth:`settle` then knows at once. With ten thousand sessions each way to a thread and back counts.
        """
        found = await asyncio.to_thread(self._look_at, [one for one in entries if one.session.id not in self._found])
        self._found |= found
        return len(found)

    def _look_at(self, entries: Iterable[SessionEntry]) -> dict[str, list[tuple[Stage, StageResult]]]:
        found = {}
        until = time.perf_counter() + MOMENT
        for entry in entries:
            try:
                found[entry.session.id] = self._look(entry)
            except Exception:  # noqa: BLE001 - it is met again when it is this session's turn
                break
            if time.perf_counter() > until:
                break
        return found

    def _look(self, entry: SessionEntry) -> list[tuple[Stage, StageResult]]:
        """What has ended by now, as far as one finding follows from the other; up to the first failure."""
        results = entry.results()
        found: list[tuple[Stage, StageResult]] = []
        for stage, state in entry.stages.items():
            ready = state.state in {StageState.WAITING, StageState.RETRYING} and not state.key
            if not ready or not all(earlier in results for earlier in PREREQUISITES[stage]):
                continue
            try:
                result = self._consider(entry, stage, results)
            except StageError as error:
                result = described(stage, error.problem, StageOutcome.FAILED, facts=error.facts)
            if result is not None:
                results[stage] = result
                found.append((stage, result))
                if result.status is StageOutcome.FAILED:
                    break
        return found

    def _consider(self, entry: SessionEntry, stage: Stage, results: Mapping[Stage, StageResult]) -> StageResult | None:
        session = entry.session
        if stage not in self._wanted:
            return described(stage, Problem.NOT_WANTED, StageOutcome.SKIPPED)
        if not has_input(session, stage):
            return described(stage, Problem.NO_INPUT, StageOutcome.SKIPPED)
        if stage in {Stage.SUMMARY, Stage.CANVAS} and not anything_to_tell(session, results):
            return described(stage, Problem.NOTHING_TO_TELL, StageOutcome.SKIPPED)
        return self._compare(entry, stage, results)

    def _compare(self, entry: SessionEntry, stage: Stage, results: Mapping[Stage, StageResult]) -> StageResult | None:
        known = self._load(entry)
        session = entry.session
        before = {
            earlier: record
            for earlier, record in known.record.stages.items()
            if earlier in results and results[earlier].status is StageOutcome.COMPLETED
        }
        key = cache.stage_key(session, stage, self._settings_of(entry, stage), known.sources, before)
        earlier_end = known.record.stages.get(stage)
        if not self._fresh and earlier_end is not None:
            if cache.holds(earlier_end, key, session.output):
                return completed(session, stage, earlier_end, cached=True)
            if stage is Stage.VIDEO and (untitled := Untitled.find(earlier_end, key, session.output)) is not None:
                return completed(session, stage, self._restored(session, known, untitled), cached=True)
        entry.stages[stage].key = key
        if not self._fresh:
            entry.stages[stage].kept = self._kept.share(session, stage, session.output)
        insisted = self._retry or entry.stages[stage].insisted
        if earlier_end is not None and not insisted and cache.hopeless(earlier_end, key):
            return recorded(stage, earlier_end)
        return None

    def _restored(self, session: Session, known: _Known, untitled: Untitled) -> StageRecord:
        self._check()
        try:
            entry = untitled.restore()
            known.record = known.record.model_copy(update={"stages": {**known.record.stages, Stage.VIDEO: entry}})
            self._save(session, known.record)
        except OSError as error:
            raise from_os_error(error) from error
        return entry

    def _settings_of(self, entry: SessionEntry, stage: Stage) -> str:
        """Found out once; and again for who insists, perhaps because an engine has been installed meanwhile."""
        if stage not in self._settings or entry.stages[stage].insisted:
            self._settings[stage] = cache.settings_of(stage, self._config)
        return self._settings[stage]

    def _load(self, entry: SessionEntry) -> _Known:
        session = entry.session
        if session.id not in self._known:
            try:
                _must_be_folder(session.output)
                self._sweep(session)
                self._known[session.id] = self._find(session)
            except OSError as error:
                raise from_os_error(error) from error
        return self._known[session.id]

    def _find(self, session: Session) -> _Known:
        """What is known of a session: by its own record, or by one elsewhere that was made of the same bytes."""
        record, spoilt = read_record(session.output)
        sources = cache.read_sources(session, record)
        if spoilt:
            self._set_aside(session, record)
        record = self._taken_over(session, record, sources)
        if record is None:
            record = SessionRecord(program=f"enrich-tui {__version__}", id=session.id, title=session.title)
        return _Known(record.model_copy(update={"output": session.output}), sources)

    def _taken_over(
        self, session: Session, record: SessionRecord | None, sources: dict[Path, FileRecord]
    ) -> SessionRecord | None:
        try:
            mine = record is not None and is_of(record, sources)
            found = None
            if not self._fresh and not (mine and made_anything(record)):
                found = self._elsewhere.find(session, next(iter(sources.values()), None))
            if record is not None and mine and (found is None or not made_anything(found.record)):
                if tells(session, record):
                    return record
                return adopt(session, record, sources, folder=session.output, keep=True, check=self._check)
            if found is None:
                return record
            keep = not self._elsewhere.is_orphan(found)
            adopted = adopt(session, found.record, sources, folder=found.folder, keep=keep, check=self._check)
        except OSError:  # what cannot be taken over is made again
            _log.warning("Results of the same recording could not be taken over.", exc_info=True)
            return record
        self._elsewhere.made(session, found.main)
        return adopted

    def _set_aside(self, session: Session, spare: SessionRecord | None) -> None:
        """Keep a record that cannot be used under another name, and put its spare copy in its place.

        Raises ``OSError``.
        """
        self._check()
        aside = set_aside(session.output)
        if spare is not None:
            save_record(session, spare)
        self._notes.put(
            f"What was known of {session.title} could not be read. It is kept as {clean(aside.name)}; "
            + ("an earlier copy takes its place." if spare is not None else "the session is looked at anew.")
        )

    async def record(self, entry: SessionEntry, stage: Stage, output: StageOutput) -> StageResult:
        """Write down a stage that was done; its files are in place. Raises ``OSError`` where that cannot be.

        Where it only stands in for what its server did not do, the failure there is what is written down and returned.

        Raises :class:`StageError` where a result is said to lie outside of the session's folder, and where a source is
        not what it was when the stage began; and
        :class:`~enrich_tui.store.owner.OwnershipLostError` where the library has gone to another program.
        """
        session, state = entry.session, entry.stages[stage]
        known = self._known[session.id]
        for name in output.outputs.values():  # told by a process that has read files from anywhere
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise StageError(Problem.INTERNAL, detail="a stage named a result outside of its folder")
        async with known.saving:
            files = await asyncio.to_thread(_files_of, session, stage, output, known.sources)
            done = StageRecord(
                key=state.key,
                status=StageOutcome.COMPLETED,
                outputs=files,
                engine=output.engine,
                duration=state.worked,
                attempts=state.attempt,
                media_seconds=output.media_seconds,
                facts=output.facts,
                notices=output.notices,
                finished_at=_now(),
            )
            result = completed(session, stage, done, cached=False)
            if (failure := state.failure) is not None:
                result = stands_in(result, failure)
                told = {"status": result.status, "problem": result.problem, "message": result.message}
                done = done.model_copy(update={**told, "advice": result.advice})
            known.record = known.record.model_copy(
                update={
                    "sources": tuple(known.sources.values()),
                    "stages": {**_rewritten(known.record.stages, stage, files), stage: done},
                    "title": session.title,
                }
            )
            await asyncio.to_thread(self._save, session, known.record)
        return result

    def drop(self, session_id: str) -> None:
        """Let go of what was known of a session, without writing anything down: its files have changed, or are gone."""
        self._known.pop(session_id, None)
        self._found.pop(session_id, None)

    async def forget(self, entry: SessionEntry) -> None:
        """The session has ended: write down what did not complete, sweep half-written files, and let go of the rest."""
        known = self._known.pop(entry.session.id, None)
        self._found.pop(entry.session.id, None)
        if known is None:
            return
        stages = _concluded(entry, known.record)
        if entry.started is not None or stages != known.record.stages:
            await asyncio.to_thread(self._conclude, entry.session, known, stages)

    def _conclude(self, session: Session, known: _Known, stages: dict[Stage, StageRecord]) -> None:
        self._sweep(session)
        for main in tuple(known.sources.values())[:1]:
            self._elsewhere.made(session, main)
        record = known.record.model_copy(update={"stages": stages, "sources": tuple(known.sources.values())})
        try:
            if stages != known.record.stages:
                self._save(session, record)
            self._check()
            save_spare(session, record)
        except OSError:  # what is finished is on record; the rest is found out again
            _log.warning("How a session ended could not be written down.", exc_info=True)

    def _sweep(self, session: Session) -> None:
        """Remove what a killed program or worker left half-written."""
        try:
            if leftovers := partials(session.output):
                self._check()  # those of another owner are not ours to remove
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
        except OSError:
            _log.warning("Half-written files could not be removed.", exc_info=True)

    def _save(self, session: Session, record: SessionRecord) -> None:
        self._check()
        save_record(session, record)

    @property
    def fence(self) -> Fence | None:
        """By which workers know that they may still write."""
        return self._owner.fence if self._owner is not None else None

    async def still_ours(self) -> None:
        """Raise :class:`~enrich_tui.store.owner.OwnershipLostError` where the library has gone to another program."""
        with contextlib.suppress(OSError):  # where that cannot be seen, the next write will tell
            await asyncio.to_thread(self._check)

    def _check(self) -> None:
        if self._owner is not None:
            self._owner.check()


def _files_of(
    session: Session, stage: Stage, output: StageOutput, sources: Mapping[Path, FileRecord]
) -> dict[str, FileRecord]:
    """The results of a stage, by role, provided that they were made of these sources."""
    files = {role: file_record(session.output / name, Path(name)) for role, name in output.outputs.items()}
    for path in cache.inputs_of(session, stage):
        if path in sources and not sources[path].still(path):
            raise StageError(Problem.FILE_CHANGED if path.exists() else Problem.FILE_MISSING)
    return files


def _rewritten(
    stages: Mapping[Stage, StageRecord], stage: Stage, files: Mapping[str, FileRecord]
) -> dict[Stage, StageRecord]:
    """The stages on record, where this one has put more into some files of those that it builds on.

    What depends on these goes by what they made.
    """
    now = {file.path: file for file in files.values()}
    return dict(stages) | {
        before: entry.model_copy(
            update={
                "outputs": {
                    role: now[file.path].model_copy(update={"made": file.content}) if file.path in now else file
                    for role, file in entry.outputs.items()
                }
            }
        )
        for before, entry in stages.items()
        if before in PREREQUISITES[stage]
    }


def _must_be_folder(place: Path) -> None:
    """Raise ``StageError`` where results would go through a link, or there is a file. Raises ``OSError``.

    A library may come from anywhere: a link among its recordings could lead the results over somebody's own files.
    """
    try:
        mode = place.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        raise StageError(Problem.PLACE_TAKEN, facts={"file": clean(place.name, 80)})


def _concluded(entry: SessionEntry, record: SessionRecord) -> dict[Stage, StageRecord]:
    """The stages on record, with those that ended without completing."""
    stages = dict(record.stages)
    for stage, result in entry.results().items():
        if not result.cached and _is_telling(entry.session, result, stages.get(stage)):
            stages[stage] = StageRecord(
                program=__version__,
                key=entry.stages[stage].key,
                status=result.status,
                duration=result.duration,
                attempts=result.attempts,
                problem=result.problem,
                message=result.message,
                advice=result.advice,
                finished_at=_now(),
            )
    return stages


def _is_telling(session: Session, result: StageResult, before: StageRecord | None) -> bool:
    """True where a result that did not complete is worth a place in the record, or the place of the one before."""
    if result.status is StageOutcome.COMPLETED or result.problem == Problem.NOT_WANTED:
        return False
    worked = result.attempts > 0 and result.status is not StageOutcome.CANCELLED
    kept = before is not None and before.status is StageOutcome.COMPLETED
    return worked or (has_input(session, result.stage) and not kept)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
