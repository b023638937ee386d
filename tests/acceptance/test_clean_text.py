"""Hostile titles, paths, notes and manifests reach no display, no file and no stream as anything but text."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Program
from tests.acceptance.making import captioned, review

HOSTILE = (
    "a\x1b]52;c;cm0=\x07b\x1b[31mc\x9b2Jd\u202eevil\u2066e\x00f\x08g[@click=app.quit]h<script>alert(1)</script>\nsecond"
)
FILE_NAME = "x\x1b]52;c;cm0=\x07\x1b[2J\u202e\u2028<img src=x onerror=alert(1)>.wav"
TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "li\x1b[31mbrary"
    told = review(folder / "told", f"# Notes\n{HOSTILE}\nWe decided to ship.\n")
    (told / "session.json").write_text(
        json.dumps({"id": HOSTILE, "title": HOSTILE, "screenshots": ["shot.png"], "notes": ["notes.md"]})
    )
    captioned(folder / "said", f"WEBVTT\n\n00:00.000 --> 00:04.000\n{HOSTILE.replace(chr(0), '')}\n")
    wrong = folder / "wrong"
    wrong.mkdir()
    (wrong / "session.json").write_text(json.dumps({"title": HOSTILE, "audio": [f"../{HOSTILE}"]}))
    (folder / "toml").mkdir()
    (folder / "toml" / "session.toml").write_text('title = "\\u001b]0;x\\u0007" \x1b[31m')
    if os.name != "nt":
        (folder / FILE_NAME).touch()
        (folder / os.fsdecode(b"raw\xff\x1b[2J.wav")).touch()
    return folder


def outputs(library: Path) -> list[Path]:
    return [
        path
        for path in library.rglob("*")
        if path.is_file() and "enriched" in str(path.parent) and path.suffix != ".jpg"
    ]


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="such names cannot be made there")
def test_streams_and_files(library: Path, program: Program) -> None:
    for display in ("json", "plain"):
        told = program(library, "--display", display)
        assert told.returncode == 1, told.stderr
        assert "Traceback" not in told.stderr
        for line in (told.stdout + told.stderr).split("\n"):
            assert not TERMINAL.search(line), ascii(line)
            if line.startswith("{"):
                texts = [value for value in json.loads(line).values() if isinstance(value, str)]
                assert not any(TERMINAL.search(text) for text in texts), ascii(line)
    made = outputs(library)
    assert {"canvas.html", "summary.md", "transcript.txt"} <= {path.name for path in made}
    for path in made:
        text = path.read_bytes().decode()
        if path.name == "session.json":
            continue  # it names the sources as they are, for the program
        found = TERMINAL.search(text.replace("\n", ""))
        assert found is None, (path.name, ascii(found))
        if path.name == "canvas.html":
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            assert "alert(1)" in text, "it is shown as the text that it is"
