"""A transcript as other programs and people read it: WebVTT, SubRip, and plain paragraphs with times."""

from __future__ import annotations

from collections.abc import Iterator

from enrich_tui.stages.results import Segment, Transcript
from enrich_tui.stages.wording import placed
from enrich_tui.text import seconds_text

CUE_CHARACTERS = 84
"""Two lines of 42, the usual width of captions."""
CUE_SECONDS = 7.0
_SHORTEST = 0.001
_PARAGRAPH_PAUSE = 2.0
_PARAGRAPH_CHARACTERS = 500


def stamp(seconds: float, mark: str = ".") -> str:
    """``01:02:03.045``: hours (two digits or more), minutes, seconds, milliseconds; never negative."""
    whole = max(0, round(seconds * 1000))
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{mark}{whole % 1000:03}"


def vtt(transcript: Transcript) -> str:
    """WebVTT, https://www.w3.org/TR/webvtt1/; with several tracks, each cue names its track as the voice."""
    voices = transcript.tracks if len(transcript.tracks) > 1 else ()
    parts = ["WEBVTT\n"]
    for segment in cues(transcript.segments):
        voice = f"<v {_escaped(voices[segment.track])}>" if segment.track < len(voices) else ""
        parts.append(f"{stamp(segment.start)} --> {stamp(segment.end)}\n{voice}{_escaped(segment.text)}\n")
    return "\n".join(parts)


def srt(transcript: Transcript) -> str:
    """SubRip: numbered cues with a comma before the milliseconds."""
    return "\n".join(
        f"{number}\n{stamp(segment.start, ',')} --> {stamp(segment.end, ',')}\n{_one_line(segment.text)}\n"
        for number, segment in enumerate(cues(transcript.segments), 1)
    )


def paragraphs(transcript: Transcript) -> str:
    """Running text; a new paragraph, with its time, after a pause, at another track, or when it gets long."""
    told: list[tuple[str, list[str]]] = []
    before: Segment | None = None
    length = 0
    for segment in transcript.segments:
        fresh = (
            before is None
            or segment.track != before.track
            or segment.start - before.end >= _PARAGRAPH_PAUSE
            or (length > _PARAGRAPH_CHARACTERS and before.text.rstrip().endswith((".", "!", "?", "…", "。")))
        )
        if fresh:
            who = f" {transcript.tracks[segment.track]}" if len(transcript.tracks) > 1 else ""
            told.append((f"[{seconds_text(segment.start)}]{who}", []))
            length = 0
        told[-1][1].append(_one_line(segment.text))
        length += len(segment.text)
        before = segment
    return "\n\n".join(f"{head} {' '.join(texts)}" for head, texts in told) + ("\n" if told else "")


def cues(segments: tuple[Segment, ...]) -> Iterator[Segment]:
    """Segments short enough to be read as captions: long ones are cut between words. None is empty, in text or time."""
    for segment in segments:
        for start, end, text in _cut(segment):
            if text := _one_line(text):
                yield segment.model_copy(
                    update={"start": start, "end": max(end, start + _SHORTEST), "text": text, "words": ()}
                )


def _cut(segment: Segment) -> Iterator[tuple[float, float, str]]:
    short = len(segment.text) <= CUE_CHARACTERS and segment.end - segment.start <= CUE_SECONDS
    words = [] if short else placed(segment.text, segment.words)
    if len(words) < 2:
        yield segment.start, segment.end, segment.text
        return
    first = 0
    for at in range(1, len(words)):
        begin, word = words[first], words[at]
        said = segment.text[begin.begin : word.begin].rstrip()
        full = word.end - begin.begin > CUE_CHARACTERS or word.stop - begin.start > CUE_SECONDS
        if full or (len(said) > CUE_CHARACTERS // 2 and said.endswith((".", "!", "?", ",", ";", ":"))):
            yield begin.start, words[at - 1].stop, said
            first = at
    yield words[first].start, words[-1].stop, segment.text[words[first].begin :]


def _one_line(text: str) -> str:
    return " ".join(text.replace("-->", "→").split())


def _escaped(text: str) -> str:
    return _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
