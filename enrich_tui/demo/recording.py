"""Makes small recordings: pictures and speech become a file of the wanted kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import av
import av.audio
import av.video
import numpy as np

from enrich_tui.demo import scenes

FPS = 5
_RATE = 48000


@dataclass(frozen=True)
class Scene:
    """A window that is shown for so many seconds while its lines are typed."""

    window: scenes.Window
    lines: Sequence[str]
    seconds: float


def speech_path(name: str) -> Path:
    """One of the spoken texts that the package brings."""
    return Path(str(files("enrich_tui.demo") / "speech" / f"{name}.opus"))


def _frames(parts: Sequence[Scene]) -> Iterator[av.VideoFrame]:
    number = 0
    for part in parts:
        count = round(part.seconds * FPS)
        length = sum(len(line) for line in part.lines)
        for step in range(count):
            shown = length // 3 + round(length * step / count)
            frame = av.VideoFrame.from_ndarray(np.asarray(scenes.draw(part.window, part.lines, shown)), format="rgb24")
            frame.pts = number
            frame.time_base = Fraction(1, FPS)
            number += 1
            yield frame


def _add_picture(container: av.container.OutputContainer, codec: str) -> av.VideoStream:
    options = {"preset": "veryfast", "crf": "30"} if codec == "libx264" else {"deadline": "realtime", "cpu-used": "8"}
    stream = container.add_stream(codec, rate=FPS, options=options)
    if not isinstance(stream, av.VideoStream):
        raise TypeError(codec)
    stream.width, stream.height = scenes.SIZE
    stream.pix_fmt = "yuv420p"
    return stream


def _encode_sound(container: av.container.OutputContainer, stream: av.AudioStream, source: Path) -> None:
    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=_RATE, frame_size=stream.frame_size or 1024)
    with av.open(str(source)) as spoken:
        for decoded in [*spoken.decode(audio=0), None]:
            for frame in resampler.resample(decoded):
                frame.pts = None
                container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _add_sound(container: av.container.OutputContainer, codec: str) -> av.AudioStream:
    stream = container.add_stream(codec, rate=_RATE, layout="mono")
    if not isinstance(stream, av.AudioStream):
        raise TypeError(codec)
    return stream


def make_recording(path: Path, parts: Sequence[Scene] = (), speech: str | None = None) -> None:
    """Write a recording of these scenes, with this speech over it; the file's ending says which kind."""
    webm = path.suffix == ".webm"
    with av.open(str(path), "w") as container:
        picture = _add_picture(container, "libvpx" if webm else "libx264") if parts else None
        sound = _add_sound(container, "libopus" if webm else "aac") if speech else None
        if picture is not None:
            for frame in _frames(parts):
                container.mux(picture.encode(frame))
            container.mux(picture.encode(None))
        if sound is not None and speech is not None:
            _encode_sound(container, sound, speech_path(speech))
