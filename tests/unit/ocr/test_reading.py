from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from enrich_tui.stages.ocr.lines import Line
from enrich_tui.stages.ocr.reading import MAX_LINE, MAX_LINES, Picture, ScreenReader
from enrich_tui.stages.vision.pictures import MAX_SIDE


class FakeEngine:
    """Reads what it was told to, and remembers the sizes of what it was shown."""

    name = "fake"

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers = list(answers)
        self.sizes: list[tuple[int, int]] = []

    def read(self, picture: Image.Image) -> list[Line]:
        self.sizes.append(picture.size)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [Line(text, 0.1, 0.02) for text in answer]


def page(*bars: int, size: tuple[int, int] = (640, 360)) -> Picture:
    """A picture with a bar at each of these heights."""

    def draw() -> Image.Image:
        image = Image.new("RGB", size, "white")
        for bar in bars:
            ImageDraw.Draw(image).rectangle((40, bar, 300, bar + 14), fill="black")
        return image

    return draw


def read(
    engine: FakeEngine, *groups: list[Picture], report: Callable[[float], None] = lambda _: None
) -> list[list[str]]:
    return [[line.text for line in text] for text in ScreenReader(engine).read(groups, report)]


def test_what_begins_and_ends_a_chapter_is_told_once() -> None:
    engine = FakeEngine(["$ make", "Release p"], ["$ make", "Release plan", "done"])
    assert read(engine, [page(20), page(20, 60)]) == [["$ make", "Release plan", "done"]]


def test_a_picture_that_was_read_is_not_read_again() -> None:
    engine = FakeEngine(["one"], ["two"])
    texts = read(engine, [page(20)], [page(80)], [page(20)], [page(80)])
    assert texts == [["one"], ["two"], ["one"], ["two"]]
    assert len(engine.sizes) == 2


def test_an_even_picture_is_not_read() -> None:
    engine = FakeEngine()
    assert read(engine, [page()], [lambda: Image.new("RGB", (900, 20), "navy")]) == [[], []]


def test_progress_is_the_share_of_pictures() -> None:
    told: list[float] = []
    read(FakeEngine(["one"], ["two"]), [page(20), page()], [page(80), page(20)], report=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_a_picture_that_cannot_be_read_stays_without_text(caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine(ValueError("no"), ["two"])
    assert read(engine, [page(20)], [page(80)]) == [[], ["two"]]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_after_three_failures_in_a_row_no_more_is_tried(caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine(*[MemoryError()] * 3)
    assert read(engine, *[[page(20 + 30 * number)] for number in range(6)]) == [[]] * 6
    assert "no more is tried" in caplog.text


def test_text_is_clean_and_bounded() -> None:
    engine = FakeEngine(["a\x1b[31mb\u202ec  d", "?!", "x" * 900, *[f"line {number:03}" for number in range(500)]])
    (lines,) = read(engine, [page(20)])
    assert lines[0] == "abc d"
    assert lines[1] == "x" * (MAX_LINE - 1) + "…"
    assert len(lines) == MAX_LINES


def test_a_huge_picture_is_made_smaller() -> None:
    engine = FakeEngine(["one"])
    read(engine, [page(20, size=(4 * MAX_SIDE, 600))])
    assert engine.sizes == [(MAX_SIDE, 150)]
