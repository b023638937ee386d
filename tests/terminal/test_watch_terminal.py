"""Watching on a real terminal and without one: an empty folder, files that come, and see them done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

if os.name == "nt":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.terminal.terminal import Terminal
from tests.unit.media.making import make

CONFIG = "[watch]\nevery = 0.2\nsettle = 0.6\npatience = 8.0\n"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose user has no history and no logs yet."""
    return {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    """The command line that watches the empty folder ``library``."""
    (tmp_path / "library").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG)
    options = ["--watch", "--config", str(tmp_path / "config.toml"), "--workers", "1", "--stages", "video"]
    return ["-m", "enrich_tui", "run", str(tmp_path / "library"), *options]


def test_an_empty_folder_files_that_come_and_see_them_done(
    tmp_path: Path, program: list[str], home: dict[str, str]
) -> None:
    library, made = tmp_path / "library", make(tmp_path / "made.mp4")
    with Terminal(program, environ=home) as terminal:
        terminal.until("WATCHING")
        terminal.until("what you put here is taken up when it is finished")
        whole = made.read_bytes()
        with (library / "lecture.mp4").open("wb", buffering=0) as stream:
            stream.write(whole[:9000])
            terminal.until("still being written, 9 kB")
            assert "1 arriving" in terminal.text
            stream.write(whole[9000:])
        terminal.until("1/1 session ")
        terminal.until("WATCHING")
        (library / "broken.mp4").write_bytes(whole[:9000])
        terminal.until("2/2 sessions")
        terminal.until("broken")
        terminal.send("q")
        assert terminal.end() == 1
        assert terminal.restored()
    assert (library / "lecture.mp4.enriched" / "chapters.json").exists()


def test_the_json_lines_go_on_until_it_is_interrupted(tmp_path: Path, program: list[str], home: dict[str, str]) -> None:
    library, made = tmp_path / "library", make(tmp_path / "made.mp4")
    with subprocess.Popen(
        [sys.executable, *program, "--display", "json"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **home},
        text=True,
    ) as running:
        assert running.stdout is not None
        told: list[dict[str, object]] = []
        deadline = time.monotonic() + 40
        for line in running.stdout:
            assert time.monotonic() < deadline, told
            told.append(json.loads(line))
            if told[-1].get("state") == "watching" and made.exists():
                made.rename(library / "lecture.mp4")
            if told[-1]["type"] == "session-finished":
                running.send_signal(signal.SIGINT)
                break
        rest = [json.loads(line) for line in running.stdout]
        assert running.wait(20) == 130
    kinds = [line["type"] for line in told]
    assert kinds[0] == "run-started"
    assert kinds.index("session-arriving") < kinds.index("session-queued") < kinds.index("stage-started")
    assert rest[-1]["type"] == "run-finished"
