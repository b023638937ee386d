"""The program as a person starts it: exit codes, streams, signals, and what is there after it was stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from enrich_tui.store.record import load_record
from enrich_tui.version import __version__

if os.name != "nt":
    from tests.terminal.terminal import Terminal

PROGRAM = [sys.executable, "-m", "enrich_tui"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose user has no configuration, no history and no logs yet."""
    own = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm-256color"}
    dropped = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "ENRICH_DISPLAY", "COLUMNS", "LINES"}
    return {name: value for name, value in os.environ.items() if name not in dropped} | own


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three folders of screenshots with notes."""
    folder = tmp_path / "library"
    for number in range(3):
        review = folder / f"review {number}"
        review.mkdir(parents=True)
        for shot in range(2):
            Image.new("RGB", (320, 200), (40 * number, 80 * shot, 90)).save(review / f"shot {shot}.png")
        (review / "notes.md").write_text("# Review\n\nThe button is too small. We decided to make it larger.\n")
    return folder


def call(home: dict[str, str], *arguments: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=home,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_help_and_version(home: dict[str, str]) -> None:
    assert call(home, "--version").stdout == f"enrich-tui {__version__}\n"
    told = call(home, "--help")
    assert told.returncode == 0
    assert "doctor" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "usage:"),
        (["run"], "PATH"),
        (["run", ".", "--workers", "0"], "from 1 to 64"),
        (["run", ".", "--stages", "audio,dance"], "choose from audio, video, summary, canvas"),
        (["run", "no/such/place"], "there is nothing at no/such/place"),
        (["run", ".", "--config", "no.toml"], "no configuration file at no.toml"),
        (["run", ".", "--display", "fancy"], "fancy"),
        (["run", ".", "--watch", "--exit-on-complete"], "--exit-on-complete cannot be used with it"),
    ],
)
def test_wrong_usage_is_said_plainly(home: dict[str, str], arguments: list[str], says: str) -> None:
    told = call(home, *arguments)
    assert told.returncode == 2
    assert says in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_a_bad_setting_is_named(home: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[stage.audio]\nbeam_size = 99\n")
    told = call(home, "run", tmp_path, "--config", file)
    assert told.returncode == 2
    assert "stage.audio.beam_size" in told.stderr


def test_json_is_json_and_nothing_else(home: dict[str, str], library: Path) -> None:
    told = call(home, "run", library, "--display", "json")
    assert told.returncode == 0
    assert told.stderr == ""
    stream = events(told.stdout)
    assert (stream[0]["type"], stream[-1]["type"]) == ("run-started", "run-finished")
    assert stream[-1]["complete"] == 3
    for number in range(3):
        output = library / f"review {number}" / "enriched"
        assert {"canvas.html", "summary.md", "chapters.json", "session.json"} <= {
            file.name for file in output.iterdir()
        }


def test_plain_is_lines_without_escape_codes_and_the_summary_goes_to_standard_output(
    home: dict[str, str], library: Path
) -> None:
    (library / "empty.mp4").touch()
    told = call(home, library)
    assert told.returncode == 1
    assert "\x1b" not in told.stderr + told.stdout
    assert told.stdout.startswith("DONE 3 ok, 0 failed, 1 skipped in ")
    assert "empty.mp4: The file is empty." in told.stdout
    assert "finished" in told.stderr


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "dumb"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"NO_COLOR": "1"}, {"TERM": ""}],
    ids=["dumb", "C locale", "no colour", "no TERM"],
)
@pytest.mark.parametrize("display", [(), ("--display", "full")], ids=["by default", "even if asked for"])
def test_where_there_is_no_terminal_there_are_lines(
    home: dict[str, str], library: Path, environ: dict[str, str], display: tuple[str, ...]
) -> None:
    told = call({**home, **environ}, "run", library, *display)
    assert told.returncode == 0
    assert "\x1b" not in told.stderr + told.stdout
    assert "finished" in told.stderr
    assert ("needs a terminal" in told.stderr) == bool(display)


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_dumb_terminal_gets_lines(home: dict[str, str], library: Path) -> None:
    with Terminal(["-m", "enrich_tui", str(library)], environ={**home, "TERM": "dumb"}, size=(120, 40)) as terminal:
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.written
        assert b"finished" in terminal.written


def test_results_go_elsewhere_and_the_sources_stay_as_they_are(
    home: dict[str, str], library: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in library.rglob("*")}
    told = call(home, "run", library, "--display", "none", "--output", tmp_path / "out")
    assert (told.returncode, told.stderr) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in library.rglob("*")} == before
    assert (tmp_path / "out" / "review 1.enriched" / "canvas.html").is_file()


def test_only_some_and_a_report_of_them(home: dict[str, str], library: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    told = call(home, "run", library, "--only", "review 1", "--display", "plain", "--report", report)
    assert told.returncode == 0, told.stderr
    data = json.loads(report.read_text())
    assert [session["title"] for session in data["sessions"]] == ["review 1"]
    assert data["counts"]["done"] == 1
    assert "1 to run" not in call(home, "plan", library, "--only", "review 1").stdout
    assert call(home, "run", library, "--report", tmp_path / "report.pdf").returncode == 2
    nowhere = call(home, "run", library, "--only", "review 1", "--report", report / "below.md")
    assert nowhere.returncode == 1
    assert "no report could be written" in nowhere.stderr


def test_a_second_run_touches_no_result(home: dict[str, str], library: Path) -> None:
    call(home, "run", library, "--display", "none")
    results = {path: path.stat() for path in library.rglob("enriched/*") if path.is_file()}
    told = call(home, "run", library, "--display", "json")
    assert told.returncode == 0
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in results} == {
        path: (was.st_ino, was.st_mtime_ns) for path, was in results.items()
    }
    assert not [event for event in events(told.stdout) if event["type"] == "stage-started"]


def test_a_reader_that_leaves_ends_the_run_quietly(home: dict[str, str], library: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", str(library), "--display", "json"],
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 129


@pytest.mark.skipif(os.name == "nt", reason="signals of a Unix")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_the_run_and_the_next_start_goes_on(
    home: dict[str, str], library: Path, number: signal.Signals, code: int
) -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", str(library), "--display", "json", "--workers", "1"],
        env=home,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == "stage-finished" and json.loads(line)["outcome"] == "completed":
                break
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(30) == code
    assert events(rest)[-1]["exit_code"] == code
    record = load_record(library / "review 0" / "enriched")
    assert record is not None
    done = len(record.stages)
    again = call(home, "run", library, "--display", "json")
    assert again.returncode == 0
    cached = [event for event in events(again.stdout) if event["type"] == "stage-finished" and event["cached"]]
    assert len(cached) >= done


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_no_worker_outlives_a_killed_program(home: dict[str, str], library: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", str(library), "--display", "json"],
        env=home,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        pids: set[int] = set()
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "worker" and event["pid"]:
                pids.add(event["pid"])
            if event["type"] == "stage-finished" and event["outcome"] == "completed":
                break
        process.kill()
        process.wait(10)
    assert pids
    for pid in pids:
        descriptor = _pidfd(pid)
        if descriptor is not None:
            _await_end(descriptor, seconds=3)


def _pidfd(pid: int) -> int | None:
    descriptor: int | None = None
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
    return descriptor


def _await_end(descriptor: int, seconds: float) -> None:
    import select

    ready, _, _ = select.select([descriptor], [], [], seconds)
    os.close(descriptor)
    assert ready, "a worker is still there"


def test_a_tilde_that_the_shell_leaves_is_the_own_folder(home: dict[str, str], library: Path) -> None:
    there = call({**home, "HOME": str(library.parent)}, "status", f"~/{library.name}")
    assert there.returncode == 0
    assert "review 2" in there.stdout
    assert "nothing at ~other/library" in call(home, "status", "~other/library").stderr


def test_starting_is_cheap(home: dict[str, str]) -> None:
    code = "import sys; from enrich_tui.cli import run; run(['--help']); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, check=True)
    loaded = set(told.stdout.split())
    assert not loaded & {"textual", "rich", "pydantic", "av", "numpy", "faster_whisper"}


def test_a_display_stands_before_any_model_is_made_ready_for_checks(home: dict[str, str], library: Path) -> None:
    code = """
