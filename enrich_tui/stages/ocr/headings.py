"""Headings of chapters, from what is shown in them: a line that stands out in one chapter and is not shown beside it.

A heading that says nothing is worse than a number. So a line has to be far larger than the others and the only one so
large, or the only name of a file in the uppermost band of the screen, where windows have their titles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from enrich_tui.stages.ocr.lines import Line

LARGE = 1.55
"""So many times as high as the middle one of its screen's lines is a heading."""
ALONE = 0.85
"""No other line may be so nearly as high."""
LEAST_LINES = 3
"""Lines that a screen has to show, for one of them to stand out."""
UPPER = 0.5
"""A heading begins in this share of the screen's height, from above."""
BAND = 0.07
"""Share of the screen's height in which windows have their titles."""
LONGEST = 60
"""Most characters of a heading."""

_FILE = re.compile(r"[\w.-]*\w\.[A-Za-z]\w{0,4}")


def headings(screens: Sequence[Sequence[Line]]) -> list[str]:
    """A heading for each chapter's screen; empty where nothing stands out, or two have the same."""
    keys = [{line.text.casefold() for line in screen} for screen in screens]
    found = []
    for index, screen in enumerate(screens):
        beside = set().union(*keys[max(0, index - 1) : index], *keys[index + 1 : index + 2])
        found.append(_largest(screen, beside) or _file(screen, beside))
    return [heading if found.count(heading) == 1 else "" for heading in found]


def _largest(screen: Sequence[Line], beside: set[str]) -> str:
    if len(screen) < LEAST_LINES:
        return ""
    tallest, second = sorted(screen, key=lambda line: -line.height)[:2]
    stands_out = tallest.top < UPPER and tallest.height >= LARGE * median(line.height for line in screen)
    alone = second.height < ALONE * tallest.height
    return (
        tallest.text if stands_out and alone and _tells(tallest.text) and tallest.text.casefold() not in beside else ""
    )


def _file(screen: Sequence[Line], beside: set[str]) -> str:
    names = [line.text for line in screen if line.top < BAND and _FILE.fullmatch(line.text)]
    return names[0] if len(names) == 1 and len(names[0]) <= LONGEST and names[0].casefold() not in beside else ""


def _tells(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(text) <= LONGEST and letters >= 4 and letters + text.count(" ") >= 0.85 * len(text)
