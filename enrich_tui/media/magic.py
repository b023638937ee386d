"""What a file is by its first bytes. Its name is never asked: a name can say anything."""

from __future__ import annotations

from typing import Literal

HEAD = 4096
"""How many bytes of the beginning are looked at."""

Container = Literal[
    "mov", "matroska", "avi", "wav", "flac", "ogg", "aac", "mp3", "aiff", "caf", "asf", "amr", "flv", "mpeg", "mpegts"
]
"""The demuxers that recordings are opened with, by FFmpeg's names."""

_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_RIFF: dict[bytes, Container] = {b"AVI ": "avi", b"AVIX": "avi", b"AMV ": "avi", b"WAVE": "wav"}
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_BEGINNINGS: tuple[tuple[bytes, Container], ...] = (
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"caff", "caf"),
    (_ASF, "asf"),
    (b"#!AMR", "amr"),
    (b"FLV\x01", "flv"),
    (b"\0\0\x01\xba", "mpeg"),
)
_PLAYLISTS = (
    b"#extm3u", b"ffconcat", b"[playlist]", b"[reference]", b"[internetshortcut]", b"v=0\n", b"v=0\r", b"rtsptext",
    b"<smil", b"<asx", b"<mpd",
)  # fmt: skip


def id3_size(head: bytes) -> int:
    """Bytes that ID3 tags take at the beginning of ``head`` (they may reach beyond it); 0 without one."""
    at = 0
    while head[at : at + 3] == b"ID3" and len(head) >= at + 10:
        a, b, c, d = head[at + 6 : at + 10]
        footer = 10 if head[at + 5] & 0x10 else 0
        at += 10 + footer + ((a & 0x7F) << 21 | (b & 0x7F) << 14 | (c & 0x7F) << 7 | d & 0x7F)
    return at


def container_of(head: bytes) -> Container | None:
    """Which container begins with these bytes (behind any ID3 tag); None for everything that is not accepted."""
    if head[4:8] in _BOXES:
        return "mov"
    if head[:4] in {b"RIFF", b"RF64", b"BW64"}:
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM":
        return "aiff" if head[8:12] in {b"AIFF", b"AIFC"} else None
    for beginning, container in _BEGINNINGS:
        if head.startswith(beginning):
            return container
    if _is_transport(head):
        return "mpegts"
    return _frames_of(head.lstrip(b"\0")[:4])


def _is_transport(head: bytes) -> bool:
    """MPEG transport stream: packets of 188 bytes, on cameras behind four bytes of time each."""
    return any(head[before :: before + 188][:4] == b"\x47" * 4 for before in (0, 4))


def _frames_of(head: bytes) -> Container | None:
    """Bare MPEG audio: eleven set bits, the version, the layer. Layer 1 would also be the mark of UTF-16 text."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    layer, bitrate, rate = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return "mp3" if head[1] & 0xE0 == 0xE0 and layer in {1, 2} and bitrate != 15 and rate != 3 else None


def is_playlist(head: bytes) -> bool:
    """True for text that names other files or addresses: playlists, manifests, session descriptions."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith(_PLAYLISTS) or (text.startswith(b"<?xml") and any(mark in text for mark in _PLAYLISTS[-3:]))
