from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.stages.results import Segment, Transcript, Word
from enrich_tui.stages.speech.captions import parse_captions
from enrich_tui.stages.speech.formats import CUE_CHARACTERS, CUE_SECONDS, cues, paragraphs, srt, stamp, vtt

TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
    lambda text: bool(text.split())
)


def segment(text: str, start: float = 0.0, end: float = 1.0, track: int = 0, words: bool = False) -> Segment:
    parts = text.split() if words else []
    step = (end - start) / max(1, len(parts))
    timed = tuple(
        Word(start=start + step * index, end=start + step * (index + 1), text=part) for index, part in enumerate(parts)
    )
    return Segment(id=0, start=start, end=end, text=text, track=track, words=timed)


def transcript(*segments: Segment, tracks: tuple[str, ...] = ("a.wav",)) -> Transcript:
    return Transcript(segments=segments, tracks=tracks)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00.000"),
        (-0.4, "00:00:00.000"),
        (0.0004, "00:00:00.000"),
        (59.9996, "00:01:00.000"),
        (3599.9999, "01:00:00.000"),
        (3661.5, "01:01:01.500"),
        (360_000.25, "100:00:00.250"),
    ],
)
def test_stamp(seconds: float, text: str) -> None:
    assert stamp(seconds) == text


@given(st.floats(0, 1e6))
def test_a_stamp_is_read_back_to_the_millisecond(seconds: float) -> None:
    found = re.fullmatch(r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3})", stamp(seconds, ","))
    assert found is not None
    hours, minutes, rest, milliseconds = map(int, found.groups())
    assert math.isclose(hours * 3600 + minutes * 60 + rest + milliseconds / 1000, seconds, abs_tol=0.000501)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_stamps_sort_like_their_times(one: float, other: float) -> None:
    assert (stamp(min(one, other)) <= stamp(max(one, other))) or max(one, other) >= 360_000 - 1


def test_vtt_escapes_and_keeps_the_arrow_out_of_text() -> None:
    text = vtt(transcript(segment("a < b && c --> d <v Eve>", 3661.5, 3663)))
    assert text == "WEBVTT\n\n01:01:01.500 --> 01:01:03.000\na &lt; b &amp;&amp; c → d &lt;v Eve&gt;\n"


def test_vtt_names_the_voice_only_where_there_are_several() -> None:
    two = transcript(segment("hello"), segment("hi", 1, 2, track=1), tracks=("ann<1>.ogg", "bob.ogg"))
    assert "<v ann&lt;1&gt;.ogg>hello" in vtt(two)
    assert "<v bob.ogg>hi" in vtt(two)
    assert "<v" not in vtt(transcript(segment("hello")))


def test_srt_counts_from_one_and_uses_commas() -> None:
    text = srt(transcript(segment("one\n\ntwo --> x", 0, 1.5), segment(" ", 1, 2), segment("three", 2, 3)))
    assert text == "1\n00:00:00,000 --> 00:00:01,500\none two → x\n\n2\n00:00:02,000 --> 00:00:03,000\nthree\n"


def test_nothing_said() -> None:
    assert vtt(transcript()) == "WEBVTT\n"
    assert srt(transcript()) == ""
    assert paragraphs(transcript()) == ""


def test_a_long_segment_becomes_readable_cues() -> None:
    words = " ".join(f"word{number}," if number % 7 == 6 else f"word{number}" for number in range(60))
    parts = list(cues((segment(words, 10, 40, words=True),)))
    assert len(parts) > 4
    assert all(len(part.text) <= CUE_CHARACTERS for part in parts)
    assert all(part.end - part.start <= CUE_SECONDS for part in parts)
    assert " ".join(part.text for part in parts) == words
    assert (parts[0].start, parts[-1].end) == (10, 40)
    assert all(one.end <= two.start + 1e-9 for one, two in pairwise(parts))


def test_words_that_belong_together_are_not_cut() -> None:
    long = "He was not an ill-disposed young man, unless to be rather cold-hearted is to be ill-disposed, they said"
    pieces = re.findall(r"\S+?(?=-)|-?[^\s-]+", long)
    words = tuple(Word(start=index * 0.5, end=index * 0.5 + 0.4, text=part) for index, part in enumerate(pieces))
    parts = list(cues((Segment(id=0, start=0, end=12, text=long, words=words),)))
    assert len(parts) > 1
    assert " ".join(part.text for part in parts) == long


@given(st.lists(st.tuples(TEXTS, st.floats(0, 2e4), st.floats(0, 20)), max_size=5))
def test_what_is_written_can_be_read(said: list[tuple[str, float, float]]) -> None:
    ordered = sorted(said, key=lambda item: item[1])
    written = transcript(*(segment(text, start, start + length) for text, start, length in ordered))
    for text in (vtt(written), srt(written)):
        assert text.count("-->") == len(list(cues(written.segments)))
        starts = [caption.start for caption in parse_captions(text)]
        assert starts == sorted(starts)
        assert len(starts) <= len(ordered)


def test_paragraphs_break_at_pauses_and_tracks() -> None:
    two = transcript(
        segment("One.", 0, 1),
        segment("Two.", 1.5, 2),
        segment("Three.", 65, 66),
        segment("Four.", 66, 67, track=1),
        tracks=("a.wav", "b.wav"),
    )
    assert paragraphs(two) == "[0:00] a.wav One. Two.\n\n[1:05] a.wav Three.\n\n[1:06] b.wav Four.\n"
    assert paragraphs(transcript(segment("One.", 3700, 3701))) == "[1:01:40] One.\n"