import sys
from enrich_tui import cli, working
from enrich_tui.model import BaseModel

def below(model):
    return [one for child in model.__subclasses__() for one in (child, *below(child))]

async def show(*_arguments, **_options):
    ours = [model for model in below(BaseModel) if model.__module__.startswith("enrich_tui.")]
    print(len(ours) > 20, [model.__name__ for model in ours if model.__pydantic_complete__])
    return 0

working.show = show
cli.run(["run", sys.argv[1], "--display", "json"])
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(library)], env=home, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "True []"


@pytest.mark.parametrize("module", ["enrich_tui", "enrich_tui.launch", "enrich_tui.display.plain"])
def test_the_services_import_neither_the_screen_nor_an_engine(home: dict[str, str], module: str) -> None:
    every = "for name in enrich_tui.__all__: getattr(enrich_tui, name)"
    code = f"import sys, enrich_tui\n{every}\nimport {module}\nprint(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, check=True)
    heavy = {"textual", "rich", "av", "numpy", "faster_whisper", "ctranslate2", "PIL", "openai", "httpx2"}
    assert not set(told.stdout.split()) & heavy


def test_doctor_says_what_is_there(home: dict[str, str]) -> None:
    told = call(home, "doctor")
    assert "enrich-tui" in told.stdout
    assert told.returncode in {0, 1}
    assert ("Ready." in told.stdout) == (told.returncode == 0)


def test_workers_that_cannot_start_end_the_run_with_three(home: dict[str, str], library: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import sys\nif 'enrich_tui.worker' in ' '.join(sys.orig_argv):\n    raise SystemExit(9)\n"
    )
    told = call(home | {"PYTHONPATH": str(broken)}, "run", library, "--display", "json", timeout=120)
    assert told.returncode == 3
    assert "No worker could be started" in told.stdout


def test_plan_and_status_answer_at_once_and_change_nothing(home: dict[str, str], library: Path) -> None:
    before = sorted(library.rglob("*"))
    assert call(home, "plan", library).stdout.startswith("3 sessions: 3 to run (9 stages), 0 done already\n")
    assert call(home, "status", library).stdout.startswith("3 sessions: 3 not yet\n")
    assert sorted(library.rglob("*")) == before
    call(home, "run", library, "--display", "none")
    planned = call(home, "plan", library, "--display", "json")
    assert (planned.returncode, planned.stderr) == (0, "")
    assert events(planned.stdout)[-1]["to_run"] == 0
    told = call(home, "status", library, "--display", "json")
    assert (told.returncode, events(told.stdout)[-1]) == (0, {"type": "status", "sessions": 3, "complete": 3})
