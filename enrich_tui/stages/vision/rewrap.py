"""A copy of a recording that browsers play: the same streams, untouched, in another container."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.stream import Stream

from enrich_tui.media.open import audio_streams, codec_of, open_media, video_stream
from enrich_tui.store import outputs

NAME = "playable"
PLAYED = frozenset({".mp4", ".m4v", ".webm"})
"""Suffixes of what browsers play as it is, if they know the codecs."""
_EIGHT_BITS = frozenset({"yuv420p", "yuvj420p"})
_MP4_SOUND = frozenset({"aac", "mp3", "opus"})
_WEBM_SOUND = frozenset({"opus", "vorbis"})


def container_for(video: str, pixels: str | None, audio: str | None) -> str | None:
    """``mp4`` or ``webm`` for these codecs, by FFmpeg's names; None where no browser would play them."""
    if video == "h264":
        return "mp4" if pixels in _EIGHT_BITS and (audio is None or audio in _MP4_SOUND) else None
    if video in {"vp8", "vp9", "av1"}:
        if audio is None or audio in _WEBM_SOUND:
            return "webm"
        return "mp4" if video != "vp8" and audio in _MP4_SOUND else None
    return None


def rewrap(source: Path, output: Path) -> str | None:
    """Write ``playable.mp4`` or ``.webm`` into ``output`` if browsers need it and the codecs allow it.

    Returns its name, or None where it is not needed, not possible, or would fill the disk. Needs as much room on the
    disk as the recording itself. Raises ``StageError`` as opening does, and ``OSError`` as writing does.
    """
    if source.suffix.lower() in PLAYED:
        return None
    with open_media(source) as container:
        picture = video_stream(container)
        sound = next(iter(audio_streams(container)), None) if container.streams.audio else None
        form = container_for(codec_of(picture), picture.pix_fmt, codec_of(sound) if sound is not None else None)
        # AVI tells the order of decoding only: where pictures are reordered, nobody knows when to show them
        unordered = container.format.name == "avi" and bool(picture.codec_context.has_b_frames)
        if form is None or unordered or not outputs.has_room(output, container.size):
            return None
        name = f"{NAME}.{form}"
        streams = (picture,) if sound is None else (picture, sound)
        try:
            outputs.write_with(output / name, lambda file: _copy(container, streams, file, form))
        except (av.error.FFmpegError, ValueError):
            return None
        return name


def sweep(output: Path, kept: str | None) -> None:
    """Remove the copies that an earlier run made, but for the one that is ``kept``."""
    for form in ("mp4", "webm"):
        if f"{NAME}.{form}" != kept:
            with contextlib.suppress(OSError):
                outputs.remove(output / f"{NAME}.{form}")


def _copy(container: InputContainer, streams: tuple[Stream, ...], file: BinaryIO, form: str) -> None:
    with av.open(file, "w", format=form) as target:
        into = {stream.index: target.add_stream_from_template(stream) for stream in streams}
        packets = container.demux(*streams)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                return  # the rest of the recording is missing; what there is can be played
            if not packet.size:
                continue
            if packet.pts is None:
                packet.pts = packet.dts
            if packet.pts is None:
                continue
            packet.stream = into[packet.stream_index]
            target.mux(packet)
