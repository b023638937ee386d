"""Looks through the sessions of a library, one after the other, and says which of them tell most of what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from enrich_tui.discovery import Library
from enrich_tui.discovery.kinds import date_in_name
from enrich_tui.pipeline.adopt import Elsewhere, made_anything
from enrich_tui.pipeline.cache import seen_from
from enrich_tui.search.passages import UNTIMED, Flow, Hit, Kind, Passage, Span
from enrich_tui.search.query import Query
from enrich_tui.search.reading import UnreadableError, flows
from enrich_tui.stages.material import NOTE_SUFFIXES
from enrich_tui.store.record import RECORD, SessionRecord, load_record

_WEIGHTS = {Kind.TITLE: 8, Kind.SUMMARY: 4, Kind.CHAPTER: 4, Kind.NOTE: 2, Kind.SPEECH: 1, Kind.SCREEN: 1}
"""What a hit counts where sessions are put in order."""
_ORDER = list(Kind)
_BRIEF = {Kind.TITLE, Kind.SUMMARY}


class Place(NamedTuple):
    """Where the results of a session are, and what it is called."""

    session: str
    """Its id."""
    title: str
    folder: Path
    started: datetime | None = None
    """When it was recorded, where that is known."""


class Found(NamedTuple):
    """What was found in a session."""

    place: Place
    hits: tuple[Hit, ...]
    """The best ones, at most as many as were wanted: first what sums it up, then in the order of time."""
    total: int
    """How many there are."""
    score: int
    """Higher where the session tells more of it."""
    unreadable: tuple[str, ...]
    """Paths of results that cannot be read; they were passed over."""
    recorded: float
    """When it was recorded, or where that is not known when its recording was written, in seconds of the epoch."""


def places(library: Library, output: Path | None) -> Iterator[Place]:
    """Where the results of each session are, also of those that were renamed, moved or copied since."""
    elsewhere = Elsewhere(library.root, output, library.sessions)
    for session in library.sessions:
        folder = session.output
        if not (folder / RECORD).exists() and (there := elsewhere.find_or_none(session)):
            folder = there.folder
        yield Place(session.id, session.title, folder, session.started_at)


def search_place(place: Place, query: Query, most: int | None = None) -> Found | None:
    """Look through the results of a session; None where it has none. ``most``: hits that are kept; None: all."""
    record = load_record(place.folder)
    if record is None or not made_anything(record):
        return None
    passages: list[Passage] = []
    unreadable: list[str] = []
    for flow in (Flow(Kind.TITLE, [place.title]), *flows(place.folder, _notes(record, place.folder), query)):
        if isinstance(flow, UnreadableError):
            unreadable.append(str(flow))
        else:
            passages += flow.passages(query)
    score = sum(_WEIGHTS[passage.flow.kind] for passage in passages)
    ranked = sorted(_once(passages), key=lambda one: (one[0], one[1].span[0] or 0.0))
    hits = tuple(passage.hit for _, passage in ranked[:most])
    began, recorded = when(place, record)
    return Found(place._replace(started=began), hits, len(ranked), score, tuple(unreadable), recorded)


def when(place: Place, record: SessionRecord) -> tuple[datetime | None, float]:
    """When a session began, as far as that is known; and that, or when its recording was written, to sort by."""
    main = record.sources[0] if record.sources else None
    began = place.started or (date_in_name(main.path.name) if main else None)
    return began, began.timestamp() if began else main.mtime_ns / 1e9 if main else 0.0


def by_merit(found: Found) -> tuple[int, float]:
    """Sorts first what tells most, and of what tells as much what is newest."""
    return -found.score, -found.recorded


def _notes(record: SessionRecord, folder: Path) -> list[Path]:
    """The notes among the sources, also where they were moved together with the results."""
    notes = [entry.path for entry in record.sources if entry.path.suffix.lower() in NOTE_SUFFIXES]
    if record.output is None or record.output == folder:
        return notes
    return [folder / seen_from(path, record.output) for path in notes]


def _once(passages: Sequence[Passage]) -> Iterator[tuple[int, Passage]]:
    """The passages and their ranks, without those that say again what another says.

    Most of a summary are sentences that were said: those are told as speech, with the time of the very words, but rank
    as what they were chosen for.
    """
    points = [passage.span for passage in passages if passage.flow.kind is Kind.SUMMARY]
    speech = [passage.span for passage in passages if passage.flow.kind is Kind.SPEECH]
    timed = {passage.flow.folded for passage in passages if passage.span != UNTIMED}
    told: set[str] = set()
    for passage in passages:
        kind, span = passage.flow.kind, passage.span
        if kind in _BRIEF and span == UNTIMED:
            if passage.folded not in told and not any(passage.folded in text for text in timed):
                yield _ORDER.index(kind), passage
            told.add(passage.folded)
        elif kind is Kind.SPEECH and any(_overlap(span, point) for point in points):
            yield _ORDER.index(Kind.SUMMARY), passage
        elif kind is not Kind.SUMMARY or not any(_overlap(span, one) for one in speech):
            yield _ORDER.index(kind), passage


def _overlap(one: Span, other: Span) -> bool:
    if one[0] is None or one[1] is None or other[0] is None or other[1] is None:
        return False
    return one[0] < other[1] and one[1] > other[0]
