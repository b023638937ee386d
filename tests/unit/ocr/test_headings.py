from __future__ import annotations

from enrich_tui.stages.ocr.headings import headings
from enrich_tui.stages.ocr.lines import Line


def screen(*lines: tuple[str, float], top: float = 0.2) -> list[Line]:
    return [Line(text, top + 0.05 * number, height) for number, (text, height) in enumerate(lines)]


BODY = (("first point", 0.03), ("second point", 0.03), ("third point", 0.031))


def test_a_large_line_is_the_heading() -> None:
    assert headings([screen(("Release plan", 0.06), *BODY), screen(("Open questions", 0.05), *BODY)]) == [
        "Release plan",
        "Open questions",
    ]


def test_what_is_shown_beside_it_too_is_none() -> None:
    menu = ("Acme Corporation", 0.06)
    assert headings([screen(menu, *BODY), screen(("acme corporation", 0.03), *BODY)]) == ["", ""]


def test_two_chapters_with_the_same_heading_keep_their_numbers() -> None:
    plan = screen(("Release plan", 0.06), *BODY)
    assert headings([plan, screen(*BODY), plan]) == ["", "", ""]


def test_what_does_not_stand_out_is_none() -> None:
    assert headings([screen(("Release plan", 0.035), *BODY)]) == [""]
    assert headings([screen(("Release plan", 0.06), ("Other plan", 0.058), *BODY)]) == [""]
    assert headings([screen(("Release plan", 0.06), ("point", 0.03))]) == [""]
    assert headings([screen(("12:30 | 4,500", 0.06), *BODY)]) == [""]
    assert headings([[]]) == [""]


def test_the_only_file_name_in_the_uppermost_band_is_one() -> None:
    assert headings([screen(("report.py", 0.03), *BODY, top=0.01), screen(*BODY)]) == ["report.py", ""]
    tabs = [Line("report.py", 0.01, 0.03), Line("other.py", 0.01, 0.03), *screen(*BODY)]
    assert headings([tabs]) == [""]
