"""The model that the engine runs, made to hear each stretch once and to say the same of it every time.

The engine goes through a window in stretches of up to half a minute and decides after each where the next one begins.
That stays its own affair; here it is only told what was found of a stretch before. Hence what comes out with a memory
equals what comes out without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel

from enrich_tui.stages.speech.memory import Memory

SEED = 0


class _Said(NamedTuple):
    """What is read of a result of the engine's."""

    sequences_ids: list[list[int]]
    no_speech_prob: float


class _Stretch:
    """Sound that is encoded when that is needed."""

    def __init__(self, features: Any) -> None:
        self.features = features
        self.encoded: Any = None
        self.key = ""


class Sampling:
    """The model, with a new one beside it for each stretch of which it has to guess.

    Guesses come from a generator of random numbers that every thread of a model has once and for all: what a stretch
    gets would depend on the guesses before it.
    """

    def __init__(self, model: Any, **settings: Any) -> None:
        """``settings``: what ``model`` was made with."""
        self._model = model
        self._settings = settings
        self._guesser: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def generate(self, *arguments: Any, **settings: Any) -> Any:
        """As the model does."""
        if not settings.get("sampling_temperature"):
            return self._model.generate(*arguments, **settings)
        if self._guesser is None:
            ctranslate2.set_random_seed(SEED)
            self._guesser = ctranslate2.models.Whisper(**self._settings)
        return self._guesser.generate(*arguments, **settings)

    def over(self) -> None:
        """A stretch has ended."""
        self._guesser = None


class Heedful(WhisperModel):  # type: ignore[misc]  # the package has no types
    """A model with a memory."""

    def __init__(self, folder: str, threads: int) -> None:
        super().__init__(
            folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1, local_files_only=True
        )
        model: Any = self.model
        self.model: Any = Sampling(
            model,
            model_path=folder,
            device="cpu",
            compute_type="int8",
            intra_threads=threads,
            inter_threads=1,
        )
        self.memory: Memory | None = None
        """None while there is nothing to remember."""
        self.passes = 0
        """Stretches that were really heard."""

    def encode(self, features: Any) -> Any:
        """Not yet, where the stretch may be known."""
        return super().encode(features) if self.memory is None else _Stretch(features)

    def generate_with_fallback(self, encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any) -> Any:
        """What is said in a stretch."""
        assert self.memory is not None
        stretch: _Stretch = encoder_output
        stretch.key = self.memory.key(_bytes(stretch.features), prompt, options.beam_size)
        said = self.memory.recall(stretch.key)
        if said is None:
            try:
                result, probability, temperature, ratio = super().generate_with_fallback(
                    self._encoded(stretch), prompt, tokenizer, options
                )
            finally:
                self.model.over()
            said = [
                list(map(int, result.sequences_ids[0])),
                float(result.no_speech_prob),
                float(probability),
                float(temperature),
                float(ratio),
            ]
            self.memory.keep(stretch.key, said)
        tokens, no_speech, probability, temperature, ratio = said
        return _Said([tokens], no_speech), probability, temperature, ratio

    def find_alignment(
        self,
        tokenizer: Any,
        text_tokens: Sequence[list[int]],
        encoder_output: Any,
        num_frames: int,
        median_filter_width: int = 7,
    ) -> list[list[dict[str, Any]]]:
        """When the words of a stretch are said."""
        assert self.memory is not None
        stretch: _Stretch = encoder_output
        key = self.memory.key(stretch.key, "words", num_frames)
        found = self.memory.recall(key)
        if found is None:
            words = super().find_alignment(
                tokenizer, text_tokens, self._encoded(stretch), num_frames, median_filter_width
            )
            found = [
                [
                    [
                        word["word"],
                        list(map(int, word["tokens"])),
                        float(word["start"]),
                        float(word["end"]),
                        round(float(word["probability"]), 6),
                    ]
                    for word in line
                ]
                for line in words
            ]
            self.memory.keep(key, found)
        names = ("word", "tokens", "start", "end", "probability")
        return [[dict(zip(names, word, strict=True)) for word in line] for line in found]

    def _encoded(self, stretch: _Stretch) -> Any:
        if stretch.encoded is None:
            self.passes += 1
            stretch.encoded = super().encode(stretch.features)
        return stretch.encoded


def _bytes(features: Any) -> bytes:
    return np.ascontiguousarray(features, np.float32).tobytes()
