"""Results that lie elsewhere, or tell another name: found by the bytes they were made of, and made a session's own.

A recording that was renamed or moved left its results behind; a copy never had any. Such results are taken over whole:
their files first, with the names in them put right, the record last. Whenever that is interrupted, there is no record
yet, and it begins again. Results whose own session is still there are only read.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import stat
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery.folder import is_link
from enrich_tui.discovery.kinds import RESULTS_FOLDER, RESULTS_SUFFIX, is_ignored
from enrich_tui.model import Session, StageOutcome
from enrich_tui.pipeline.cache import seen_from, sources_of
from enrich_tui.store.outputs import PARTIAL_PREFIX, write_bytes, write_from
from enrich_tui.store.reading import read_regular
from enrich_tui.store.record import (
    RECORD,
    SPARE,
    FileRecord,
    SessionRecord,
    StageRecord,
    file_record,
    load_record,
    save_record,
)

_HEAD = 16 * 1024
_MAIN_SIZE = re.compile(rb'"sources":\s*\[\s*\{\s*"path":\s*"(?:[^"\\]|\\.)*",\s*"size":\s*(\d{1,18})')

_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """Results that were made of a session's bytes."""

    folder: Path
    record: SessionRecord
    main: FileRecord
    """The session's first source."""


class Elsewhere:
    """Finds results by content. Looks at the folders once, when somebody asks for the first time."""

    def __init__(self, root: Path | None = None, output: Path | None = None, sessions: Iterable[Session] = ()) -> None:
        """``root``: the library; ``output``: where its results go, where that is not beside their sources."""
        self._root = root and Path(os.path.abspath(root))  # noqa: PTH100 - as discovery does
        self._output = output and Path(os.path.abspath(output))  # noqa: PTH100
        self._sources: dict[Path, Path] = {}
        self.expect(sessions)
        self._by_size: defaultdict[int, list[Path]] | None = None
        self._lock = threading.Lock()

    def expect(self, sessions: Iterable[Session]) -> None:
        """These sessions are there: results at their places are theirs."""
        self._sources.update((session.output, session.source) for session in sessions)

    @property
    def looks(self) -> bool:
        """True where there is a library to look through."""
        return self._root is not None

    def find(self, session: Session, known: FileRecord | None = None) -> Found | None:
        """Results made of the same bytes as this session's first source; None where there are none.

        Bytes are only read where there are results of something of the same size, and nothing is ``known`` of the
        source. Raises ``OSError``.
        """
        main = next(iter(sources_of(session)), None)
        if main is None or self._root is None:
            return None
        with self._lock:
            if self._by_size is None:
                self._by_size = self._look()
            folders = [folder for folder in self._by_size[main.stat().st_size] if folder.is_dir()]
        if not folders:
            return None
        now = file_record(main, main, known)
        records = [(folder, load_record(folder)) for folder in folders]
        same = [
            Found(folder, record, now)
            for folder, record in records
            if record is not None and record.sources and record.sources[0].sha256 == now.sha256
        ]
        return max(same, key=lambda found: self._merit(found, session), default=None)

    def find_or_none(self, session: Session) -> Found | None:
        """As :meth:`find`; None also where something cannot be read."""
        with contextlib.suppress(OSError):
            return self.find(session)
        return None

    def _merit(self, found: Found, session: Session) -> tuple[int, bool, bool]:
        done = sum(entry.status is StageOutcome.COMPLETED for entry in found.record.stages.values())
        return done, found.folder == session.output, self.is_orphan(found)

    def is_orphan(self, found: Found) -> bool:
        """True where the session of these results is gone, as far as can be seen."""
        folder, record = found.folder, found.record
        if folder.name == RESULTS_FOLDER or (folder in self._sources and os.path.lexists(self._sources[folder])):
            return False
        if self._output is None and os.path.lexists(folder.with_name(folder.name.removesuffix(RESULTS_SUFFIX))):
            return False
        paths = [entry.path for entry in record.sources]
        if record.output is not None and record.output != folder:  # renamed with a folder above it
            paths += [folder / seen_from(path, record.output) for path in paths]
        return not any(os.path.lexists(path) for path in paths)

    def made(self, session: Session, main: FileRecord) -> None:
        """There are results of this source at the session's place now."""
        with self._lock:
            self._sources[session.output] = session.source
            if self._by_size is not None and session.output not in self._by_size[main.size]:
                self._by_size[main.size].append(session.output)

    def _look(self) -> defaultdict[int, list[Path]]:
        found: defaultdict[int, list[Path]] = defaultdict(list)
        for folder in self._folders():
            if size := _main_size(folder):
                found[size].append(folder)
        return found

    def _folders(self) -> Iterator[Path]:
        if self._root is not None and self._root.is_dir():
            yield from _results_below(self._root)
        elif self._root is not None:
            yield from (Path(path) for path in _folders_in(self._root.parent) if path.endswith(RESULTS_SUFFIX))
        if self._output is not None and self._output.is_dir() and not _is_below(self._output, self._root):
            yield from _results_below(self._output)


