"""State that is corrupt, foreign or of another version: kept under another name, mended, said, and never a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enrich_tui.events import Noted
from enrich_tui.model import Stage
from enrich_tui.store.history import load_history, save_history
from enrich_tui.store.outputs import ASIDE, move_aside
from enrich_tui.store.owner import LOCK, STATE, own
from enrich_tui.store.record import FORMAT, RECORD, SPARE, load_record
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run

SPOILT = [
    "",
    "{",
    "null",
    "[1]",
    '{"format": 99, "program": "enrich-tui 9", "id": "a", "title": "a", "new": 1}',
    "a\0b",
]


async def ran(folder: Path) -> tuple[set[Stage], list[str]]:
    """Run the one recording of a library; the stages that were run, and the notes."""
    runner = FakeRunner()
    _, watcher, code = await run(make_sessions(folder, ["a.mp4"]), runner)
    assert code == 0
    return {stage for _, stage in runner.runs}, [event.message for event in watcher.events if isinstance(event, Noted)]


def spoil(path: Path, with_what: str) -> None:
    if with_what == "folder":
        path.unlink()
        path.mkdir()
        (path / "mine.txt").write_text("mine")
    elif with_what == "dangling":
        path.unlink()
        path.symlink_to("nowhere")
    elif with_what == "truncated":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        path.write_text(with_what)


@pytest.mark.parametrize("what", [*SPOILT, "folder", "dangling", "truncated"])
async def test_a_spoilt_record_is_kept_aside_and_its_copy_takes_its_place(tmp_path: Path, what: str) -> None:
    await ran(tmp_path)
    folder = tmp_path / "a.mp4.enriched"
    before = load_record(folder)
    spoil(folder / RECORD, what)
    stages, notes = await ran(tmp_path)
    assert stages == set()
    assert len(notes) == 1
    assert "could not be read" in notes[0]
    assert RECORD + ASIDE in notes[0]
    assert (folder / RECORD).is_file()
    assert load_record(folder) == before
    if what == "folder":
        assert (folder / (RECORD + ASIDE) / "mine.txt").read_text() == "mine"
    assert await ran(tmp_path) == (set(), [])


@pytest.mark.parametrize("what", [*SPOILT, "folder"])
async def test_without_a_copy_the_session_is_looked_at_anew(tmp_path: Path, what: str) -> None:
    await ran(tmp_path)
    folder = tmp_path / "a.mp4.enriched"
    spoil(folder / RECORD, what)
    spoil(folder / SPARE, what)
    stages, notes = await ran(tmp_path)
    assert stages == set(Stage)
    assert len(notes) == 1
    assert load_record(folder) is not None
    assert await ran(tmp_path) == (set(), [])


@pytest.mark.parametrize("version", [0, 1])
async def test_an_older_record_is_read_as_one_of_today(tmp_path: Path, version: int) -> None:
    await ran(tmp_path)
    folder = tmp_path / "a.mp4.enriched"
    told = json.loads((folder / RECORD).read_text())
    del told["output"]  # came with version 2, as did "made"
    for entry in told["sources"]:
        del entry["made"]
    for stage in told["stages"].values():
        for file in stage["outputs"].values():
            del file["made"]
    if version == 0:
        del told["format"]
    else:
        told["format"] = version
    (folder / RECORD).write_text(json.dumps(told))
    (folder / SPARE).unlink()
    kept = load_record(folder)
    assert kept is not None
    assert kept.format == FORMAT
    assert await ran(tmp_path) == (set(), [])


def test_only_the_last_few_are_kept(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / "state").write_text(str(number))
        move_aside(tmp_path / "state")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["state.aside", *(f"state.aside-{number}" for number in range(2, 6))]
    assert (tmp_path / "state.aside-5").read_text() == "8"


@pytest.mark.parametrize("what", ["", "{", "[]", "folder"])
def test_a_spoilt_history_is_kept_aside_and_begun_anew(tmp_path: Path, what: str) -> None:
    path = tmp_path / "history.json"
    save_history(path, {"a": 1})
    spoil(path, what)
    assert load_history(path) is None
    save_history(path, {"b": 2})
    assert load_history(path) == {"b": 2}
    assert (tmp_path / f"history.json{ASIDE}").exists()


@pytest.mark.parametrize("what", ["folder", "dangling", "", "{", '{"epoch": -7}'])
def test_a_spoilt_lock_locks_nobody_out(tmp_path: Path, what: str) -> None:
    with own(tmp_path):
        pass
    spoil(tmp_path / STATE / LOCK, what)
    with own(tmp_path) as mine:
        mine.check()


def test_a_file_where_the_state_should_be_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / STATE).write_text("mine")
    with own(tmp_path) as mine:
        mine.check()
    assert (tmp_path / f"{STATE}{ASIDE}").read_text() == "mine"
