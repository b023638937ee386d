"""The program: what it imports and takes to start, which display it chooses, where it writes, how it exits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from enrich_tui import __version__
from tests.acceptance.conftest import Program
from tests.acceptance.making import noise, review

PROGRAM = (sys.executable, "-m", "enrich_tui")
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    noise(tmp_path / "library" / "noise.mp4")
    return tmp_path / "library"


def cpu_seconds(*command: str) -> float:
    """Processor time of a command that starts in a process of its own: the best of five."""
    measure = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    return min(
        float(subprocess.run([sys.executable, "-c", measure, *command], capture_output=True, check=True).stdout)
        for _ in range(5)
    )


@POSIX
def test_starting_is_cheap() -> None:
    python = cpu_seconds(sys.executable, "-c", "pass")
    assert cpu_seconds(sys.executable, "-c", "import enrich_tui") - python <= 0.060
    for option in ("--help", "--version"):
        assert cpu_seconds(*PROGRAM, option) <= 0.150


def test_importing_the_package_imports_neither_screen_nor_engine() -> None:
    code = "import sys, enrich_tui; print(*{name.split('.')[0] for name in sys.modules})"
    every = "import enrich_tui; [getattr(enrich_tui, name) for name in enrich_tui.__all__]; from enrich_tui import *\n"
    for given in (code, every + code):
        told = subprocess.run([sys.executable, "-c", given], capture_output=True, text=True, check=True)
        assert not set(told.stdout.split()) & {
            "textual", "rich", "av", "numpy", "faster_whisper", "ctranslate2", "PIL", "scenedetect", "openai", "torch",
        }  # fmt: skip


def test_help_version_and_usage(program: Program, tmp_path: Path) -> None:
    assert program("--version").stdout.strip() == f"enrich-tui {__version__}"
    assert program("--help").returncode == 0
    for wrong in (["--bogus"], ["run"], ["run", tmp_path, "--display", "loud"], ["run", tmp_path / "nothing"]):
        told = program(*wrong)
        assert told.returncode == 2
        assert "Traceback" not in told.stderr
        assert told.stdout == ""


def test_the_display_is_chosen_by_option_then_environment_then_terminal(library: Path, program: Program) -> None:
    plain = program("run", library)
    assert (plain.returncode, plain.stdout.split()[0]) == (1, "DONE")
    assert "The file could not be read as a recording." in plain.stdout
    assert "100%" not in plain.stdout + plain.stderr
    assert "press" not in plain.stdout + plain.stderr
    lines = program("run", library, ENRICH_DISPLAY="json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["version"] for event in events if event["type"] == "run-started"} == {1}
    assert events[-1]["exit_code"] == 1
    silent = program("run", library, "--display", "none", ENRICH_DISPLAY="json")
    assert silent.stderr == ""
    assert silent.stdout.startswith("DONE")
    assert program("run", library, ENRICH_DISPLAY="loud").returncode == 2


@POSIX
@pytest.mark.parametrize(
    ("terminal", "environment", "full"),
    [
        ({"stdin", "stderr"}, {"TERM": "xterm-256color"}, True),
        ({"stdin", "stderr"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
        ({"stdin", "stderr"}, {"TERM": "dumb"}, False),
        ({"stderr"}, {"TERM": "xterm-256color"}, False),
        ({"stdin"}, {"TERM": "xterm-256color"}, False),
    ],
)
def test_the_dashboard_needs_a_terminal_to_read_and_to_draw_on(
    library: Path, terminal: set[str], environment: dict[str, str], full: bool
) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "run", str(library), "--exit-on-complete"],
        env=os.environ | environment,
        stdin=theirs if "stdin" in terminal else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs if "stderr" in terminal else subprocess.PIPE,
    )
    os.close(theirs)
    screen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        screen += piece
    os.close(ours)
    told, rest = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.startswith(b"DONE"), "results go to standard output, and nothing else does"
    assert b"\x1b" not in told
    assert (b"\x1b[?1049h" in screen) == full
    if full:
        assert b"\x1b[?1049l" in screen
        if "NO_COLOR" in environment:
            assert b"[38;2;" not in screen
    else:
        assert b"\x1b" not in screen + (rest or b"")


@POSIX
def test_standard_streams_that_are_closed_or_whose_reader_is_gone(library: Path) -> None:
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        told = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *PROGRAM, "run", str(library), "--display", "plain"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert told.returncode == 1, closed
        assert "went wrong" not in told.stdout + told.stderr
    for arguments in (["run", str(library), "--display", "json"], ["run", str(library)], ["doctor"]):
        process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) in {1, 129}
        assert process.stderr is not None
        errors = process.stderr.read()
        process.stderr.close()
        assert b"Traceback" not in errors
        assert b"BrokenPipe" not in errors
        assert b"went wrong" not in errors


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_end_it_with_their_code(tmp_path: Path, number: signal.Signals, code: int) -> None:
    for session in range(20):
        review(tmp_path / "library" / f"review {session}")
    process = subprocess.Popen(
        [*PROGRAM, "run", str(tmp_path / "library"), "--display", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    while b'"stage-started"' not in (line := process.stdout.readline()):
        assert line
    process.send_signal(number)
    told, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert errors == b""
    assert json.loads(told.splitlines()[-1])["type"] == "run-finished"


def test_streams_that_take_ascii_only(tmp_path: Path, program: Program) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "日本.wav").touch()
    told = program(tmp_path / "library", "--display", "plain", PYTHONIOENCODING="ascii")
    assert (told.returncode, told.stdout.split()[0]) == (1, "DONE")
    told = program(tmp_path / "library", "--display", "json", PYTHONIOENCODING="ascii")
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert "日本" in {event["title"] for event in events if event["type"] == "session-queued"}


def test_all_well_is_nothing(tmp_path: Path, program: Program) -> None:
    review(tmp_path / "library" / "review")
    told = program(tmp_path / "library", "--display", "plain")
    assert told.returncode == 0
    assert told.stdout.startswith("DONE 1 ok, 0 failed")
    assert program(tmp_path / "library", "--display", "plain").returncode == 0
    assert list((tmp_path / "library" / "review" / "enriched").glob("canvas.html"))
