"""Sound as samples: one channel, one rate, a second or so at a time, whatever state the recording is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.magic import HEAD, id3_size
from enrich_tui.media.open import audio_streams, codec_of, media_error, open_media, open_regular
from enrich_tui.media.probe import announced
from enrich_tui.model import Notice

Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second that speech engines want."""
_GUESSED = frozenset({"aac", "amr"})
"""Containers without a length, by FFmpeg's names."""
_WHOLE_ONLY = ("matroska", "asf", "flv", "mpeg")
"""Containers that know the length of the whole, and not that of each track."""
_GAP = 0.25
_LONGEST_GAP = 600.0
_TRUNCATED_SECONDS = 1.0
_TRUNCATED_SHARE = 0.02
_FEW_LOST = 0.1


class Decoding:
    """One sound track while it is decoded. Iterate over it once, for float32 samples between -1 and 1.

    Damaged packets are skipped and counted. Times stay true: where the recording has a hole, there is silence. Memory
    stays the same however long the recording is. Iterating raises :class:`StageError` as
    :func:`enrich_tui.media.open.open_media` does, and ``NO_STREAM`` (facts: what=sound), ``NO_SAMPLES``, ``ENCRYPTED``.
    """

    def __init__(self, path: Path, *, rate: int, report: Callable[[float], None], track: int) -> None:
        self.announced: float | None = None
        """Seconds that the recording says there are."""
        self.packets = 0
        self.lost = 0
        """Packets that could not be decoded."""
        self._last_lost = False
        self.fraction = 0.0
        """How much of the recording is decoded, 0 to 1."""
        self._path = path
        self._rate = rate
        self._report = report
        self._track = track
        self._written = 0
        self._origin: float | None = None
        self._resampler = self._new_resampler()

    @property
    def seconds(self) -> float:
        """Seconds of sound so far."""
        return self._written / self._rate

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a person should know about the recording's state; complete after the last block."""
        found = []
        if self.announced and self.announced - self.seconds > max(
            _TRUNCATED_SECONDS, _TRUNCATED_SHARE * self.announced
        ):
            facts: dict[str, str | int | float] = {
                "read": round(self.seconds, 1),
                "announced": round(self.announced, 1),
            }
            found.append(Notice(problem=Problem.TRUNCATED, facts=facts))
        lost = self.lost - self._last_lost  # where it was cut off, or what some program hung on behind it
        percent = 100 * lost / max(1, self.packets)
        if percent >= _FEW_LOST:
            found.append(Notice(problem=Problem.DAMAGED, facts={"lost": round(percent, 1)}))
        return tuple(found)

    def __iter__(self) -> Iterator[Samples]:
        with open_media(self._path) as container:
            streams = audio_streams(container)
            if self._track >= len(streams):
                raise StageError(Problem.NO_STREAM, facts={"what": "sound"})
            stream = streams[self._track]
            self.announced = self._announced(container, stream)
            try:
                yield from self._blocks(container, stream)
            except av.error.FFmpegError as error:
                raise media_error(error) from error
        if not self._written:
            raise StageError(Problem.DAMAGED if self.lost else Problem.NO_SAMPLES)
        self._told(1.0)

    def _announced(self, container: InputContainer, stream: AudioStream) -> float | None:
        """What the recording says about its sound, unless that is only a guess from its bit rate."""
        name = container.format.name
        if name in _GUESSED or (name == "mp3" and not _counts_frames(self._path)):
            return None
        if name.startswith(_WHOLE_ONLY):
            return None if container.streams.video else announced(container)
        length = announced(container, stream)
        return length * _wave_share(self._path, container.size) if length and name == "wav" else length

    def _blocks(self, container: InputContainer, stream: AudioStream) -> Iterator[Samples]:
        """Pieces of one to two seconds (the last one less)."""
        start = (container.start_time or 0) / av.time_base
        whole = self.announced or announced(container)
        stream.codec_context.thread_count = 1
        pending: list[Samples] = []
        held = 0
        for packet in self._packets(container, stream):
            for frame in self._frames(stream, packet):
                for piece in self._pieces(frame, start):
                    pending.append(piece)
                    held += len(piece)
                    if held >= self._rate:
                        if whole:
                            self._told(self.seconds / whole)
                        elif packet is not None and packet.pos is not None and container.size > 0:
                            self._told(packet.pos / container.size)
                        yield from _in_seconds(np.concatenate(pending), self._rate)
                        pending, held = [], 0
        pending.extend(self._resampled(None))
        if pending:
            yield from _in_seconds(np.concatenate(pending), self._rate)

    def _packets(self, container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream] | None]:
        """Every packet with something in it, then None. A container that breaks off ends there."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.EOFError:
                packet = None
            except av.error.FFmpegError:
                self.packets += 1
                self.lost += 1
                packet = None
            if packet is None:
                yield None
                return
            if packet.size:
                self.packets += 1
                if self.packets == 1 and packet.has_sidedata("encryption_info"):
                    raise StageError(Problem.ENCRYPTED)
                yield packet

    def _frames(self, stream: AudioStream, packet: Packet[AudioStream] | None) -> list[AudioFrame]:
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.EOFError:
            return []
        except (av.error.DecoderNotFoundError, av.error.PatchWelcomeError) as error:
            raise StageError(Problem.CODEC, facts={"codec": codec_of(stream)}, detail=str(error)) from error
        except av.error.MemoryError as error:
            raise media_error(error) from error
        except av.error.FFmpegError:
            self.lost += 1
            self._last_lost = True
            return []
        else:
            self._last_lost = self._last_lost and packet is None
            return frames

    def _pieces(self, frame: AudioFrame, start: float) -> Iterator[Samples]:
        yield from self._hole_before(frame, start)
        try:
            yield from self._resampled(frame)
        except (ValueError, av.error.FFmpegError):  # the frame is not in the format of those before it
            self._resampler = self._new_resampler()
            try:
                yield from self._resampled(frame)
            except (ValueError, av.error.FFmpegError):
                self._resampler = self._new_resampler()
                self.lost += 1

    def _hole_before(self, frame: AudioFrame, start: float) -> Iterator[Samples]:
        """Silence where a recording was paused, or where packets are gone; none where its times make no sense."""
        if frame.time is None:
            return
        if self._origin is None:
            self._origin = start
        hole = frame.time - self._origin - self.seconds
        if hole <= _GAP:
            return
        longest = _LONGEST_GAP if self.announced is None else self.announced + _GAP - self.seconds
        if hole > longest:
            self._origin += hole
            return
        missing = int(hole * self._rate)
        while missing > 0:
            size = min(missing, self._rate)
            self._written += size
            missing -= size
            yield np.zeros(size, np.float32)

    def _resampled(self, frame: AudioFrame | None) -> Iterator[Samples]:
        if frame is not None:
            frame.pts = None
        for piece in self._resampler.resample(frame):
            samples = np.nan_to_num(piece.to_ndarray().reshape(-1).astype(np.float32, copy=False))
            self._written += len(samples)
            yield np.clip(samples, -1.0, 1.0)

    def _new_resampler(self) -> av.AudioResampler:
        return av.AudioResampler(format="flt", layout="mono", rate=self._rate)

    def _told(self, fraction: float) -> None:
        self.fraction = max(self.fraction, min(1.0, fraction))
        self._report(self.fraction)


def decode_audio(
    path: Path, *, rate: int = RATE, report: Callable[[float], None] = lambda _: None, track: int = 0
) -> Decoding:
    """Decode one sound track of a recording to one channel of ``rate`` samples per second, block by block.

    ``report`` is told the fraction that is decoded, 0 to 1, never going back.
    """
    return Decoding(path, rate=rate, report=report, track=track)


def _in_seconds(samples: Samples, rate: int) -> Iterator[Samples]:
    """Cut what is longer than two seconds: some recordings have packets of any size."""
    whole = max(1, len(samples) // rate)
    yield from np.array_split(samples, whole)


def _counts_frames(path: Path) -> bool:
    """True for an MP3 that knows how many frames it has; otherwise its length is only estimated."""
    with open_regular(path) as file:
        file.seek(id3_size(file.read(HEAD)))
        head = file.read(HEAD)
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))


def _wave_share(path: Path, size: int) -> float:
    """How many times the file's size the size in a WAVE header is; FFmpeg only tells what the file can hold."""
    with open_regular(path) as file:
        head = file.read(8)
    said = int.from_bytes(head[4:], "little") + 8
    return said / size if head[:4] == b"RIFF" and size < said < 0xFFFF_FF00 else 1.0
