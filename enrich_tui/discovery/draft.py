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

    @property
    def files(self) -> list[Path]:
        """Everything that the session reads."""
        return [*self.video, *self.audio, *self.screenshots, *self.notes, *self.captions]

    def session(self, ident: str, output: Path, size: int) -> Session:
        """The finished session, of so many bytes; outside text is cleaned here, once."""
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
            size=size,
        )
