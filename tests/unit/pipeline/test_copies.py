"""Recordings of the same bytes in one run: the work is done once, and no failure is hidden; counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.events import SessionFinished
from enrich_tui.model import Session, SessionStatus, Stage, StageOutcome, StageOutput, StageTask
from enrich_tui.pipeline.run import BatchRun
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, run, write_result

EACH = {Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS}


def copies(folder: Path, *names: str) -> list[Session]:
    for name in names:
        (folder / name).write_text("the same words")
    return make_sessions(folder, names)


@asynccontextmanager
async def begun(folder: Path, runner: FakeRunner, *names: str) -> AsyncIterator[tuple[BatchRun, Watcher]]:
    """A run over copies, the first of which is being heard, until its gate is opened."""
    watcher = Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(copies(folder, *names), runner, library=folder) as batch, asyncio.timeout(20):
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["a.wav", Stage.AUDIO].wait()
        yield batch, watcher
        await task


async def test_copies_that_come_together_are_worked_on_once(tmp_path: Path) -> None:
    runner = FakeRunner()
    batch, watcher, code = await run(copies(tmp_path, "a.wav", "b.wav", "c.wav"), runner, library=tmp_path, workers=3)
    assert code == 0
    assert runner.runs == {("a.wav", stage): 1 for stage in EACH}
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE] * 3
    for name in ("b.wav", "c.wav"):
        assert all(watcher.finished(name)[stage].cached for stage in EACH)
        assert (tmp_path / f"{name}.enriched" / "audio.json").is_file()


async def test_others_do_not_wait(tmp_path: Path) -> None:
    make_sessions(tmp_path, ["other.wav"])
    runner = FakeRunner()
    async with begun(tmp_path, runner, "a.wav", "b.wav") as (_, watcher):
        await watcher.until(lambda event: isinstance(event, SessionFinished) and event.session == "other.wav")
        runner.gates["a.wav", Stage.AUDIO].set()
    assert {ident for ident, _ in runner.runs} == {"a.wav", "other.wav"}


async def test_without_a_library_each_does_its_own(tmp_path: Path) -> None:
    runner = FakeRunner()
    await run(copies(tmp_path, "a.wav", "b.wav"), runner)
    assert set(runner.runs) == {(name, stage) for name in ("a.wav", "b.wav") for stage in EACH}


async def test_fresh_does_each(tmp_path: Path) -> None:
    runner = FakeRunner()
    await run(copies(tmp_path, "a.wav", "b.wav"), runner, library=tmp_path, fresh=True)
    assert set(runner.runs) == {(name, stage) for name in ("a.wav", "b.wav") for stage in EACH}


async def test_what_the_first_could_not_make_is_tried_by_the_next(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        first = task.session.id == "a.wav"
        return StageError(Problem.OUT_OF_MEMORY) if first and task.stage is Stage.AUDIO else write_result(task)

    runner = FakeRunner(script)
    batch, _, code = await run(copies(tmp_path, "a.wav", "b.wav", "c.wav"), runner, library=tmp_path, workers=3)
    assert [result.status for result in batch.results][1:] == [SessionStatus.COMPLETE] * 2
    assert batch.results[0].status is not SessionStatus.COMPLETE
    assert code == 1
    assert runner.runs["a.wav", Stage.AUDIO] >= 1
    assert {stage: runner.runs["b.wav", stage] for stage in EACH} == dict.fromkeys(EACH, 1)
    assert not any(ident == "c.wav" for ident, _ in runner.runs)


async def test_a_failure_that_all_copies_share_is_told_of_each(tmp_path: Path) -> None:
    runner = FakeRunner(lambda _: StageError(Problem.NOT_MEDIA))
    batch, watcher, _ = await run(copies(tmp_path, "a.wav", "b.wav"), runner, library=tmp_path)
    assert set(runner.runs) == {("a.wav", Stage.AUDIO)}
    first, second = batch.results
    assert first.status is second.status is SessionStatus.SKIPPED
    assert second.stages[Stage.AUDIO].status is StageOutcome.FAILED
    assert second.message == first.message is not None
    told = [event for event in watcher.events if isinstance(event, SessionFinished)]
    assert [event.message for event in told] == [first.message] * 2


async def test_where_the_first_is_cancelled_the_next_does_the_work(tmp_path: Path) -> None:
    runner = FakeRunner()
    async with begun(tmp_path, runner, "a.wav", "b.wav") as (batch, _):
        batch.controls.cancel(["a.wav"])
    assert [result.status for result in batch.results] == [SessionStatus.CANCELLED, SessionStatus.COMPLETE]
    assert {stage for ident, stage in runner.runs if ident == "b.wav"} == EACH


async def test_a_copy_that_was_cancelled_while_it_waited_can_be_retried(tmp_path: Path) -> None:
    runner = FakeRunner()
    async with begun(tmp_path, runner, "a.wav", "b.wav") as (batch, watcher):
        batch.controls.cancel(["b.wav"])
        await watcher.until(lambda event: isinstance(event, SessionFinished) and event.session == "b.wav")
        assert batch.controls.retry(["b.wav"]) == 1
        runner.gates["a.wav", Stage.AUDIO].set()
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE] * 2
    assert {ident for ident, _ in runner.runs} == {"a.wav"}


async def test_where_the_first_is_being_written_to_the_next_does_not_wait(tmp_path: Path) -> None:
    runner = FakeRunner()
    async with begun(tmp_path, runner, "a.wav", "b.wav") as (batch, watcher):
        first = make_sessions(tmp_path, ["a.wav"])[0]
        batch.arriving(first, growing=True)
        await watcher.until(lambda event: isinstance(event, SessionFinished) and event.session == "b.wav")
        (tmp_path / "a.wav").write_text("the same words, and more")
        batch.arrive(make_sessions(tmp_path, ["a.wav"])[:1])
        runner.gates["a.wav", Stage.AUDIO].set()
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE] * 2
    assert {stage: runner.runs["b.wav", stage] for stage in EACH} == dict.fromkeys(EACH, 1)
