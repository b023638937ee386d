"""Sessions with results, as a run leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enrich_tui.model import Stage, StageOutcome
from enrich_tui.stages.results import (
    CANVAS,
    CHAPTERS,
    SUBTITLES,
    SUMMARY,
    TRANSCRIPT,
    Chapter,
    Chapters,
    Point,
    Segment,
    Summary,
    Transcript,
)
from enrich_tui.stages.speech.formats import srt
from enrich_tui.store.record import RECORD, SessionRecord, StageRecord, file_record

SENTENCE = 4.0
"""Seconds that each sentence takes."""


def enriched(
    recording: Path,
    said: Sequence[str] = (),
    *,
    points: Sequence[int] = (),
    overview: str = "",
    chapters: Sequence[tuple[str, Sequence[str]]] = (),
    note: str = "",
    folder: Path | None = None,
    outcome: StageOutcome = StageOutcome.COMPLETED,
) -> Path:
    """Make a recording and its results; returns their folder.

    ``points``: which sentences the summary has; ``chapters``: of ten seconds each, titles and lines on screen.
    """
    recording.parent.mkdir(parents=True, exist_ok=True)
    recording.write_bytes(recording.name.encode())
    folder = folder or recording.with_name(recording.name + ".enriched")
    folder.mkdir(parents=True)
    times = [(at * SENTENCE, at * SENTENCE + SENTENCE - 0.1) for at in range(len(said))]
    segments = tuple(Segment(id=at, start=times[at][0], end=times[at][1], text=text) for at, text in enumerate(said))
    transcript = Transcript(duration=len(said) * SENTENCE, tracks=(recording.name,), segments=segments)
    (folder / TRANSCRIPT).write_text(transcript.model_dump_json())
    (folder / SUBTITLES).write_bytes(srt(transcript).encode())
    told = tuple(Point(text=said[at], start=times[at][0], end=times[at][1]) for at in points)
    summary = Summary(title=recording.stem, overview=overview, points=told)
    (folder / SUMMARY).write_text(summary.model_dump_json(indent=1), encoding="utf-8")
    made = tuple(
        Chapter(index=at + 1, start=at * 10.0, end=at * 10.0 + 10, title=title, text=tuple(lines))
        for at, (title, lines) in enumerate(chapters)
    )
    shown = Chapters(video=recording.name, duration=len(made) * 10.0, chapters=made)
    (folder / CHAPTERS).write_text(shown.model_dump_json(indent=2), encoding="utf-8")
    (folder / CANVAS).write_text("<!doctype html>")
    sources = [recording]
    if note:
        sources.append(recording.with_suffix(".md"))
        sources[-1].write_text(note, encoding="utf-8")
    record = SessionRecord(
        program="enrich-tui",
        id=recording.name,
        title=recording.stem,
        output=folder,
        sources=tuple(file_record(path, path) for path in sources),
        stages={Stage.AUDIO: StageRecord(key="", status=outcome)},
    )
    (folder / RECORD).write_text(record.model_dump_json())
    return folder
