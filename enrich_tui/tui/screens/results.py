"""Reads what the stages left in a session's folder, for the details screen. Everything read is outside text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

import aiofiles
from pydantic import BaseModel, ValidationError
from rich.style import Style

from enrich_tui.stages.results import CHAPTERS, SUMMARY, TRANSCRIPT, Chapters, Summary, Transcript
from enrich_tui.text import clean, seconds_text
from enrich_tui.tui.widgets.reader import Paragraph
from enrich_tui.widgets.palette import Palette

_Model = TypeVar("_Model", bound=BaseModel)

LIMIT = 64 * 1024 * 1024
"""Larger files are not read, in bytes."""


_STAMP = 10
NOTHING_YET = "There is nothing yet."


async def _read(folder: str, name: str, model: type[_Model]) -> _Model | str:
    path = Path(folder) / name
    if not folder:
        return "This session has no folder for results."
    try:
        async with aiofiles.open(path, "rb") as file:
            data = await file.read(LIMIT + 1)
    except FileNotFoundError:
        return NOTHING_YET
    except OSError:
        return f"{clean(str(path))} cannot be read."
    if len(data) > LIMIT:
        return f"{clean(str(path))} is too large to be shown here."
    try:
        return await asyncio.to_thread(model.model_validate_json, data)
    except ValidationError:
        return f"{clean(str(path))} is not what it should be; run the session again with --fresh."


def _at(moment: float | None, text: str, style: Style, stamp: Style) -> Paragraph:
    """What belongs to this moment of the recording, in seconds, behind its time."""
    return Paragraph(clean(text), style, f"{seconds_text(moment):>8}", stamp, _STAMP, moment)


async def chapters(folder: str, palette: Palette) -> list[Paragraph]:
    """The chapters of the video."""
    found = await _read(folder, CHAPTERS, Chapters)
    if isinstance(found, str):
        return [Paragraph(found, palette.dim)]
    return [_at(chapter.start, chapter.title, palette.text, palette.accent) for chapter in found.chapters] or [
        Paragraph("No chapters were found.", palette.dim)
    ]


async def summary(folder: str, palette: Palette) -> list[Paragraph]:
    """The summary."""
    found = await _read(folder, SUMMARY, Summary)
    if isinstance(found, str):
        return [Paragraph(found, palette.dim)]
    method = {"extractive": "extractive: sentences as they were said", "basic": "basic", "model": "by a model"}
    lines = [
        Paragraph(clean(found.title), palette.strong),
        Paragraph(f"{method[found.method]} ({clean(found.engine, 60)})" if found.engine else "", palette.dim),
        Paragraph(),
        Paragraph(clean(found.overview, multiline=True), palette.text),
    ]
    for title, points in (("Points", found.points), ("To do", found.actions), ("Questions", found.questions)):
        if points:
            lines += [Paragraph(), Paragraph(title, palette.accent)]
            lines += [_at(point.start, point.text, palette.text, palette.dim) for point in points]
    if found.keywords:
        lines += [
            Paragraph(),
            Paragraph(clean(", ".join(found.keywords)), palette.dim, "keywords", palette.dim, _STAMP),
        ]
    return lines


async def transcript(folder: str, palette: Palette) -> list[Paragraph]:
    """What was said."""
    found = await _read(folder, TRANSCRIPT, Transcript)
    if isinstance(found, str):
        return [Paragraph(found, palette.dim)]
    return [_at(segment.start, segment.text, palette.text, palette.dim) for segment in found.segments] or [
        Paragraph("Nothing was said.", palette.dim)
    ]
