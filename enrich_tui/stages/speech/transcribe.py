"""From a recording's sound to timed words: decode, find the voice, transcribe, drop what was not said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from enrich_tui.config import AudioConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.decode import decode_audio
from enrich_tui.model import Notice
from enrich_tui.stages.results import Segment, Span, Word
from enrich_tui.stages.speech.engine import Engine, Heard, is_made_up, voice
from enrich_tui.stages.speech.memory import Memory
from enrich_tui.stages.speech.models import MULTILINGUAL
from enrich_tui.stages.speech.review import Levels
from enrich_tui.stages.speech.windows import Window, windows
from enrich_tui.text import clean

UNSURE_LOG_PROBABILITY = -0.9
UNSURE_WORDS = 0.65
"""An English-only model whose mean log-probability and mean word probability are both below these hears no English.
Measured with tiny.en: English -0.1 to -0.5 and 0.79 to 0.96, in as much noise as voice -0.5 to -1.0 and 0.5 to 0.7;
nine other languages -1.0 to -2.5 and 0.2 to 0.62."""
_ENOUGH = 45.0
_FEW_WORDS = 8
_SURE = 0.6
_DECODING = 0.04

_KEEP = {"threshold": 0.2, "pause": 2.0, "margin": 0.4}
_TELL = {"threshold": 0.5, "pause": 0.3, "margin": 0.1}


@dataclass
class Track:
    """One sound track and what became of it."""

    path: Path
    index: int
    duration: float = 0.0
    """Seconds."""
    levels: Levels = field(default_factory=Levels)
    voiced: list[Span] = field(default_factory=list)
    """Where a voice is."""
    segments: list[Segment] = field(default_factory=list)
    notices: tuple[Notice, ...] = ()


class Listener:
    """Listens to the tracks of one session; the language found on one counts for the next."""

    def __init__(self, engine: Engine | None, config: AudioConfig, memory: Memory) -> None:
        """``engine``: None measures the sound without transcribing it. ``memory``: what was heard before.

        Raises :class:`StageError` ``MODEL_LANGUAGE`` where the configured language is beyond the model.
        """
        self.language = config.language
        self.probability: float | None = None
        self._engine = engine
        self._config = config
        self._memory = memory
        self._heard: list[Heard] = []
        if engine is not None and config.language is not None and config.language not in engine.languages:
            raise _foreign(config.language)

    def hear(self, track: Track, report: Callable[[float], None]) -> None:
        """Fill in ``track``. Raises :class:`StageError` as decoding does, and ``MODEL_LANGUAGE``."""
        past = 0.0
        self._heard.clear()
        decoding = decode_audio(track.path, report=lambda now: report(past + _DECODING * (now - past)))
        for window in windows(decoding, self._config.window):
            track.levels.add(window.samples)
            share = decoding.fraction - past
            length = window.end - window.start

            def told(second: float, past: float = past, share: float = share, length: float = length) -> None:
                report(past + share * (_DECODING + (1 - _DECODING) * min(1.0, second / length)))

            self._listen(track, window, told)
            told(length)
            past = decoding.fraction
        self._check_language(least=0.0)
        track.duration = decoding.seconds
        track.notices = decoding.notices

    def _listen(self, track: Track, window: Window, told: Callable[[float], None]) -> None:
        try:
            speech = _voice(window, **_KEEP)
        except StageError:
            if self._engine is not None:
                raise
            return  # with captions, the review goes by their times
        if not speech:
            return
        track.voiced += [
            Span(start=window.start + span.start, end=window.start + span.end) for span in _voice(window, **_TELL)
        ]
        if self._engine is None:
            return
        language = self._spoken(self._engine, window, speech)
        for heard in self._engine.transcribe(window.samples, language, self._config.beam_size, self._memory):
            told(heard.end)
            if heard.text.strip() and not is_made_up(heard, speech):
                self._heard.append(heard)
                self._check_language(least=_ENOUGH)
                if segment := _segment(heard, window, track.index):
                    track.segments.append(segment)

    def _spoken(self, engine: Engine, window: Window, speech: tuple[Span, ...]) -> str:
        """The language of a window: asked for, or found in an earlier window beyond doubt, or found in this one."""
        if self.language is not None and (self.probability is None or self.probability >= _SURE):
            return self.language
        language, probability = engine.language(window.samples, speech, self._memory)
        if probability > (self.probability or 0.0):
            self.language, self.probability = language, round(probability, 3)
        return language

    def _check_language(self, least: float) -> None:
        """An English-only model makes English of everything; how unsure it was shows that something is wrong."""
        if self._engine is None or not self._engine.english_only:
            return
        seconds = sum(heard.end - heard.start for heard in self._heard)
        words = [word.probability for heard in self._heard for word in heard.words]
        if seconds <= least or len(words) < _FEW_WORDS:
            return
        mean = sum(heard.average_log_probability * (heard.end - heard.start) for heard in self._heard) / seconds
        if mean < UNSURE_LOG_PROBABILITY and sum(words) / len(words) < UNSURE_WORDS:
            raise _foreign("another language")


def _foreign(language: str) -> StageError:
    return StageError(Problem.MODEL_LANGUAGE, facts={"language": language, "install": MULTILINGUAL})


def _voice(window: Window, *, threshold: float, pause: float, margin: float) -> tuple[Span, ...]:
    return voice(window.samples, threshold, pause=pause, margin=margin)


def _segment(heard: Heard, window: Window, track: int) -> Segment | None:
    text = clean(heard.text).strip()
    start = window.start + max(0.0, heard.start)
    end = min(window.end, window.start + heard.end)
    if not text or end <= start:
        return None
    words = tuple(
        Word(
            start=_tidy(min(end, window.start + word.start)),
            end=_tidy(min(end, window.start + word.end)),
            text=clean(word.text).strip(),
            probability=round(word.probability, 3),
        )
        for word in heard.words
        if word.text.strip()
    )
    return Segment(
        id=0,
        start=_tidy(start),
        end=_tidy(end),
        text=text,
        words=words,
        track=track,
        no_speech_probability=round(heard.no_speech_probability, 3),
        average_log_probability=round(heard.average_log_probability, 3),
    )


def _tidy(seconds: float) -> float:
    return round(seconds, 3)
