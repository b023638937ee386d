"""The dashboard's own themes, and the palette that every widget draws with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="enrich-dark",
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#7aa2f7",
    success="#8fbf7f",
    warning="#e0af68",
    error="#f07f8c",
    foreground="#d5d9e6",
    background="#15171f",
    surface="#1c1f2a",
    panel="#242837",
    dark=True,
    variables={"scrollbar": "#3a4058", "scrollbar-background": "#15171f", "input-selection-background": "#7aa2f7 35%"},
)
LIGHT = Theme(
    name="enrich-light",
    primary="#2456c4",
    secondary="#4a5578",
    accent="#2456c4",
    success="#2c6e2f",
    warning="#8a5300",
    error="#b3203a",
    foreground="#22252e",
    background="#fafaf7",
    surface="#f0f0ec",
    panel="#e5e6e2",
    dark=False,
    variables={"scrollbar": "#b8bcc8", "scrollbar-background": "#fafaf7", "footer-key-foreground": "#2456c4"},
)
CONTRAST = Theme(
    name="enrich-contrast",
    primary="#ffd700",
    secondary="#ffffff",
    accent="#ffd700",
    success="#5fff5f",
    warning="#ffaf00",
    error="#ff8080",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#2a2a2a",
    dark=True,
    variables={"scrollbar": "#ffffff", "scrollbar-background": "#000000"},
)
ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_white",
    },
)
THEMES: tuple[Theme, ...] = (DARK, LIGHT, CONTRAST, ANSI)
"""In the order in which the theme key goes through them."""


@dataclass(frozen=True)
class Palette:
    """Styles by what they mean. All set a foreground only, except the last two."""

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


def palette(app: App[Any]) -> Palette:
    """The palette of the theme in use."""
    theme = app.current_theme
    if theme.ansi:
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
            cursor=Style(reverse=True),
            badge=Style(reverse=True, bold=True),
        )
    variables = theme.to_color_system().generate()
    ink, paper = Color.parse(variables["foreground"]), Color.parse(variables["background"])
    strict = theme.name == CONTRAST.name

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
        cursor=Style(bgcolor=Color.parse(variables["panel"]).rich_color, bold=strict, underline=strict),
        badge=Style(color=paper.rich_color, bgcolor=Color.parse(variables["warning"]).rich_color, bold=True),
    )
