"""Small made videos: each scene is another still picture, with a little pointer that moves over it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE = (320, 180)
RATE = 10
CONTAINERS = {"flv": {"max_interleave_delta": "0"}, "mpegts": {"max_delay": "700000"}}
"""What FFmpeg's own program sets for these."""


def page(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A still picture that another seed makes look quite different."""
    rng = random.Random(seed)
    image = Image.new("RGB", size, (230, 230, 235) if seed % 2 else (24, 26, 34))
    canvas = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        canvas.rectangle((x, y, x + rng.randrange(20, 90), y + rng.randrange(10, 50)), colour)
    return image


def scenes(lengths: Sequence[float], rate: int = RATE, size: tuple[int, int] = SIZE) -> list[NDArray[np.uint8]]:
    """The frames of still scenes, one after the other."""
    frames = []
    for seed, seconds in enumerate(lengths):
        still = page(seed, size)
        for number in range(round(seconds * rate)):
            image = still.copy()
            ImageDraw.Draw(image).ellipse((number % 50 * 4, 60, number % 50 * 4 + 6, 66), (250, 40, 40))
            frames.append(np.asarray(image))
    return frames


def write(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    audio: str | None = None,
    rate: int = RATE,
    options: dict[str, str] | None = None,
    form: str | None = None,
    live: bool = False,
) -> Path:
    """Encode frames, with a tone beside them where ``audio`` names a codec; ``live``: no length, as browsers do."""
    if options is None:
        options = {"preset": "ultrafast"} if codec == "libx264" else {}
        if codec.startswith("libvpx"):
            options = {"deadline": "realtime", "cpu-used": "8"}
    container_options = {"live": "1"} if live else CONTAINERS.get(form or "")
    with av.open(str(path), "w", format=form, container_options=container_options) as container:
        picture = container.add_stream(codec, rate=Fraction(rate), options=options)
        assert isinstance(picture, VideoStream)
        picture.height, picture.width = frames[0].shape[:2]
        picture.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        sound = container.add_stream(audio, rate=48000, layout="mono") if audio else None
        if isinstance(sound, AudioStream):
            sound.bit_rate = 64_000
        for frame in frames:
            for packet in picture.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in picture.encode():
            container.mux(packet)
        if isinstance(sound, AudioStream):
            tone = (np.sin(np.arange(48000 * len(frames) // rate) / 20) * 3000).astype(np.int16)
            for start in range(0, len(tone), 9600):
                piece = av.AudioFrame.from_ndarray(tone[None, start : start + 9600], format="s16", layout="mono")
                piece.sample_rate = 48000
                piece.pts = start
                for audio_packet in sound.encode(piece):
                    container.mux(audio_packet)
            for audio_packet in sound.encode():
                container.mux(audio_packet)
    return path
