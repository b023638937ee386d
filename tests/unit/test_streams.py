from __future__ import annotations

import io
import sys

import pytest

from enrich_tui.streams import can_draw, prepare_streams


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("platform", "drawn_on", "environ", "can"),
    [
        ("linux", "stderr", {"TERM": "xterm"}, True),
        ("darwin", "stderr", {"TERM": "xterm"}, True),
        ("linux", "stdout", {"TERM": "xterm"}, False),
        ("linux", "stderr", {"TERM": "dumb"}, False),
        ("linux", "stderr", {}, False),
        ("win32", "stdout", {}, True),
        ("win32", "stdout", {"TERM": "dumb"}, False),
        ("win32", "stderr", {}, False),
    ],
)
def test_the_dashboard_needs_the_terminal_that_it_is_drawn_on(
    monkeypatch: pytest.MonkeyPatch, platform: str, drawn_on: str, environ: dict[str, str], *, can: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal() if name == drawn_on else io.StringIO())
    assert can_draw(environ) is can


@pytest.mark.parametrize(("platform", "written"), [("win32", "✔ Müller"), ("linux", "? Müller")])
def test_on_windows_a_file_gets_utf8_whatever_the_code_page(
    monkeypatch: pytest.MonkeyPatch, platform: str, written: str
) -> None:
    file = io.BytesIO()
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding="cp1252"))
    prepare_streams()
    print("✔ Müller", end="", flush=True)
    assert file.getvalue().decode("utf-8" if platform == "win32" else "cp1252") == written
