"""What was heard is kept, survives whatever happens to its file, and is never believed where it is not whole."""

from __future__ import annotations

import errno
import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.stages.speech import memory as memory_module
from enrich_tui.stages.speech.memory import HEARD, Memory, kept


def said(path: Path, number: int = 3, identity: str = "engine 1") -> bytes:
    """Keep so many findings, and finish; what the file holds then."""
    memory = Memory(path, identity)
    for each in range(number):
        key = memory.key("said", each)
        if memory.recall(key) is None:
            memory.keep(key, ["word", each])
    memory.finish()
    return path.read_bytes()


def test_what_was_kept_is_there_at_once_and_later(tmp_path: Path) -> None:
    memory = Memory(tmp_path / HEARD, "engine 1")
    key = memory.key(b"sound", "en", 5)
    assert memory.recall(key) is None
    memory.keep(key, [1, "ä", None])
    assert memory.recall(key) == [1, "ä", None]
    assert Memory(tmp_path / HEARD, "engine 1").recall(key) == [1, "ä", None]  # although the first is still open
    memory.close()


def test_it_tells_where_the_work_begins(tmp_path: Path) -> None:
    def work(*numbers: int) -> list[float | None]:
        told: list[tuple[float, str, float | None]] = []

        def report(fraction: float, message: str = "", kept: float | None = None) -> None:
            told.append((fraction, message, kept))

        memory = Memory(tmp_path / HEARD, "engine 1")
        tell = memory.telling(report)
        for step, number in enumerate(numbers, 1):
            key = memory.key("said", number)
            if memory.recall(key) is None:
                memory.keep(key, "word")
            tell(step / len(numbers), f"step {step}")
        memory.finish()
        steps = range(1, len(numbers) + 1)
        assert [one[:2] for one in told] == [(step / len(numbers), f"step {step}") for step in steps]
        return [kept for _, _, kept in told]

    assert work(0, 1) == [0.0, 0.0]
    assert work(0, 1, 2, 3) == [0.25, 0.5, 0.5, 0.5]
    assert work(0, 1, 2, 3) == [0.25, 0.5, 0.75, 1.0]
    assert work(4, 0, 1, 5) == [0.0, 0.5, 0.75, 0.75]
    assert work(6, 7, 6, 7) == [0.0, 0.0, 0.0, 0.0]  # what comes again was found just now


def test_it_goes_by_all_that_a_finding_depends_on(tmp_path: Path) -> None:
    memory, other = Memory(tmp_path / HEARD, "engine 1"), Memory(tmp_path / HEARD, "engine 2")
    keys = [memory.key(b"sound", "en"), memory.key(b"sounden"), memory.key(b"sound", "es"), other.key(b"sound", "en")]
    assert len(set(keys)) == len(keys)
    assert memory.key(b"sound", "en") == keys[0]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_not_written_to_its_end_is_found_anew(tmp_path: Path, cut: int) -> None:
    whole = said(tmp_path / HEARD)
    (tmp_path / HEARD).write_bytes(whole[:-cut])
    assert said(tmp_path / HEARD) == whole


def test_damage_costs_what_is_damaged(tmp_path: Path) -> None:
    whole = said(tmp_path / HEARD)
    lines = whole.splitlines(keepends=True)
    for damaged in (
        lines[1].replace(b"word", b"sword"),
        lines[1].replace(b"word", b"worm"),
        b"\n",
        b"\xff\0\n",
        b"[]\n",
        b"00000000\n",
    ):
        (tmp_path / HEARD).write_bytes(lines[0] + damaged + lines[2])
        memory = Memory(tmp_path / HEARD, "engine 1")
        assert [memory.recall(memory.key("said", each)) for each in range(3)] == [["word", 0], None, ["word", 2]]
        assert sorted(said(tmp_path / HEARD).splitlines()) == sorted(whole.splitlines())


def test_only_what_was_used_stays(tmp_path: Path) -> None:
    said(tmp_path / HEARD, 9, "an older engine")
    said(tmp_path / HEARD, 5)
    assert said(tmp_path / HEARD, 2) == said(tmp_path / "other", 2)
    memory = Memory(tmp_path / HEARD, "engine 1")
    memory.finish()
    assert not (tmp_path / HEARD).exists()


def test_fresh_begins_without_it(tmp_path: Path) -> None:
    said(tmp_path / HEARD)
    memory = Memory(tmp_path / HEARD, "engine 1", fresh=True)
    assert memory.recall(memory.key("said", 0)) is None


