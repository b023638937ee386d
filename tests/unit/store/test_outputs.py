from __future__ import annotations

import ast
import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

import enrich_tui
from enrich_tui.store import outputs
from enrich_tui.store.owner import OwnershipLostError

PACKAGE = Path(enrich_tui.__file__).parent


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    outputs.write_text(tmp_path / "deep" / "a.txt", "one\n")
    outputs.write_text(tmp_path / "deep" / "a.txt", "two\n")
    assert (tmp_path / "deep" / "a.txt").read_text() == "two\n"
    assert listing(tmp_path / "deep") == ["a.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    outputs.write_text(tmp_path / "a.txt", "old")

    def fail(stream: BinaryIO) -> None:
        stream.write(b"new, but not all of")
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        outputs.write_with(tmp_path / "a.txt", fail)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert listing(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    outputs.write_text(tmp_path / "a.txt", "old")

    def fail(*_arguments: object) -> None:
        raise OSError(errno.EIO, "io")

    monkeypatch.setattr(os if call == "fsync" else Path, call, fail)
    with pytest.raises(OSError, match="io"):
        outputs.write_text(tmp_path / "a.txt", "new")
    monkeypatch.undo()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert listing(tmp_path) == ["a.txt"]


def test_what_a_killed_program_left_is_found(tmp_path: Path) -> None:
    (tmp_path / "thumbnails").mkdir()
    leftovers = {tmp_path / ".partial-1.json", tmp_path / "thumbnails" / ".partial-2.jpg"}
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    (tmp_path / "whole.json").write_bytes(b"{}")
    assert set(outputs.partials(tmp_path)) == leftovers
    assert outputs.partials(tmp_path / "not there") == []


def test_lone_surrogates_do_not_stop_a_text(tmp_path: Path) -> None:
    outputs.write_text(tmp_path / "a.txt", "a\udcffb")
    assert (tmp_path / "a.txt").read_bytes() == b"a?b"


@pytest.mark.parametrize(
    "write",
    [
        lambda old, _other: outputs.write_bytes(old, b"new"),
        lambda old, other: outputs.write_from(other, old, link=True),
        lambda old, _other: outputs.remove(old),
    ],
    ids=["write", "link", "remove"],
)
def test_where_it_is_not_allowed_any_more_nothing_changes(tmp_path: Path, write: Callable[[Path, Path], None]) -> None:
    def forbid() -> None:
        raise OwnershipLostError

    old, other = tmp_path / "old", tmp_path / "other"
    old.write_bytes(b"old")
    other.write_bytes(b"other")
    outputs.allow(forbid)
    try:
        with pytest.raises(OwnershipLostError):
            write(old, other)
    finally:
        outputs.allow(None)
    assert old.read_bytes() == b"old"
    assert listing(tmp_path) == ["old", "other"]
    outputs.remove(old)
    assert not old.exists()


def held(refusals: list[str], act: Callable[..., object]) -> Callable[..., object]:
    """What a system that renames no open file does while somebody has it open: refuse, until no refusal is left."""

    def tried(*arguments: object) -> object:
        if refusals:
            raise PermissionError(errno.EACCES, refusals.pop())
        return act(*arguments)

    return tried


def save(path: Path) -> None:
    outputs.write_text(path, "new")


@pytest.mark.parametrize(
    ("call", "act", "left"),
    [
        ("replace", save, {"a.txt": "new"}),
        ("unlink", outputs.remove, {}),
        ("replace", outputs.move_aside, {"a.txt.aside": "old"}),
    ],
    ids=["save", "remove", "move aside"],
)
def test_what_somebody_has_open_for_an_instant_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, act: Callable[[Path], object], left: dict[str, str]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    refusals = ["a reader", "a virus scanner"]
    monkeypatch.setattr(outputs, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(Path, call, held(refusals, getattr(Path, call)))
    act(path)
    assert not refusals
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == left


def test_what_stays_open_is_an_error_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    refusals = ["an editor"] * 4
    monkeypatch.setattr(outputs, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(Path, "replace", held(refusals, Path.replace))
    with pytest.raises(PermissionError):
        save(path)
    assert len(refusals) == 1
    assert path.read_text() == "old"
    assert listing(tmp_path) == ["a.txt"]


def test_a_file_system_that_cannot_sync_folders_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no folders")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    save(tmp_path / "a.txt")
    assert listing(tmp_path) == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="of Unix")
@pytest.mark.parametrize("knows", [True, False])
def test_macos_is_asked_for_the_disk_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, knows: bool) -> None:
    import fcntl

    asked: list[str] = []

    def control(_descriptor: int, what: int) -> int:
        asked.append(f"control {what}")
        if not knows:
            raise OSError(errno.ENOTSUP, "a network drive")
        return 0

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: asked.append("fsync"))
    with (tmp_path / "a").open("wb") as stream:
        outputs.sync(stream.fileno())
    assert asked == ["control 51"] if knows else ["control 51", "fsync"]


def test_no_file_is_made_by_number_without_these_flags() -> None:
    """Windows would put its own line ends into it; what was heard, whose lines have checksums, would be lost."""
    calls = [
        ast.unparse(call)
        for module in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "os.open"
    ]
    making = [call for call in calls if "O_CREAT" in call or "O_APPEND" in call]
    assert making
    assert [call for call in making if "PLAIN" not in call] == []
