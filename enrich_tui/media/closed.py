"""Whether a recording was closed by who wrote it: its container ends where the file ends.

What is being written, copied or downloaded can often be opened long before it is whole. A format that does not tell
(MP3, AAC, FLAC, MPEG, Flash, ...) counts as closed. Only a few bytes are read, whatever the size.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.magic import HEAD, Container, container_of, id3_size
from enrich_tui.media.open import open_regular

MOST = 10_000
"""Boxes or chunks that are looked at; a file with more is believed to be closed."""
TAIL = 128 * 1024
"""Bytes at the end in which the last page of an Ogg file begins; a page has 64 KB at most."""
LIVE = 0xFFFFFFFF
"""A size that was not known when it was written."""


def is_closed(path: Path) -> bool:
    """True where the container says that nothing is missing, or cannot say.

    Raises :class:`StageError` as :func:`enrich_tui.media.open.open_regular` does.
    """
    with open_regular(path) as file:
        try:
            head = file.read(HEAD)
            end = file.seek(0, 2)
            container = container_of(head[id3_size(head) :])
            check = _CHECKS.get(container) if container else None
            return check is None or check(file, end)
        except OSError as error:
            raise StageError(Problem.IO_ERROR, detail=str(error)) from error


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _boxes(file: BinaryIO, end: int) -> bool:
    """MP4 and QuickTime: the last box ends with the file, and one of them is the index."""
    place, index = 0, False
    for _ in range(MOST):
        if place == end:
            return index
        head = _at(file, place, 16)
        if len(head) < 8:
            return False
        size, kind = struct.unpack_from(">I4s", head)
        index = index or kind == b"moov"
        if size == 0:
            return index  # it goes on to the end of the file
        if size == 1:
            size = struct.unpack_from(">Q", head, 8)[0] if len(head) == 16 else 0
        if size < 8 or place + size > end:
            return False
        place += size
    return True


def _segment(file: BinaryIO, end: int) -> bool:
    """Matroska and WebM: the segment's size was filled in, and it is there as a whole."""
    place = 0
    for _ in range(MOST):
        head = _at(file, place, 12)
        mark = 8 - head[0].bit_length() if head and head[0] else 8
        if len(head) < mark + 2 or mark > 3:
            return False
        name, length = head[: mark + 1], 8 - head[mark + 1].bit_length()
        if length > 7 or len(head) < mark + 2 + length:
            return False
        bits = int.from_bytes(head[mark + 1 : mark + 2 + length]) & ((1 << 7 * (length + 1)) - 1)
        if name == b"\x18\x53\x80\x67":
            live = bits == (1 << 7 * (length + 1)) - 1
            return not live and place + mark + 2 + length + bits <= end
        place += mark + 2 + length + bits
    return False


def _chunks(file: BinaryIO, end: int) -> bool:
    """WAV and AVI: the sizes were filled in, and what they announce is there."""
    wide = _at(file, 0, 4) != b"RIFF"
    place = reached = 12
    for _ in range(MOST):
        head = _at(file, place, 8)
        if len(head) < 8:
            return 12 < reached <= end
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data" and wide and size == LIVE:
            size = _data_size(file)
        if size == LIVE or (kind == b"data" and size == 0):
            return False
        reached = place + 8 + size
        place = reached + size % 2
    return True


def _data_size(file: BinaryIO) -> int:
    """Of a WAV file of more than 4 GB, whose first chunk says it."""
    head = _at(file, 12, 32)
    return int(struct.unpack_from("<Q", head, 16)[0]) if head[:4] == b"ds64" and len(head) == 32 else LIVE


def _form(file: BinaryIO, end: int) -> bool:
    """AIFF: the size of the whole was filled in, and it is there."""
    size = int.from_bytes(_at(file, 4, 4))
    return 4 < size <= end - 8


def _pages(file: BinaryIO, end: int) -> bool:
    """Ogg: the last page is marked as the last, and it is there as a whole."""
    tail = _at(file, max(0, end - TAIL), TAIL)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or not page[5] & 4:
        return False
    lacing = page[27 : 27 + page[26]]
    return 27 + page[26] + sum(lacing) <= len(page)


_CHECKS: dict[Container, Callable[[BinaryIO, int], bool]] = {
    "mov": _boxes,
    "matroska": _segment,
    "wav": _chunks,
    "avi": _chunks,
    "ogg": _pages,
    "aiff": _form,
}
