"""Which file names stand for what."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

VIDEO = frozenset({
    ".3g2", ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv",
    ".qt", ".ts", ".webm", ".wmv",
})  # fmt: skip
AUDIO = frozenset({
    ".aac", ".aif", ".aifc", ".aiff", ".amr", ".caf", ".flac", ".m4a", ".m4b", ".mka", ".mp3", ".oga", ".ogg", ".opus",
    ".spx", ".wav", ".wma",
})  # fmt: skip
MEDIA = VIDEO | AUDIO
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
CAPTIONS = frozenset({".vtt", ".srt"})
NOTES = frozenset({".md", ".txt"})
MANIFESTS = ("session.toml", "session.json")

RESULTS_FOLDER = "enriched"
RESULTS_SUFFIX = ".enriched"

PARTIAL = (".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp")
"""Endings of what is still on its way here: it gets its own name when it is whole."""

_OF_SYSTEMS = frozenset(
    {"$recycle.bin", "desktop.ini", "icon\r", "lost+found", "system volume information", "thumbs.db"}
)
"""What systems put into folders of their own accord, besides what they hide."""

_DIGITS = re.compile(r"(\d+)")
_DATE = re.compile(r"(20\d\d)-?(\d\d)-?(\d\d)(?:[ _T.-]+(?:at )?(\d\d)[.:h-]?(\d\d)(?:[.:m-]?(\d\d))?)?")


_PROGRAMS = frozenset({".ts", ".mts"})
"""Endings of transport streams that programs have, too."""
_PACKETS = ((0, 188), (4, 192))
"""Where the first packet of a transport stream begins, and the bytes from one to the next: plain, and on cameras."""


def suffix(path: Path) -> str:
    """The file's ending, lower case, with its dot."""
    return path.suffix.lower()


def is_media(path: Path) -> bool:
    """True for recordings, by their names; where programs have such names too, by their first bytes."""
    ending = suffix(path)
    return ending in MEDIA and (ending not in _PROGRAMS or _is_transport(path))


def _is_transport(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(sum(map(max, _PACKETS)))
    except OSError:
        return True  # so that it is said why it cannot be read
    return any(head[begin::step][:2] == b"GG" for begin, step in _PACKETS)


def is_ignored(name: str) -> bool:
    """True for names of what discovery does not look at: hidden things, results, unfinished downloads, the system's."""
    lower = name.lower()
    return (
        name.startswith(".")
        or name == RESULTS_FOLDER
        or lower.endswith((RESULTS_SUFFIX, *PARTIAL))
        or lower in _OF_SYSTEMS
    )


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