def test_what_is_no_file_is_kept_under_another_name(tmp_path: Path) -> None:
    (tmp_path / HEARD).mkdir()
    (tmp_path / HEARD / "mine").write_text("mine")
    assert said(tmp_path / HEARD)
    assert (tmp_path / f"{HEARD}.aside" / "mine").read_text() == "mine"
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / HEARD).unlink()
    (tmp_path / HEARD).symlink_to(tmp_path / "elsewhere")
    said(tmp_path / HEARD)
    assert (tmp_path / "elsewhere").read_text() == "mine"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("step", ["open", "write", "half a write", "fsync", "tidy", "read"])
def test_a_disk_that_fails_costs_the_memory_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    def fail(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(number, os.strerror(number))

    write = os.write
    whole = said(tmp_path / HEARD, 2)
    with monkeypatch.context() as now:
        match step:
            case "open":
                now.setattr(os, "open", fail)
            case "write":
                now.setattr(os, "write", fail)
            case "half a write":
                now.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
            case "fsync":
                now.setattr(os, "fsync", fail)
            case "tidy":
                now.setattr(Path, "replace", fail)
            case "read":
                now.setattr(Path, "open", fail)
        memory = Memory(tmp_path / HEARD, "engine 1")
        for each in range(1, 4):
            key = memory.key("said", each)
            if (found := memory.recall(key)) is None:
                memory.keep(key, found := ["word", each])
            assert memory.recall(key) == found == ["word", each]
        memory.finish()
    lines = (tmp_path / HEARD).read_bytes().splitlines(keepends=True)
    assert set(whole.splitlines(keepends=True)[1:]) <= set(lines)
    assert said(tmp_path / HEARD, 4) == said(tmp_path / "other", 4)


def until(path: Path, *fractions: float, size: int = 100) -> Memory:
    """Work that found something at each of these fractions, and was not finished."""
    memory = Memory(path, "engine 1", size=size)
    tell = memory.telling(lambda *_: None)
    for fraction in fractions:
        tell(fraction)
        memory.keep(memory.key("said", fraction), ["word"] * 300)
    memory.close()
    return memory


def test_the_end_of_the_file_says_where_the_work_would_go_on(tmp_path: Path) -> None:
    path = tmp_path / HEARD
    assert kept(path, "engine 1", 100) == 0.0
    until(path, *(number / 100 for number in range(61)))
    assert kept(path, "engine 1", 100) == 0.6
    assert kept(path, "engine 1", 200) == 0.3  # something was added
    assert kept(path, "engine 1", 50) == 0.0  # this is another recording
    assert kept(path, "engine 2", 100) == 0.0
    path.write_bytes(path.read_bytes()[:-3])  # killed while it wrote
    assert kept(path, "engine 1", 100) == 0.59
    until(path, 0.3, 0.4)
    assert kept(path, "engine 1", 100) == 0.4  # so far did the latest attempt come


def test_what_is_gone_through_again_counts_from_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / HEARD
    until(path, 0.0, 0.5, 0.9)
    memory = Memory(path, "engine 1", size=200)
    tell = memory.telling(lambda *_: None)
    for fraction in (0.0, 0.5, 0.9):
        tell(fraction / 2)
        assert memory.recall(memory.key("said", fraction)) is not None
    memory.finish()
    assert kept(path, "engine 1", 200) == 0.45


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xff" * 100_000, b"00000000[]\n", pytest.param(None, id="older")],
)
def test_what_says_nothing_keeps_nothing(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / HEARD
    if content is None:
        text = b'["key","found"]'
        content = b"%08x%s\n" % (zlib.crc32(text), text)
    path.write_bytes(content)
    assert kept(path, "engine 1") == 0.0


@pytest.mark.parametrize("where", [["m", 1], [3, 1, 0.5], ["m", 1.5, 0.5], ["m", 1, None], "m", {}, None])
def test_what_is_no_place_is_none(tmp_path: Path, where: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "_mark", lambda _: "m")
    text = json.dumps(["key", "found", where]).encode()
    (tmp_path / HEARD).write_bytes(b"%08x%s\n" % (zlib.crc32(text), text))
    assert kept(tmp_path / HEARD, "engine 1", 1) == 0.0


def test_what_is_no_file_keeps_nothing(tmp_path: Path) -> None:
    until(tmp_path / "elsewhere", 0.0, 0.5)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert kept(tmp_path / "elsewhere", "engine 1", 100) == 0.5
    assert {kept(tmp_path / name, "engine 1", 100) for name in ("folder", "link", "nothing")} == {0.0}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
def test_what_would_block_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / HEARD)
    assert kept(tmp_path / HEARD, "engine 1") == 0.0
