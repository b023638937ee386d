from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import platformdirs
import pytest

from enrich_tui.store import owner
from enrich_tui.store.owner import LibraryBusyError, NoLockError, OwnershipLostError, holder, home_of, own
from enrich_tui.store.runs import path_of

HOLD = """
import sys
from pathlib import Path
from enrich_tui.store.owner import own
with own(Path(sys.argv[1])) as owner:
    print(owner.epoch, flush=True)
    sys.stdin.readline()
    try:
        owner.check()
        print("mine", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


def hold(library: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_each_owner_has_a_higher_epoch(tmp_path: Path) -> None:
    epochs = []
    for _ in range(3):
        with own(tmp_path) as mine:
            mine.check()
            epochs.append(mine.epoch)
    assert epochs == [1, 2, 3]


def test_a_second_program_is_told_who_and_since_when(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        with pytest.raises(LibraryBusyError, match=rf"process {first.pid}, since \d{{4}}-") as told, own(tmp_path):
            pass
        assert told.value.holder.pid == first.pid
        assert first.communicate("\n")[0] == "mine\n"
    with own(tmp_path) as mine:
        assert mine.epoch == 2


@pytest.mark.skipif(os.name == "nt", reason="locks as Unix does")
def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    import fcntl

    path = tmp_path / owner.STATE / owner.LOCK
    path.parent.mkdir()
    path.touch()
    assert owner.is_free(path)
    with path.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.03, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with own(tmp_path) as mine:
            mine.check()


def test_an_epoch_that_was_lost_with_its_lock_does_not_come_again(tmp_path: Path) -> None:
    with own(tmp_path) as mine:
        stream = path_of(mine.path, mine.epoch)
        stream.parent.mkdir()
        stream.touch()
    mine.path.unlink()
    with own(tmp_path) as mine:
        assert mine.epoch == 2


def test_the_same_program_does_not_get_it_twice(tmp_path: Path) -> None:
    with own(tmp_path), pytest.raises(LibraryBusyError), own(tmp_path):
        pass


def test_a_killed_owner_holds_nothing(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        first.kill()
        first.wait(10)
        with own(tmp_path) as mine:
            assert mine.epoch == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let an open file be removed")
def test_a_suspended_owner_whose_lock_was_removed_finds_out(tmp_path: Path) -> None:
    with hold(tmp_path) as first:
        first.send_signal(signal.SIGSTOP)
        with pytest.raises(LibraryBusyError), own(tmp_path):
            pass  # suspended is not dead
        (tmp_path / owner.STATE / owner.LOCK).unlink()
        with own(tmp_path) as mine:
            mine.check()
        first.send_signal(signal.SIGCONT)
        assert first.communicate("\n")[0] == "OwnershipLostError\n"


def test_an_epoch_that_is_not_mine_ends_it(tmp_path: Path) -> None:
    with own(tmp_path) as mine:
        told = mine.path.read_text().replace('"epoch": 1', '"epoch": 2')
        mine.path.write_text(told)
        with pytest.raises(OwnershipLostError):
            mine.check()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"epoch": "x"}', '{"epoch": 1e999, "pid": 1, "since": ""}'])
def test_a_lock_file_that_says_nothing_is_no_hindrance(tmp_path: Path, text: str) -> None:
    path = tmp_path / owner.STATE / owner.LOCK
    path.parent.mkdir()
    path.write_text(text)
    with own(tmp_path) as mine:
        assert mine.epoch == 1
        assert holder(path).pid == os.getpid()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOLCK])
def test_where_the_library_takes_no_lock_the_user_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    real = owner._lock
    places: list[Path] = []

    def refused(path: Path) -> owner.Owner:
        places.append(path)
        if path.is_relative_to(library):
            raise OSError(number, "no")
        return real(path)

    monkeypatch.setattr(owner, "_lock", refused)
    monkeypatch.setattr(platformdirs, "user_state_path", lambda _name: tmp_path / "state")
    with own(library) as mine, pytest.raises(LibraryBusyError), own(library):
        mine.check()
    assert mine.path.is_relative_to(tmp_path / "state")


def test_the_lock_that_is_in_force_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_state_path", lambda _name: tmp_path / "state")
    library = tmp_path / "library"
    library.mkdir()
    beside = library / owner.STATE / owner.LOCK
    assert owner.lock_of(library) == beside
    kept = owner._elsewhere(library)
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert owner.lock_of(library) == kept
    assert path_of(kept, 1).parent.parent == kept.parent
    with own(library) as mine:  # it can be written again
        assert owner.lock_of(library) == mine.path == beside
    later = beside.stat().st_mtime + 1  # what follows within a tick of the file system's clock has the same time
    os.utime(kept, (later, later))
    assert owner.lock_of(library) == kept


def test_a_lock_that_another_program_makes_in_this_instant_is_left_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / owner.STATE / owner.LOCK
    lock.parent.mkdir()
    look = os.lstat
    others: list[owner.Owner] = []

    def lstat(path: Path) -> os.stat_result:
        try:
            return look(path)
        except FileNotFoundError:
            if path == lock and not others:
                others.append(owner._lock(lock))
            raise

    monkeypatch.setattr(os, "lstat", lstat)
    with pytest.raises(LibraryBusyError), own(tmp_path):
        pass
    (other,) = others
    other.check()
    other.release()


def test_a_full_disk_is_told_and_not_worked_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path) -> owner.Owner:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(owner, "_lock", full)
    with pytest.raises(NoLockError, match=r"disk for the results is full.*--output"), own(tmp_path):
        pass


def test_a_lock_that_came_from_elsewhere_locks_nobody_out(tmp_path: Path) -> None:
    lock = tmp_path / owner.STATE / owner.LOCK
    lock.parent.mkdir()
    lock.write_text(f'{{"epoch":{"9" * 4050},"pid":1,"since":"2026-01-01"}}')
    with own(tmp_path) as mine:
        mine.check()
    with own(tmp_path) as mine:
        mine.check()


def test_a_lone_recording_is_held_by_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.touch()
    assert home_of(file) == home_of(tmp_path) == tmp_path
    assert home_of(file, tmp_path / "out") == tmp_path / "out"
