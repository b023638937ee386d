"""What can be said about the sound: speech and silence, pace, levels, and the moments worth jumping to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from enrich_tui.media.decode import RATE, Samples
from enrich_tui.stages.results import AudioReview, Moment, Segment, Span, Transcript
from enrich_tui.stages.speech.languages import language_name
from enrich_tui.stages.summarize.cues import is_action, is_courtesy, is_decision, is_question, is_request, weight
from enrich_tui.stages.summarize.language import is_dense
from enrich_tui.stages.summarize.sentences import Sentence, spoken

PAUSE = 2.0
"""Shortest silence that is told, in seconds."""
PACE_WINDOW = 30.0
"""Seconds."""
MOMENTS = 40
"""Most moments that a review holds."""

Kind = Literal["decision", "action", "question", "emphasis", "number"]

_STEP = 0.5
_JOIN = 0.35
_FLOOR = 1e-5
_LOUD = 4.0
_WEIGHTY = 1.2
_NUMBER = re.compile(
    r"(?:\d[\d.,:]*\s?(?:%|percent\b|million\b|billion\b|thousand\b|hours?\b|days?\b|weeks?\b|months?\b|years?\b|"
    r"[kmgt]?b\b|ms\b|seconds?\b|minutes?\b|x\b|[€$£])|[€$£]\s?\d|\b\d{3,}\b|\b\d+[.,]\d+\b)",
    re.IGNORECASE,
)


class Levels:
    """How loud a track is, half second by half second; grows by 16 kB an hour."""

    def __init__(self) -> None:
        self._power: list[float] = []
        self._rest = np.zeros(0, np.float32)
        self._peak = 0.0

    def add(self, samples: Samples) -> None:
        """The next samples of the track."""
        if len(samples):
            self._peak = max(self._peak, float(np.abs(samples).max()))
        joined = np.concatenate([self._rest, samples])
        step = int(_STEP * RATE)
        whole = len(joined) // step * step
        self._power.extend(np.square(joined[:whole].reshape(-1, step)).mean(axis=1).tolist())
        self._rest = joined[whole:].copy()

    @property
    def peak(self) -> float | None:
        """Loudest sample, dB relative to full scale; None for silence."""
        return _decibel(self._peak)

    @property
    def curve(self) -> NDArray[np.float64]:
        """The track's course: the logarithm of the power of each half second."""
        return np.log10(np.maximum(self._power, _FLOOR**2))

    def mean(self, spans: Iterable[Span]) -> float | None:
        """Mean level over these stretches, dB relative to full scale; None for silence."""
        power: list[float] = []
        for span in spans:
            first = int(span.start / _STEP)
            power.extend(self._power[first : max(first + 1, math.ceil(span.end / _STEP))])
        return _decibel(math.sqrt(sum(power) / len(power))) if power else None

    def same_as(self, other: Levels) -> bool:
        """True where both tracks are the same sound: as long, and loud and quiet at the same moments."""
        mine, others = self.curve, other.curve
        size = min(len(mine), len(others))
        if size < 4 or abs(len(mine) - len(others)) > max(2, 0.02 * size):
            return False
        one, two = mine[:size], others[:size]
        if one.std() < 0.05 or two.std() < 0.05:
            return False
        return float(np.corrcoef(one, two)[0, 1]) > 0.98


def joined(spans: Iterable[Span], gap: float = _JOIN) -> tuple[Span, ...]:
    """Stretches in order, those put together that overlap or lie less than ``gap`` seconds apart."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if out and span.start - out[-1].end <= gap:
            out[-1] = Span(start=out[-1].start, end=max(out[-1].end, span.end))
        elif span.end > span.start:
            out.append(span)
    return tuple(out)


def count(segment: Segment) -> int:
    """How many words a segment has; where the script has no spaces, the engine's words."""
    return len(segment.words) if segment.words and is_dense(segment.text) else len(segment.text.split())


def silences(speech: Sequence[Span], duration: float) -> tuple[Span, ...]:
    """The pauses of :data:`PAUSE` seconds and more between stretches of speech, and before and after them."""
    edges = [0.0, *(edge for span in speech for edge in (span.start, min(span.end, duration))), duration]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Span(start=_tidy(start), end=_tidy(end)) for start, end in pairs if end - start >= PAUSE)


