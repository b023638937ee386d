"""The colours that every widget draws with, by what they mean, made from whatever theme the app has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from enrich_tui.display.rows import SessionState

_STRICT = 0.99
"""Difference in brightness of ink and paper from which on a theme is one of high contrast."""


@dataclass(frozen=True)
class Palette:
    """Styles by what they mean. All set a foreground only, except ``cursor`` and ``badge``."""

    text: Style
    strong: Style
    dim: Style
    faint: Style
    accent: Style
    good: Style
    warn: Style
    bad: Style
    bar: Style
    """The done part of a bar."""
    rest: Style
    """The rest of a bar."""
    cursor: Style
    """Laid over the selected row of the panel that has the focus."""
    badge: Style
    """A word that must be seen."""
    found: Style
    """Laid over text that was looked for."""


_MADE: WeakKeyDictionary[App[Any], tuple[Theme, Palette]] = WeakKeyDictionary()


def palette(app: App[Any]) -> Palette:
    """The palette of the app's theme; made anew only when the theme is another one."""
    theme = app.current_theme
    made = _MADE.get(app)
    if made is None or made[0] is not theme:
        made = _MADE[app] = (theme, _plain() if theme.ansi else _coloured(theme, app.get_css_variables()))
    return made[1]


def _plain() -> Palette:
    """For the sixteen colours of the terminal, which nobody but its user knows."""
    plain = Style()
    return Palette(
        text=plain,
        strong=Style(bold=True),
        dim=Style(dim=True),
        faint=Style(dim=True),
        accent=Style(color="cyan"),
        good=Style(color="green"),
        warn=Style(color="yellow"),
        bad=Style(color="red", bold=True),
        bar=Style(color="cyan"),
        rest=Style(dim=True),
        # one reversed line: colours of single signs would become patches
        cursor=Style(color="default", bgcolor="default", reverse=True, dim=False),
        badge=Style(reverse=True, bold=True),
        found=Style(underline=True, bold=True),
    )


def _coloured(theme: Theme, variables: Mapping[str, str]) -> Palette:
    ink, paper = Color.parse(variables["foreground"]), Color.parse(variables["background"])
    strict = abs(ink.brightness - paper.brightness) >= _STRICT

    def of(name: str, *, bold: bool = False) -> Style:
        return Style(color=Color.parse(variables[name]).rich_color, bold=bold)

    def between(factor: float) -> Style:
        return Style(color=ink.blend(paper, factor).rich_color)

    return Palette(
        text=Style(color=ink.rich_color),
        strong=Style(color=ink.rich_color, bold=True),
        dim=between(0.1 if strict else 0.36),
        faint=between(0.4 if strict else 0.58 if theme.dark else 0.48),
        accent=of("accent"),
        good=of("success"),
        warn=of("warning"),
        bad=of("error", bold=strict),
        bar=of("accent"),
        rest=between(0.5 if strict else 0.72),
        cursor=Style(bgcolor=Color.parse(variables["panel"]).rich_color, bold=strict or None, underline=strict or None),
        badge=Style(color=paper.rich_color, bgcolor=Color.parse(variables["warning"]).rich_color, bold=True),
        found=Style(color=Color.parse(variables["warning"]).rich_color, bold=True, underline=True),
    )


def state_style(state: SessionState, palette: Palette, *, rest: Style | None = None) -> Style:
    """The colour of a session's sign; ``rest``: of those that nobody need look at."""
    match state:
        case SessionState.RUNNING:
            return palette.accent
        case SessionState.RETRYING | SessionState.PARTIAL:
            return palette.warn
        case SessionState.FAILED:
            return palette.bad
        case SessionState.DONE:
            return palette.good
        case _:
            return palette.faint if rest is None else rest
