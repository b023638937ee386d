"""``enrich-tui search`` as a person and as a script start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from enrich_tui.stages.results import SUMMARY
from tests.unit.search.making import enriched

if os.name != "nt":
    from tests.terminal.terminal import Terminal


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    enriched(root / "2026-11-18 plan.mp4", ["We begin.", "The Büdget is due next year."], chapters=[("Budget", ["x"])])
    enriched(root / "talk.mp4", ["A budget."] * 4)
    enriched(root / "walk.mp4", ["Trees."])
    (root / "new.mp4").write_bytes(b"new")
    return root


def search(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "enrich_tui", "search", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_person_reads_when_and_where_it_was_said(library: Path) -> None:
    told = search(library, "BUDGET")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [
        "2026-11-18 plan  2026-11-18",
        f"          {library / '2026-11-18 plan.mp4.enriched' / 'canvas.html'}",
        "    0:00  chapter: Budget",
        "    0:04  The Büdget is due next year.",
        "",
        "talk",
        f"          {library / 'talk.mp4.enriched' / 'canvas.html'}",
        "    0:00  A budget.",
        "    0:04  A budget.",
        "    0:08  A budget.",
        "          and 1 more",
        "",
        "6 hits in 2 of 3 sessions",
    ]


def test_nothing_is_said_too(library: Path, tmp_path: Path) -> None:
    told = search(library, "zeppelin")
    assert (told.returncode, told.stdout, told.stderr) == (1, "nothing found in 3 sessions\n", "")
    (tmp_path / "empty").mkdir()
    told = search(tmp_path / "empty", "zeppelin")
    assert (told.returncode, told.stdout) == (1, "No session has results yet.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no/such/place", "budget"], "there is nothing at no/such/place"),
        ([".", "?"], "there is no word to look for"),
        (["."], "WORD"),
        ([".", "budget", "--most", "0"], "must be 1 or more"),
    ],
)
def test_wrong_usage(arguments: list[str], says: str) -> None:
    told = search(*arguments)
    assert told.returncode == 2
    assert told.stdout == ""
    assert says in told.stderr


def test_a_script_reads_every_hit_as_a_line_of_json(library: Path) -> None:
    *hits, whole = [json.loads(line) for line in search(library, "--json", "budget").stdout.splitlines()]
    assert whole == {"type": "found", "hits": 6, "sessions": 2, "searched": 3}
    assert len(hits) == 6
    assert hits[1] == {
        "type": "hit",
        "session": "2026-11-18 plan.mp4",
        "title": "2026-11-18 plan",
        "started_at": hits[1]["started_at"],
        "output": str(library / "2026-11-18 plan.mp4.enriched"),
        "in": "speech",
        "start": 4.0,
        "end": 7.9,
        "text": "The Büdget is due next year.",
        "marks": [[4, 10]],
    }
    assert hits[1]["started_at"].startswith("2026-11-18T00:00:00")
    few = search(library, "--json", "--most", "1", "budget").stdout.splitlines()
    assert len(few) == 3


@pytest.mark.parametrize(("words", "hits"), [(["next year"], 1), (["year next"], 0), (["year", "budget"], 1)])
def test_an_argument_with_spaces_is_a_phrase(library: Path, words: list[str], hits: int) -> None:
    assert len(search(library, "--json", *words).stdout.splitlines()) == hits + 1


def test_results_below_another_folder_and_those_of_renamed_recordings_are_found(library: Path, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    recording = tmp_path / "sources" / "far.mp4"
    enriched(recording, ["A budget."], folder=tmp_path / "out" / "far.mp4.enriched")
    assert search(recording.parent, "budget").returncode == 1
    assert search(recording.parent, "budget", "--output", tmp_path / "out").returncode == 0
    (library / "talk.mp4").rename(library / "speech.mp4")
    assert "speech\n" in search(library, "budget").stdout
    assert "plan" not in search(library, "budget", "--only", "speech").stdout


def test_what_cannot_be_read_is_said_in_a_line_and_the_rest_is_found(library: Path) -> None:
    (library / "walk.mp4.enriched" / SUMMARY).write_bytes(b"\xff\x00budget")
    told = search(library, "budget")
    assert told.returncode == 0
    assert told.stdout.endswith("6 hits in 2 of 3 sessions\n")
    assert told.stderr == f"enrich-tui: {library / 'walk.mp4.enriched' / SUMMARY} cannot be read; it was passed over.\n"


def test_a_hostile_title_is_text(tmp_path: Path) -> None:
    enriched(tmp_path / "a \x1b]52;c;AAAA\x07[red]budget.mp4", ["[/] The budget \x1b[2J."])
    told = search(tmp_path, "budget")
    assert told.returncode == 0
    assert "\x1b" not in told.stdout
    assert "[red]budget" in told.stdout


def test_a_page_of_all_sessions_is_written_where_it_is_asked_for(library: Path, tmp_path: Path) -> None:
    def page(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "enrich_tui", "index", *map(str, arguments)]
        return subprocess.run(program, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    told = page(library, "--to", tmp_path / "page.html", "--only", "talk")
    assert (told.returncode, told.stdout) == (0, f"1 session in {tmp_path / 'page.html'}\n")
    assert "talk" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not (library / "index.html").exists()
    assert page(library).returncode == 0
    assert "plan" in (library / "index.html").read_text(encoding="utf-8")
    assert page(library, "--only", "new").returncode == 1
    assert page("no/such/place").returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_on_a_terminal_what_was_looked_for_is_bold(library: Path, term: str) -> None:
    arguments = ["-m", "enrich_tui", "search", str(library), "budget"]
    with Terminal(arguments, size=(200, 30), environ={"TERM": term}) as terminal:
        assert terminal.end() == 0
        marked = "A \x1b[1mbudget\x1b[22m." if term != "dumb" else "A budget."
        assert marked.encode() in terminal.written
