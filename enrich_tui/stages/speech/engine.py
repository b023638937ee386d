"""The speech engine: faster-whisper on the processor, from files that are already here.

Settings follow measurements: plain decoding without the text before, because the engine's own voice filter and its
batched mode lose whole passages. What it makes up on silence and noise is dropped afterwards, see :func:`is_made_up`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from enrich_tui.errors.memory import is_shortage
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.decode import RATE, Samples
from enrich_tui.stages.results import Span
from enrich_tui.stages.speech.memory import Memory
from enrich_tui.stages.speech.models import OFFLINE, Model

_NO_SPEECH = 0.6
_LEAST_OVERLAP = 0.1
_HARDLY_SPEECH = 0.4
_GUESSED = -0.8
"""Mean logarithm of the probabilities of words that are guessed. Where the engine also doubts that anything is said,
they are what it makes of music, animals and short noises: 30 of 37 such passages are dropped, and
none of 122 passages of speech on the telephone, among other voices, or under noise up to nearly twice as loud."""
_LISTEN = 30 * RATE


class HeardWord(NamedTuple):
    """A word; times are seconds in its window."""

    start: float
    end: float
    text: str
    probability: float


class Heard(NamedTuple):
    """What the engine made of a stretch of a window; times are seconds in it."""

    start: float
    end: float
    text: str
    words: tuple[HeardWord, ...]
    no_speech_probability: float
    average_log_probability: float


class Engine:
    """A loaded model. Loading blocks for up to a second and takes 300 to 500 MB."""

    def __init__(self, model: Model, threads: int) -> None:
        """Raises :class:`StageError`: ``ENGINE_MISSING`` (facts: install), ``MODEL_DAMAGED``, ``OUT_OF_MEMORY``."""
        os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched in a run, whatever the model's folder lacks
        try:
            from enrich_tui.stages.speech.passes import Heedful
        except ImportError as error:
            raise _missing(error) from error
        try:
            self._model = Heedful(str(model.folder), threads)
        except (MemoryError, RuntimeError, ValueError, OSError) as error:
            problem = Problem.OUT_OF_MEMORY if is_shortage(error) else Problem.MODEL_DAMAGED
            raise StageError(problem, detail=str(error)) from error
        self.english_only: bool = not self._model.model.is_multilingual
        self.languages = frozenset(self._model.supported_languages)
        """ISO 639 codes."""

    @property
    def heard(self) -> float:
        """Seconds of sound that this engine was given, in stretches of half a minute each."""
        return self._model.passes * _LISTEN / RATE

    def language(self, samples: Samples, speech: Sequence[Span], memory: Memory) -> tuple[str, float]:
        """The language that is spoken, and how sure that is, 0 to 1, from up to half a minute of speech."""
        if self.english_only:
            return "en", 1.0
        spoken = [samples[int(span.start * RATE) : int(span.end * RATE)] for span in speech]
        sample = np.concatenate(spoken)[:_LISTEN] if spoken else samples[:_LISTEN]
        key = memory.key("language", sample.tobytes())
        found = memory.recall(key)
        if found is None:
            self._model.memory = None
            code, probability, _ = self._model.detect_language(sample)
            found = [str(code), float(probability)]
            memory.keep(key, found)
        return found[0], found[1]

    def transcribe(self, samples: Samples, language: str, beam_size: int, memory: Memory) -> Iterator[Heard]:
        """What is said, stretch by stretch, in the order of time; what ``memory`` holds is not heard again."""
        self._model.memory = memory
        try:
            yield from self._transcribe(samples, language, beam_size)
        finally:
            if self._model.memory is memory:  # else somebody else has begun since
                self._model.memory = None

    def _transcribe(self, samples: Samples, language: str, beam_size: int) -> Iterator[Heard]:
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=beam_size,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        yield from map(_heard, segments)


def _heard(segment: Any) -> Heard:
    words = tuple(
        HeardWord(float(word.start), float(word.end), str(word.word), float(word.probability))
        for word in segment.words or ()
    )
    return Heard(
        float(segment.start),
        float(segment.end),
        str(segment.text),
        words,
        float(segment.no_speech_prob),
        float(segment.avg_logprob),
    )


def voice(samples: Samples, threshold: float, *, pause: float, margin: float) -> tuple[Span, ...]:
    """Where there is a voice, by Silero: seconds in the window.

    ``threshold``: 0 to 1, lower hears more. Pauses shorter than ``pause`` seconds do not end a stretch; ``margin``
    seconds are added on both sides. Raises :class:`StageError` ``ENGINE_MISSING`` (facts: install), ``OUT_OF_MEMORY``.
    """
    try:
        from faster_whisper.vad import VadOptions, get_speech_timestamps
    except ImportError as error:
        raise _missing(error) from error

    options = VadOptions(
        threshold=threshold, min_silence_duration_ms=round(pause * 1000), speech_pad_ms=round(margin * 1000)
    )
    return tuple(Span(start=at["start"] / RATE, end=at["end"] / RATE) for at in get_speech_timestamps(samples, options))


def _missing(error: ImportError) -> StageError:
    """An engine that is there may find no room to be loaded."""
    if is_shortage(error):
        return StageError(Problem.OUT_OF_MEMORY, detail=str(error))
    return StageError(Problem.ENGINE_MISSING, facts={"install": OFFLINE}, detail=str(error))


def is_made_up(heard: Heard, speech: Sequence[Span]) -> bool:
    """True for words that were not said: the engine guesses, or doubts them and hardly a tenth lies in ``speech``."""
    if heard.no_speech_probability > _HARDLY_SPEECH and heard.average_log_probability < _GUESSED:
        return True
    if heard.no_speech_probability <= _NO_SPEECH:
        return False
    length = max(heard.end - heard.start, 1e-6)
    overlap = sum(max(0.0, min(heard.end, span.end) - max(heard.start, span.start)) for span in speech)
    return overlap / length < _LEAST_OVERLAP


_warm: dict[tuple[Path, int], Engine] = {}


def warm(model: Model, threads: int) -> Engine:
    """The engine with this model; it stays loaded for the next job of this process, one at a time."""
    key = (model.folder, threads)
    if key not in _warm:
        _warm.clear()
        _warm[key] = Engine(model, threads)
    return _warm[key]
