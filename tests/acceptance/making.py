"""Small recordings and folders to try things on."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

from PIL import Image

CAPTIONS = """WEBVTT

00:00.000 --> 00:04.000
We looked at the budget of the harbour project: it costs 3,000 dollars more.

00:04.000 --> 00:08.000
We decided to pay the second invoice on Friday.
"""


def tone(path: Path, seconds: float = 1.0) -> Path:
    """A tone of 440 Hz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(8000 * math.sin(2 * math.pi * 440 * at / 8000)) for at in range(round(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


def review(folder: Path, notes: str = "We decided to ship on Friday.\n") -> Path:
    """A session of a screenshot and notes."""
    folder.mkdir(parents=True)
    Image.new("RGB", (160, 100), "teal").save(folder / "shot.png")
    (folder / "notes.md").write_text(notes, encoding="utf-8")
    return folder


def captioned(folder: Path, captions: str = CAPTIONS) -> Path:
    """A session of a recording with captions beside it."""
    tone(folder / f"{folder.name}.wav", 8)
    (folder / f"{folder.name}.vtt").write_text(captions, encoding="utf-8")
    return folder


def noise(path: Path) -> Path:
    """A container that begins like one and is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\x93\x1c\x07\xf2" * 999)
    return path
