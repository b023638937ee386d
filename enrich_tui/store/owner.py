"""One owner per library: a file lock that the system takes back when its holder dies, and an epoch for late writers.

The lock lies in ``.enrich-tui/lock`` where the results go. It is held for as long as the program lives, suspended or
not; a program that was killed holds it no more. A suspended owner can lose it all the same: somebody removes the lock
file or copies the library over, or a network drive gives the lock away. Hence each owner writes an epoch into the file,
one higher than the last, and looks whether file and epoch are still its own before it writes a record; so do its
workers, which may go on while it is suspended, before they put a file of results in its place.

Between that look and the rename lies an instant that no file system closes. What slips through does no harm: a record
names the digest of every file that it speaks of, so the worst that comes of a late one is that a stage is run again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import stat
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import platformdirs

from enrich_tui.config import APP
from enrich_tui.errors.problems import Problem
from enrich_tui.errors.shapes import FILE_ERRNO
from enrich_tui.model import Fence
from enrich_tui.store.locking import take_lock
from enrich_tui.store.outputs import PLAIN, move_aside, sync
from enrich_tui.store.runs import kept

STATE = ".enrich-tui"
"""Folder for what is known of a library as a whole; discovery does not look at hidden folders."""
LOCK = "lock"

PATIENCE = 5
"""How often a lock is tried again."""
LOOK = 0.02
"""Seconds between two tries; whoever only looks holds it for far less."""

_MOST_EPOCHS = 10**12
"""What counts more runs than this was written by nobody who counted."""
_LONGEST = 4096
"""Bytes that are read of a lock file."""

_NO_LOCKS_HERE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})
"""What a folder says that cannot be written, or a drive that knows no locks."""

_log = logging.getLogger(__name__)


class Holder(NamedTuple):
    """Who holds a library, as its lock file tells."""

    epoch: int = 0
    pid: int | None = None
    since: datetime | None = None


class NotOwnedError(Exception):
    """The library cannot be had; the text says why, in words for a person."""


class NoLockError(NotOwnedError):
    """No lock can be had anywhere; ``error`` is what the system says."""

    def __init__(self, error: OSError) -> None:
        if FILE_ERRNO.get(error.errno or 0) is Problem.DISK_FULL:
            text = "the disk for the results is full. Make room, or choose another place with --output."
        else:
            text = "nothing can be written here. Choose a place for the results with --output."
        super().__init__(text)


class LibraryBusyError(NotOwnedError):
    """Another program works on the library."""

    def __init__(self, holder: Holder) -> None:
        known = holder.pid is not None and holder.since is not None
        who = f" (process {holder.pid}, since {holder.since:%Y-%m-%d %H:%M})" if known else ""
        super().__init__(
            f"this library is being worked on by another enrich-tui{who}."
            " Watch its run with --follow, or go on when it is gone with --take-over."
        )
        self.holder = holder


class OwnershipLostError(Exception):
    """The library is not this program's any more; nothing more may be written."""

    def __init__(self) -> None:
        super().__init__("This library is no longer held by this program; another may have taken it over. Stopped.")


class Owner:
    """Holds a library. Made by :func:`own`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        last = max((epoch for epoch, _ in kept(path)), default=0)  # the lock may have been removed, with its epoch
        self.epoch = max(holder(path).epoch, last) + 1
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        text = json.dumps({"epoch": self.epoch, "pid": os.getpid(), "since": now}).encode()
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text)
        sync(descriptor)
        mine = os.fstat(descriptor)
        self.fence = Fence.model_construct(lock=path, device=mine.st_dev, inode=mine.st_ino, epoch=self.epoch)
        """By which others, the workers, can check the same."""

    def check(self) -> None:
        """Raise :class:`OwnershipLostError` where the library has gone to somebody else, or its lock is gone.

        Raises ``OSError`` where that cannot be found out.
        """
        check(self.fence)

    def release(self) -> None:
        """Give the library free. The file stays: removing it would let two in."""
        os.close(self._descriptor)


def check(fence: Fence) -> None:
    """Raise :class:`OwnershipLostError` where the lock is gone or another's, ``OSError`` where that cannot be seen."""
    try:
        there = fence.lock.stat()
    except FileNotFoundError:
        raise OwnershipLostError from None
    same = (there.st_dev, there.st_ino) == (fence.device, fence.inode)
    if not same or holder(fence.lock).epoch != fence.epoch:
        raise OwnershipLostError


