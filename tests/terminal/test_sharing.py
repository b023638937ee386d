"""Two programs on one library: the second shows the first one's run, and takes the work over when that is gone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from enrich_tui.model import StageOutcome
from tests.faults.batch import Batch, make_sources, outputs
from tests.terminal.test_cli import PROGRAM, call, events, home

if os.name == "nt":
    pytest.skip("signals and terminals as on Unix", allow_module_level=True)

from tests.terminal.terminal import Terminal

__all__ = ["home"]

WORK = ("--workers", "1")
REVIEWS = 16
DONE = f"DONE {REVIEWS} ok, 0 failed"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Long enough for two programs to meet."""
    return make_sources(tmp_path / "library", reviews=REVIEWS, video=False, speech=False)


@pytest.fixture
def first(library: Path, tmp_path: Path) -> Iterator[Batch]:
    """A program that works on the library, and has begun."""
    batch = Batch(library, tmp_path / "first", WORK)
    assert batch.read(40)
    yield batch
    for process in list(batch.living()):
        with contextlib.suppress(psutil.NoSuchProcess):  # those that read from another end with it
            process.kill()
    batch.process.wait()


def complete(library: Path, sessions: int = REVIEWS) -> bool:
    records = outputs(library).values()
    return len(records) == sessions and all(
        stage.status is StageOutcome.COMPLETED
        for record in records
        for name, stage in record.stages.items()
        if name != "audio"
    )


def begin(home: dict[str, str], library: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, "run", str(library), *WORK, *options],
        env=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_being_told_a_second_program_does_not_wait(home: dict[str, str], library: Path, first: Batch) -> None:
    told = call(home, "run", library, "--display", "plain")
    assert told.returncode == 2
    assert f"(process {first.process.pid}, since" in told.stderr
    assert "--follow" in told.stderr
    assert "--take-over" in told.stderr


def test_following_shows_the_run_and_ends_with_its_outcome(home: dict[str, str], library: Path, first: Batch) -> None:
    second = begin(home, library, "--follow", "--display", "json")
    assert first.end() == 0
    came = events(second.communicate(timeout=60)[0])
    assert second.returncode == 0
    assert came[0]["read_only"]
    ended = [event["session"] for event in first.events if event["type"] == "session-finished"]
    assert [event["session"] for event in came if event["type"] == "session-finished"] == ended
    assert first.started() == [(e["session"], e["stage"]) for e in came if e["type"] == "stage-started"]


def test_following_one_that_is_killed(home: dict[str, str], library: Path, first: Batch) -> None:
    second = begin(home, library, "--follow", "--display", "plain")
    assert second.stderr is not None
    assert "READ-ONLY · " in second.stderr.readline()
    first.process.kill()
    told = second.stderr.read()
    assert second.wait(30) == 130
    assert "has ended before its work was done" in told


def test_following_where_nobody_works(home: dict[str, str], library: Path) -> None:
    told = call(home, "run", library, "--follow", "--display", "plain")
    assert told.returncode == 2
    assert "nobody works on this library" in told.stderr
    assert not (library / ".enrich-tui").exists()


def test_waiting_for_ones_turn(home: dict[str, str], library: Path, first: Batch) -> None:
    second = begin(home, library, "--take-over", "--display", "json")
    assert second.stdout is not None
    assert events(second.stdout.readline())[0]["read_only"]
    first.process.kill()
    came = events(second.stdout.read())
    assert second.wait(30) == 0
    mine = came[next(index for index, event in enumerate(came) if event["type"] == "run-started") :]
    assert not mine[0]["read_only"]
    assert complete(library)
    done = {
        (event["session"], event["stage"])
        for event in first.events
        if event["type"] == "stage-finished" and event["outcome"] == "completed"
    }
    assert not done & {(event["session"], event["stage"]) for event in mine if event["type"] == "stage-started"}


def test_waiting_can_be_given_up(home: dict[str, str], library: Path, first: Batch) -> None:
    second = begin(home, library, "--take-over", "--display", "json")
    assert second.stdout is not None
    second.stdout.readline()
    second.send_signal(signal.SIGTERM)
    second.stdout.read()
    assert second.wait(30) == 143


def test_taking_over_where_nobody_works_is_working(home: dict[str, str], library: Path) -> None:
    for review in sorted(library.iterdir())[2:]:
        shutil.rmtree(review)
    told = call(home, "run", library, "--take-over", "--display", "json")
    assert told.returncode == 0
    assert not events(told.stdout)[0]["read_only"]


def until_some_are_done(terminal: Terminal, beside: Terminal) -> None:
    """Read both, because a program whose screen nobody reads comes to a halt."""
    deadline = time.monotonic() + 60
    while not re.search(r"✔ [1-9]\d* done", terminal.text):
        assert time.monotonic() < deadline, terminal.text
        terminal.read(0.05)
        beside.read(0.05)


def test_a_second_dashboard_is_read_only_and_takes_over_by_a_key(home: dict[str, str], tmp_path: Path) -> None:
    many = 2 * REVIEWS  # the first is to be at work still when the second shows it
    library = make_sources(tmp_path / "library", reviews=many, video=False, speech=False)
    run = ["-m", "enrich_tui", "run", str(library), *WORK]
    with Terminal(run, environ=home, size=(140, 40)) as one, Terminal(run, environ=home) as two:
        one.until("RUNNING ▶")
        two.until("RUNNING ▶")
        owner, other = (one, two) if "READ-ONLY" in two.text else (two, one)
        other.until("READ-ONLY")
        assert "READ-ONLY" not in owner.text
        until_some_are_done(other, beside=owner)
        other.send(" ")
        other.until("only shown")
        owner.process.kill()
        owner.process.wait()
        other.until("STOPPED ■")
        other.until("T take over")
        other.send("T")
        other.until("RUNNING ▶")
        other.until(f"DONE {many} ok, 0 failed", 90)
        assert "READ-ONLY" not in other.text
        other.send("q")
        assert other.end() == 0
        assert other.restored()
    assert complete(library, many)


def test_a_suspended_owner_is_silent_and_comes_back(home: dict[str, str], library: Path, first: Batch) -> None:
    with Terminal(["-m", "enrich_tui", "run", str(library)], environ=home) as second:
        second.until("READ-ONLY")
        first.process.send_signal(signal.SIGSTOP)
        second.until("SILENT ?", 40)
        second.send("T")
        second.until(f"(process {first.process.pid}) does not")
        first.process.send_signal(signal.SIGCONT)
        assert first.end() == 0
        second.until(DONE)
        second.send("q")
        assert second.end() == 0


def test_no_process_is_left(first: Batch) -> None:
    first.process.kill()
    first.process.wait()
    _, alive = psutil.wait_procs(list(first.living()), timeout=5)
    assert not alive
