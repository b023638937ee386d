"""What the dashboard looks like: text, signs and colours, in all kinds of runs, at several sizes, in four themes.

Where a change is meant, ``python -m tests.snapshots`` records it; the difference is then to be read.
"""

from __future__ import annotations

from difflib import unified_diff

import pytest
import textual
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.snapshots.picture import picture, screen_cells
from tests.snapshots.taking import FOLDER, TEXTUAL, cases, file_of, take

pinned = pytest.mark.skipif(
    textual.__version__ != TEXTUAL, reason=f"recorded with Textual {TEXTUAL}, this is {textual.__version__}"
)


@pinned
@pytest.mark.parametrize(("state", "size"), list(cases()), ids=[file_of(*case).stem for case in cases()])
async def test_the_screen_looks_as_recorded(state: str, size: tuple[int, int]) -> None:
    recorded = file_of(state, size).read_text(encoding="utf-8")
    seen = await take(state, size)
    difference = unified_diff(recorded.splitlines(), seen.splitlines(), "recorded", "seen", lineterm="", n=1)
    assert seen == recorded, "\n".join(difference)


def test_there_is_no_snapshot_too_many() -> None:
    assert set(FOLDER.glob("*.txt")) == {file_of(state, size) for state, size in cases()}


@pytest.mark.parametrize(
    "other",
    [
        Segment("ab", Style(color="blue")),
        Segment("ac", Style(color="red")),
        Segment("ab", Style(color="red", bold=True)),
        Segment("ab", Style(color="red", bgcolor="blue")),
    ],
)
def test_every_change_of_a_sign_or_a_style_shows(other: Segment) -> None:
    before, after = (
        picture({"dark": screen_cells([Strip([Segment("x"), segment])])})
        for segment in (Segment("ab", Style(color="red")), other)
    )
    assert before != after
    assert before == picture({"dark": screen_cells([Strip([Segment("x"), Segment("ab", Style(color="red"))])])})
