"""A summary as a Markdown file."""

from __future__ import annotations

import re

from enrich_tui.stages.results import Point, Summary
from enrich_tui.text import seconds_text

_METHODS = {
    "extractive": "An extractive summary: the session's own sentences, chosen and lightly tidied, not rewritten.",
    "basic": "A basic summary: what there is and when, without words that could be summed up.",
    "model": "Written by a language model: {engine}.",
}


def method_text(summary: Summary) -> str:
    """How a summary came about, in a sentence."""
    return _METHODS[summary.method].replace("{engine}", summary.engine)


def markdown(summary: Summary) -> str:
    """The whole summary; text from the session is escaped, so that it stays text in every reader."""
    parts = [f"# {escape(summary.title)}", escape(summary.overview)]
    if summary.points:
        parts += ["## Points", _items(summary.points)]
    if summary.actions:
        parts += ["## To do", _items(summary.actions, "- [ ] ")]
    if summary.questions:
        parts += ["## Questions", _items(summary.questions)]
    if summary.keywords:
        parts += ["## Keywords", escape(", ".join(summary.keywords))]
    parts.append(f"_{escape(method_text(summary))}_")
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Text on one line that means itself in Markdown, with nothing in it that could be HTML."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", text)
    return re.sub(r"^(\d+)([.)])(?=\s|$)|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", text)


def _items(points: tuple[Point, ...], mark: str = "- ") -> str:
    return "\n".join(
        f"{mark}**{seconds_text(point.start)}** {escape(point.text)}"
        if point.start is not None
        else mark + escape(point.text)
        for point in points
    )