def _is_below(folder: Path, root: Path | None) -> bool:
    return (
        root is not None
        and folder.is_relative_to(root)
        and not any(is_ignored(part) for part in folder.relative_to(root).parts)
    )


def _results_below(folder: Path | str) -> Iterator[Path]:
    for path in _folders_in(folder):
        name = os.path.basename(path)  # noqa: PTH119 - ten thousand folders
        if name == RESULTS_FOLDER or name.endswith(RESULTS_SUFFIX):
            yield Path(path)
        elif not name.startswith("."):
            yield from _results_below(path)


def _folders_in(folder: Path | str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and not is_link(entry)]
    except OSError:
        return []


def _main_size(folder: Path) -> int:
    """Bytes of the first source that a record names, without reading all of the record; 0 where there is none."""
    for name in (RECORD, SPARE):
        try:
            if told := _MAIN_SIZE.search(read_regular(folder / name, _HEAD)):
                return int(told[1])
        except OSError:
            continue
    return 0


def tells(session: Session, record: SessionRecord) -> bool:
    """True where the record, and with it the results, tell the session's own names, and its places as seen from it."""
    if record.title != session.title:
        return False
    there, paths = {entry.path for entry in record.sources}, set(sources_of(session))
    before = record.output
    if before is None or before == session.output:
        return there == paths
    return {seen_from(path, before) for path in there} == {seen_from(path, session.output) for path in paths}


def is_of(record: SessionRecord, sources: dict[Path, FileRecord]) -> bool:
    """True where a record is of the bytes that are there now; of the first source, which makes a session."""
    main = next(iter(sources.values()), None)
    return main is not None and bool(record.sources) and record.sources[0].sha256 == main.sha256


def made_anything(record: SessionRecord | None) -> bool:
    """True where a stage on record has completed: else results of the same bytes elsewhere are worth more."""
    return record is not None and any(entry.status is StageOutcome.COMPLETED for entry in record.stages.values())


def adopt(
    session: Session,
    record: SessionRecord,
    sources: dict[Path, FileRecord],
    *,
    folder: Path,
    keep: bool,
    check: Callable[[], None],
) -> SessionRecord:
    """Make the results in ``folder``, which may be the session's own, the session's, and have them tell its names.

    ``keep``: what is in another folder stays there. ``check`` raises where nothing may be written any more. Returns the
    new record, which is saved. Raises ``OSError``; there is then no new record.
    """
    from enrich_tui.stages.renaming import Names, renamed  # only where something was renamed

    paths = sources_of(session)
    old = _paired(record, sources)
    changed = renamed(
        folder,
        Names(record.title, tuple(old.get(path, path) for path in paths), record.output or folder),
        Names(session.title, paths, session.output),
    )
    told = {name: data for name, data in changed.items() if _is_as_recorded(record, folder, name)}
    check()
    if folder != session.output:
        for path in _files(folder):
            if str(path) not in told:
                write_from(folder / path, session.output / path, link=not keep)
    for name, data in told.items():
        write_bytes(session.output / name, data)
    adopted = record.model_copy(
        update={
            "id": session.id,
            "title": session.title,
            "output": session.output,
            "sources": tuple(sources.values()),
            "stages": {stage: _anew(entry, session.output, told) for stage, entry in record.stages.items()},
        }
    )
    check()
    save_record(session, adopted)
    if folder != session.output and not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return adopted


def _paired(record: SessionRecord, sources: dict[Path, FileRecord]) -> dict[Path, Path]:
    """The old path of each source, by the new one: the same bytes, in the same order."""
    left = [(entry.sha256, entry.path) for entry in record.sources]
    pairs: dict[Path, Path] = {}
    for path, entry in sources.items():
        same = next((one for one in left if one == (entry.sha256, path)), None) or next(
            (one for one in left if one[0] == entry.sha256), None
        )
        if same is not None:
            left.remove(same)
            pairs[path] = same[1]
    return pairs


def _is_as_recorded(record: SessionRecord, folder: Path, name: str) -> bool:
    """True where a result is as its stage left it; what somebody else has changed is not touched."""
    files = [file for entry in record.stages.values() for file in entry.outputs.values() if str(file.path) == name]
    return bool(files) and all(file.still(folder / name) for file in files)


def _files(folder: Path) -> Iterator[Path]:
    """The whole files below a results folder, but for the record, relative to it."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not name.startswith(PARTIAL_PREFIX) and name not in {RECORD, SPARE} and _is_plain(path):
                yield path.relative_to(folder)


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _anew(entry: StageRecord, output: Path, changed: dict[str, bytes]) -> StageRecord:
    """The entry with its files as they are now; what later stages depend on stays as it was."""
    outputs = {
        role: file_record(output / file.path, file.path).model_copy(update={"made": file.content})
        if str(file.path) in changed
        else _moved(file, output)
        for role, file in entry.outputs.items()
    }
    return entry.model_copy(update={"outputs": outputs})


def _moved(file: FileRecord, output: Path) -> FileRecord:
    """The same file, with the time that it has at its new place; as it was where it is not as it was."""
    path = output / file.path
    if not file.still(path):
        return file
    return file.model_copy(update={"mtime_ns": path.stat().st_mtime_ns})
