"""The text of a session's screens, as far as it is to be read and can be."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from enrich_tui.model import StageTask
from enrich_tui.stages import Report
from enrich_tui.stages.ocr.engine import TextEngine, chosen, load
from enrich_tui.stages.ocr.reading import Picture, ScreenReader, Text
from enrich_tui.stages.vision import screenshots

_log = logging.getLogger(__name__)


def engine_of(task: StageTask) -> TextEngine | None:
    """The engine that reads for this task, if one is to; the log says why where it cannot be had."""
    try:
        return load(task.config.video, task.threads)
    except Exception:  # noqa: BLE001 - engines raise almost anything where they are half installed
        _log.exception("The text on screen is not read: %s cannot be used.", chosen(task.config.video))
        return None


def read(
    engine: TextEngine | None, groups: Sequence[Sequence[Picture]], report: Report, start: float, end: float
) -> list[Text]:
    """The text of each group of pictures. ``start``, ``end``: the shares of the stage before and after it."""
    if engine is None:
        return [()] * len(groups)

    def told(done: float) -> None:
        report(start + (end - start) * done, "reading the screen")

    return ScreenReader(engine).read(groups, told)


def of_jpeg(data: bytes) -> Picture:
    """A picture that was kept in memory."""
    return partial(_decoded, data)


def of_file(path: Path) -> Picture:
    """A screenshot."""
    return partial(screenshots.load, path)


def _decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))
