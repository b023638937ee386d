"""The video stage: chapters of a session's first video, or of its screenshots, with a picture of each."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from av.packet import Packet

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.open import open_media, video_stream
from enrich_tui.media.probe import announced
from enrich_tui.model import Notice, Stage, StageOutput, StageTask
from enrich_tui.stages import VERSIONS, Report
from enrich_tui.stages.ocr import screens
from enrich_tui.stages.ocr.headings import headings
from enrich_tui.stages.ocr.reading import Text
from enrich_tui.stages.results import Chapter, Chapters, numbered
from enrich_tui.stages.vision import formats, pictures, rewrap, screenshots
from enrich_tui.stages.vision.cuts import min_chapter
from enrich_tui.stages.vision.frames import Health, Reader
from enrich_tui.stages.vision.watch import Watcher
from enrich_tui.store import outputs

_WATCHED = 0.96
"""Share of the work that is done when the video has been watched; the rest is writing and the copy for browsers."""
_READING_FROM = 0.4
"""The same where the text on screen is read afterwards: reading takes most of the time."""
_MISSING = 2.0
"""Seconds, and percent of the length, that a recording may lack before it counts as cut off."""
_REPORTED = 0.002
"""Progress in smaller steps than this is not told."""
_UNKNOWN_BUCKET = 30.0
"""Seconds in which a few pictures are kept, where the length of the video, and so that of a chapter, is not known."""
_PLAUSIBLE_RATIO = (0.1, 10.0)


def run(task: StageTask, report: Report) -> StageOutput:
    """Make the chapters. Raises :class:`StageError`: ``NO_INPUT``, and what opening and decoding a recording raise."""
    try:
        if task.session.video:
            return _of_video(task, report)
        if task.session.screenshots:
            return _of_screenshots(task, report)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise StageError(Problem.DISK_FULL if full else Problem.IO_ERROR, detail=str(error)) from error
    raise StageError(Problem.NO_INPUT)


class _Part(NamedTuple):
    """What becomes a chapter."""

    start: float
    title: str
    picture: bytes | None
    strength: float = 0.0
    heading: str = ""
    text: Text = ()


def _of_video(task: StageTask, report: Report) -> StageOutput:
    source, output, config = task.session.video[0], task.session.output, task.config.video
    engine = screens.engine_of(task)
    watched = _WATCHED if engine is None else _READING_FROM
    with open_media(source) as container:
        stream = video_stream(container)
        length = announced(container)
        shortest = min_chapter(length or 0.0, config.min_chapter)
        reader = Reader(
            container,
            stream,
            threads=task.threads,
            skip_within=shortest,
            on_packet=_progress(report, length, container.size, watched),
        )
        ratio = float(stream.sample_aspect_ratio or 1)
        watcher = Watcher(
            config.thumbnail_width,
            ratio if _PLAUSIBLE_RATIO[0] < ratio < _PLAUSIBLE_RATIO[1] else 1.0,
            shortest / 2 if length else _UNKNOWN_BUCKET,
            legible=engine is not None,
        )
        watcher.watch(reader.samples())
        width, height = (stream.height, stream.width) if watcher.sideways else (stream.width, stream.height)
    duration, notices = _judge(reader.health, length)
    cuts = watcher.cuts(duration, min_chapter(duration, config.min_chapter))
    parts = [_Part(0.0, numbered(1), watcher.picture(None))]
    parts += [
        _Part(cut.time, numbered(number), watcher.picture(cut), cut.strength) for number, cut in enumerate(cuts, 2)
    ]
    beside = [[screens.of_file(path)] for path in task.session.screenshots]
    shown = [[screens.of_jpeg(screen) for screen in pair] for pair in watcher.screens(cuts)]
    texts = screens.read(engine, shown + beside, report, watched, _WATCHED)
    parts = _told(parts, texts[: len(parts)])
    report(_WATCHED, "writing")
    copy = rewrap.rewrap(source, output)
    chapters = Chapters(
        engine=f"screen {VERSIONS[Stage.VIDEO]}",
        video=source.name,
        duration=round(duration, 3),
        width=width,
        height=height,
        playable=copy,
        chapters=_chapters(parts, duration),
        text_engine=engine.name if engine else "",
        screenshots=tuple(_words(text) for text in texts[len(parts) :]) if engine else (),
    )
    further = len(task.session.video) - 1
    return _finish(output, chapters, parts, notices, {"further_videos": further} if further else {}, report)


def _told(parts: list[_Part], texts: list[Text]) -> list[_Part]:
    """The parts with what their screens say, and with headings for titles where there are some."""
    told = zip(parts, texts, headings(texts), strict=True)
    return [part._replace(text=text, heading=heading, title=heading or part.title) for part, text, heading in told]


def _words(text: Text) -> tuple[str, ...]:
    return tuple(line.text for line in text)


def _progress(report: Report, length: float | None, size: int, share: float) -> Callable[[float, Packet[Any]], None]:
    """Reports seconds of all seconds; bytes of all bytes, where the length is unknown."""
    done = 0.0

    def on_packet(seconds: float, packet: Packet[Any]) -> None:
        nonlocal done
        part = min(1.0, seconds / length if length else (packet.pos or 0) / max(1, size))
        if part >= done + _REPORTED:
            done = part
            report(done * share)

    return on_packet


def _judge(health: Health, length: float | None) -> tuple[float, list[Notice]]:
    """How long the video really is, in seconds, and what a person should know about how it was read."""
    notices = []
    duration = health.end
    if length is not None and length > duration:
        if length - duration > max(_MISSING, length * _MISSING / 100):
            facts = {"read": round(duration, 1), "announced": round(length, 1)}
            notices.append(Notice(problem=Problem.TRUNCATED, facts=dict(facts)))
        else:
            duration = length
    if health.lost:
        lost = max(0.1, round(health.lost_percent, 1))
        notices.append(Notice(problem=Problem.DAMAGED, facts={"lost": lost}))
    return duration, notices


def _of_screenshots(task: StageTask, report: Report) -> StageOutput:
    files = task.session.screenshots
    engine = screens.engine_of(task)
    looked = _WATCHED if engine is None else 1 - _WATCHED
    shots: list[screenshots.Shot] = []
    refused: list[StageError] = []
    for number, path in enumerate(files, 1):
        try:
            shots.append(screenshots.read(path, task.config.video.thumbnail_width))
        except StageError as error:
            refused.append(error)
        report(number / len(files) * looked)
    if not shots:
        raise refused[0]
    shots = screenshots.in_order(shots)
    starts = screenshots.times(shots)
    parts = [
        _Part(start, f"Screenshot {number}", shot.picture)
        for number, (start, shot) in enumerate(zip(starts, shots, strict=True), 1)
    ]
    texts = screens.read(engine, [[screens.of_file(shot.path)] for shot in shots], report, looked, _WATCHED)
    parts = _told(parts, texts)
    duration = starts[-1] + screenshots.LEAST
    chapters = Chapters(
        engine="screenshots",
        duration=round(duration, 3),
        width=shots[0].width,
        height=shots[0].height,
        chapters=_chapters(parts, duration),
        text_engine=engine.name if engine else "",
    )
    notices = []
    if refused:
        notices.append(Notice(problem=Problem.DAMAGED, facts={"lost": round(100 * len(refused) / len(files), 1)}))
    return _finish(task.session.output, chapters, parts, notices, {"screenshots": len(shots)}, report)


def _chapters(parts: list[_Part], duration: float) -> tuple[Chapter, ...]:
    ends = [part.start for part in parts[1:]] + [duration]
    return tuple(
        Chapter(
            index=index,
            start=round(part.start, 3),
            end=round(max(part.start, end), 3),
            title=part.title,
            thumbnail=pictures.name(index) if part.picture is not None else None,
            strength=round(float(part.strength), 3),
            heading=part.heading,
            text=_words(part.text),
        )
        for index, (part, end) in enumerate(zip(parts, ends, strict=True), 1)
    )


def _finish(
    output: Path,
    chapters: Chapters,
    parts: list[_Part],
    notices: list[Notice],
    facts: dict[str, int],
    report: Report,
) -> StageOutput:
    """Write everything; what an earlier run left goes only after the new chapters are in place."""
    for index, part in enumerate(parts, 1):
        if part.picture is not None:
            outputs.write_bytes(output / pictures.name(index), part.picture)
    files = formats.write(output, chapters)
    pictures.sweep(output, len(parts))
    rewrap.sweep(output, chapters.playable)
    report(1.0)
    if chapters.playable is not None:
        files["playable"] = chapters.playable
    return StageOutput(
        outputs=files,
        engine=chapters.engine,
        media_seconds=chapters.duration if chapters.video is not None else None,
        notices=tuple(notices),
        facts={"chapters": len(parts), "youtube": formats.youtube_accepts(chapters.chapters), **facts},
    )
