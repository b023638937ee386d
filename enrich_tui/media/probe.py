"""What a recording is, without decoding it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from enrich_tui.media.open import codec_of, is_cover, is_known, open_media

LONGEST = 30 * 24 * 3600.0
"""A recording that says it is longer than this, in seconds, is not believed."""
_WRAPPED = 2**32 / 90_000
"""In MPEG transport streams times begin anew after twice as many seconds; one beyond this lies before the beginning."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """One sound track; the figures are 0 where its format is unknown."""

    codec: str
    channels: int
    rate: int
    """Samples per second."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """One moving picture; width and height are 0 where its format is unknown."""

    codec: str
    width: int
    height: int
    fps: float | None
    """Frames per second on average."""
    frames: int | None
    """How many frames the container announces."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a recording says about itself."""

    format: str
    """FFmpeg's name of the container: ``mov``, ``matroska``, ``wav``, ..."""
    duration: float | None
    """Seconds; None where it is not announced, or where there is nothing in it."""
    audio: tuple[AudioInfo, ...]
    video: tuple[VideoInfo, ...]
    """Without cover pictures."""
    size: int
    """Bytes."""


def probe(path: Path) -> MediaInfo:
    """Read a recording's headers. Raises :class:`StageError` as :func:`enrich_tui.media.open.open_media` does."""
    with open_media(path) as container:
        return MediaInfo(
            format=container.format.name.split(",")[0],
            duration=announced(container),
            audio=tuple(map(_sound, container.streams.audio)),
            video=tuple(_picture(stream) for stream in container.streams.video if not is_cover(stream)),
            size=container.size,
        )


def _sound(stream: AudioStream) -> AudioInfo:
    if not is_known(stream):
        return AudioInfo(codec_of(stream), 0, 0)
    return AudioInfo(codec_of(stream), stream.channels, stream.sample_rate)


def _picture(stream: VideoStream) -> VideoInfo:
    width, height = (stream.width, stream.height) if is_known(stream) else (0, 0)
    fps = float(stream.average_rate) if stream.average_rate else None
    return VideoInfo(codec_of(stream), width, height, fps, stream.frames or None)


def announced(container: InputContainer, stream: Stream | None = None) -> float | None:
    """Seconds that the container, or one of its streams, says there are; None where it says nothing credible."""
    if stream is not None:
        length, tick = stream.duration, stream.time_base
        seconds = float(length * tick) if length is not None and tick is not None else 0.0
    else:
        seconds = (container.duration or 0) / av.time_base
    return seconds if math.isfinite(seconds) and 0 < seconds <= longest(container) else None


def longest(container: InputContainer) -> float:
    """Seconds up to which a time in this recording is believed."""
    return _WRAPPED if container.format.name == "mpegts" else LONGEST
