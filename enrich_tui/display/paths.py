"""Paths as a person would write them."""

from __future__ import annotations

from pathlib import Path


def from_home(path: str) -> str:
    """A path with ``~`` for the person's own folder."""
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path
