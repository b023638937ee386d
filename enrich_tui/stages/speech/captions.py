"""Reads captions that lie beside a recording: WebVTT and SubRip, as other programs write them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from enrich_tui.media.open import open_regular
from enrich_tui.text import clean

LIMIT = 32 * 1024**2
"""Largest file that is read, in bytes; a day of talk is a tenth of it."""

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s+-->\s+{_TIME}(?:\s.*)?$")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^{}]{0,80}\}")
_ROLLING = 0.1
_LONGEST = 30 * 24 * 3600


class Caption(NamedTuple):
    """One caption; times are seconds."""

    start: float
    end: float
    text: str


def choose(captions: Sequence[Path], recordings: Sequence[Path], language: str | None) -> Path | None:
    """The captions to take over: those in ``language``, those named like a recording, then the first."""
    stems = {path.stem.casefold() for path in recordings}

    def rank(path: Path) -> tuple[bool, bool]:
        stem, _, code = path.stem.casefold().rpartition(".")
        return (
            not (language is not None and code == language),
            path.stem.casefold() not in stems and stem not in stems,
        )

    return min(captions, key=rank, default=None)


def language_of(path: Path) -> str | None:
    """The language code in a name like ``talk.es.vtt``."""
    code = path.stem.casefold().rpartition(".")[2] if "." in path.stem else ""
    return code if re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,4})?", code) else None


def read_captions(path: Path) -> tuple[Caption, ...]:
    """The captions of a file in the order of time; empty where there are none.

    Raises :class:`enrich_tui.errors.problems.StageError` as :func:`enrich_tui.media.open.open_regular` does.
    """
    with open_regular(path) as file:
        data = b"".join(iter(lambda: file.read(1024**2), b"")) if path.stat().st_size <= LIMIT else b""
    return parse_captions(_decoded(data))


def parse_captions(text: str) -> tuple[Caption, ...]:
    """The captions in a text; what cannot be read is left out."""
    found = sorted(_cues(text.replace("\r\n", "\n").replace("\r", "\n")), key=lambda caption: caption.start)
    return tuple(_without_repeats(found))


def _cues(text: str) -> Iterator[Caption]:
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        at = next((index for index, line in enumerate(lines[:3]) if "-->" in line), None)
        times = _TIMES.match(lines[at]) if at is not None else None
        if at is None or times is None:
            continue
        start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        body = clean(html.unescape(_TAG.sub("", " ".join(lines[at + 1 :]))))
        body = " ".join(body.split())
        if body and start <= end <= _LONGEST:
            yield Caption(start, end, body)


def _without_repeats(captions: Sequence[Caption]) -> Iterator[Caption]:
    """Rolling captions say each line twice: once below, once above. What was just said is not said again."""
    said, ended = "", -1.0
    for caption in captions:
        text = caption.text
        rolls = said and caption.start - ended < _ROLLING and (text == said or text.startswith(said + " "))
        if rolls:
            text = text[len(said) :].strip()
        said, ended = text or said, caption.end
        if text:
            yield caption._replace(text=text)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, rest = parts
    fraction = int((rest or "0").ljust(3, "0")) / 1000
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + fraction


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return data.decode("utf-32", "replace")
    if data[1:2] == b"\0" or data[:1] == b"\0":  # of a number or a letter; without its mark
        return data.decode("utf-16-le" if data[:1] != b"\0" else "utf-16-be", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
