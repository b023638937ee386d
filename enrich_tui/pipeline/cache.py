"""What a stage's result depends on, as one key; and whether an earlier result still holds.

The key covers the bytes of the stage's sources, the results of the stages before it, its settings, the version of its
code and of its engine. Names and places are no part of it: where only they change, they are put right in the results,
see :mod:`enrich_tui.pipeline.adopt`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from enrich_tui import stages
from enrich_tui.config import StageConfig
from enrich_tui.model import PREREQUISITES, Session, Stage, StageOutcome
from enrich_tui.pipeline.verdict import HOPELESS
from enrich_tui.store.record import FileRecord, SessionRecord, StageRecord, file_record
from enrich_tui.version import __version__


def sources_of(session: Session) -> tuple[Path, ...]:
    """Every file that a session reads."""
    return session.recordings + session.captions + session.screenshots + session.notes


def read_sources(session: Session, record: SessionRecord | None) -> dict[Path, FileRecord]:
    """The sources as they are now; what the record already knows is not read again. Raises ``OSError``."""
    known = known_sources(session, record)
    return {path: file_record(path, path, known.get(path)) for path in sources_of(session)}


def known_sources(session: Session, record: SessionRecord | None) -> dict[Path, FileRecord]:
    """What the record says of the session's sources, also where they were renamed with the folders above them."""
    if record is None:
        return {}
    told = {entry.path: entry for entry in record.sources}
    paths = sources_of(session)
    if record.output is None or record.output == session.output or all(path in told for path in paths):
        return told
    seen = {seen_from(entry.path, record.output): entry for entry in record.sources}
    places = {path: seen.get(seen_from(path, session.output)) for path in paths}
    return told | {path: entry for path, entry in places.items() if entry is not None and path not in told}


def seen_from(path: Path, folder: Path) -> str:
    """The way from a folder to a path, which stays the same where both are moved together."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # another drive of Windows
        return str(path)


def inputs_of(session: Session, stage: Stage) -> tuple[Path, ...]:
    """The sources that a stage reads."""
    match stage:
        case Stage.AUDIO:
            return session.recordings + session.captions
        case Stage.VIDEO:
            return session.video + session.screenshots
        case Stage.SUMMARY:
            return session.notes
        case Stage.CANVAS:
            return session.recordings + session.screenshots + session.notes


def settings_of(stage: Stage, config: StageConfig) -> str:
    """The part of a stage's key that is the same for all sessions, as text: versions, settings and the engine."""
    parts = {
        "stage": stage.value,
        "version": stages.VERSIONS[stage],
        "settings": getattr(config, stage.value).decisive(),
        "engine": stages.engine_identity(stage, config),
    }
    return json.dumps(parts, sort_keys=True)


def stage_key(
    session: Session,
    stage: Stage,
    settings: str,
    sources: Mapping[Path, FileRecord],
    before: Mapping[Stage, StageRecord],
) -> str:
    """The key of a stage, as hexadecimal digits. ``before`` holds the stages that completed."""
    parts = [settings, *[sources[path].sha256 for path in inputs_of(session, stage) if path in sources]]
    for earlier in PREREQUISITES[stage]:
        if earlier in before and before[earlier].status is StageOutcome.COMPLETED:
            parts.append(earlier.value)
            parts += sorted([f"{file.content} {role}" for role, file in before[earlier].outputs.items()])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def holds(entry: StageRecord | None, key: str, output: Path) -> bool:
    """True where the recorded result completed under the same key and all its files are still there, unchanged."""
    if entry is None or entry.status is not StageOutcome.COMPLETED or entry.key != key:
        return False
    folder = f"{output}{os.sep}"  # ten thousand sessions: text is put together sooner than paths
    return all(file.still(f"{folder}{file.path}") for file in entry.outputs.values())


def hopeless(entry: StageRecord | None, key: str) -> bool:
    """True where the stage ended for a reason that the same bytes and settings will always have in this program."""
    return (
        entry is not None
        and entry.status in {StageOutcome.FAILED, StageOutcome.SKIPPED}
        and entry.key == key
        and entry.program == __version__
        and entry.problem in HOPELESS
    )
