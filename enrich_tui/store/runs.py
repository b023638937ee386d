"""Where the streams of the last runs of a library are kept: beside its lock, one file a run, named by its epoch."""

from __future__ import annotations

import contextlib
from pathlib import Path

KEPT = 5
"""Runs that are kept, the present one included."""

_ENDING = ".jsonl"


def folder_of(lock: Path) -> Path:
    """The folder for the runs of the library that this lock is of."""
    return lock.with_name("runs" if lock.name == "lock" else f"{lock.name}.runs")


def path_of(lock: Path, epoch: int) -> Path:
    """The stream of the run of this epoch."""
    return folder_of(lock) / f"{epoch:08}{_ENDING}"


def kept(lock: Path) -> list[tuple[int, Path]]:
    """The runs that are kept, with their epochs, oldest first; none where that cannot be found out."""
    try:
        names = [path for path in folder_of(lock).iterdir() if path.suffix == _ENDING and path.stem.isdecimal()]
    except OSError:
        return []
    return sorted((int(path.stem[:15]), path) for path in names)


def prune(lock: Path, keep: int = KEPT) -> None:
    """Remove all but the newest ``keep``, and what was left half-written; what cannot be removed stays."""
    old = [path for _, path in kept(lock)[: -keep or None]]
    for path in [*old, *folder_of(lock).glob(".*")]:
        with contextlib.suppress(OSError):
            path.unlink()
