"""A session while it is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from enrich_tui.discovery.kinds import date_in_name
from enrich_tui.model import Session
from enrich_tui.text import clean

TITLE_LIMIT = 200
"""Longest title in characters; file systems allow 255 bytes."""


@dataclass
class Draft:
    """What a layout found out about one session."""

    source: Path
    title: str
    ident: str | None = None
    started_at: datetime | None = None
    audio: Sequence[Path] = field(default_factory=list)
    video: Sequence[Path] = field(default_factory=list)
    screenshots: Sequence[Path] = field(default_factory=list)
    notes: Sequence[Path] = field(default_factory=list)
    captions: Sequence[Path] = field(default_factory=list)

    def session(self, ident: str, output: Path) -> Session:
        """The finished session; outside text is cleaned here, once."""
        everything = [*self.audio, *self.video, *self.screenshots, *self.notes, *self.captions]
        return Session(
            id=ident,
            title=clean(self.title, TITLE_LIMIT).strip() or "untitled",
            source=self.source,
            output=output,
            audio=tuple(self.audio),
            video=tuple(self.video),
            screenshots=tuple(self.screenshots),
            notes=tuple(self.notes),
            captions=tuple(self.captions),
            started_at=self.started_at or date_in_name(self.source.name),
            size=sum(_size(path) for path in everything),
        )


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