def review(transcript: Transcript, voiced: Sequence[Span], levels: Sequence[Levels]) -> AudioReview:
    """Put the figures together. ``voiced``: where a voice was heard on any track; ``levels``: of each track."""
    duration = transcript.duration
    speech = joined([*voiced, *_timed(transcript)])
    spoken_seconds = min(duration, sum(span.end - span.start for span in speech))
    words = sum(map(count, transcript.segments))
    peaks = [level.peak for level in levels if level.peak is not None]
    means = [mean for level in levels if (mean := level.mean(speech)) is not None]
    return AudioReview(
        duration=_tidy(duration),
        speech_seconds=_tidy(spoken_seconds),
        silence_seconds=_tidy(max(0.0, duration - spoken_seconds)),
        silences=silences(speech, duration),
        words=words,
        words_per_minute=round(60 * words / spoken_seconds, 1) if words and spoken_seconds > 0 else None,
        pace=_pace(transcript),
        language=transcript.language,
        language_name=language_name(transcript.language),
        language_probability=transcript.language_probability,
        level_dbfs=max(means, default=None),
        peak_dbfs=max(peaks, default=None),
        moments=moments(transcript, levels),
    )


def moments(transcript: Transcript, levels: Sequence[Levels] = ()) -> tuple[Moment, ...]:
    """The most noteworthy sentences, in the order of time: what they say, and whether they are said louder."""
    usual = [level.mean(_timed(transcript)) for level in levels]
    found = []
    for sentence in spoken(transcript):
        if sentence.start is None or sentence.end is None or is_courtesy(sentence.text):
            continue
        kind, score = _kind(sentence.text)
        louder = _louder(sentence, levels, usual)
        if kind is None and louder >= _LOUD and len(sentence.text.split()) >= 4:
            kind, score = "emphasis", 0.3
        if kind is not None:
            score += 0.05 * min(6.0, max(0.0, louder))
            found.append(
                Moment(start=sentence.start, end=sentence.end, kind=kind, text=sentence.text, score=round(score, 3))
            )
    best = sorted(found, key=lambda moment: -moment.score)[:MOMENTS]
    return tuple(sorted(best, key=lambda moment: (moment.start, moment.end)))


def _kind(text: str) -> tuple[Kind | None, float]:
    if is_decision(text):
        return "decision", 1.0
    if is_request(text) or is_action(text):
        return "action", 0.9
    if is_question(text):
        return "question", 0.6
    if weight(text) >= _WEIGHTY:
        return "emphasis", 0.5
    return ("number", 0.4) if _NUMBER.search(text) else (None, 0.0)


def _louder(sentence: Sentence, levels: Sequence[Levels], usual: Sequence[float | None]) -> float:
    """How many dB a sentence is louder than its track usually is, on the track where that is most."""
    span = [Span(start=sentence.start or 0.0, end=sentence.end or 0.0)]
    pairs = [(level.mean(span), mean) for level, mean in zip(levels, usual, strict=True)]
    return max((now - mean for now, mean in pairs if now is not None and mean is not None), default=0.0)


def _timed(transcript: Transcript) -> list[Span]:
    """Where words are: by the words' own times where there are any, since segments reach into the pauses."""
    return [
        Span(start=part.start, end=part.end)
        for segment in transcript.segments
        for part in (segment.words or (segment,))
        if part.end > part.start
    ]


def _pace(transcript: Transcript) -> tuple[tuple[float, float], ...]:
    """Words per minute in each half minute; the last one counts the time that it has."""
    windows = math.ceil(transcript.duration / PACE_WINDOW)
    counts = [0] * windows
    for segment in transcript.segments:
        if segment.words:
            times = [(word.start + word.end) / 2 for word in segment.words]
        else:
            words = count(segment)
            length = segment.end - segment.start
            times = [segment.start + length * (number + 0.5) / words for number in range(words)]
        for time in times:
            if windows:
                counts[min(windows - 1, max(0, int(time / PACE_WINDOW)))] += 1
    ends = [min(transcript.duration, (number + 1) * PACE_WINDOW) for number in range(windows)]
    return tuple(
        (round((number * PACE_WINDOW + end) / 2, 1), round(60 * said / (end - number * PACE_WINDOW), 1))
        for number, (said, end) in enumerate(zip(counts, ends, strict=True))
        if end - number * PACE_WINDOW >= PACE_WINDOW / 3 or windows == 1
    )


def _decibel(level: float) -> float | None:
    return round(20 * math.log10(level), 1) if level > _FLOOR else None


def _tidy(seconds: float) -> float:
    return round(seconds, 3)
