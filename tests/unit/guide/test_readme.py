"""The example of the README does what it shows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[3] / "README.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "empty.wav").touch()
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example, names)
    asyncio.run(names["main"]())
    assert (tmp_path / "recordings" / "empty.wav.enriched").is_dir()
