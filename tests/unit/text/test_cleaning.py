"""What a terminal would obey, what cannot be seen, and what breaks measuring does not get in."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.text import clean
from enrich_tui.text.cleaning import MARKS

anything = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("\x1b\x9b\x9d\x9c[]0;52cm\x07\\P\n\r\t a\u0301\u0489\u200d\u200c\u202e\ufe0fक्षم👩🇩\ud800\ue000")
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]52;c;ZXZpbA==\x07talk", "talk"),
        ("\x1b]0;evil\x1b\\talk", "talk"),
        ("\x9d8;;http://x\x9ctalk", "talk"),
        ("\x1bPq#0;2\x1b\\talk", "talk"),
        ("\x1bctalk\x1b(B", "talk"),
        ("\x1b]never ended", "never ended"),
        ("nul\0 del\x7f bell\a back\b", "nul del bell back"),
        ("one\r\ntwo\tthree\rfour\x0bfive\u2028six", "one two three four five six"),
        ("left\u202eright\u2066x\u2069\u200e\u200f\u061c", "leftrightx"),
        ("z\u200bw\u2060j\ufeffs\u00adh\u034f\u3164", "zwjsh"),
        ("bad\udcff name \ue000 \uffff", "bad\ufffd name \ufffd \ufffd"),
        ("👩\u200d💻 ❤\ufe0f", "👩💻 ❤"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("a\u200cb\u200d", "ab"),
        ("naïve Ünïcode 東京 ไทย", "naïve Ünïcode 東京 ไทย"),
        ("  two  spaces  ", "  two  spaces  "),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_line_ends_stay_where_lines_are_wanted() -> None:
    assert clean("one\r\ntwo\rthree\tfour", multiline=True) == "one\ntwo\nthree four"


def test_bytes_are_read_as_utf8() -> None:
    assert clean("Grüße \x1b[1m".encode() + b"\xff") == "Grüße \ufffd"


def test_towers_of_marks_are_cut_down() -> None:
    assert clean("z" + "\u0301" * 50 + "a") == "z" + "\u0301" * MARKS + "a"


def test_a_limit_ends_in_an_ellipsis() -> None:
    assert clean("abcdef", 6) == "abcdef"
    assert clean("abcdef", 5) == "abcd…"
    assert clean("abcdef", 1) == "…"
    assert clean("abcdef", 0) == ""


def test_ten_thousand_titles_take_no_time() -> None:
    titles = [f"Session {number} of the week, planning" for number in range(10_000)]
    started = time.process_time()
    for title in titles:
        clean(title)
    assert time.process_time() - started < 0.05


def test_hostile_text_takes_linear_time() -> None:
    hostile = ("\x1b]" * 20_000, "\x9d" * 40_000, "\x1b[" + "0" * 40_000, "\u0301" * 40_000, "\x1b" * 40_000)
    started = time.process_time()
    for text in hostile:
        clean(text)
    assert time.process_time() - started < 2


@given(anything, st.none() | st.integers(0, 12), st.booleans())
def test_whatever_comes_in(text: str, limit: int | None, multiline: bool) -> None:
    cleaned = clean(text, limit, multiline=multiline)
    assert clean(cleaned, limit, multiline=multiline) == cleaned
    assert limit is None or len(cleaned) <= limit
    allowed = {"\n"} if multiline else set()
    for character in cleaned:
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Co", "Zl", "Zp"} or character in allowed
        assert category != "Cf" or "\u0600" <= character <= "\u08ff" or character in "\u200c\u200d"
    cleaned.encode()


@given(st.binary())
def test_whatever_bytes_come_in(raw: bytes) -> None:
    clean(raw).encode()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_untouched(text: str) -> None:
    assert clean(text) == text
