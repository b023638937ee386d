"""Lines, bars, columns and colours."""

from __future__ import annotations

import locale
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.color import Color

from enrich_tui.config import UiConfig
from enrich_tui.display.sessions import fit_title
from enrich_tui.model import STAGES
from enrich_tui.text import cells
from enrich_tui.tui import themes
from enrich_tui.tui.app import Dashboard
from enrich_tui.tui.columns import columns
from enrich_tui.tui.layout import plan
from enrich_tui.widgets.drawing import Row, bar, ordinal, parted, rule, sparkline, spread
from enrich_tui.widgets.glyphs import ASCII, UNICODE, Glyphs, choose
from enrich_tui.widgets.palette import palette as make_palette
from enrich_tui.widgets.wrapping import wrap
from tests.pilot.scripted import Scripted

STYLE = Style()
text = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Mn", "Me", "Mc")), max_size=20)


@given(text, st.integers(0, 40))
def test_cells_and_strips_are_as_wide_as_asked(words: str, width: int) -> None:
    assert Row().cell(words, width).width == width
    assert Row().cell(words, width).strip(60, STYLE).cell_length == 60
    assert Row().add(words).strip(width, STYLE).cell_length == width


@given(st.floats(-1, 2), st.integers(1, 50), st.sampled_from([UNICODE, ASCII]))
def test_a_bar_is_full_only_when_all_is_done(fraction: float, width: int, glyphs: Glyphs) -> None:
    drawn = bar(fraction, width, glyphs, STYLE, STYLE)
    assert drawn.width == width
    full = drawn.strip(width, STYLE).text == glyphs.full * width
    assert full == (fraction >= 1)


@given(text, text, st.integers(1, 60))
def test_ends_and_rules_stay_inside(left: str, right: str, width: int) -> None:
    drawn = spread(Row().add(left), Row().add(right), width)
    assert drawn.width in {width, cells(left)}
    assert rule(Row().add("a"), Row().add("b"), width, UNICODE, STYLE).strip(width, STYLE).cell_length == width
    assert parted([Row().add(left), Row().add(right)], width).width <= max(width, 0)


@given(st.text(alphabet="ab 多é\n", max_size=80), st.integers(2, 20))
def test_wrapped_lines_fit_and_lose_nothing(words: str, width: int) -> None:
    lines = wrap(words, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


@given(st.integers(1, 300), st.integers(1, 4))
def test_columns_fill_the_width(width: int, count: int) -> None:
    layout = columns(width, STAGES[:count])
    total = 2 + layout.name + 1 + 3 + layout.attempt + layout.worker + layout.time + layout.eta
    total += sum(layout.stage + 1 for _ in layout.stages) if layout.stages else layout.stage
    if width >= 20:
        assert total == width


@given(st.integers(1, 400), st.integers(1, 120), st.integers(0, 20))
def test_plans_leave_room_for_sessions(width: int, height: int, errors: int) -> None:
    wanted = plan(width, height, errors)
    left = height - wanted.overview - wanted.head - wanted.errors - wanted.status - wanted.footer
    assert left >= (3 if wanted.table else 0)
    assert width - wanted.side >= min(width, 78)
    assert not (wanted.badge and wanted.errors)


def test_sparklines_and_ordinals() -> None:
    assert sparkline([0, 1, 2], 2, 5, UNICODE) == "   ▄█"
    assert sparkline([], 0, 3, ASCII) == "   "
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st",
    ]  # fmt: skip


def test_every_sign_is_one_cell_and_no_two_states_share_one() -> None:
    for glyphs in (UNICODE, ASCII):
        for table in (glyphs.states, glyphs.cells):
            assert len(set(table.values())) == len(table)
            assert all(cells(sign) == 1 for sign in table.values())
    assert all(str(value).isascii() for value in vars(ASCII).values() if isinstance(value, str))


def test_the_signs_follow_the_terminal() -> None:
    assert choose(ascii_only=False, environ={"TERM": "xterm"}, encoding="UTF-8") is UNICODE
    assert choose(ascii_only=True, environ={"TERM": "xterm"}, encoding="UTF-8") is ASCII
    assert choose(ascii_only=False, environ={"TERM": "linux"}, encoding="utf8") is ASCII
    assert choose(ascii_only=False, environ={}, encoding="ANSI_X3.4-1968") is ASCII


def test_windows_consoles_get_all_signs_whatever_the_code_page_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "getpreferredencoding", lambda do_setlocale: "cp1252")
    assert choose(ascii_only=False, environ={}) is ASCII
    monkeypatch.setattr(sys, "platform", "win32")
    assert choose(ascii_only=False, environ={}) is UNICODE


@pytest.mark.parametrize("theme", [theme.name for theme in themes.THEMES if not theme.ansi])
def test_contrast_is_enough_to_read(theme: str) -> None:
    """WCAG 2.2: 4.5 to 1 for text (7 in the theme for it), 3 to 1 for signs."""
    source = Scripted([])
    app = Dashboard(source, source, ui=UiConfig(theme=theme))
    palette = make_palette(app)
    paper = Color.parse(app.current_theme.background or "")
    least = 7.0 if theme == themes.CONTRAST.name else 4.5

    def contrast(style: Style) -> float:
        assert style.color is not None
        lighter, darker = sorted((_luminance(Color.from_rich_color(style.color)), _luminance(paper)), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    for name in ("text", "strong", "dim", "accent", "good", "warn", "bad"):
        assert contrast(getattr(palette, name)) >= least, name
    assert contrast(palette.faint) >= 3


def _luminance(color: Color) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_of_a_path_the_end_is_shown_and_of_a_title_the_beginning() -> None:
    assert fit_title("2026-11/monday/call.wav", "2026-11/monday/call.wav", 14, "…") == "…nday/call.wav"
    assert fit_title("A/B test of the new page", "ab.mp4", 14, "…") == "A/B test of t…"
    assert fit_title("call.wav", "call.wav", 6, "…") == "call.…"
