"""The record of a session: what was made from what, kept as ``session.json`` among its results.

A stage's entry is written after its files are in place, so an entry that is there can be believed. The entry's key
says what the result depends on; a stage whose key and files still match is not run again. Stages that failed, were
skipped or were cancelled have an entry too, without files, so that it can be told later how the session stands.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError

from enrich_tui.model import FilePath, Frozen, Notice, Session, Stage, StageOutcome
from enrich_tui.store.outputs import move_aside, write_bytes
from enrich_tui.store.reading import open_regular, read_regular

RECORD = "session.json"
SPARE = ".session.json"
"""A copy of the record, as it was when the session ended last."""
FORMAT = 2
"""Version of the record. An older one is read as this one, see :func:`_forward`; a newer one is not touched."""

_LONGEST = 64 * 1024**2
"""Bytes that are read of a record."""


class FileRecord(Frozen):
    """A file as it was: its size in bytes, its time in nanoseconds, and the SHA-256 of its bytes."""

    path: FilePath
    size: int
    mtime_ns: int
    sha256: str
    made: str = ""
    """The SHA-256 that a result had when its stage made it, where only names or titles in it were changed since.

    Empty where it is as it was made.
    """

    @property
    def content(self) -> str:
        """What later stages depend on: the digest as the stage made it."""
        return self.made or self.sha256

    def still(self, path: Path | str) -> bool:
        """True where ``path`` still holds these bytes; they are only read where size or time differ."""
        try:
            now = os.stat(path)  # noqa: PTH116 - a path need not be made of every name
            if now.st_size != self.size:
                return False
            return now.st_mtime_ns == self.mtime_ns or digest(Path(path)) == self.sha256
        except OSError:
            return False


class StageRecord(Frozen):
    """How a stage ended, and what its result depends on."""

    key: str
    status: StageOutcome
    outputs: dict[str, FileRecord] = Field(default_factory=dict)
    """By role; paths are relative to the session's output folder."""
    engine: str = ""
    duration: float = 0.0
    attempts: int = 0
    media_seconds: float | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    problem: str | None = None
    message: str | None = None
    """What happened, for a person, where it did not complete; from the closed set of messages."""
    advice: str | None = None
    program: str = ""
    """Version of the program in which it did not complete: a later one may know how."""
    finished_at: str = ""
    """Wall clock, ISO 8601 with zone."""


class SessionRecord(Frozen):
    """Everything that is known of a session between two runs."""

    format: int = FORMAT
    program: str
    id: str
    title: str
    output: FilePath | None = None
    """The folder that this lay in when it was written; the sources' paths are as seen then."""
    sources: tuple[FileRecord, ...] = ()
    """In the order in which a session has them: its recordings first."""
    stages: dict[Stage, StageRecord] = Field(default_factory=dict)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits. Raises ``OSError``."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_record(path: Path, shown: Path, known: FileRecord | None = None) -> FileRecord:
    """Describe ``path`` under the name ``shown``; its bytes are not read again where ``known`` still fits."""
    now = path.stat()
    if known is not None and (known.size, known.mtime_ns) == (now.st_size, now.st_mtime_ns):
        sha256 = known.sha256
    else:
        sha256 = digest(path)
    return FileRecord(path=shown, size=now.st_size, mtime_ns=now.st_mtime_ns, sha256=sha256)


class Loaded(NamedTuple):
    """What there is of a record."""

    record: SessionRecord | None
    spoilt: bool
    """True where there is one that cannot be used; ``record`` is then its spare copy, if that can be."""


def read_record(output: Path) -> Loaded:
    """The record in this output folder, or its spare copy."""
    path = output / RECORD
    if (record := _read(path)) is not None:
        return Loaded(record, spoilt=False)
    return Loaded(_read(output / SPARE), spoilt=os.path.lexists(path))


def load_record(output: Path) -> SessionRecord | None:
    """The record in this output folder, or its spare copy; None where there is none that can be used."""
    return read_record(output).record


def _read(path: Path) -> SessionRecord | None:
    try:
        record = SessionRecord.model_validate_json(read_regular(path, _LONGEST))
    except (OSError, ValidationError):
        return None
    return _forward(record) if record.format <= FORMAT and _stays_inside(record) else None


def _stays_inside(record: SessionRecord) -> bool:
    """True where all results lie in the record's own folder: one that came from elsewhere may name anything."""
    named = [file.path for stage in record.stages.values() for file in stage.outputs.values()]
    return not any(path.is_absolute() or ".." in path.parts for path in named)


def _forward(record: SessionRecord) -> SessionRecord:
    """An older record as one of today: until now, versions only added fields, and what they say if they are absent."""
    return record if record.format == FORMAT else record.model_copy(update={"format": FORMAT})


def save_record(session: Session, record: SessionRecord) -> None:
    """Write the record into the session's output folder, whole. Raises ``OSError``."""
    write_bytes(session.output / RECORD, _text(record))


def save_spare(session: Session, record: SessionRecord) -> None:
    """Keep a copy of the record for when something else spoils it. Raises ``OSError``."""
    path = session.output / SPARE
    if path.is_dir():
        move_aside(path)
    write_bytes(path, _text(record))


def set_aside(output: Path) -> Path:
    """Rename the record in this folder, so that it is kept; returns its new place. Raises ``OSError``."""
    return move_aside(output / RECORD)


def _text(record: SessionRecord) -> bytes:
    """As ASCII: file names may hold what a terminal must not be shown."""
    return json.dumps(record.model_dump(mode="json"), indent=1).encode("ascii")
