"""Recorded runs from the command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from enrich_tui.display.json_lines import schema
from tests.terminal.test_cli import PROGRAM, call, events, home, library
from tests.unit.sources.streams import lines, run

__all__ = ["home", "library"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "run.jsonl"
    file.write_bytes(lines(run(3600)))
    return file


@pytest.mark.parametrize("words", [["replay"], ["--replay"]])
def test_the_json_display_gives_the_stream_back(home: dict[str, str], recording: Path, words: list[str]) -> None:
    told = call(home, *words, recording, "--display", "json", "--speed", "max")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.encode() == recording.read_bytes()


def test_lines_are_marked_and_tell_the_end(home: dict[str, str], recording: Path) -> None:
    told = call(home, f"--replay={recording}", "--speed", "max")
    first, *_, last = told.stderr.splitlines()
    assert told.returncode == 0
    assert first == "    0:00  REPLAY · /r · 2 workers"
    assert last == " 1:00:00  ended     2 ok, 0 failed in 1:00:00"


def test_from_standard_input(home: dict[str, str], recording: Path) -> None:
    told = subprocess.run(
        [*PROGRAM, "replay", "-", "--display", "json", "--speed", "1000"],
        env=home,
        input=recording.read_bytes()[:-20],
        capture_output=True,
        timeout=60,
        check=False,
    )
    came = events(told.stdout.decode())
    assert told.returncode == 0
    assert next(event["message"] for event in came if event["type"] == "note").endswith("left out: it is cut off.")
    assert len(came) == len(run(3600))


def test_the_last_run_of_a_library(home: dict[str, str], library: Path, tmp_path: Path) -> None:
    told = call(home, "replay", library)
    assert told.returncode == 2
    assert "no run of this library is on record" in told.stderr
    ran = call(home, "run", library, "--display", "json", "--workers", "1")
    again = call(home, "replay", library, "--display", "json", "--speed", "max")
    assert (ran.returncode, again.returncode) == (0, 0)
    figures = {"stage-progressed", "batch", "pool", "worker"}
    kept = [event for event in events(again.stdout) if event["type"] not in figures]
    assert kept == [event for event in events(ran.stdout) if event["type"] not in figures]
    assert kept[-1]["type"] == "run-finished"


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "there is nothing at"), (b"", "it is empty"), (b"# Report\n", "Line 1 was left out: it is not JSON")],
)
def test_what_cannot_be_shown_is_said(home: dict[str, str], tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "other"
    if content is not None:
        file.write_bytes(content)
    told = call(home, "replay", file)
    assert told.returncode == 2
    assert says in told.stderr


@pytest.mark.parametrize("speed", ["0", "5000", "fast", "nan"])
def test_a_speed_that_is_none(home: dict[str, str], recording: Path, speed: str) -> None:
    told = call(home, "replay", recording, "--speed", speed)
    assert told.returncode == 2
    assert "--speed" in told.stderr


def test_nothing_is_written(home: dict[str, str], recording: Path) -> None:
    before = set(recording.parent.rglob("*"))
    call(home, "replay", recording, "--display", "none", "--speed", "max")
    assert {path.name for path in set(recording.parent.rglob("*")) - before if path.is_file()} <= {"enrich-tui.log"}


def test_the_schema_of_the_lines_can_be_had(home: dict[str, str]) -> None:
    told = call(home, "schema")
    assert told.returncode == 0
    assert json.loads(told.stdout) == schema()


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_in_the_dashboard_on_a_terminal(recording: Path) -> None:
    from tests.terminal.terminal import Terminal

    with Terminal(["-m", "enrich_tui", "replay", str(recording), "--speed", "max"]) as terminal:
        terminal.until("DONE 2 ok, 0 failed in")
        assert "REPLAY max 1:00:00/1:00:00" in terminal.text
        terminal.send("\x1b[D")
        terminal.until("REPLAY ‖ 57:00/1:00:00")
        terminal.send("q")
        assert terminal.end() == 0
        assert terminal.restored()
