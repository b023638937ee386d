"""Every problem and every type has its words, and they are fit to be seen."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.errors import ErrorType, Problem, Wording, describe, describe_type
from enrich_tui.text import cells, clean, gate

FACTS: dict[str, str | int | float] = {
    "read": 750.2,
    "announced": 3600,
    "lost": 12.5,
    "codec": "prores",
    "what": "to be decoded",
    "limit": "64 tracks",
    "language": "German",
    "install": 'pip install "enrich-tui[multilingual]"',
    "file": "notes.md",
    "folder": "/home/user/.cache/models",
    "setting": "stage.summary.window",
    "change": "lower",
}
ALL = [describe(problem, facts) for problem in Problem for facts in ({}, FACTS)] + [*map(describe_type, ErrorType)]


@pytest.mark.parametrize("wording", ALL, ids=lambda wording: str(wording.word))
def test_words_are_fit_to_be_seen(wording: Wording) -> None:
    assert 0 < cells(wording.word) <= 9  # beside its sign, in the narrowest column of a stage
    assert wording.message.endswith(".")
    assert wording.message[0].isupper() or wording.message[0].isdigit()
    assert not wording.advice.endswith(".")
    assert "{" not in wording.message + wording.advice
    for text in (wording.message, wording.advice, wording.word):
        assert gate(text) == text
        assert "Error" not in text
        assert "Exception" not in text
        assert "press" not in text  # who reads it may have no dashboard


def test_facts_are_told() -> None:
    assert describe(Problem.DAMAGED, FACTS).message == "12.5% of the recording is damaged."
    assert describe(Problem.CODEC, FACTS).message == "This recording could not be decoded (codec prores not supported)."
    assert describe(Problem.MODEL_LANGUAGE, FACTS).advice == (
        'install the multilingual model with pip install "enrich-tui[multilingual]", then run it again'
    )
    assert "German" in describe(Problem.MODEL_LANGUAGE, FACTS).message


def test_problems_that_can_be_mended_say_how() -> None:
    nothing_to_do = {Problem.NO_STREAM, Problem.NO_INPUT, Problem.NOT_WANTED, Problem.NOTHING_TO_TELL}
    assert {problem for problem in Problem if not describe(problem).advice} == nothing_to_do


@given(
    st.sampled_from(Problem),
    st.dictionaries(
        st.sampled_from([*FACTS]), st.text(st.characters(exclude_categories=())) | st.integers() | st.floats()
    ),
)
def test_facts_of_any_kind(problem: Problem, facts: dict[str, str | int | float]) -> None:
    wording = describe(problem, facts)
    assert clean(wording.message) == wording.message
    assert clean(wording.advice) == wording.advice


def test_a_worker_that_raises_loads_little() -> None:
    code = (
        "import sys; from enrich_tui.errors.problems import StageError; from enrich_tui.errors import Problem\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('pydantic', 'rich', 'textual', 'av')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
