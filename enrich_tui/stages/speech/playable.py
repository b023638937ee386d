"""Copies of sound recordings that browsers do not play: one channel of AAC, good enough to listen to what is said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.stream import AudioStream

from enrich_tui.errors.problems import StageError
from enrich_tui.media.decode import decode_audio
from enrich_tui.media.probe import probe
from enrich_tui.store import outputs

SHARE = 0.05
"""How much of the work of the audio stage copies are taken to be."""
_NAME = "playable"
_RATE = 32_000
_BITS = 64_000
"""A second; 29 MB an hour."""
_PLAYED = {
    "mp3": {"mp3"},
    "aac": {"aac"},
    "flac": {"flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"},
    "ogg": {"opus", "vorbis", "flac"},
    "mov": {"aac", "mp3", "opus", "flac"},
    "matroska": {"opus", "vorbis", "aac"},
}
"""What browsers play as it is, by FFmpeg's names of containers and codecs."""


def is_played(path: Path) -> bool:
    """True where browsers play a sound recording as it is, and where there is nothing in it that can be read."""
    try:
        info = probe(path)
    except StageError:
        return True
    return not info.audio or info.audio[0].codec in _PLAYED.get(info.format, ())


def names(sources: Sequence[Path]) -> tuple[str | None, ...]:
    """``playable.m4a``, ``playable-2.m4a``, ... for those of the ``sources`` that browsers do not play, else None."""
    return tuple(
        None if is_played(source) else f"{_NAME}.m4a" if number == 1 else f"{_NAME}-{number}.m4a"
        for number, source in enumerate(sources, 1)
    )


def copies(
    sources: Sequence[Path], wanted: Sequence[str | None], output: Path, report: Callable[[float], None]
) -> tuple[str | None, ...]:
    """Write copies into ``output`` by the :func:`names` that are ``wanted``.

    Returns the name for each source, None where none is wanted, or possible, or it would fill the disk; an empty tuple
    where there is none at all. What an earlier run left beyond these is removed. ``report`` is told the fraction, 0 to
    1. Raises ``OSError`` as writing does.
    """
    made: list[str | None] = []
    for number, (source, name) in enumerate(zip(sources, wanted, strict=True)):

        def told(fraction: float, done: int = number) -> None:
            report((done + fraction) / len(sources))

        made.append(name if name and _copied(source, output / name, told) else None)
    for path in output.glob(f"{_NAME}*.m4a"):
        if path.name not in made:
            with contextlib.suppress(OSError):
                outputs.remove(path)
    return tuple(made) if any(made) else ()


def _copied(source: Path, target: Path, report: Callable[[float], None]) -> bool:
    if not outputs.has_room(target.parent, source.stat().st_size):
        return False
    try:
        outputs.write_with(target, lambda file: _encode(source, file, report))
    except (StageError, av.error.FFmpegError):
        return False
    return True


def _encode(source: Path, file: BinaryIO, report: Callable[[float], None]) -> None:
    with av.open(file, "w", format="mp4") as target:
        stream = target.add_stream("aac", rate=_RATE, layout="mono")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = _BITS
        written = 0
        for block in decode_audio(source, rate=_RATE, report=report):
            frame = av.AudioFrame.from_ndarray(block[None, :], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = _RATE, written
            written += len(block)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
