"""What a recording is, without decoding it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from enrich_tui.media.open import codec_of, is_cover, open_media

LONGEST = 30 * 24 * 3600.0
"""A recording that says it is longer than this, in seconds, is not believed."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """One sound track."""

    codec: str
    channels: int
    rate: int
    """Samples per second."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """One moving picture."""

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
            audio=tuple(
                AudioInfo(codec_of(stream), stream.channels, stream.sample_rate) for stream in container.streams.audio
            ),
            video=tuple(
                VideoInfo(
                    codec_of(stream),
                    stream.width,
                    stream.height,
                    float(stream.average_rate) if stream.average_rate else None,
                    stream.frames or None,
                )
                for stream in container.streams.video
                if not is_cover(stream)
            ),
            size=container.size,
        )


def announced(container: InputContainer, stream: Stream | None = None) -> float | None:
    """Seconds that the container, or one of its streams, says there are; None where it says nothing credible."""
    if stream is not None:
        length, tick = stream.duration, stream.time_base
        seconds = float(length * tick) if length is not None and tick is not None else 0.0
    else:
        seconds = (container.duration or 0) / av.time_base
    return seconds if math.isfinite(seconds) and 0 < seconds <= LONGEST else None
