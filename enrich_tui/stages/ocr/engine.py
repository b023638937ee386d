"""The seam between reading a screen and what reads it; which engine is used, and what it adds to a cache key."""

from __future__ import annotations

from importlib import metadata
from typing import Protocol

from PIL import Image

from enrich_tui.config import VideoConfig
from enrich_tui.stages.ocr import tesseract
from enrich_tui.stages.ocr.lines import Line

PACKAGE = "rapidocr"


class TextEngine(Protocol):
    """Reads pictures."""

    name: str

    def read(self, picture: Image.Image) -> list[Line]:
        """The lines of text in a grey picture, from above; raises what it likes."""
        ...


def rapidocr_version() -> str | None:
    """Of the installed package; None where there is none."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def chosen(config: VideoConfig) -> str | None:
    """The engine that reads the screen; None: nothing does.

    ``auto`` is RapidOCR where it is installed. A Tesseract that happens to be there has to be asked for.
    """
    if config.ocr == "auto":
        return PACKAGE if rapidocr_version() else None
    return None if config.ocr == "off" else config.ocr


def identity(config: VideoConfig) -> str:
    """The engine and its version, as part of a cache key; empty where the screen is not read."""
    match chosen(config):
        case None:
            return ""
        case "tesseract":
            return f"tesseract {'' if tesseract.program() else 'missing'}".strip()
        case name:
            return f"{name} {rapidocr_version() or 'missing'}"


def load(config: VideoConfig, threads: int) -> TextEngine | None:
    """The chosen engine, ready to read; None where the screen is not to be read. Raises where it cannot be had."""
    match chosen(config):
        case None:
            return None
        case "tesseract":
            return tesseract.Tesseract(config.ocr_language)
        case _:
            from enrich_tui.stages.ocr.rapid import Rapid

            return Rapid(threads)
