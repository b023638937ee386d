"""The dashboard's own themes."""

from __future__ import annotations

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
BY_NAME = {theme.name: theme for theme in THEMES}
