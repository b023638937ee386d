"""What a person is told: one wording for each problem and for each type of error. The set is closed.

Messages say what happened, advice what to do about it (with the command where there is one), the word stands
in a narrow column. Facts of a problem are put into templates; no other text gets in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from enrich_tui.errors.problems import Problem
from enrich_tui.errors.values import ErrorCategory, ErrorType
from enrich_tui.errors.wordings import PROBLEMS, TYPES, Row
from enrich_tui.model import Frozen
from enrich_tui.text import clean, compose, length_text

FACT_LIMIT = 120
"""Characters of a fact that are shown."""


class Wording(Frozen):
    """A problem in words, and how it is dealt with."""

    type: ErrorType
    category: ErrorCategory
    message: str
    """What happened: a sentence."""
    advice: str
    """What to do about it, without capital and full stop; may be empty."""
    word: str
    """At most ten cells."""


Facts = Mapping[str, str | int | float]

_FIELD = re.compile(r"\{(\w+)\}")
_SECONDS = frozenset({"read", "announced"})
"""Facts that are media seconds."""


def describe(problem: Problem, facts: Facts | None = None) -> Wording:
    """The wording of a problem, with its facts put in where they are known.

    >>> describe(Problem.TRUNCATED, {"read": 750, "announced": 3600}).message
    'The recording ends early: 12:30 of 1:00:00 could be read.'
    >>> describe(Problem.CODEC).message
    'This recording could not be decoded (codec not supported).'
    """
    return _worded(PROBLEMS[problem], facts or {})


def describe_type(error_type: ErrorType) -> Wording:
    """The wording of a type of error, where nothing more is known."""
    return _worded(TYPES[error_type], {})


def _worded(row: Row, facts: Facts) -> Wording:
    words = {name: _fact(name, value) for name, value in facts.items()}
    return Wording(
        type=row.type,
        category=row.category,
        message=_filled(row.told, row.message, words),
        advice=_filled(row.mend, row.advice, words),
        word=row.word,
    )


def _filled(template: str, otherwise: str, words: dict[str, str]) -> str:
    known = bool(template) and all(words.get(name) for name in _FIELD.findall(template))
    return compose(template, **words) if known else otherwise


def _fact(name: str, value: str | float) -> str:
    if isinstance(value, str):
        return clean(value, FACT_LIMIT).strip()
    if name in _SECONDS:
        return length_text(value)
    return str(value) if isinstance(value, int) else f"{value:g}"
