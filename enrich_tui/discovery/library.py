"""A library: a folder that holds recordings in any of the layouts, or one recording."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from enrich_tui.discovery import kinds, manifest
from enrich_tui.discovery.draft import Draft
from enrich_tui.model import Frozen, Rejected, Session
from enrich_tui.text import clean


class Library(Frozen):
    """What was found below a root, in natural order of the paths."""

    root: Path
    sessions: tuple[Session, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def discover(root: Path, output: Path | None = None) -> Library:
    """Find the sessions below ``root``, a folder or one recording.

    Results are to go beside their sources, or under ``output`` in the same tree of folders. Raises
    ``FileNotFoundError`` where there is nothing at ``root``, and ``PermissionError`` where it cannot be listed.
    """
    root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links that the person chose
    if not root.exists():
        raise FileNotFoundError(root)
    search = _Search(root, Path(os.path.abspath(output)) if output else None)  # noqa: PTH100
    if root.is_file():
        search.root_file(root)
    else:
        with os.scandir(root):
            pass  # raises where the root itself cannot be listed; folders below are rejected instead
        search.folder(root)
    return search.library()


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []


def _by_stem(files: Iterable[Path]) -> dict[str, list[Path]]:
    stems: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        stems[path.stem.casefold()].append(path)
    return stems


class _Search:
    def __init__(self, root: Path, output: Path | None) -> None:
        self._root = root
        self._output = output
        self._sessions: list[Session] = []
        self._rejected: list[Rejected] = []
        self._ids: set[str] = set()

    def library(self) -> Library:
        titles = Counter(session.title for session in self._sessions)
        told_apart = tuple(
            session if titles[session.title] == 1 else session.model_copy(update={"title": session.id})
            for session in sorted(self._sessions, key=lambda session: kinds.natural_key(str(session.source)))
        )
        return Library(root=self._root, sessions=told_apart, rejected=tuple(self._rejected))

    def folder(self, folder: Path) -> None:
        try:
            with os.scandir(folder) as entries:
                found = [entry for entry in entries if not kinds.is_ignored(entry.name)]
            listed = sorted(found, key=lambda entry: kinds.natural_key(entry.name))
        except OSError:
            self._reject(folder, "This folder cannot be read.")
            return
        names = {entry.name for entry in listed}
        for name in kinds.MANIFESTS:
            if name in names:
                self._with_manifest(folder, folder / name)
                return
        files: list[Path] = []
        folders: list[Path] = []
        for entry in listed:
            path = Path(entry.path)
            if path == self._output:
                continue
            if entry.is_symlink():
                self._reject(path, "Links are not followed; put the file itself here.")
            elif entry.is_dir():
                folders.append(path)
            elif entry.is_file():
                files.append(path)
            else:
                self._reject(path, "This is not a regular file.")
        self._files_of(folder, files)
        for below in folders:
            self.folder(below)

    def _files_of(self, folder: Path, files: list[Path]) -> None:
        media = [path for path in files if kinds.suffix(path) in kinds.MEDIA]
        pictures = [path for path in files if kinds.suffix(path) in kinds.PICTURES]
        if pictures and not media:
            notes = [path for path in files if kinds.suffix(path) in kinds.NOTES]
            self._add(Draft(source=folder, title=folder.name, screenshots=pictures, notes=notes))
            taken = {*pictures, *notes}
        else:
            taken = set(media)
            siblings = _by_stem(files)
            for path in media:
                taken.update(self._lone_file(path, siblings))
            if pictures:
                self._reject(folder, "Pictures beside recordings belong to none; name them in a session.toml.")
                taken.update(pictures)
        for path in files:
            if path not in taken:
                self._reject(path, _reason(path))

    def root_file(self, path: Path) -> None:
        """The root is one recording, perhaps with sidecars beside it."""
        if path.is_symlink():
            self._reject(path, "Links are not followed; name the file itself.")
        else:
            self._lone_file(path, _by_stem(_files(path.parent)))

    def _lone_file(self, path: Path, siblings: Mapping[str, list[Path]]) -> set[Path]:
        """Add a recording with its sidecars; returns the sidecars. ``siblings``: the files of its folder, by stem."""
        ending = kinds.suffix(path)
        if ending not in kinds.MEDIA:
            self._reject(path, _reason(path))
            return set()
        sidecars = sorted(other for other in siblings.get(path.stem.casefold(), ()) if other != path)
        captions = [other for other in sidecars if kinds.suffix(other) in kinds.CAPTIONS]
        notes = [other for other in sidecars if kinds.suffix(other) in kinds.NOTES]
        self._add(
            Draft(
                source=path,
                title=path.stem,
                audio=[path] if ending in kinds.AUDIO else [],
                video=[path] if ending in kinds.VIDEO else [],
                captions=captions,
                notes=notes,
            ),
            lone=True,
        )
        return {*captions, *notes}

    def _with_manifest(self, folder: Path, file: Path) -> None:
        try:
            self._add(manifest.read(folder, file))
        except manifest.ManifestError as error:
            self._reject(file, str(error))

    def _add(self, draft: Draft, *, lone: bool = False) -> None:
        relative = draft.source.relative_to(self._root).as_posix() if draft.source != self._root else draft.source.name
        ident = _unique(draft.ident or clean(relative), relative, self._ids.__contains__)
        self._ids.add(ident)
        self._sessions.append(draft.session(ident, self._results_of(draft.source, lone=lone)))

    def _results_of(self, source: Path, *, lone: bool) -> Path:
        if self._output is None:
            return source.with_name(source.name + kinds.RESULTS_SUFFIX) if lone else source / kinds.RESULTS_FOLDER
        below = Path(source.name) if source == self._root else source.relative_to(self._root)
        return self._output / below.with_name(below.name + kinds.RESULTS_SUFFIX)

    def _reject(self, path: Path, reason: str) -> None:
        self._rejected.append(Rejected(path=path, reason=reason))


def _reason(path: Path) -> str:
    ending = kinds.suffix(path)
    if ending in kinds.NOTES:
        return "A note without a recording of the same name."
    if ending in kinds.CAPTIONS:
        return "Captions without a recording of the same name."
    if ending in kinds.PICTURES:
        return "One picture alone is no session; a folder of pictures is."
    return "This kind of file is not a recording."


def _unique(wanted: str, relative: str, taken: Callable[[str], bool]) -> str:
    """``wanted``, or the path where another session has that name, or a numbered form of it."""
    for candidate in (wanted, clean(relative)):
        if candidate and not taken(candidate):
            return candidate
    number = 2
    while taken(f"{wanted} ({number})"):
        number += 1
    return f"{wanted} ({number})"
