"""How pages are drawn: one file each, with everything inside, text as text, and a policy that forbids the rest."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from enrich_tui.text import clean, seconds_text


def policy(style: str, script: str, *, media: str = "'none'") -> str:
    """The content security policy: this script, this style, pictures in the page, and ``media`` from there.

    For what lies beside the page that is ``'self' file:``; browsers differ in whether a page on disk has a self.
    """
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        f"media-src {media}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


@cache
def asset(package: str, name: str) -> str:
    """A style sheet or script of a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def environment(package: str) -> Environment:
    """Draws the templates that lie in a package. What goes into them is escaped and clean."""
    made = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = seconds_text
    return made
