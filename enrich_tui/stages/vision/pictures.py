"""Small pictures of chapters, as JPEG."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from av.video.frame import VideoFrame
from PIL import Image

from enrich_tui.store.outputs import remove

FOLDER = "thumbnails"
MAX_SIDE = 2560
"""Longest side of a picture from which text is read, in pixels; a larger one is made smaller."""
_QUALITY = 82
_LEGIBLE = 90
_NAME = re.compile(r"\d{3,}\.jpg")
_SHAPE = 4.0
"""Widest shape; what is wider or higher than this is cut to it, so that no picture is huge."""


def name(index: int) -> str:
    """Where the picture of a chapter (from 1) lies, relative to the session's output folder."""
    return f"{FOLDER}/{index:03d}.jpg"


def jpeg(image: Image.Image, width: int) -> bytes:
    """An image as JPEG of at most ``width`` columns; never made larger than it is."""
    columns = min(width, image.width)
    small = image.convert("RGB")
    small.thumbnail((columns, round(columns * _SHAPE)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()


def screen(frame: VideoFrame) -> bytes:
    """A frame of a video, upright, in grey and in full size as far as text is read from it, as JPEG."""
    shrink = min(1.0, MAX_SIDE / max(frame.width, frame.height))
    size = (max(2, round(frame.width * shrink)), max(2, round(frame.height * shrink)))
    grey = frame.reformat(width=size[0], height=size[1], format="gray", interpolation="AREA")
    image = Image.fromarray(grey.to_ndarray())
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_LEGIBLE)
    return stream.getvalue()


def of_frame(frame: VideoFrame, width: int, pixel_shape: float = 1.0) -> bytes:
    """A frame of a video as JPEG, upright. ``pixel_shape``: width of a pixel by its height."""
    columns = frame.width * pixel_shape
    shrink = min(1.0, 2 * width / columns)
    size = (max(2, round(columns * shrink)), max(2, round(frame.height * shrink)))
    small = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA")
    image = Image.fromarray(small.to_ndarray())
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    return jpeg(image, width)


def sweep(output: Path, kept: int) -> None:
    """Remove the pictures of an earlier run beyond the ``kept`` first chapters."""
    wanted = {Path(name(index)).name for index in range(1, kept + 1)}
    with contextlib.suppress(OSError):
        for picture in (output / FOLDER).iterdir():
            if _NAME.fullmatch(picture.name) and picture.name not in wanted:
                remove(picture)
