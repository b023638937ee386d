from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from enrich_tui import events as ev
from enrich_tui.display.json_lines import line_of
from enrich_tui.sources import tape as taping
from enrich_tui.sources.recording import read_recording
from enrich_tui.sources.tail import Tail
from enrich_tui.sources.tape import Tape, merged
from enrich_tui.store.runs import KEPT, folder_of, kept, path_of
from tests.unit.sources.streams import STARTED, batch, finished, lines, run, session


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    state = tmp_path / ".enrich-tui"
    state.mkdir()
    return state / "lock"


def told(path: Path) -> list[ev.Event]:
    with path.open("rb") as stream:
        recording = read_recording(stream)
    return [recording.event(index) for index in range(len(recording))]


def test_what_is_shown_is_kept(lock: Path) -> None:
    with Tape(lock, 7) as tape:
        for event in run():
            tape(event)
    assert tape.path == path_of(lock, 7)
    assert told(tape.path) == merged(run())


def test_only_what_displays_say_is_kept(lock: Path) -> None:
    with Tape(lock, 1) as tape:
        tape(STARTED)
        tape(ev.Noted(message="You are out of credits: the quota of 1000 tokens is used up."))
    assert "quota" not in tape.path.read_text()


def test_figures_that_newer_ones_replace_are_not_written() -> None:
    progress = [ev.StageProgressed(t=n, session="a", stage="audio", fraction=n / 10) for n in range(5)]
    told: list[ev.Event] = [batch(1), *progress, ev.Noted(t=6, message="x"), ev.Noted(t=6, message="x"), batch(7)]
    assert merged(told) == [progress[-1], *told[-3:]]
    paused = batch(2, state="paused")
    assert merged([batch(1), paused, batch(3)]) == [paused, batch(3)]


def test_the_last_few_runs_are_kept(lock: Path) -> None:
    for epoch in range(1, KEPT + 4):
        with Tape(lock, epoch) as tape:
            tape(STARTED)
    assert [epoch for epoch, _ in kept(lock)] == list(range(4, KEPT + 4))


def test_a_long_run_is_compacted_and_a_follower_misses_nothing(lock: Path) -> None:
    tape = Tape(lock, 1, limit=20_000)
    tail = Tail(tape.path)
    seen: list[ev.Event] = []
    everything: list[ev.Event] = [STARTED]
    tape._write(lines([STARTED]))
    inodes = set()
    for n in range(300):
        some = [*session(f"s{n}", n, n + 0.5), batch(n + 0.6)]
        some.sort(key=lambda event: event.t)
        some = [event.model_copy(update={"t": max(event.t, float(n))}) for event in some]
        everything += some
        tape._write(lines(some))
        if tape._size > tape._limit:
            tape._compact()
        inodes.add(tape.path.stat().st_ino)
        if n % 7 == 0:
            seen += tail.read()
    while some := tail.read():
        seen += some
    important = {"session-queued", "stage-started", "stage-finished", "session-finished", "run-started"}
    assert len(inodes) > 1
    assert [e for e in seen if e.type in important] == [e for e in everything if e.type in important]
    assert tape._descriptor is not None
    os.close(tape._descriptor)


def test_nothing_is_renamed_while_it_is_open(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would refuse it."""
    replace = Path.replace
    renamed: list[Path] = []

    def checked(source: Path, target: Path) -> Path:
        here = {Path(file.path) for file in psutil.Process().open_files()}
        assert here.isdisjoint({source, target})
        renamed.append(target)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", checked)
    tape = Tape(lock, 1, limit=10)
    tape._write(lines(run()))
    tape._compact()
    tape._write(lines([finished(9)]))
    assert renamed == [tape.path]
    assert told(tape.path)[-1] == finished(9)
    assert tape._descriptor is not None
    os.close(tape._descriptor)


def test_a_stream_that_cannot_be_replaced_goes_on(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape(lock, 1, limit=10)
    tape._write(lines(run()))
    with monkeypatch.context() as held:
        held.setattr(Path, "replace", Mock(side_effect=PermissionError(errno.EACCES, "somebody has it open")))
        with pytest.raises(PermissionError):
            tape._compact()
    tape._write(lines([finished(9)]))
    assert told(tape.path) == [*run(), finished(9)]
    assert tape._descriptor is not None
    os.close(tape._descriptor)


def test_a_disk_that_is_full_harms_nothing(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, full, failed = os.write, threading.Event(), threading.Event()
    full.set()

    def write(descriptor: int, data: bytes) -> int:
        if full.is_set() and b'"type"' in bytes(data):
            real(descriptor, bytes(data[:5]))
            failed.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr("enrich_tui.sources.tape.os.write", write)
    tape = Tape(lock, 1, interval=0.01)
    tape(STARTED)
    with tape:
        assert failed.wait(10)
        full.clear()
        for event in run()[1:]:
            tape(event)
    assert told(tape.path)[1:] == merged(run()[1:])


def test_a_place_that_cannot_be_written_harms_nothing(lock: Path) -> None:
    folder_of(lock).write_text("a file where the folder would be")
    with Tape(lock, 1, interval=0.01) as tape:
        for event in run():
            tape(event)
    assert folder_of(lock).is_file()


def test_an_event_that_cannot_be_written_harms_nothing(
    lock: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    met = threading.Event()

    def line(event: ev.Event) -> bytes:
        if event.type == "note":
            met.set()
            raise ValueError("no line")
        return line_of(event)

    monkeypatch.setattr(taping, "line_of", line)
    with Tape(lock, 1, interval=0.01) as tape:
        tape(ev.Noted(message="x"))
        assert met.wait(10)
        for event in (STARTED, finished(3)):
            tape(event)
    assert told(tape.path) == [STARTED, finished(3)]
    assert capfd.readouterr().err == ""


def test_it_lives_while_nothing_happens(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taping, "BREATH", 0.0)
    tape = Tape(lock, 1)
    tape._write(lines([STARTED]))
    tail = Tail(tape.path)
    assert tail.changed()
    assert not tail.changed()
    os.utime(tape.path, ns=(1, 1))
    assert tail.changed()
    tape._write(b"")
    assert tail.changed()
    assert tape._descriptor is not None
    os.close(tape._descriptor)


def test_a_former_owner_does_not_replace_what_a_later_one_keeps(lock: Path) -> None:
    former, later = Tape(lock, 1, limit=10), Tape(lock, 1)
    former._write(lines(run()))
    later._write(lines([STARTED]))
    with pytest.raises(FileNotFoundError):
        former._compact()
    former._write(lines(run()))
    assert told(later.path) == [STARTED]
    for tape in (former, later):
        assert tape._descriptor is not None
        os.close(tape._descriptor)


def test_a_line_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    whole = lines(run())
    path.write_bytes(whole[:-10])
    tail = Tail(path)
    assert tail.read() == run()[:-1]
    assert tail.read() == []
    path.write_bytes(whole)
    assert tail.read() == run()[-1:]


def test_a_stream_that_is_not_there_is_empty(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "none")
    assert tail.read() == []
    assert not tail.changed()
