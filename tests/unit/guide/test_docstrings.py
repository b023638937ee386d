"""The examples in the docstrings run, and say what comes of them."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import enrich_tui

ROOT = Path(enrich_tui.__file__).parent
MODULES = [
    ".".join((ROOT.name, *path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_there_are_examples() -> None:
    assert {"enrich_tui.pool.pool", "enrich_tui.errors.handler"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
