"""Libraries that the services are compared to, where they are installed: ``pip install -e ".[bench]"``."""

from __future__ import annotations

import importlib
from types import ModuleType

_missing: dict[str, None] = {}


def peer(name: str) -> ModuleType | None:
    """The module, or None where its library is not installed, which :func:`missing` then tells."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        _missing[name.partition(".")[0]] = None
        return None


def missing() -> str:
    """What was asked for and is not installed, as a line to print; empty where nothing is missing."""
    if not _missing:
        return ""
    return f'Left out, because not installed: {", ".join(_missing)} (pip install -e ".[bench]")'
