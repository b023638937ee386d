"""A library: a folder that holds recordings in any of the layouts, or one recording."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery.draft import Draft
from enrich_tui.discovery.folder import Entry, Kind, Listing, items, listing, lone_file
from enrich_tui.discovery.kinds import MANIFESTS, RESULTS_FOLDER, RESULTS_SUFFIX
from enrich_tui.model import Frozen, Rejected, Session
from enrich_tui.text import clean

_log = logging.getLogger(__name__)


LONGEST_NAME = 255
"""Longest name of a folder, in bytes, that file systems allow."""


class Library(Frozen):
    """What was found below a root: in natural order of the names, folder by folder."""

    root: Path
    sessions: tuple[Session, ...] = ()
    rejected: tuple[Rejected, ...] = ()


Mark = tuple[tuple[Path, int, int], ...]
"""Path, size (bytes) and time (nanoseconds) of each file of a finding: equal as long as nobody writes to them."""


class Found(NamedTuple):
    """A session, or something that cannot be one, as it is now."""

    item: Session | Rejected
    mark: Mark = ()
    manifest: bool = False
    """It stands in a manifest."""

    @property
    def path(self) -> Path:
        """The lone file or the folder that it is."""
        return self.item.source if isinstance(self.item, Session) else self.item.path

    def is_unchanged(self) -> bool:
        """True where nobody has written to its files since it was found."""
        return self.mark == tuple((path, *_size_and_time(path, None)) for path, _, _ in self.mark)


def check(root: Path) -> None:
    """See that there is something at ``root`` that can be looked at, and look no further.

    Raises ``FileNotFoundError`` where there is nothing, and ``PermissionError`` where it cannot be listed.
    """
    if not root.exists():
        raise FileNotFoundError(root)
    if not root.is_file():
        with os.scandir(root):
            pass


def discover(root: Path | str, output: Path | str | None = None, only: Sequence[str] = ()) -> Library:
    """Find the sessions below ``root``, a folder or one recording.

    Results are to go beside their sources, or under ``output`` in the same tree of folders; ``only``: see
    :class:`Search`. Raises ``FileNotFoundError`` where there is nothing at ``root``, and ``PermissionError`` where it
    cannot be listed.
    """
    root = Path(root)
    check(root)
    search = Search(root, Path(output) if output else None, only)
    found = [one.item for one in search.look()]
    return Library(
        root=search.root,
        sessions=tuple(item for item in found if isinstance(item, Session)),
        rejected=tuple(item for item in found if isinstance(item, Rejected)),
    )


class Search:
    """Looks through a library, again and again if wanted: a folder that has not changed costs a listing only.

    A session keeps its id from look to look. What is known of a folder stays where it cannot be listed any more, as
    when a network drive is away for a moment.

    ``only``: parts of names, in any case; what has none of them in its path below the root is left out.
    """

    def __init__(self, root: Path, output: Path | None = None, only: Sequence[str] = ()) -> None:
        # absolute, not resolved: that would follow links which the person chose
        self.root = Path(os.path.abspath(root))  # noqa: PTH100
        self._output = Path(os.path.abspath(output)) if output else None  # noqa: PTH100
        self.only = tuple(only)
        self._only = tuple(part.casefold() for part in only)
        self._is_recording = self.root.is_file()
        self._ids: dict[Path, str] = {}
        self._taken: set[str] = set()
        self._known: dict[Path, tuple[Listing, list[Found | Path]]] = {}

    def look(self) -> Iterator[Found]:
        """Everything that there is now. Folders are listed while this goes on."""
        seen: set[Path] = set()
        first: list[Found | Path] = self._recording() if self._is_recording else [self.root]
        pending = [iter(first)]
        while pending:
            item = next(pending[-1], None)
            if item is None:
                pending.pop()
            elif isinstance(item, Path):
                seen.add(item)
                pending.append(iter(self._at(item)))
            elif self._is_wanted(item):
                yield item
        for folder in self._known.keys() - seen:
            del self._known[folder]

    def _is_wanted(self, found: Found) -> bool:
        if not self._only:
            return True
        name = found.path.name if found.path == self.root else str(found.path.relative_to(self.root))
        return any(part in name.casefold() for part in self._only)

    def _recording(self) -> list[Found | Path]:
        if not self.root.is_file():
            return []  # it is away, perhaps for a moment
        folder = self.root.parent
        try:
            listed = listing(folder)
        except OSError:
            listed = {}
        files = [folder / name for name, entry in listed.items() if entry.kind is Kind.FILE]
        return [self._found(lone_file(self.root, files), folder, listed)]

    def _at(self, folder: Path) -> list[Found | Path]:
        before = self._known.get(folder)
        try:
            listed = listing(folder)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and folder != self.root:
                return []
            return before[1] if before else [Found(Rejected(path=folder, reason="This folder cannot be read."))]
        if before is not None and before[0] == listed and not _may_change(before[1]):
            found = before[1]
        else:
            try:
                found = [
                    one if isinstance(one, Path) else self._found(one, folder, listed)
                    for one in items(folder, listed, self._output, root=folder == self.root)
                ]
            except Exception:  # noqa: BLE001 - what is in one folder, whatever it is, hides no other
                _log.exception("A folder could not be looked at.")
                return [Found(Rejected(path=folder, reason="This folder could not be looked at; the log says why."))]
        self._known[folder] = listed, found
        return found

    def _found(self, item: Draft | Rejected, folder: Path, listed: Listing) -> Found:
        manifest = any(name in listed for name in MANIFESTS)
        if isinstance(item, Rejected):
            return Found(item, _mark([item.path], folder, listed), manifest)
        mark = _mark(item.files, folder, listed)
        output = self._results_of(item.source, lone=item.source != folder)
        session = item.session(self._id(item), output, sum(size for _, size, _ in mark))
        return Found(session, mark, manifest)

    def _id(self, draft: Draft) -> str:
        source = draft.source
        if source not in self._ids:
            relative = source.relative_to(self.root).as_posix() if source != self.root else source.name
            ident = _unique(draft.ident or clean(relative), relative, self._taken)
            self._taken.add(ident)
            self._ids[source] = ident
        return self._ids[source]

    def _results_of(self, source: Path, *, lone: bool) -> Path:
        if self._output is None:
            return source.with_name(_results_name(source.name)) if lone else source / RESULTS_FOLDER
        below = Path(source.name) if source == self.root else source.relative_to(self.root)
        return self._output / below.with_name(_results_name(below.name))


def _results_name(name: str) -> str:
    """The name of the folder for the results of ``name``: shortened where it would be longer than names can be."""
    whole = os.fsencode(name + RESULTS_SUFFIX)
    if len(whole) <= LONGEST_NAME:
        return name + RESULTS_SUFFIX
    ending = f"~{hashlib.sha256(whole).hexdigest()[:8]}{RESULTS_SUFFIX}"
    return whole[: LONGEST_NAME - len(ending)].decode("utf-8", "ignore") + ending


def _may_change(found: list[Found | Path]) -> bool:
    """True where a manifest speaks, which may name files in folders below: those are not in the folder's listing."""
    only = found[0] if len(found) == 1 else None
    return isinstance(only, Found) and only.manifest


def _mark(files: Iterable[Path], folder: Path, listed: Listing) -> Mark:
    return tuple(
        (path, *_size_and_time(path, listed.get(path.name) if path.parent == folder else None)) for path in files
    )


def _size_and_time(path: Path, entry: Entry | None) -> tuple[int, int]:
    if entry is not None:
        return entry.size, entry.mtime_ns
    try:
        now = path.lstat()
    except OSError:
        return 0, 0
    return now.st_size, now.st_mtime_ns


def _unique(wanted: str, relative: str, taken: Container[str]) -> str:
    """``wanted``, or the path where another session has that name, or a numbered form of it."""
    for candidate in (wanted, clean(relative)):
        if candidate and candidate not in taken:
            return candidate
    number = 2
    while f"{wanted} ({number})" in taken:
        number += 1
    return f"{wanted} ({number})"
