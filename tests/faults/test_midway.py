"""The disk fills up, files go or change, the clock is set back, while a run goes on."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem
from enrich_tui.events import ErrorRaised
from enrich_tui.model import SessionStatus, Stage, StageOutcome, StageOutput, StageTask
from enrich_tui.pipeline import settle
from enrich_tui.store.outputs import PARTIAL_PREFIX
from enrich_tui.store.record import load_record
from tests.faults.batch import Batch, finished, make_sources
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, run, write_result

NAMES = ["a.mp4", "b.mp4"]


def told(watcher: Watcher) -> list[ErrorRaised]:
    return [event for event in watcher.events if isinstance(event, ErrorRaised) and event.final]


@pytest.mark.parametrize(
    ("number", "problem"),
    [(errno.ENOSPC, Problem.DISK_FULL), (errno.EDQUOT, Problem.DISK_FULL), (errno.EACCES, Problem.PERMISSION)],
)
async def test_a_session_waits_for_a_person_and_goes_on_by_key(tmp_path: Path, number: int, problem: Problem) -> None:
    broken = True

    def script(task: StageTask) -> StageOutput | Exception:
        if broken and task.session.id == "a.mp4" and task.stage is Stage.VIDEO:
            return OSError(number, os.strerror(number))
        return write_result(task)

    runner, watcher = FakeRunner(script), Watcher()
    async with prepared(make_sessions(tmp_path, NAMES), runner, keep_open=True) as batch:
        running = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: event.type == "session-finished" and event.session == "a.mp4")
        await watcher.until(lambda event: event.type == "session-finished" and event.session == "b.mp4")
        (error,) = told(watcher)
        assert (error.session, error.problem) == ("a.mp4", problem)
        assert "again" in error.advice
        broken = False
        assert batch.controls.retry_failed() == 1
        await watcher.until(
            lambda event: event.type == "session-finished" and (event.session, event.status) == ("a.mp4", "complete")
        )
        batch.controls.drain()
        assert await running == 0
    assert runner.runs["a.mp4", Stage.AUDIO] == 1


@pytest.mark.parametrize(("gone", "problem"), [(True, Problem.FILE_MISSING), (False, Problem.FILE_CHANGED)])
async def test_what_was_made_of_other_bytes_is_not_believed(tmp_path: Path, gone: bool, problem: Problem) -> None:
    file = tmp_path / "a.mp4"

    def script(task: StageTask) -> StageOutput:
        if task.session.id == "a.mp4" and task.stage is Stage.AUDIO:
            if gone:
                file.unlink(missing_ok=True)
            else:
                file.write_text("other bytes")
        return write_result(task)

    batch, watcher, code = await run(make_sessions(tmp_path, NAMES), FakeRunner(script), workers=1)
    assert code == 1
    status = {result.session_id: result.status for result in batch.results}
    assert status["b.mp4"] is SessionStatus.COMPLETE
    assert {(event.session, event.problem) for event in told(watcher)} == {("a.mp4", problem)}
    kept = load_record(tmp_path / "a.mp4.enriched")
    assert kept is not None
    assert kept.stages[Stage.AUDIO].status is StageOutcome.FAILED
    runner = FakeRunner()
    _, _, code = await run(make_sessions(tmp_path, NAMES), runner)  # which puts back what is gone
    assert code == 0
    assert {session for session, _ in runner.runs} == {"a.mp4"}


def age(folder: Path, moment: float) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


async def test_a_clock_that_is_set_back_runs_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(make_sessions(tmp_path, NAMES), FakeRunner())
    past = datetime.now(UTC) - timedelta(days=9000)
    monkeypatch.setattr(settle, "_now", past.isoformat)
    monkeypatch.setattr(time, "time", past.timestamp)
    age(tmp_path, past.timestamp())
    runner = FakeRunner()
    _, _, code = await run(make_sessions(tmp_path, [*NAMES, "c.mp4"]), runner)
    assert code == 0
    assert {session for session, _ in runner.runs} == {"c.mp4"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of less than a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("a file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(os.name == "nt", reason="mounts as Linux does")
def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path) -> None:
    library = make_sources(tmp_path / "library", reviews=3, video=False, speech=False)
    output = small_disk / "results"
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(760 * 1024))
    full = Batch(library, tmp_path / "state", ("--workers", "2", "--output", str(output)))
    assert full.end() == 1
    problems = {event["problem"] for event in full.events if event["type"] == "error" and event["final"]}
    assert problems == {"disk-full"}
    ended = [event for event in full.events if event["type"] == "session-finished"]
    assert len(ended) == 3
    assert not list(output.rglob(f"{PARTIAL_PREFIX}*"))
    ballast.unlink()
    before = finished(output)
    mended = Batch(library, tmp_path / "state", ("--workers", "2", "--output", str(output)))
    assert mended.end() == 0
    assert not set(mended.started()) & set(before)
    assert {session for session, _ in finished(output)} == {event["session"] for event in ended}
