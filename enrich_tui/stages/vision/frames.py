"""Looks at a video about twice a second, for as little work as that takes.

Packets are read group by group, a group being what lies between two key frames. Only the key frames are decoded at
first. Where two of them show the same, so does everything between them that lasts as long as a chapter, and the group
is not decoded at all. Otherwise it is, without the frames that no other frame depends on. A group that is longer than
a chapter (a browser's recording may have a single key frame) is decoded as it comes. At most one group is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.open import codec_of
from enrich_tui.media.probe import longest
from enrich_tui.stages.vision.changes import WIDTH, Grey, compare

INTERVAL = 0.5
"""Seconds between samples."""
_GROUP_SECONDS = 20.0
_GROUP_BYTES = 32 * 1024**2
_SAME_BLOCKS = 0.015
_SAME_HISTOGRAM = 0.03
_LUMA_FIRST = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "nv21", "gray", "yuva420p"}
)
"""Formats whose first plane is the brightness, one byte a pixel."""


class Sample(NamedTuple):
    """One look at the video."""

    time: float
    """Seconds from the start of the video."""
    grey: Grey
    step: float
    """Largest change from one decoded frame to the next since the previous sample, in grey levels."""
    step_time: float
    """When the frame after that change is shown."""
    calm: float
    """Mean of the other changes since the previous sample, in grey levels."""
    frame: VideoFrame


class Health:
    """What was met while a video was read."""

    def __init__(self) -> None:
        self.packets = 0
        """Packets of the picture."""
        self.lost = 0
        """Those of them that could not be decoded."""
        self.end = 0.0
        """Seconds up to which there was picture or sound."""

    @property
    def lost_percent(self) -> float:
        """Share of the packets that could not be decoded, 0 to 100."""
        return min(100.0, 100.0 * self.lost / max(1, self.packets))


def grey(frame: VideoFrame) -> Grey:
    """A frame as a small grey picture of :data:`WIDTH` columns."""
    height = min(4 * WIDTH, max(16, round(frame.height * WIDTH / frame.width)))
    small = frame.reformat(width=WIDTH, height=height, format="gray", interpolation="BILINEAR")
    picture: Grey = small.to_ndarray().astype(np.uint8, copy=False)
    return picture


def _points(frame: VideoFrame) -> NDArray[np.int16]:
    """A coarse grid of the frame's brightness: next to nothing to make, enough to tell which frame brought a change."""
    if frame.format.name not in _LUMA_FIRST:
        return grey(frame)[::3, ::3].astype(np.int16)
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * frame.height].reshape(frame.height, -1)
    across, down = max(1, frame.width // 120), max(1, frame.height // 68)
    points: NDArray[np.int16] = rows[down // 2 :: down, across // 2 : frame.width : across].astype(np.int16)
    return points


class Reader:
    """Reads the samples of one video stream, once."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        *,
        threads: int = 1,
        skip_within: float = _GROUP_SECONDS,
        on_packet: Callable[[float, Packet[Any]], None] = lambda _seconds, _packet: None,
    ) -> None:
        """``skip_within``: longest group in seconds that may go undecoded; ``on_packet`` is told where reading is."""
        self.health = Health()
        self._container = container
        self._stream = stream
        self._codec = stream.codec_context
        self._codec.thread_count = threads
        self._codec.thread_type = "AUTO" if threads > 1 else "NONE"
        self._codec.skip_frame = "NONREF"
        self._limit = min(skip_within, _GROUP_SECONDS)
        self._longest = longest(container)
        self._on_packet = on_packet
        self._rate = float(stream.average_rate or 25)
        self._tick = float(stream.time_base or 1 / 1000)
        # what players call the beginning: with sound that starts first, the picture does not start at 0
        begin: int | None = container.start_time
        self._start = begin / av.time_base if begin is not None else None
        self._before: NDArray[np.int16] | None = None
        self._steps: list[tuple[float, float]] = []
        self._next = 0.0
        self._last = -1.0

    def samples(self) -> Iterator[Sample]:
        """Every look at the video, in order. Raises :class:`StageError` where nothing at all can be decoded."""
        group: list[Packet[VideoStream]] = []
        size = 0
        first: Grey | None = None
        streaming = False
        for packet in self._packets():
            if packet.is_keyframe and (not group or self._seconds(group[0], packet) >= INTERVAL):
                if streaming:
                    yield from self._looks(self._drained())
                shown = self._single(packet)
                yield from self._finish(group, first, shown)
                group, size, streaming, first = [packet], packet.size, False, shown
            elif streaming:
                yield from self._looks(self._decode(packet))
            else:
                group.append(packet)
                size += packet.size
                if size > _GROUP_BYTES or self._seconds(group[0], packet) > self._limit:
                    for held in group:
                        yield from self._looks(self._decode(held))
                    group, size, streaming, first = [], 0, True, None
        yield from self._finish(group, None, None)
        yield from self._looks(self._drained())
        if self._last < 0:
            if self.health.lost:
                raise StageError(Problem.DAMAGED)
            raise StageError(Problem.NO_SAMPLES)

    def _finish(self, group: list[Packet[VideoStream]], first: Grey | None, last: Grey | None) -> Iterator[Sample]:
        """Bring a group to its end: decode it, or only show its key frame where nothing happened in it."""
        if first is not None and last is not None and first.shape == last.shape:
            change = compare(first, last)
            if change.blocks < _SAME_BLOCKS and change.histogram < _SAME_HISTOGRAM:
                yield from self._looks(self._alone(group[0]))
                return
        for packet in group:
            yield from self._looks(self._decode(packet))
        if group:
            yield from self._looks(self._drained())

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """The packets of the picture; those of the sound only tell how long the recording goes on."""
        packets = self._container.demux(self._stream, *self._container.streams.audio)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.EOFError):
                return
            except av.error.FFmpegError:
                self.health.packets += 1
                self.health.lost += 1
                return
            if not packet.size:
                continue
            end = self._end_of(packet)
            if end is not None and end <= self._longest:
                self.health.end = max(self.health.end, end)
            self._on_packet(self.health.end, packet)
            if packet.stream_index == self._stream.index:
                self.health.packets += 1
                yield cast("Packet[VideoStream]", packet)

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return list(self._codec.decode(packet))
        except (av.error.EOFError, av.error.BlockingIOError):
            return []
        except (av.error.DecoderNotFoundError, av.error.PatchWelcomeError) as error:
            raise StageError(Problem.CODEC, facts={"codec": codec_of(self._stream)}, detail=str(error)) from error
        except av.error.FFmpegError:
            self.health.lost += 1
            return []

    def _drained(self) -> list[VideoFrame]:
        """The frames that the decoder still holds; it can be fed again afterwards, from a key frame on."""
        frames = self._decode(None)
        self._codec.flush_buffers()
        return frames

    def _alone(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        return self._decode(packet) + self._drained()

    def _single(self, packet: Packet[VideoStream]) -> Grey | None:
        """What a key frame shows. It is decoded once more with its group, so it is not counted as lost here."""
        lost = self.health.lost
        frames = self._alone(packet)
        self.health.lost = lost
        return grey(frames[0]) if frames and not frames[0].is_corrupt else None

    def _looks(self, frames: list[VideoFrame]) -> Iterator[Sample]:
        for frame in frames:
            if frame.is_corrupt:
                self.health.lost += 1
                continue
            time = self._time(frame)
            if time <= self._last:
                continue
            self._last = time
            points = _points(frame)
            if self._before is not None and self._before.shape == points.shape:
                self._steps.append((float(np.abs(points - self._before).mean()), time))
            self._before = points
            if time >= self._next:
                yield self._sample(frame, time)

    def _sample(self, frame: VideoFrame, time: float) -> Sample:
        self._next = time + INTERVAL - 0.5 / self._rate
        step, at = max(self._steps, default=(0.0, time))
        others = len(self._steps) - 1
        calm = (sum(size for size, _ in self._steps) - step) / others if others > 0 else 0.0
        self._steps = []
        return Sample(time, grey(frame), step, at, calm, frame)

    def _time(self, frame: VideoFrame) -> float:
        """Seconds of a frame since the beginning; a frame without a time follows the one before it."""
        if frame.pts is None:
            return self._last + 1 / self._rate if self._last >= 0 else 0.0
        time = frame.pts * self._tick
        if self._start is None:
            self._start = time
        return max(0.0, time - self._start)

    def _end_of(self, packet: Packet[Any]) -> float | None:
        """Seconds until which a packet lasts."""
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None or packet.time_base is None:
            return None
        return float((time + (packet.duration or 0)) * packet.time_base) - (self._start or 0.0)

    def _seconds(self, one: Packet[VideoStream], two: Packet[VideoStream]) -> float:
        """Seconds from one packet of the picture to another."""
        begin = one.pts if one.pts is not None else one.dts
        end = two.pts if two.pts is not None else two.dts
        return (end - begin) * self._tick if begin is not None and end is not None else 0.0
