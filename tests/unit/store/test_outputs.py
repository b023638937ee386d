from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from enrich_tui.store import outputs
from enrich_tui.store.owner import OwnershipLostError


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
