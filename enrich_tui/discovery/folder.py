"""What one folder holds by itself: sessions, what cannot be one, and folders below, in natural order of the names."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery import kinds
from enrich_tui.discovery.draft import Draft
from enrich_tui.model import Rejected


class Kind(Enum):
    """What stands behind a name."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    OTHER = auto()


class Entry(NamedTuple):
    """A name in a folder; size (bytes) and time (nanoseconds) of files only."""

    kind: Kind
    size: int = 0
    mtime_ns: int = 0


Listing = Mapping[str, Entry]
"""What is in a folder, by name, in no order."""

Item = Draft | Rejected | Path
"""A session, something that cannot be one, or a folder to look into."""


def listing(folder: Path) -> Listing:
    """The names in a folder, without hidden ones and results. Raises ``OSError``."""
    found: dict[str, Entry] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if not kinds.is_ignored(entry.name):
                try:
                    found[entry.name] = _look_at(entry)
                except FileNotFoundError:
                    continue  # gone in this moment
                except OSError:
                    found[entry.name] = Entry(Kind.OTHER)
    return found


def is_link(entry: os.DirEntry[str]) -> bool:
    """True for a symbolic link, and for a junction of Windows, which may lead back to a folder above it."""
    if sys.platform != "win32":
        link = entry.is_symlink()
    else:
        tag = entry.stat(follow_symlinks=False).st_reparse_tag
        link = entry.is_symlink() or tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    return link


def _look_at(entry: os.DirEntry[str]) -> Entry:
    if is_link(entry):
        return Entry(Kind.LINK)
    if entry.is_dir(follow_symlinks=False):
        return Entry(Kind.FOLDER)
    if not entry.is_file(follow_symlinks=False):
        return Entry(Kind.OTHER)
    # Windows keeps the size in a folder's own list as it was when the file was opened for writing
    now = os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)  # noqa: PTH116
    return Entry(Kind.FILE, now.st_size, now.st_mtime_ns)


def items(folder: Path, listed: Listing, leave_out: Path | None = None, *, root: bool = False) -> list[Item]:
    """What the folder holds, in natural order of the names.

    ``leave_out``: a folder that is not looked into; ``root``: the folder is the library itself, where a note stands for
    more than the only recording that is there so far.
    """
    for name in kinds.MANIFESTS:
        if name in listed:
            return [_with_manifest(folder, folder / name)]
    files: list[Path] = []
    found: list[tuple[str, Item]] = []
    for name in sorted(listed, key=_order):
        path = folder / name
        match listed[name].kind:
            case Kind.FILE:
                files.append(path)
            case Kind.FOLDER if path != leave_out:
                found.append((name, path))
            case Kind.LINK:
                found.append((name, Rejected(path=path, reason="Links are not followed; put the file itself here.")))
            case Kind.OTHER:
                found.append((name, Rejected(path=path, reason="This is not a regular file.")))
    found += _of_files(folder, files, root=root)
    return [item for _, item in sorted(found, key=lambda pair: _order(pair[0]))]


def lone_file(path: Path, siblings: Iterable[Path]) -> Draft | Rejected:
    """A recording with its sidecars, which are among ``siblings``; or why it cannot be one."""
    if path.is_symlink():
        return Rejected(path=path, reason="Links are not followed; name the file itself.")
    if not kinds.is_media(path):
        return Rejected(path=path, reason=_reason(path))
    return _recording(path, _by_stem(siblings))


def _order(name: str) -> tuple[list[str | int], str]:
    return kinds.natural_key(name), name


def _by_stem(files: Iterable[Path]) -> dict[str, list[Path]]:
    stems: defaultdict[str, list[Path]] = defaultdict(list)
    for path in files:
        stems[_stem(path)].append(path)
    return stems


def _stem(path: Path) -> str:
    """The name without its ending, as names are compared: macOS may keep an accent as a character of its own."""
    return unicodedata.normalize("NFC", path.stem).casefold()


def _of_files(folder: Path, files: list[Path], *, root: bool) -> list[tuple[str, Item]]:
    found: list[tuple[str, Item]] = []
    media = [path for path in files if kinds.is_media(path)]
    pictures = [path for path in files if kinds.suffix(path) in kinds.PICTURES]
    notes = [path for path in files if kinds.suffix(path) in kinds.NOTES]
    taken: set[Path] = {*media, *pictures}
    if pictures and not media:
        found.append(("", Draft(source=folder, title=folder.name, screenshots=pictures, notes=notes)))
        taken.update(notes)
    else:
        siblings = _by_stem(files)
        for path in media:
            draft = _recording(path, siblings)
            if len(media) == 1 and not root:
                draft.notes = notes  # in a folder of its own, whatever they are called
            found.append((path.name, draft))
            taken.update(draft.captions, draft.notes)
        if pictures:
            reason = "Pictures beside recordings belong to none; name them in a session.toml."
            found.append(("", Rejected(path=folder, reason=reason)))
    found += [(path.name, Rejected(path=path, reason=_reason(path))) for path in files if path not in taken]
    return found


def _recording(path: Path, siblings: Mapping[str, list[Path]]) -> Draft:
    """``siblings``: the files of its folder, by stem."""
    same_stem = sorted(other for other in siblings.get(_stem(path), ()) if other != path)
    shared = any(other.stem == path.stem and kinds.suffix(other) in kinds.MEDIA for other in same_stem)
    ending = kinds.suffix(path)
    return Draft(
        source=path,
        title=path.name if shared else path.stem,
        audio=[path] if ending in kinds.AUDIO else [],
        video=[path] if ending in kinds.VIDEO else [],
        captions=[other for other in same_stem if kinds.suffix(other) in kinds.CAPTIONS],
        notes=[other for other in same_stem if kinds.suffix(other) in kinds.NOTES],
    )


def _with_manifest(folder: Path, file: Path) -> Draft | Rejected:
    from enrich_tui.discovery import manifest

    try:
        return manifest.read(folder, file)
    except manifest.ManifestError as error:
        return Rejected(path=file, reason=str(error))


def _reason(path: Path) -> str:
    ending = kinds.suffix(path)
    if ending in kinds.NOTES:
        return "A note without a recording of the same name."
    if ending in kinds.CAPTIONS:
        return "Captions without a recording of the same name."
    if ending in kinds.PICTURES:
        return "One picture alone is no session; a folder of pictures is."
    return "This kind of file is not a recording."
