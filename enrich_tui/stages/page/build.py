"""Draws the page: one HTML file with style, script, pictures and data inside, and a policy that forbids the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Notice, Session
from enrich_tui.stages import Report
from enrich_tui.stages.material import Material
from enrich_tui.stages.page import view
from enrich_tui.stages.page.blocks import blocks
from enrich_tui.stages.page.links import address, inside
from enrich_tui.stages.page.pictures import data_uri
from enrich_tui.stages.page.recordings import playing
from enrich_tui.stages.page.template import asset, environment, policy
from enrich_tui.stages.results import AudioReview, Chapter
from enrich_tui.stages.summarize.markdown import method_text
from enrich_tui.text import clean, length_text, seconds_text

PICTURES = 200
"""Most thumbnails, and most screenshots, that are put into the page."""
PICTURE_WIDTH = 480
SHOT_WIDTH = 720


@dataclass(slots=True)
class Page:
    """The finished page and what was noticed while it was made."""

    html: str
    notices: list[Notice] = field(default_factory=list)


def build(session: Session, material: Material, *, embed_media: bool, report: Report) -> Page:
    """Draw the page of a session from whatever there is."""
    notices: list[Notice] = []
    chapters = material.chapters.chapters if material.chapters else ()
    timed = chapters if material.chapters and material.chapters.video is not None else ()
    media = playing(session, material.chapters, material.review, embed=embed_media, notices=notices)
    report(0.15, "pictures")
    thumbnails = _thumbnails(session, chapters)
    report(0.5, "pictures")
    shots = _screenshots(session, material.chapters.screenshots if material.chapters else (), notices)
    report(0.85, "page")
    summary = material.summary
    pieces = view.chunks(material.transcript, timed) if material.transcript else []
    moments = view.moments(material.review.moments, summary) if material.review else []
    style, script = asset(__package__, "canvas.css"), asset(__package__, "canvas.js")
    html = (
        environment(__package__)
        .get_template("canvas.html.jinja")
        .render(
            policy=policy(style, script, media="data:" if media.embedded else "'self' file:"),
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            data=_json(
                {
                    "duration": round(material.duration, 2),
                    "words": {line.id: line.words for piece in pieces for line in piece.lines if line.words},
                }
            ),
            title=summary.title if summary else session.title,
            name=session.title,
            summary=summary,
            method=method_text(summary) if summary else "",
            points_shown=[p for p in summary.points if p.source != "chapter"] if summary else [],
            facts=view.facts(session, material),
            recordings=media.recordings,
            voices=media.voices,
            embedded=media.embedded,
            duration=material.duration,
            chapters=list(zip(chapters, thumbnails, strict=True)),
            timed=bool(timed),
            poster=next((picture[0] for picture in thumbnails if picture), None),
            ribbon=view.chapter_bars(timed, material.duration),
            speech=view.speech_bars(material.transcript, material.duration, 40),
            moments=moments,
            chunks=pieces,
            language=_code(material.transcript.language if material.transcript else None),
            captions=bool(material.transcript and material.transcript.origin == "captions"),
            notes=[(note.name, blocks(note.text)) for note in material.notes],
            shots=shots,
            sound=_sound(material.review) if material.review else None,
            engines=_engines(material),
        )
    )
    return Page(html, notices)


def _thumbnails(session: Session, chapters: tuple[Chapter, ...]) -> list[tuple[str, int, int] | None]:
    found: list[tuple[str, int, int] | None] = []
    for index, chapter in enumerate(chapters):
        path = inside(session.output, chapter.thumbnail) if index < PICTURES else None
        found.append(data_uri(path, PICTURE_WIDTH) if path else None)
    return found


def _screenshots(session: Session, texts: tuple[tuple[str, ...], ...], notices: list[Notice]) -> list[dict[str, Any]]:
    shots: list[dict[str, Any]] = []
    for index, path in enumerate(session.screenshots[:PICTURES]):
        picture = data_uri(path, SHOT_WIDTH)
        if picture is None:
            notices.append(Notice(problem=Problem.IO_ERROR, facts={"file": clean(path.name, 80)}))
            continue
        shots.append(
            {
                "name": clean(path.stem, 120),
                "url": address(path, session.output),
                "picture": picture,
                "text": texts[index] if index < len(texts) else (),
            }
        )
    return shots


def _sound(review: AudioReview) -> dict[str, Any]:
    """The figures of the sound, worded, and the pace as points of a line (0-1000 by 0-100)."""
    share = review.speech_seconds / review.duration if review.duration > 0 else 0.0
    figures = [("Speech", f"{share:.0%}", length_text(review.speech_seconds)), ("Words", f"{review.words:,}", "")]
    if review.words_per_minute is not None:
        figures.append(("Pace", f"{review.words_per_minute:.0f}", "words a minute"))
    if review.silences:
        longest = max(silence.end - silence.start for silence in review.silences)
        figures.append(("Pauses", str(len(review.silences)), f"longest {longest:.0f} s"))
    if review.level_dbfs is not None:
        figures.append(("Level", f"{review.level_dbfs:.0f}".replace("-", "−"), "dBFS on average"))
    if review.peak_dbfs is not None:
        figures.append(("Peak", f"{review.peak_dbfs:.1f}".replace("-", "−"), "dBFS"))
    line = ""
    top = max((pace for _, pace in review.pace), default=0.0)
    if len(review.pace) > 2 and top > 0 and review.duration > 0:
        line = " ".join(
            f"{min(1.0, at / review.duration) * 1000:.1f},{100 - 92 * pace / top:.1f}" for at, pace in review.pace
        )
    return {"figures": figures, "line": line, "top": round(top), "length": seconds_text(review.duration)}


def _engines(material: Material) -> list[str]:
    told, shown, summary = material.transcript, material.chapters, material.summary
    engines = (
        told.engine if told else "",
        shown.engine if shown else "",
        shown.text_engine if shown else "",
        summary.engine if summary else "",
    )
    return [engine for engine in engines if engine]


def _code(language: str | None) -> str:
    """A language tag that is safe to say, or nothing."""
    return language if language and language.replace("-", "").isalnum() and len(language) <= 12 else ""


def _json(value: Any) -> Markup:
    """JSON for a data block: nothing in it can end the block or begin another."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704
