"""What the page says of a session: what it is called, when it was, how long, what about, and where its canvas is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from enrich_tui.model import Stage
from enrich_tui.pipeline.adopt import made_anything
from enrich_tui.search import Place, when
from enrich_tui.search.passages import ELLIPSIS
from enrich_tui.stages.material import RESULT_LIMIT
from enrich_tui.stages.page.links import inside
from enrich_tui.stages.results import CANVAS, CHAPTERS, SUMMARY, Chapters, Summary
from enrich_tui.store.reading import read_regular
from enrich_tui.store.record import load_record

SENTENCE = 240
"""Most characters of the sentence."""

Result = TypeVar("Result", Summary, Chapters)


@dataclass(frozen=True, slots=True)
class Card:
    """A session on the page."""

    title: str
    name: str
    """What its recording or folder is called, where that is something else."""
    started: datetime | None
    recorded: float
    """When it was recorded, or its recording was written, in seconds of the epoch; to sort by."""
    seconds: float
    """Length of the recording; 0 where there is none, or it is not known."""
    sentence: str
    words: tuple[str, ...]
    """What it is found by besides: keywords and titles of chapters."""
    canvas: Path | None
    picture: Path | None
    unreadable: tuple[str, ...] = ()
    """Paths of results that cannot be read; the card is made without them."""


def card(place: Place) -> Card | None:
    """Read what the page says of a session; None where it has no results."""
    record = load_record(place.folder)
    if record is None or not made_anything(record):
        return None
    unreadable: list[str] = []
    summary = _result(place.folder / SUMMARY, Summary, unreadable)
    shown = _result(place.folder / CHAPTERS, Chapters, unreadable)
    chapters = shown.chapters if shown else ()
    title = (summary.title.strip() if summary else "") or place.title
    heard = record.stages.get(Stage.AUDIO)
    began, recorded = when(place, record)
    return Card(
        title=title,
        name=place.title if place.title != title else "",
        started=began,
        recorded=recorded,
        seconds=max(heard.media_seconds or 0.0 if heard else 0.0, shown.duration if shown and shown.video else 0.0),
        sentence=_sentence(summary) if summary else "",
        words=(*(summary.keywords if summary else ()), *(chapter.title for chapter in chapters)),
        canvas=inside(place.folder, CANVAS),
        picture=next(filter(None, (inside(place.folder, chapter.thumbnail) for chapter in chapters)), None),
        unreadable=tuple(unreadable),
    )


def _result(path: Path, model: type[Result], unreadable: list[str]) -> Result | None:
    try:
        return model.model_validate_json(read_regular(path, RESULT_LIMIT))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        unreadable.append(str(path))
        return None


def _sentence(summary: Summary) -> str:
    """What it was about: of an extractive summary its best sentence, because its overview begins with lengths."""
    said = [point for point in summary.points if point.source == "transcript"]
    best = max(said, key=lambda point: point.score).text if said and summary.method == "extractive" else ""
    text = " ".join((best or summary.overview).split())
    return text if len(text) <= SENTENCE else text[:SENTENCE].rpartition(" ")[0].rstrip(",;:") + ELLIPSIS
