"""Makes small recordings, good ones and wicked ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

SOUND = {
    **dict.fromkeys(("mp4", "m4v", "m4a", "aac"), "aac"),
    **dict.fromkeys(("mkv", "webm", "ogg", "opus"), "libopus"),
    **dict.fromkeys(("mov", "wav"), "pcm_s16le"),
    **dict.fromkeys(("avi", "mp3"), "mp3"),
    **dict.fromkeys(("aif", "caf"), "pcm_s16be"),
    **dict.fromkeys(("wma", "wmv"), "wmav2"),
    **dict.fromkeys(("3gp", "flv", "ts", "m2ts"), "aac"),
    "mpg": "mp2",
    "flac": "flac",
}
PICTURE = {
    **dict.fromkeys(("mp4", "m4v", "mov", "mkv", "3gp", "flv", "ts", "m2ts"), "h264"),
    "webm": "libvpx-vp9",
    "avi": "mpeg4",
    "wmv": "wmv2",
    "mpg": "mpeg2video",
}
_MUXERS = {
    **dict.fromkeys(("m4v", "m4a"), "mp4"),
    **dict.fromkeys(("wma", "wmv"), "asf"),
    **dict.fromkeys(("ts", "m2ts"), "mpegts"),
    "mkv": "matroska",
    "aac": "adts",
    "aif": "aiff",
    "mpg": "mpeg",
}
_OPTIONS = {"ts": {"max_delay": "700000"}, "m2ts": {"max_delay": "700000", "mpegts_m2ts_mode": "1"}}
"""What FFmpeg's own program sets for these."""
RATES = {"mpg": 25}
"""Pictures per second, where they cannot be 10."""


def tone(seconds: float, rate: int = 48_000, pitch: float = 440.0) -> NDArray[np.float32]:
    """A quiet tone."""
    return (0.25 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def make(
    path: Path,
    *,
    sound: Sequence[NDArray[np.float32]] | None = None,
    picture: bool | None = None,
    seconds: float = 2.0,
    rate: int = 48_000,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a recording in the usual formats of its file ending; ``sound``: one array a track."""
    kind = path.suffix[1:]
    tracks = [tone(seconds, rate)] if sound is None else sound
    with av.open(
        path, "w", format=_MUXERS.get(kind, kind), options=_OPTIONS.get(kind, {}) | (options or {})
    ) as container:
        video, pictures = None, RATES.get(kind, 10)
        if picture if picture is not None else kind in PICTURE:
            stream = container.add_stream(PICTURE[kind], rate=pictures, options={"threads": "1"})
            video = cast("VideoStream", stream)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        streams = [cast("AudioStream", container.add_stream(SOUND[kind], rate=rate)) for _ in tracks]
        for stream in streams:
            stream.codec_context.layout = "mono"
            stream.bit_rate = 64_000
        if video is not None:
            for number in range(int(seconds * pictures)):
                shade = np.full((48, 64, 3), number * 7 % 255, np.uint8)
                container.mux(video.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
            container.mux(video.encode(None))
        for stream, samples in zip(streams, tracks, strict=True):
            for at in range(0, len(samples), 4800):
                block = av.AudioFrame.from_ndarray(samples[None, at : at + 4800], format="fltp", layout="mono")
                block.sample_rate, block.pts = rate, at
                container.mux(stream.encode(block))
            container.mux(stream.encode(None))
    return path


def box(kind: bytes, content: bytes) -> bytes:
    """An ISO media box."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def name_other_file(path: Path, target: str) -> None:
    """Let a QuickTime file say that its samples are in another file, as a media reference by absolute path."""
    place = target.encode()
    place += b"\0" * (len(place) % 2)
    alias = bytes(10) + b"\4disk".ljust(28, b"\0") + bytes(12) + b"\4name".ljust(64, b"\0") + bytes(16)
    alias += struct.pack(">hh", 1, 1) + bytes(16)
    alias += struct.pack(">HH", 2, len(place)) + place + struct.pack(">HH", 0xFFFF, 0)
    data = path.read_bytes()
    reference = bytes(4) + struct.pack(">I", 1) + box(b"alis", bytes(4) + alias)
    path.write_bytes(_replaced(data, [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"], reference))


def _replaced(data: bytes, path: list[bytes], content: bytes) -> bytes:
    out, at = b"", 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        inside = data[at + 8 : at + size]
        if kind == path[0]:
            inside = _replaced(inside, path[1:], content) if len(path) > 1 else content
        out += box(kind, inside)
        at += size
    return out
