from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.media.decode import RATE, Samples
from enrich_tui.stages.results import Segment, Span, Transcript, Word
from enrich_tui.stages.speech.review import Levels, joined, moments, review, silences

SPANS = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)).map(lambda t: Span(start=min(t), end=max(t))))


def tone(seconds: float, level: float) -> Samples:
    return (level * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def levels(*parts: Samples) -> Levels:
    found = Levels()
    for part in parts:
        for block in np.array_split(part, 7):
            found.add(block)
    return found


def transcript(*said: tuple[float, float, str], duration: float = 60.0, language: str | None = "en") -> Transcript:
    return Transcript(
        duration=duration,
        language=language,
        tracks=("a.wav",),
        segments=tuple(Segment(id=n, start=a, end=b, text=text) for n, (a, b, text) in enumerate(said)),
    )


@given(SPANS)
def test_joined_stretches_are_in_order_and_apart(spans: list[Span]) -> None:
    found = joined(spans)
    assert all(one.end < two.start for one, two in itertools.pairwise(found))
    assert sum(s.end - s.start for s in found) <= 100
    for span in spans:
        assert span.end == span.start or any(s.start <= span.start and span.end <= s.end for s in found)


@given(SPANS)
def test_silence_and_speech_never_overlap(spans: list[Span]) -> None:
    speech = joined(span for span in spans if span.end <= 100)
    for silence in silences(speech, 100.0):
        assert silence.end - silence.start >= 1.999
        assert all(s.end <= silence.start + 0.001 or s.start >= silence.end - 0.001 for s in speech)


def test_levels_are_decibels_below_full_scale() -> None:
    found = levels(tone(5, 0.5), tone(5, 0.05))
    assert found.peak == pytest.approx(-6.0, abs=0.1)
    assert found.mean([Span(start=0, end=5)]) == pytest.approx(-9.0, abs=0.1)
    assert found.mean([Span(start=5, end=10)]) == pytest.approx(-29.0, abs=0.1)
    assert found.mean([]) is None
    assert levels(np.zeros(3 * RATE, np.float32)).peak is None


def test_the_same_sound_is_known_again_whatever_its_level() -> None:
    bursts = np.repeat(np.random.default_rng(1).uniform(0.01, 0.5, 60), RATE // 2).astype(np.float32)
    sound = tone(30, 1.0) * bursts
    other = tone(30, 1.0) * bursts[::-1]
    assert levels(sound).same_as(levels(sound * 0.5))
    assert not levels(sound).same_as(levels(other))
    assert not levels(sound).same_as(levels(sound[: 20 * RATE]))
    assert not levels(np.zeros(30 * RATE, np.float32)).same_as(levels(np.zeros(30 * RATE, np.float32)))


def test_the_review_of_a_session() -> None:
    heard = transcript((0, 10, "one two three four five"), (20, 30, "six seven eight nine ten"), duration=40)
    found = review(heard, [Span(start=0, end=10.5), Span(start=19.5, end=30)], [levels(tone(40, 0.5))])
    assert (found.duration, found.speech_seconds, found.silence_seconds) == (40, 21, 19)
    assert [(s.start, s.end) for s in found.silences] == [(10.5, 19.5), (30, 40)]
    assert (found.words, found.words_per_minute) == (10, round(600 / 21, 1))
    assert found.pace == ((15.0, 20.0), (35.0, 0.0))
    assert (found.language, found.language_name) == ("en", "English")


def test_words_count_by_their_own_times() -> None:
    words = (Word(start=31, end=32, text="late"), Word(start=33, end=34, text="words"))
    segment = Segment(id=0, start=0, end=34, text="late words", words=words)
    found = review(Transcript(duration=60, segments=(segment,), tracks=("a",)), [], [])
    assert found.pace == ((15.0, 0.0), (45.0, 4.0))
    assert found.speech_seconds == 2


def test_silence_has_a_review_too() -> None:
    found = review(transcript(duration=12, language=None), [], [levels(np.zeros(12 * RATE, np.float32))])
    assert (found.words, found.words_per_minute, found.speech_seconds) == (0, None, 0)
    assert [(s.start, s.end) for s in found.silences] == [(0, 12)]
    assert (found.level_dbfs, found.peak_dbfs, found.moments) == (None, None, ())
    empty = review(transcript(duration=0), [], [])
    assert (empty.duration, empty.silences, empty.pace) == (0, (), ())


def test_moments_by_what_is_said() -> None:
    found = moments(
        transcript(
            (0, 3, "Good morning everybody."),
            (3, 8, "We decided to move the release to the second week of May."),
            (8, 12, "Anna will send the report to the team tomorrow."),
            (12, 16, "How long does the import take on a small machine?"),
            (16, 20, "It took 45 minutes on the old one."),
            (20, 24, "The weather is nice and the birds sing."),
        )
    )
    assert [moment.kind for moment in found] == ["decision", "action", "question", "number"]
    assert [moment.start for moment in found] == [3, 8, 12, 16]


def test_a_raised_voice_is_a_moment() -> None:
    said = transcript(*((5.0 * n, 5.0 * n + 5, "The birds sing in the trees.") for n in range(4)), duration=20)
    assert not moments(said, [levels(tone(20, 0.1))])
    found = moments(said, [levels(tone(15, 0.05), tone(5, 0.5))])
    assert [(moment.kind, moment.start) for moment in found] == [("emphasis", 15)]
