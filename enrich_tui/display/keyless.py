"""Advice for where there are no keys to press: the lines and the summary."""

from __future__ import annotations

import re

_INSTEAD = (
    (re.compile(r"press w if it does not come back, then r to retry"), "run it again"),
    (re.compile(r"press r later to retry"), "run it again later"),
    (re.compile(r"press (?:r to retry|R to retry all that failed|r to run it again)"), "run it again"),
    (re.compile(r" \(press -\)"), " (--workers)"),
    (re.compile(r" \(press [a-zA-Z]\)"), ""),
)


def without_keys(advice: str) -> str:
    """The same advice for a person without the dashboard.

    >>> without_keys("check the network connection, then press r to retry")
    'check the network connection, then run it again'
    """
    for pattern, instead in _INSTEAD:
        advice = pattern.sub(instead, advice)
    return advice
