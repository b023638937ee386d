"""A recording that was renamed, moved or copied finds its results, and nothing is run; counted."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

import pytest

from enrich_tui.config import StageConfig
from enrich_tui.discovery import discover
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import EnrichmentOptions, SessionStatus, Stage, StageOutcome, StageOutput, StageTask
from enrich_tui.pipeline import adopt
from enrich_tui.pipeline.adopt import Elsewhere
from enrich_tui.pipeline.plan import plan_run, standing
from enrich_tui.store import record
from enrich_tui.store.outputs import PARTIAL_PREFIX
from enrich_tui.store.record import RECORD, file_record, load_record
from tests.unit.pipeline.harness import FakeRunner, prepared, write_result
from tests.unit.pipeline.harness import Watcher as Seen

ALL = set(Stage)


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the bytes of {name}")


async def ran(root: Path, output: Path | None = None, script: object = write_result) -> set[tuple[str, Stage]]:
    """Run a library to its end; which stages were run. What ``plan`` and ``status`` say before must fit."""
    library = discover(root, output)
    elsewhere = Elsewhere(library.root, output, library.sessions)
    wanted = EnrichmentOptions()
    plan = plan_run(library.sessions, wanted, StageConfig(), workers=1, cpu_slots=1, history=None, elsewhere=elsewhere)
    planned = {(one.session_id, stage) for one in plan.sessions for stage in one.to_run}
    runner = FakeRunner(script)  # type: ignore[arg-type]
    standings = {one.id: standing(one, wanted.stages, elsewhere) for one in library.sessions}
    async with prepared(list(library.sessions), runner, library=library.root, output=output) as batch:
        await batch.run(Seen())
    assert set(runner.runs) <= planned
    if not runner.runs:
        assert planned == set()
        assert {ident: told.result and told.result.status for ident, told in standings.items()} == {
            result.session_id: result.status for result in batch.results
        }
    for session in library.sessions:
        kept = load_record(session.output)
        assert kept is not None
        assert kept.title == session.title
    return set(runner.runs)


def records(folder: Path) -> list[Path]:
    return list(folder.rglob(f"*.enriched/{RECORD}"))


def inodes(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if path.name not in {RECORD, record.SPARE}
    }


async def test_a_renamed_recording(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "other.wav")
    assert len(await ran(tmp_path)) == 7
    before = inodes(tmp_path / "a.mp4.enriched")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    assert await ran(tmp_path) == set()
    assert inodes(tmp_path / "b.mp4.enriched") == before
    assert not (tmp_path / "a.mp4.enriched").exists()
    assert await ran(tmp_path) == set()


async def test_a_recording_that_moved_to_another_folder(tmp_path: Path) -> None:
    make(tmp_path, "old/a.mp4")
    await ran(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "a.mp4").rename(tmp_path / "new" / "c.mp4")
    assert await ran(tmp_path) == set()
    assert [path.name for path in (tmp_path / "old").iterdir()] == []


async def test_a_copy_leaves_the_results_of_the_original_alone(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path)
    kept = inodes(tmp_path / "a.mp4.enriched")
    told = (tmp_path / "a.mp4.enriched" / RECORD).read_bytes()
    shutil.copyfile(tmp_path / "a.mp4", tmp_path / "copy.mp4")
    (tmp_path / "below").mkdir()
    shutil.copyfile(tmp_path / "a.mp4", tmp_path / "below" / "again.mp4")
    assert await ran(tmp_path) == set()
    assert inodes(tmp_path / "a.mp4.enriched") == kept
    assert (tmp_path / "a.mp4.enriched" / RECORD).read_bytes() == told
    assert inodes(tmp_path / "copy.mp4.enriched").keys() == kept.keys()
    assert not set(inodes(tmp_path / "copy.mp4.enriched").values()) & set(kept.values())


async def test_renamed_and_copied_at_once(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path)
    shutil.copyfile(tmp_path / "a.mp4", tmp_path / "c.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    assert await ran(tmp_path) == set()
    assert {path.parent.name for path in records(tmp_path)} == {"b.mp4.enriched", "c.mp4.enriched"}


async def test_one_recording_over_another(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "b.mp4")
    await ran(tmp_path)
    (tmp_path / "b.mp4").replace(tmp_path / "a.mp4")
    assert await ran(tmp_path) == set()
    assert "b.mp4" not in (tmp_path / "a.mp4.enriched" / RECORD).read_text()


async def test_a_session_folder(tmp_path: Path) -> None:
    make(tmp_path, "talk/session.toml", "talk/voice.wav", "talk/step.png")
    (tmp_path / "talk" / "session.toml").write_text("")
    await ran(tmp_path)
    (tmp_path / "talk").rename(tmp_path / "speech")
    assert await ran(tmp_path) == set()
    shutil.copytree(tmp_path / "speech", tmp_path / "twice")
    assert await ran(tmp_path) == set()
    shutil.copytree(tmp_path / "speech", tmp_path / "bare", ignore=shutil.ignore_patterns("enriched"))
    assert await ran(tmp_path) == set()
    (tmp_path / "bare" / "voice.wav").rename(tmp_path / "bare" / "sound.wav")
    assert await ran(tmp_path) == set()
    (tmp_path / "bare" / "session.toml").write_text('title = "Another title"')
    assert await ran(tmp_path) == set()


@pytest.mark.parametrize("below", [True, False])
async def test_with_results_in_a_place_of_their_own(tmp_path: Path, below: bool) -> None:
    root, output = tmp_path / "in", tmp_path / "in" / "out" if below else tmp_path / "out"
    make(root, "a.mp4", "talk/one.png", "talk/two.png")
    await ran(root, output)
    (root / "a.mp4").rename(root / "b.mp4")
    (root / "talk").rename(root / "speech")
    assert await ran(root, output) == set()
    assert sorted(path.name for path in output.iterdir()) == ["b.mp4.enriched", "speech.enriched"]
    if not below:
        root.rename(tmp_path / "elsewhere")
        assert await ran(tmp_path / "elsewhere", output) == set()


async def test_folders_above_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "library/2024/a.mp4", "library/2024/b.wav")
    await ran(tmp_path / "library")
    (tmp_path / "library" / "2024").rename(tmp_path / "library" / "old")
    (tmp_path / "library").rename(tmp_path / "archive")
    monkeypatch.setattr(record, "digest", lambda path: pytest.fail(f"{path} is read"))
    library = discover(tmp_path / "archive")
    runner = FakeRunner()
    async with prepared(list(library.sessions), runner, library=library.root) as batch:
        await batch.run(Seen())
    assert not runner.runs
    assert {result.status for result in batch.results} == {SessionStatus.COMPLETE}


async def test_one_recording_on_its_own(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    assert await ran(tmp_path / "b.mp4") == set()


async def test_what_was_half_done_is_taken_over_as_far_as_it_goes(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.INTERNAL) if task.stage is Stage.VIDEO else write_result(task)

    make(tmp_path, "a.mp4", "a.md")
    await ran(tmp_path, script=script)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    (tmp_path / "b.md").write_text("other notes")
    (tmp_path / "a.md").unlink()
    assert await ran(tmp_path) == {("b.mp4", stage) for stage in (Stage.VIDEO, Stage.SUMMARY, Stage.CANVAS)}


async def test_other_bytes_of_the_same_size_take_nothing_over(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path)
    (tmp_path / "a.mp4").unlink()
    (tmp_path / "b.mp4").write_text("the BYTES of a.mp4")
    assert await ran(tmp_path) == {("b.mp4", stage) for stage in Stage}
    assert (tmp_path / "a.mp4.enriched" / RECORD).exists()


async def test_fresh_takes_nothing_over(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path)
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    library = discover(tmp_path)
    runner = FakeRunner()
    async with prepared(list(library.sessions), runner, library=library.root, fresh=True) as batch:
        await batch.run(Seen())
    assert set(runner.runs) == {("b.mp4", stage) for stage in Stage}


async def test_a_result_that_somebody_changed_is_made_again(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4")
    await ran(tmp_path)
    (tmp_path / "a.mp4.enriched" / "video.json").write_text("my own words")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    runs = await ran(tmp_path)  # the made-up results tell the title, so that what follows is made anew as well
    assert ("b.mp4", Stage.VIDEO) in runs
    assert ("b.mp4", Stage.AUDIO) not in runs


class Off(BaseException):
    """The power is gone."""


def steps_of_an_adoption(folder: Path, keep: bool, patch: pytest.MonkeyPatch, stop: int, error: BaseException) -> int:
    """Take over ``a`` for ``b`` while the ``stop``-th step of it fails; how many steps were begun."""
    begun = 0

    def counted(real: object) -> object:
        def step(*arguments: object, **named: object) -> object:
            nonlocal begun
            begun += 1
            if begun == stop:
                raise error
            return real(*arguments, **named)  # type: ignore[operator]

        return step

    session = next(one for one in discover(folder).sessions if one.id == "b.mp4")
    elsewhere = Elsewhere(folder, None, [session])
    found = elsewhere.find(session)
    assert found is not None
    sources = file_record(session.source, session.source)
    with patch.context() as now:
        now.setattr(os, "fsync", counted(os.fsync))
        now.setattr(Path, "replace", counted(Path.replace))
        now.setattr(Path, "open", counted(Path.open))
        now.setattr(Path, "hardlink_to", counted(Path.hardlink_to))
        now.setattr(Path, "mkdir", counted(Path.mkdir))
        with contextlib.suppress(type(error)):
            adopt.adopt(
                session, found.record, {session.source: sources}, folder=found.folder, keep=keep, check=lambda: None
            )
    return begun


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "bad"), OSError(errno.EACCES, "no"), Off()]
)
async def test_whatever_step_fails_there_are_old_or_new_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool, error: BaseException
) -> None:
    make(tmp_path / "first", "a.mp4")
    await ran(tmp_path / "first")
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", folder)
        (folder / "a.mp4").rename(folder / "b.mp4")
        if keep:
            shutil.copyfile(folder / "b.mp4", folder / "a.mp4")
        if steps_of_an_adoption(folder, keep, monkeypatch, number, error) < number:
            break
        at = folder / "b.mp4.enriched"
        kept = load_record(at)
        if kept is not None:
            for entry in kept.stages.values():
                assert all(file.still(at / file.path) for file in entry.outputs.values())
                assert entry.status is StageOutcome.COMPLETED
        if keep or kept is None:
            assert load_record(folder / "a.mp4.enriched") is not None
        assert await ran(folder) == set()
        assert not list(folder.rglob(f"{PARTIAL_PREFIX}*"))
    assert number > 10


def test_results_on_another_drive_of_windows_than_their_sources_are_looked_at_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_way(*_paths: object) -> str:
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    source = tmp_path / "a.mp4"
    source.write_text("a")
    told = record.SessionRecord(
        program="x", id="a", title="a", output=tmp_path / "before", sources=(file_record(source, source),)
    )
    found = adopt.Found(tmp_path / "out" / "a.mp4.enriched", told, told.sources[0])
    elsewhere = Elsewhere(tmp_path / "library", tmp_path / "out")
    monkeypatch.setattr(os.path, "relpath", no_way)
    assert not elsewhere.is_orphan(found)
    source.unlink()
    assert elsewhere.is_orphan(found)
