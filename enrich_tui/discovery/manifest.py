"""Folders that say themselves what they hold: ``session.toml`` or ``session.json``.

Every field is optional. Where none of the lists is given, all files of the folder that fit are taken. Names may only
stand for files inside the folder.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from enrich_tui.discovery import kinds
from enrich_tui.discovery.draft import TITLE_LIMIT, Draft
from enrich_tui.text import clean

SIZE_LIMIT = 1024 * 1024
"""Largest manifest in bytes."""

ID_LIMIT = 120
"""Longest id in characters."""


class ManifestError(Exception):
    """A manifest cannot be used; the text says why, in plain and clean words."""


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | None = Field(default=None, min_length=1)
    title: str | None = None
    started_at: datetime | date | None = None
    audio: list[str] = Field(default_factory=list)
    video: list[str] = Field(default_factory=list)
    screenshots: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    captions: list[str] = Field(default_factory=list)


_ENDINGS = {
    "audio": kinds.AUDIO,
    "video": kinds.VIDEO,
    "screenshots": kinds.PICTURES,
    "notes": kinds.NOTES,
    "captions": kinds.CAPTIONS,
}


def read(folder: Path, file: Path) -> Draft:
    """Read the manifest ``file`` of ``folder``. Raises :class:`ManifestError`."""
    told = _parse(file)
    named = {kind: _unique(_inside(folder, name, file.name) for name in getattr(told, kind)) for kind in _ENDINGS}
    if not any(named.values()):
        named = _everything(folder)
    if not any(named.values()):
        raise ManifestError(f"{file.name} names no files, and its folder holds none that fit.")
    return Draft(
        source=folder,
        title=told.title or folder.name,
        ident=clean(told.id, ID_LIMIT).strip() if told.id else None,
        started_at=_moment(told.started_at),
        audio=named["audio"],
        video=named["video"],
        screenshots=named["screenshots"],
        notes=named["notes"],
        captions=named["captions"],
    )


def _parse(file: Path) -> _Manifest:
    if file.is_symlink() or not file.is_file():
        raise ManifestError(f"{file.name} is not a regular file.")
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise ManifestError(f"{file.name} is larger than 1 MB.")
        text = file.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError:
        raise ManifestError(f"{file.name} cannot be read.") from None
    except UnicodeDecodeError:
        raise ManifestError(f"{file.name} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(clean(f"{file.name} is not valid TOML: {error}.", TITLE_LIMIT)) from None
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, a bare ValueError
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ManifestError(f"{file.name} is not valid {file.suffix[1:].upper()}{line}.") from None
    try:
        return _Manifest.model_validate(data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise ManifestError(clean(f"In {file.name}, '{where or 'the whole'}' is not as it should be.")) from None


def _unique(paths: Iterable[Path]) -> list[Path]:
    """Each of them once, where it comes first: a recording that is named twice is not transcribed twice."""
    return list(dict.fromkeys(paths))


def _inside(folder: Path, name: str, manifest: str) -> Path:
    shown = clean(name, 80)
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
        raise ManifestError(f"{manifest} names '{shown}', which is not inside its folder.")
    path = folder / name
    try:
        real = path.resolve(strict=True)
    except (OSError, ValueError):
        raise ManifestError(f"{manifest} names '{shown}', which is not there.") from None
    if not real.is_relative_to(folder.resolve()):
        raise ManifestError(f"{manifest} names '{shown}', which is not inside its folder.")
    if not real.is_file():
        raise ManifestError(f"{manifest} names '{shown}', which is not a file.")
    return path


def _everything(folder: Path) -> dict[str, list[Path]]:
    files = sorted(
        (
            path
            for path in folder.iterdir()
            if path.is_file() and not path.is_symlink() and not kinds.is_ignored(path.name)
        ),
        key=lambda path: kinds.natural_key(path.name),
    )
    return {kind: [path for path in files if kinds.suffix(path) in endings] for kind, endings in _ENDINGS.items()}


def _moment(told: datetime | date | None) -> datetime | None:
    if told is None:
        return None
    moment = told if isinstance(told, datetime) else datetime.combine(told, time())
    try:
        return moment if moment.tzinfo else moment.astimezone()
    except (OSError, OverflowError, ValueError):
        return None  # beyond what the system's clock knows, which on Windows begins in 1970
