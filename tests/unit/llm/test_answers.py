"""What is believed of an answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.stages.llm.answers import LONG_OVERVIEW, LONG_POINT, Kept, Told, keep
from enrich_tui.stages.llm.lines import Line, Timeline, fitted, portions, size, spoken_lines
from enrich_tui.stages.results import Segment, Transcript
from enrich_tui.text import clean, seconds_text

LINES = [Line(1.4, 4.0, "Hello."), Line(5.0, 9.0, "The pump leaks."), Line(3700.9, 3705.0, "Goodbye.")]


def kept(**answer: Any) -> Kept:
    return keep(Told.model_validate({"overview": "It leaks.", **answer}), LINES, [1, 2], 3)


@pytest.mark.parametrize(
    ("time", "start"),
    [
        ("0:01", 1.4),
        ("[0:05]", 5.0),
        ("0:05 - 0:09", 5.0),
        ("00:00:08", 5.0),
        (6, 5.0),
        ("61:40", 3700.9),
        ("1:01:40", 3700.9),
        ("1:01:46", 3700.9),
    ],
)
def test_a_time_is_that_of_the_line_that_was_said_then(time: str | float, start: float) -> None:
    found = Timeline(LINES).find(time)
    assert found is not None
    assert found.start == start


@pytest.mark.parametrize("time", ["0:30", "59:00", "2:00:00", "", "soon", "5", -1, float("nan"), float("inf"), 1e300])
def test_a_time_that_is_not_there_is_made_up(time: str | float) -> None:
    assert Timeline(LINES).find(time) is None
    assert not kept(points=[{"time": time, "text": "The pump leaks."}]).points


def test_points_come_in_the_order_of_time_once_and_no_more_than_wanted() -> None:
    told = [
        {"time": time, "text": text} for time, text in [("1:01:40", "c"), ("0:05", "b"), ("0:01", "b"), ("0:01", "a")]
    ]
    assert [(point.text, point.start, point.end) for point in kept(points=told).points] == [
        ("a", 1.4, 4.0),
        ("b", 5.0, 9.0),
        ("c", 3700.9, 3705.0),
    ]
    many = [{"time": "0:01", "text": str(number)} for number in range(99)]
    assert (len(kept(points=many).points), len(kept(actions=many).actions)) == (3, 8)


def test_what_a_terminal_would_obey_is_gone_and_what_is_long_is_cut() -> None:
    hostile = "\x1b]52;c;eA==\x07\x1b[2JThe \u202epump\u202c leaks.\r\n" + "x" * 5000
    made = kept(
        overview=hostile, points=[{"time": "0:01", "text": hostile}], chapters=[{"number": 1, "title": hostile}]
    )
    for text, most in ((made.overview, LONG_OVERVIEW), (made.points[0].text, LONG_POINT), (made.titles[1], 60)):
        assert text.startswith("The pump leaks. x")
        assert len(text) <= most
        assert clean(text) == text


def test_titles_of_chapters_that_were_asked_for() -> None:
    told = [{"number": 1, "title": '"Start".'}, {"number": 7, "title": "Made up"}, {"number": 2, "title": " "}]
    assert kept(chapters=told).titles == {1: "Start"}


def test_an_answer_of_which_nothing_is_left() -> None:
    assert kept(overview=" \x1b[0m ", points=[{"time": "9:59:59", "text": "No."}]).empty
    assert not kept().empty


def test_lines_of_a_transcript() -> None:
    said = [(9.0, "b"), (1.0, " a\n"), (5.0, " \x07"), (12.0, "x" * 50)]
    segments = tuple(Segment(id=i, start=s, end=s + 1, text=t) for i, (s, t) in enumerate(said))
    lines = spoken_lines(Transcript(segments=segments), 10)
    assert [line.shown for line in lines] == ["[0:01] a", "[0:09] b", f"[0:12] {'x' * 9}…"]
    assert spoken_lines(None, 10) == []


@given(st.lists(st.text(max_size=60), max_size=60), st.integers(61, 500))
def test_portions_hold_everything_once_and_are_as_large_as_said(texts: list[str], most: int) -> None:
    cut = [texts[part] for part in portions(texts, most)]
    assert [text for part in cut for text in part] == texts
    assert all(part for part in cut)
    assert all(len(part) == 1 or sum(map(size, part)) <= most for part in cut)


@given(st.text(), st.integers(0, 50))
def test_what_is_fitted_fits(text: str, most: int) -> None:
    assert len(fitted(text, most).encode()) <= most


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 30)), min_size=1, max_size=40))
def test_every_time_that_is_shown_leads_to_a_line_that_shows_it(spans: list[tuple[float, float]]) -> None:
    lines = [Line(start, start + length, "x") for start, length in sorted(spans)]
    for line in lines:
        found = Timeline(lines).find(seconds_text(line.start))
        assert found is not None
        assert int(found.start) == int(line.start)
