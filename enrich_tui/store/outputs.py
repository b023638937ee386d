"""Result files: always the old one or the new one, whole, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

PARTIAL_PREFIX = ".partial-"
"""Temporary files start so; what a killed program left behind can be swept by this name."""
SPARE = 64 * 1024**2
"""Bytes of a disk that copies of recordings leave free."""
ASIDE = ".aside"
"""Names of what was found and could not be used end so."""
_ASIDES = 5

PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Flags for ``os.open``: not through a link, and without the line ends that Windows would put in."""
PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5) if sys.platform == "win32" else ()
"""Seconds between the tries to rename or remove a file: Windows refuses while anybody has it open, be it a reader or a
virus scanner for an instant."""
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.EBADF})
"""What a file system says that cannot sync folders."""


def _always() -> None:
    pass


_allowed: Callable[[], None] = _always
"""Raises where this process may write nothing any more."""


def allow(check: Callable[[], None] | None) -> None:
    """From now on, ``check`` is asked before a file of this process gets its name or goes; it raises to forbid that."""
    global _allowed
    _allowed = check or _always


def check_allowed() -> None:
    """Raise where this process may write nothing any more; for what is not written with the functions here."""
    _allowed()


def write_with(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Make ``path`` hold what ``write`` puts into the stream: temporary file, fsync, rename, fsync of the folder.

    Raises ``OSError`` as the file system does; the old file, if there was one, is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{path.suffix}")
    try:
        with temporary.open("xb") as stream:
            write(stream)
            stream.flush()
            sync(stream.fileno())
        _allowed()
        rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Make ``path`` hold exactly ``data``; see :func:`write_with`."""
    write_with(path, lambda stream: stream.write(data))


def write_text(path: Path, text: str) -> None:
    """Make ``path`` hold ``text`` as UTF-8; lone surrogates are replaced. See :func:`write_with`."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_from(source: Path, path: Path, *, link: bool = False) -> None:
    """Make ``path`` hold what ``source`` does; ``link``: by another name for the same file, where that can be.

    Raises ``OSError``; the old file, if there was one, is then untouched.
    """
    if link:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{path.suffix}")
        try:
            temporary.hardlink_to(source)
        except OSError:  # another file system, or one that knows no links
            pass
        else:
            try:
                _allowed()
                rename(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)  # still there where both were one file already
            sync_folder(path.parent)
            return
    with source.open("rb") as stream:
        write_with(path, lambda target: shutil.copyfileobj(stream, target))


def has_room(folder: Path, size: int) -> bool:
    """True where ``size`` more bytes leave some of the disk that a folder is on, or will be. Raises ``OSError``."""
    return shutil.disk_usage(folder).free >= size + SPARE if folder.exists() else has_room(folder.parent, size)


def remove(path: Path) -> None:
    """Remove a file of results that is not wanted any more. Raises ``OSError``."""
    _allowed()
    _patiently(path.unlink)


def rename(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target``, in the place of what has it. Raises ``OSError``."""
    _patiently(lambda: source.replace(target))


def _patiently(act: Callable[[], object]) -> None:
    for pause in PAUSES:
        try:
            act()
        except PermissionError:
            time.sleep(pause)
        else:
            return
    act()


def sync(descriptor: int) -> None:
    """Have on the disk what was written to a file. Raises ``OSError``."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # not every drive knows it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync alone leaves it in the drive's own memory
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable; a no-op where folders cannot be opened (Windows) or synced."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def partials(folder: Path) -> list[Path]:
    """What a killed program left half-written below ``folder``."""
    return [
        Path(place, name) for place, _, names in os.walk(folder) for name in names if name.startswith(PARTIAL_PREFIX)
    ]


def move_aside(path: Path) -> Path:
    """Rename what cannot be used, whatever it is, so that it is kept and its name is free; returns its new place.

    Only the last few are kept. Raises ``OSError``.
    """
    places = [
        path.with_name(f"{path.name}{ASIDE}{number}") for number in ("", *(f"-{n}" for n in range(2, _ASIDES + 1)))
    ]
    place = next((place for place in places if not os.path.lexists(place)), places[-1])
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    rename(path, place)
    sync_folder(path.parent)
    return place
