"""Chapters for other programs: WebVTT, FFmpeg's metadata, and the lines that YouTube reads in a description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from enrich_tui.stages.results import CHAPTERS, Chapter, Chapters
from enrich_tui.store import outputs

VTT = "chapters.vtt"
FFMETA = "chapters.ffmeta"
YOUTUBE = "chapters.youtube.txt"

YOUTUBE_LEAST = 3
"""YouTube shows chapters from this many on ..."""
YOUTUBE_SECONDS = 10.0
"""... if each of them lasts this long, and the first starts at 0:00."""

_BREAKS = re.compile(r"\s+")
_META = re.compile(r"([=;#\\\n])")


def _line(title: str) -> str:
    return _BREAKS.sub(" ", title).strip()


def vtt_time(seconds: float) -> str:
    """``HH:MM:SS.mmm``; hours may have more than two digits."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def write(output: Path, chapters: Chapters) -> dict[str, str]:
    """Write the chapters in all formats; returns the files by role. Raises ``OSError``."""
    for name, text in texts(chapters).items():
        outputs.write_text(output / name, text)
    return {"chapters": CHAPTERS, "chapters_vtt": VTT, "chapters_ffmeta": FFMETA, "chapters_youtube": YOUTUBE}


def texts(chapters: Chapters) -> dict[str, str]:
    """The chapters in all formats, by the names of their files; what all others can be made from comes last."""
    return {
        VTT: vtt(chapters.chapters),
        FFMETA: ffmeta(chapters.chapters),
        YOUTUBE: youtube(chapters.chapters),
        CHAPTERS: chapters.model_dump_json(indent=2) + "\n",
    }


def vtt(chapters: Iterable[Chapter]) -> str:
    """A WebVTT file of kind ``chapters``."""
    blocks = ["WEBVTT"]
    for chapter in chapters:
        title = _line(chapter.title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        end = max(chapter.end, chapter.start + 0.001)
        blocks.append(f"{chapter.index}\n{vtt_time(chapter.start)} --> {vtt_time(end)}\n{title}")
    return "\n\n".join(blocks) + "\n"


def ffmeta(chapters: Iterable[Chapter]) -> str:
    """An FFMETADATA1 file, for ``ffmpeg -i VIDEO -i FILE -map_metadata 1 -codec copy OUT``."""
    lines = [";FFMETADATA1"]
    for chapter in chapters:
        start = round(chapter.start * 1000)
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000",
            f"START={start}",
            f"END={max(start + 1, round(chapter.end * 1000))}",
            f"title={escape_meta(chapter.title)}",
        ]
    return "\n".join(lines) + "\n"


def escape_meta(value: str) -> str:
    """A value of FFmpeg's metadata format: ``= ; # \\`` and the end of a line take a backslash."""
    return _META.sub(r"\\\1", value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))


def youtube_time(seconds: float) -> str:
    """``M:SS`` or ``H:MM:SS``, cut to whole seconds."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def youtube(chapters: Iterable[Chapter]) -> str:
    """One line a chapter, the first at 0:00."""
    lines = []
    for number, chapter in enumerate(chapters):
        start = 0.0 if number == 0 else chapter.start
        lines.append(f"{youtube_time(start)} {_line(chapter.title).replace('<', '(').replace('>', ')')}")
    return "\n".join(lines) + "\n"


def youtube_accepts(chapters: Sequence[Chapter]) -> bool:
    """True if YouTube would show these chapters."""
    return len(chapters) >= YOUTUBE_LEAST and all(
        int(chapter.end) - int(chapter.start) >= YOUTUBE_SECONDS for chapter in chapters
    )
