from __future__ import annotations

import errno
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from enrich_tui.store import locking

HOLD = """
import sys
import time
from enrich_tui.store.locking import take_lock
with open(sys.argv[1], "a+b") as stream:
    print(take_lock(stream.fileno()), flush=True)
    sys.stdin.readline()
"""


def test_who_waits_gets_it_when_its_holder_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    waits: list[float] = []

    def until_it_is_killed(seconds: float) -> None:
        waits.append(seconds)
        holder.kill()
        holder.wait()  # with a limit it would sleep, and be here again

    monkeypatch.setattr(time, "sleep", until_it_is_killed)
    with lock.open("a+b") as stream:
        assert not locking.take_lock(stream.fileno())
        locking.wait_for_lock(stream.fileno())
    assert waits == [locking.PAUSE]
    holder.communicate()


class Windows(ModuleType):
    """What is used of ``msvcrt``; it says ``answer`` to whoever wants a lock."""

    LK_NBLCK = 2

    def __init__(self, answer: OSError | None) -> None:
        super().__init__("msvcrt")
        self._answer = answer

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == locking.BYTE
        if self._answer is not None:
            raise self._answer


def as_on_windows(monkeypatch: pytest.MonkeyPatch, answer: OSError | None) -> dict[str, Any]:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Windows(answer))
    return runpy.run_path(locking.__file__)


@pytest.mark.parametrize(("answer", "got"), [(None, True), (PermissionError(errno.EACCES, "held"), False)])
def test_on_windows_a_byte_far_behind_the_text_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: OSError | None, *, got: bool
) -> None:
    module = as_on_windows(monkeypatch, answer)
    with (tmp_path / "lock").open("a+b") as stream:
        assert module["take_lock"](stream.fileno()) is got


def test_a_drive_of_windows_without_locks_is_not_taken_for_one_that_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = as_on_windows(monkeypatch, OSError(errno.EINVAL, "Invalid argument"))
    with (tmp_path / "lock").open("a+b") as stream, pytest.raises(OSError, match="no locks") as told:
        module["take_lock"](stream.fileno())
    assert told.value.errno == errno.ENOLCK
