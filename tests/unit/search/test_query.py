"""What a query finds, and that its quick look never passes over what it would find."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrich_tui.search.query import _FOLDS, _PAGES, Query, _page, fold, unfold

SCRIPTS = st.sampled_from("abzAÄäßÉéñøŒœ’“”…µ½ﬁİışğĐйЙёдאبあが日本가éä\u0301\u00ad\u200b 09_-.'\"\n")
TEXTS = st.text(SCRIPTS, max_size=60)
EUROPEAN = "".join(bytes([byte]).decode(codec, "ignore") for codec in _PAGES for byte in range(256))
WORDS = st.text(st.sampled_from("abcdeéüßйёø0"), min_size=1, max_size=6)


def found(query: str, text: str) -> list[str]:
    folded = fold(text)
    return [folded[one.start : one.end] for one in Query.parse(query).occurrences(folded)]


@pytest.mark.parametrize(
    ("query", "text", "finds"),
    [
        ("budget", "The Budgets of the rebudgeting.", ["budget"]),
        ("BUDGET", "budget", ["budget"]),
        ("uber", "Über alles", ["uber"]),
        ("über", "uber alles", ["uber"]),
        ("strasse", "Die Straße", ["strasse"]),
        ("don't", "I don’t know", ["don't"]),
        ("cafe\u0301", "café", ["cafe"]),
        ("budget?", "What of the budget, then", ["budget"]),
        ("get", "get_budget and get", ["get", "get"]),
        ("budget", "get_budget", ["budget"]),
        ("C++", "We use C++ here", ["c++"]),
        ("error.log", "see error.log", ["error.log"]),
        ("日本", "今日本を読む", ["日本"]),
        ('"next year"', "Next, year by year; the next\nyear's", ["next, year", "next\nyear"]),
        ('"next year', "next year", ["next year"]),
        ("“next year”", "next year", ["next year"]),
        ("?", "What?", []),
        ("", "What?", []),
    ],
)
def test_finds(query: str, text: str, finds: list[str]) -> None:
    assert found(query, text) == finds


def test_arguments_of_a_command_line_keep_their_phrases() -> None:
    assert Query.of(["next year", "budget"]).terms == (("next", "year"), ("budget",))
    assert Query.of(['"next year" hotel']).terms == (("next", "year"), ("hotel",))
    assert Query.of(["the", "The", "thé"]).terms == (("the",),)
    assert not Query.of(["?", " "])


@given(TEXTS, TEXTS)
def test_folding_goes_character_by_character(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS, st.data())
def test_offsets_come_back(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    [back] = unfold(text, [len(fold(text[:at]))])
    assert fold(text[:back]) == fold(text[:at])


@given(WORDS, TEXTS)
@example("e", "E\u0301 \u00e9")
def test_a_word_is_found_wherever_one_begins_with_it(word: str, text: str) -> None:
    assert fold(word) in found(word.upper(), f"{text} {word}{text}")


@given(st.text(max_size=60) | st.text(st.sampled_from(EUROPEAN), max_size=60))
def test_code_pages_fold_as_characters_do(text: str) -> None:
    assert fold(text) == text.translate(_FOLDS)


@pytest.mark.parametrize("codec", _PAGES)
def test_every_character_of_a_code_page_is_folded_as_it_is_alone(codec: str) -> None:
    text = "".join(bytes([byte]).decode(codec, "ignore") for byte in range(256))
    rest = "".join(one for one in text if one not in _page(codec).beyond)
    assert fold(rest) == rest.translate(_FOLDS)


@given(TEXTS, st.lists(WORDS, min_size=1, max_size=3))
@example("50 µm, ½ of it: Straße", ["μm"])
def test_the_quick_look_passes_nothing_over(text: str, words: list[str]) -> None:
    query = Query([(fold(word),) for word in words])
    if {one.term for one in query.occurrences(fold(text))} == set(range(len(query.terms))):
        assert query.may_be_in(text)


@given(st.lists(st.sampled_from(["budget", "budgets", "re", "rebudget", "a_budget", "bud"]), max_size=20))
def test_agrees_with_a_plain_pattern(words: list[str]) -> None:
    text = " ".join(words)
    assert len(found("budget", text)) == len(re.findall(r"(?<![a-z0-9])budget", text))
