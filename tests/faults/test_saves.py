"""Every step of a save fails once, in every way a disk can: what is there is always the old or the new, whole."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.events import ErrorRaised
from enrich_tui.model import SessionStatus, Stage
from enrich_tui.pipeline import settle
from enrich_tui.store import outputs, record
from enrich_tui.store.outputs import PARTIAL_PREFIX, write_text
from enrich_tui.store.record import RECORD, load_record
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run

STEPS = ("mkdir", "open", "write", "flush", "fsync file", "replace", "open folder", "fsync folder")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
UNSYNCED = (errno.EINVAL, errno.EACCES)
"""What file systems say that cannot sync a folder, or not to everybody who may write into it."""
TORN = 7
"""Bytes that get onto the disk before a write fails."""


class Torn(io.FileIO):
    """A file of which only the beginning can be written."""

    def write(self, data: Any, /) -> int:
        super().write(bytes(data)[:TORN])
        raise OSError(Torn.number, "torn")

    number = errno.ENOSPC


@contextlib.contextmanager
def failing(step: str, number: int, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this step fail while the block lasts."""

    def fail(*_arguments: object, **_named: object) -> Any:
        raise OSError(number, os.strerror(number))

    def fsync_of(folder: bool) -> Callable[[int], None]:
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if (os.fstat(descriptor).st_mode & 0o170000 == 0o040000) == folder:
                fail()
            real(descriptor)

        return fsync

    Torn.number = number
    with patch.context() as now:
        match step:
            case "mkdir":
                now.setattr(Path, "mkdir", fail)
            case "open":
                now.setattr(Path, "open", fail)
            case "write":
                now.setattr(Path, "open", lambda path, _mode: Torn(path, "xb"))
            case "flush":
                now.setattr(Path, "open", lambda path, _mode: io.BufferedWriter(Torn(path, "xb")))
            case "fsync file":
                now.setattr(os, "fsync", fsync_of(folder=False))
            case "replace":
                now.setattr(Path, "replace", fail)
            case "open folder":
                now.setattr(os, "open", fail)
            case "fsync folder":
                now.setattr(os, "fsync", fsync_of(folder=True))
        yield


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{PARTIAL_PREFIX}*"))


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
@pytest.mark.parametrize(
    ("step", "number"),
    [(step, number) for step in STEPS for number in ERRORS if not (step.endswith("folder") and number in UNSYNCED)],
)
def test_a_file_is_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    file = tmp_path / "a.json"
    write_text(file, "the old content")
    with failing(step, number, monkeypatch), pytest.raises(OSError, match=r"Errno|torn") as told:
        write_text(file, "the new content, which is longer")
    assert told.value.errno == number
    renamed = step.endswith("folder")
    assert file.read_text() == ("the new content, which is longer" if renamed else "the old content")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    write_text(file, "the next one")
    assert file.read_text() == "the next one"


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
@pytest.mark.parametrize("number", UNSYNCED)
@pytest.mark.parametrize("step", ["open folder", "fsync folder"])
def test_a_folder_that_cannot_be_synced_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    with failing(step, number, monkeypatch):
        write_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "new"


@pytest.mark.parametrize("number", ERRORS)
async def test_a_record_that_cannot_be_saved_fails_its_session_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = record.save_record

    def save(session: Any, kept: Any) -> None:
        if session.id == "a.wav":
            raise OSError(number, os.strerror(number))
        real(session, kept)

    names = ["a.wav", "b.wav"]
    with monkeypatch.context() as now:
        now.setattr(settle, "save_record", save)
        batch, watcher, code = await run(make_sessions(tmp_path, names), FakeRunner())
    assert code == 1
    status = {result.session_id: result.status for result in batch.results}
    assert status["b.wav"] is SessionStatus.COMPLETE
    assert status["a.wav"] is not SessionStatus.COMPLETE
    told = [event for event in watcher.events if isinstance(event, ErrorRaised) and event.final]
    assert {event.session for event in told} == {"a.wav"}
    assert all(event.message and event.advice for event in told)
    assert load_record(tmp_path / "a.wav.enriched") is None
    runner = FakeRunner()
    _, _, code = await run(make_sessions(tmp_path, names), runner)
    assert code == 0
    assert {session for session, _ in runner.runs} == {"a.wav"}


@pytest.mark.parametrize("number", ERRORS)
async def test_a_result_that_cannot_be_written_is_told_and_mended_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = outputs.write_with

    def write_with(path: Path, write: Any) -> None:
        if path.name == "audio.json":
            raise OSError(number, os.strerror(number))
        real(path, write)

    with monkeypatch.context() as now:
        now.setattr(outputs, "write_with", write_with)
        _, watcher, code = await run(make_sessions(tmp_path, ["a.mp4"]), FakeRunner())
    assert code == 1
    assert any(isinstance(event, ErrorRaised) and event.final and event.advice for event in watcher.events)
    kept = load_record(tmp_path / "a.mp4.enriched")
    assert kept is not None
    assert kept.stages[Stage.AUDIO].problem
    assert not half_written(tmp_path)
    _, _, code = await run(make_sessions(tmp_path, ["a.mp4"]), FakeRunner())
    assert code == 0
    assert (tmp_path / "a.mp4.enriched" / RECORD).is_file()