@contextlib.contextmanager
def own(folder: Path) -> Iterator[Owner]:
    """Own the library whose results go below ``folder`` until the block ends.

    Raises :class:`LibraryBusyError` where another program does, and :class:`NoLockError` where there are no locks.
    """
    try:
        owner = _claim(folder)
    except OSError as error:
        _log.warning("The library cannot be locked.", exc_info=True)
        raise NoLockError(error) from error
    try:
        yield owner
    finally:
        owner.release()


def home_of(root: Path, output: Path | None = None) -> Path:
    """The folder that an owner of the library at ``root`` holds: where the results go."""
    if output is not None:
        return output
    return root if root.is_dir() else root.parent


def lock_of(folder: Path) -> Path:
    """Where the lock of the library is whose results go below ``folder``; where it would be if there is none yet."""
    there = [path for path in (folder / STATE / LOCK, _elsewhere(folder)) if path.is_file()]
    if len(there) > 1:  # a folder that could be written once and cannot be any more, or the other way round
        held = [path for path in there if not is_free(path)]
        return held[0] if held else max(there, key=lambda path: path.stat().st_mtime)
    return there[0] if there else folder / STATE / LOCK


def is_free(path: Path) -> bool:
    """True where nobody holds this lock. Whoever starts in the same instant may have to try twice."""
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN)
    except OSError:
        return True
    try:
        return take_lock(descriptor, shared=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _claim(folder: Path) -> Owner:
    path = folder / STATE / LOCK
    try:
        for place in (path.parent, path):
            if _is_foreign(place, folder=place != path):
                _log.warning("%s is not what it should be; it is kept as %s.", place, move_aside(place).name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return _lock(path)
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE or (path.exists() and not os.access(path, os.W_OK)):
            raise
    path = _elsewhere(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _lock(path)


def _is_foreign(place: Path, *, folder: bool) -> bool:
    """True where there is something else than a folder, or than a file.

    One look decides: what another program makes in the next instant must not be taken for something foreign.
    """
    try:
        mode = os.stat(place).st_mode if folder else os.lstat(place).st_mode  # noqa: PTH116 - one look
    except FileNotFoundError:
        return folder and place.is_symlink()  # it leads nowhere
    return not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode))


def _elsewhere(folder: Path) -> Path:
    """The lock of a library whose folder cannot be written: among what this user's programs keep."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
    return Path(platformdirs.user_state_path(APP)) / "locks" / name


def _lock(path: Path) -> Owner:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | PLAIN, 0o644)
        with contextlib.ExitStack() as unless_held:
            unless_held.callback(os.close, descriptor)
            if not _locked_in_time(descriptor):
                raise LibraryBusyError(holder(path))
            if _is_at(descriptor, path):  # else it was removed between opening and locking
                owner = Owner(path, descriptor)
                unless_held.pop_all()
                return owner


def _locked_in_time(descriptor: int) -> bool:
    """A moment of patience: somebody may just be looking whether it is free."""
    for _ in range(PATIENCE):
        if take_lock(descriptor):
            return True
        time.sleep(LOOK)
    return take_lock(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def holder(path: Path) -> Holder:
    """What a lock file says of its holder, or of the last one; as far as it can be used."""
    try:
        with path.open("rb") as stream:
            told = json.loads(stream.read(_LONGEST))
        since = datetime.fromisoformat(told["since"]).astimezone()
        epoch = int(told["epoch"])
        return Holder(epoch if epoch < _MOST_EPOCHS else 0, int(told["pid"]), since)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return Holder()
