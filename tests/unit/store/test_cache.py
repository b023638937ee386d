"""What is run again and what is not, counted."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest

from enrich_tui import stages
from enrich_tui.config import CanvasConfig, Config, StageConfig, SummaryConfig, VideoConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.events import ErrorRaised
from enrich_tui.model import EnrichmentOptions, SessionStatus, Stage, StageOutcome, StageOutput, StageTask
from enrich_tui.pipeline import cache
from enrich_tui.store.outputs import write_text
from enrich_tui.store.owner import own
from enrich_tui.store.record import SessionRecord, load_record
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, prepared, run, write_result

ALL = set(Stage)


async def ran(folder: Path, script: object = write_result, **settings: object) -> tuple[set[Stage], int]:
    """Run the one recording of a library; which stages were run, and the exit code."""
    runner = FakeRunner(script)  # type: ignore[arg-type]
    _, _, code = await run(make_sessions(folder, ["a.mp4"]), runner, **settings)
    assert set(runner.runs.values()) <= {1}
    return {stage for _, stage in runner.runs}, code


def record(folder: Path) -> SessionRecord:
    told = load_record(folder / "a.mp4.enriched")
    assert told is not None
    return told


def fails(problem: Problem, *which: Stage) -> object:
    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(problem) if task.stage in which else write_result(task)

    return script


async def test_nothing_is_run_twice(tmp_path: Path) -> None:
    assert await ran(tmp_path) == (ALL, 0)
    assert await ran(tmp_path) == (set(), 0)


async def test_fresh_runs_everything(tmp_path: Path) -> None:
    await ran(tmp_path)
    assert await ran(tmp_path, fresh=True) == (ALL, 0)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (StageConfig(canvas=CanvasConfig(embed_media=True)), {Stage.CANVAS}),
        (StageConfig(summary=SummaryConfig(sentences=3)), {Stage.SUMMARY, Stage.CANVAS}),
    ],
)
async def test_a_setting_runs_what_depends_on_it(tmp_path: Path, setting: StageConfig, expected: set[Stage]) -> None:
    def script(task: StageTask) -> StageOutput:
        (task.session.output / "summary.json").unlink(missing_ok=True)
        output = write_result(task)
        if task.stage is Stage.SUMMARY:
            (task.session.output / "summary.json").write_text(f"{task.config.summary.sentences}")
        return output

    await ran(tmp_path)
    assert await ran(tmp_path, script, config=Config(stage=setting)) == (expected, 0)


def puts_titles_in(task: StageTask) -> StageOutput:
    """The summary puts something into what the video stage has written."""
    output = write_result(task)
    if task.stage is not Stage.SUMMARY:
        return output
    write_text(task.session.output / "video.json", "the same, with titles")
    return output.model_copy(update={"outputs": {**output.outputs, "video": "video.json"}})


async def test_a_stage_may_put_something_into_a_result_that_it_builds_on(tmp_path: Path) -> None:
    assert await ran(tmp_path, puts_titles_in) == (ALL, 0)
    assert await ran(tmp_path, puts_titles_in) == (set(), 0)
    again = Config(stage=StageConfig(summary=SummaryConfig(sentences=3)))
    assert await ran(tmp_path, puts_titles_in, config=again) == ({Stage.SUMMARY}, 0)


async def test_where_that_result_is_made_again_what_was_put_into_it_is_too(tmp_path: Path) -> None:
    await ran(tmp_path, puts_titles_in)
    video = Config(stage=StageConfig(video=VideoConfig(min_chapter=9.0)))
    assert await ran(tmp_path, puts_titles_in, config=video) == ({Stage.VIDEO, Stage.SUMMARY}, 0)
    assert (tmp_path / "a.mp4.enriched" / "video.json").read_text() == "the same, with titles"
    assert await ran(tmp_path, puts_titles_in, config=video) == (set(), 0)
    (tmp_path / "a.mp4.enriched" / "video.json").unlink()
    assert await ran(tmp_path, puts_titles_in, config=video) == ({Stage.VIDEO, Stage.SUMMARY}, 0)


async def test_new_code_of_a_stage_runs_it_and_what_its_results_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ran(tmp_path)
    monkeypatch.setitem(stages.VERSIONS, Stage.VIDEO, "next")
    assert await ran(tmp_path) == ({Stage.VIDEO}, 0)  # the same chapters: nothing else depends on how they were found


async def test_a_new_engine_runs_what_it_made_and_what_depends_on_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(task: StageTask) -> StageOutput:
        output = write_result(task)
        if task.stage is Stage.AUDIO:
            (task.session.output / "audio.json").write_text("heard better")
        return output

    await ran(tmp_path)
    known = stages.engine_identity
    monkeypatch.setattr(
        stages, "engine_identity", lambda stage, config: "next" if stage is Stage.AUDIO else known(stage, config)
    )
    assert await ran(tmp_path, script) == ({Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS}, 0)


async def test_other_bytes_run_everything_and_another_time_nothing(tmp_path: Path) -> None:
    await ran(tmp_path)
    file = tmp_path / "a.mp4"
    file.write_bytes(file.read_bytes())
    assert await ran(tmp_path) == (set(), 0)
    file.write_bytes(b"other bytes")
    assert (await ran(tmp_path))[0] >= {Stage.AUDIO, Stage.VIDEO}


async def test_a_lost_result_is_made_again(tmp_path: Path) -> None:
    await ran(tmp_path)
    (tmp_path / "a.mp4.enriched" / "video.json").unlink()
    assert await ran(tmp_path) == ({Stage.VIDEO}, 0)


async def test_a_failure_is_on_record_and_tried_again_at_the_next_start(tmp_path: Path) -> None:
    script = fails(Problem.INTERNAL, Stage.AUDIO)
    assert (await ran(tmp_path, script))[1] == 1
    failed = record(tmp_path).stages[Stage.AUDIO]
    assert (failed.status, failed.problem, failed.attempts) == (StageOutcome.FAILED, "internal", 1)
    assert failed.message
    again, code = await ran(tmp_path)
    assert (again >= {Stage.AUDIO}, Stage.VIDEO in again, code) == (True, False, 0)
    assert record(tmp_path).stages[Stage.AUDIO].status is StageOutcome.COMPLETED


async def test_what_is_hopeless_is_told_again_without_work(tmp_path: Path) -> None:
    script = fails(Problem.EMPTY_FILE, Stage.AUDIO, Stage.VIDEO)
    _, first, code = await run(make_sessions(tmp_path, ["a.wav"]), FakeRunner(script))  # type: ignore[arg-type]
    runner = FakeRunner(script)  # type: ignore[arg-type]
    batch, second, again = await run(make_sessions(tmp_path, ["a.wav"]), runner)
    assert (code, again) == (1, 1)
    assert not runner.runs
    messages = [{event.message for event in seen.events if isinstance(event, ErrorRaised)} for seen in (first, second)]
    assert messages[0] == messages[1] != set()
    assert batch.results[0].status is SessionStatus.SKIPPED
    (tmp_path / "a.wav").write_text("recorded again")
    runner = FakeRunner()
    assert (await run(make_sessions(tmp_path, ["a.wav"]), runner))[2] == 0
    assert (("a.wav", Stage.AUDIO)) in runner.runs


@pytest.mark.parametrize("problem", [Problem.CODEC, Problem.DAMAGED, Problem.NOT_MEDIA])
async def test_another_version_of_the_program_tries_again_what_was_hopeless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Problem
) -> None:
    await ran(tmp_path, fails(problem, Stage.AUDIO))
    assert (await ran(tmp_path))[0] == set()
    monkeypatch.setattr(cache, "__version__", "99.0")
    assert Stage.AUDIO in (await ran(tmp_path))[0]


async def test_who_insists_gets_another_try(tmp_path: Path) -> None:
    script = fails(Problem.EMPTY_FILE, Stage.AUDIO)
    sessions = make_sessions(tmp_path, ["a.wav"])
    await run(sessions, FakeRunner(script))  # type: ignore[arg-type]
    runner = FakeRunner()
    watcher = Watcher()
    async with prepared(sessions, runner, keep_open=True) as batch:
        running = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: event.type == "session-finished")
        assert batch.controls.retry(["a.wav"]) == 1
        await watcher.until(lambda event: event.type == "session-finished" and event.status is SessionStatus.COMPLETE)
        batch.controls.drain()
        await running
    assert runner.runs == Counter({("a.wav", stage): 1 for stage in (Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS)})


async def test_a_stage_without_its_track_is_not_asked_again(tmp_path: Path) -> None:
    script = fails(Problem.NO_STREAM, Stage.AUDIO)
    assert await ran(tmp_path, script) == (ALL, 0)
    assert await ran(tmp_path, script) == (set(), 0)


async def test_what_is_not_wanted_this_time_stays_on_record(tmp_path: Path) -> None:
    await ran(tmp_path)
    before = record(tmp_path)
    await ran(tmp_path, options=EnrichmentOptions.of({Stage.AUDIO}))
    assert record(tmp_path) == before
    assert await ran(tmp_path) == (set(), 0)


async def test_an_owner_that_lost_the_library_writes_nothing_more(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4"])

    def script(task: StageTask) -> StageOutput:
        mine.path.write_text('{"epoch": 99, "pid": 1, "since": "2026-01-01T00:00:00+00:00"}')
        return write_result(task)

    watcher = Watcher()
    runner = FakeRunner(script)
    with own(tmp_path) as mine:
        async with prepared(sessions, runner, workers=1, owner=mine) as batch:
            assert await batch.run(watcher) == 2
    assert sum(runner.runs.values()) == 1
    assert load_record(sessions[0].output) is None
    assert any("taken it over" in event.message for event in watcher.events if event.type == "note")


async def test_a_cancelled_session_can_be_run_again_at_once_or_later(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(sessions, runner, keep_open=True) as batch:
        running = asyncio.create_task(batch.run(watcher))
        await runner.started["a.wav", Stage.AUDIO].wait()
        assert batch.controls.cancel(["a.wav"]) == 1
        await watcher.until(lambda event: event.type == "session-finished")
        assert batch.results[0].status is SessionStatus.CANCELLED
        later = FakeRunner()
        assert (await run(sessions, later))[2] == 0  # as after a restart
        assert later.runs["a.wav", Stage.AUDIO] == 1
        runner.gates["a.wav", Stage.AUDIO].set()
        assert batch.controls.retry(["a.wav"]) == 1
        await watcher.until(lambda event: event.type == "session-finished" and event.status is SessionStatus.COMPLETE)
        batch.controls.drain()
        await running
    assert runner.runs["a.wav", Stage.AUDIO] == 1  # the one that was cancelled; the other start had done it


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
async def test_results_do_not_go_through_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "audio.txt").write_text("my own")
    sessions = make_sessions(tmp_path, ["a.wav", "b.wav"])
    sessions[0].output.symlink_to(mine)
    runner = FakeRunner()
    batch, _, code = await run(sessions, runner)
    assert code == 1
    assert {path.name for path in mine.iterdir()} == {"audio.txt"}
    assert [result.status for result in batch.results] == [SessionStatus.FAILED, SessionStatus.COMPLETE]
    assert batch.results[0].message == "The place of the results, a.wav.enriched, is a link or no folder."
    assert not any(session == "a.wav" for session, _ in runner.runs)


async def test_a_file_in_the_place_of_the_results_is_kept(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    sessions[0].output.write_text("mine")
    batch, _, code = await run(sessions, FakeRunner())
    assert code == 1
    assert sessions[0].output.read_text() == "mine"
    assert batch.results[0].message
    assert "is a link or no folder" in batch.results[0].message
