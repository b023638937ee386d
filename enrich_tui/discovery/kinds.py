"""Which file names stand for what."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

VIDEO = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"})
AUDIO = frozenset({".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".opus"})
MEDIA = VIDEO | AUDIO
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
CAPTIONS = frozenset({".vtt", ".srt"})
NOTES = frozenset({".md", ".txt"})
MANIFESTS = ("session.toml", "session.json")

RESULTS_FOLDER = "enriched"
RESULTS_SUFFIX = ".enriched"

PARTIAL = (".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp")
"""Endings of what is still on its way here: it gets its own name when it is whole."""

_DIGITS = re.compile(r"(\d+)")
_DATE = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)(?:[ _T.-]+(?:at )?(\d\d)[.:h-]?(\d\d)(?:[.:m-]?(\d\d))?)?")


def suffix(path: Path) -> str:
    """The file's ending, lower case, with its dot."""
    return path.suffix.lower()


def is_ignored(name: str) -> bool:
    """True for names of what discovery does not look at: hidden things, results, and unfinished downloads."""
    return name.startswith(".") or name == RESULTS_FOLDER or name.lower().endswith((RESULTS_SUFFIX, *PARTIAL))


def date_in_name(name: str) -> datetime | None:
    """The date, and the time if there is one, that recorders put into file names; None where there is none."""
    found = _DATE.search(name)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second).astimezone()
    except (ValueError, OverflowError):
        return None


def natural_key(name: str) -> list[str | int]:
    """Sorts ``part 10`` after ``part 9``: text and numbers take turns, so that like is compared with like."""
    key: list[str | int] = [*_DIGITS.split(name.casefold())]
    key[1::2] = map(int, key[1::2])
    return key
