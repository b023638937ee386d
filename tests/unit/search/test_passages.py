"""Which passages are hits, and the sentences that are shown of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.search.passages import NEAR, REACH, Flow, Hit, Kind
from enrich_tui.search.query import Query, fold


def hits(query: str, *pieces: str) -> list[Hit]:
    flow = Flow(Kind.SPEECH, pieces, lambda at: (float(at), at + 1.0))
    return [passage.hit for passage in flow.passages(Query.parse(query))]


def shown(hit: Hit) -> str:
    return "".join(f"[{text}]" if marked else text for text, marked in hit.parts)


def test_a_sentence_is_shown_with_what_was_found_in_it() -> None:
    [hit] = hits("budget", "We met. The", "Büdget is small, the budget", "is late! Then we left.")
    assert shown(hit) == "The [Büdget] is small, the [budget] is late!"
    assert (hit.time, hit.end) == (1.0, 2.0)


def test_each_sentence_is_a_hit() -> None:
    assert [shown(hit) for hit in hits("budget", "A budget.", "No. Budget two?")] == ["A [budget].", "[Budget] two?"]


def test_all_words_have_to_be_near_each_other() -> None:
    [hit] = hits("hotel budget", "The budget is done. And the hotel?")
    assert shown(hit) == "The [budget] is done. And the [hotel]?"
    far = "x " * NEAR + "x."
    assert hits("hotel budget", f"The budget. {far} the hotel") == []
    [hit] = hits("hotel budget", f"The budget. {far} Our budget, and the hotel.")
    assert shown(hit) == "Our [budget], and the [hotel]."


def test_a_phrase_goes_from_piece_to_piece() -> None:
    [hit] = hits('"next year"', "We do it next", "year, not now.")
    assert shown(hit) == "We do it [next year], not now."
    assert hit.time == 0.0


def test_a_long_sentence_is_cut_between_words() -> None:
    [hit] = hits("budget", f"{'word ' * 60}budget{' other' * 60}")
    before, marked, after = shown(hit).partition("[budget]")
    assert marked
    assert before.startswith("…word ")
    assert after.endswith(" other…")
    assert len(before) <= REACH + 2
    assert len(after) <= REACH + 2


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    [hit] = hits("budget", "The \x1b[31m budget\x1b]52;c;AAAA\x07 is \u202egnp.")
    assert shown(hit) == "The  [budget] is gnp."


@pytest.mark.parametrize("text", ["", "nothing", "bud get"])
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert hits("budget", text) == []


WORDS = st.sampled_from(["budget", "Büdgets", "hotel", "straße.", "Year!", "a", "é", "日本。", "x" * 90])


@given(st.lists(WORDS, max_size=80), st.sampled_from(["budget", "hotel budget", '"a budget"', "strasse é", "日"]))
def test_every_hit_holds_every_term_and_none_is_told_twice(words: list[str], query: str) -> None:
    wanted = Query.parse(query)
    pieces = [" ".join(words[at : at + 3]) for at in range(0, len(words), 3)]
    flow = Flow(Kind.SPEECH, pieces)
    until = 0
    for passage in flow.passages(wanted):
        assert passage.begin >= until
        until = passage.until
        hit = passage.hit
        terms = {one.term for one in wanted.occurrences(fold(hit.text))}
        assert terms == set(range(len(wanted.terms)))
        assert fold(hit.text.strip("…")) in flow.folded
        assert any(marked for _, marked in hit.parts)


@given(st.lists(WORDS, max_size=60))
def test_no_sentence_with_a_word_is_passed_over(words: list[str]) -> None:
    wanted = Query.parse("budget")
    flow = Flow(Kind.SPEECH, [" ".join(words)])
    passages = list(flow.passages(wanted))
    for one in wanted.occurrences(flow.folded):
        assert any(passage.begin <= one.start and one.end <= passage.until for passage in passages)
