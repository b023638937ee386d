"""Cells are counted as the dashboard's toolkit counts them, and nothing that belongs together is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from enrich_tui.text import cells, clean, fit, fit_end, pad

COMMON = [
    "plain",
    "Ünïcode",
    "東京タワー",
    "한국어",
    "\u1112\u1161\u11ab",
    "ไทย",
    "नि",
    "e\u0301",
    "👍🏽",
    "👨\u200d👩\u200d👧",
    "❤\ufe0f",
    "1\ufe0f\u20e3",
    "🇩🇪🇫🇷",
    "ｆｕｌｌ",
    "🫨",
    "█▌·✔✖●↻○▸…─",
    "☰䷀",
]


@pytest.mark.parametrize("text", COMMON)
def test_cells_agree_with_the_toolkit(text: str) -> None:
    assert cells(text) == cell_len(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Co", "Cn"))))
def test_clean_text_measures_as_in_the_toolkit(text: str) -> None:
    cleaned = clean(text)
    assert cells(cleaned) == cell_len(cleaned)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("recording", 9, "recording"),
        ("recording", 8, "recordi…"),
        ("recording", 1, "…"),
        ("recording", 0, ""),
        ("recording", -3, ""),
        ("東京", 3, "東…"),
        ("東京", 2, "…"),
        ("🇩🇪🇫🇷", 3, "🇩🇪…"),
        ("🇩🇪🇫🇷", 2, "…"),
        ("ae\u0301bc", 3, "ae\u0301…"),
        ("👨\u200d👩\u200d👧x", 2, "…"),
    ],
)
def test_fitting(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


def test_an_ellipsis_of_ones_own() -> None:
    assert fit("recording", 6, ellipsis="...") == "rec..."
    assert fit("recording", 2, ellipsis="...") == "re"


@given(
    st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from("a東e\u0301👩\u200d❤\ufe0f🇩🇪1\u20e3🏽")),
    st.integers(-1, 20),
)
def test_whatever_is_fitted(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cells(fitted) <= max(width, 0)
    assert fit(fitted, width) == fitted
    assert cells(pad(text, width)) == max(width, 0)
    if cells(text) <= width:
        assert fitted == text


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("a/b/talk.mp4", 12, "a/b/talk.mp4"), ("a/b/talk.mp4", 9, "…talk.mp4"), ("a/会議", 4, "…議"), ("abc", 0, "")],
)
def test_fitting_the_end(text: str, width: int, shown: str) -> None:
    assert fit_end(text, width) == shown


@given(text=st.text(), width=st.integers(-1, 12))
def test_whatever_is_fitted_by_its_end(text: str, width: int) -> None:
    fitted = fit_end(text, width)
    assert cells(fitted) <= max(width, 0)
    assert fitted == text or text.endswith(fitted.removeprefix("…"))
