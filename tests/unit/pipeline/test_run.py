from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem, StageError, WorkerCrashedError
from enrich_tui.events import (
    BatchChanged,
    ErrorRaised,
    Event,
    PoolChanged,
    RunFinished,
    SessionFinished,
    SessionRequeued,
    StageRetrying,
    StageStarted,
)
from enrich_tui.model import (
    STAGES,
    EnrichmentOptions,
    Notice,
    SessionStatus,
    Stage,
    StageOutcome,
    StageOutput,
    StageTask,
)
from enrich_tui.pipeline.announce import PACE, REST, TICK
from enrich_tui.pipeline.attempts import Attempts
from enrich_tui.pipeline.state import SessionEntry
from enrich_tui.store import record
from tests.unit.pipeline.harness import FakeRunner, Watcher, failing, make_sessions, prepared, run, write_result


async def test_every_stage_of_every_session_runs_once(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4", "b.wav"])
    runner = FakeRunner()
    batch, watcher, code = await run(sessions, runner)
    assert code == 0
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE, SessionStatus.COMPLETE]
    assert runner.runs == {
        ("a.mp4", Stage.AUDIO): 1,
        ("a.mp4", Stage.VIDEO): 1,
        ("a.mp4", Stage.SUMMARY): 1,
        ("a.mp4", Stage.CANVAS): 1,
        ("b.wav", Stage.AUDIO): 1,
        ("b.wav", Stage.SUMMARY): 1,
        ("b.wav", Stage.CANVAS): 1,
    }
    last = watcher.events[-1]
    assert isinstance(last, RunFinished)
    assert (last.complete, last.exit_code) == (2, 0)


async def test_as_many_stages_run_side_by_side_as_there_are_slots(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    sessions = make_sessions(tmp_path, [f"{number}.wav" for number in range(5)])
    for session in sessions:
        runner.gates[session.id, Stage.AUDIO] = asyncio.Event()
    async with prepared(sessions, runner, workers=2) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["0.wav", Stage.AUDIO].wait()
        await runner.started["1.wav", Stage.AUDIO].wait()
        for gate in runner.gates.values():
            gate.set()
        await asyncio.wait_for(task, 10)
    assert runner.most == 2


async def test_the_figures_of_the_batch_always_add_up(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4", "b.mp4", "c.wav"])
    _, watcher, _ = await run(sessions, FakeRunner(failing(Stage.AUDIO, StageError(Problem.EMPTY_FILE), times=1)))
    figures = [event for event in watcher.events if isinstance(event, BatchChanged)]
    assert figures
    for event in figures:
        assert event.pending + event.processing + event.completed + event.failed == event.total == 3
    assert [event.progress for event in figures] == sorted(event.progress for event in figures)
    assert figures[-1].state == "done"


async def test_a_second_run_redoes_nothing(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4", "b.wav"])
    await run(sessions, FakeRunner())
    again = FakeRunner()
    batch, watcher, code = await run(make_sessions(tmp_path, []), again)
    assert (code, again.runs) == (0, {})
    assert all(event.cached for event in watcher.finished("a.mp4").values())
    assert all(result.status is SessionStatus.COMPLETE for result in batch.results)


async def test_what_was_left_half_written_is_swept_whether_or_not_something_is_done(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["done.wav", "new.wav"])
    await run(sessions[:1], FakeRunner())
    leftovers = [session.output / ".partial-1.json" for session in sessions]
    for leftover in leftovers:
        leftover.parent.mkdir(exist_ok=True)
        leftover.write_text("half")
    await run(sessions, FakeRunner())
    assert not any(leftover.exists() for leftover in leftovers)


async def test_the_figures_are_told_at_a_pace_however_many_sessions_end(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, [f"{number}.wav" for number in range(100)])
    nothing = EnrichmentOptions.of(set())
    _, watcher, _ = await run(sessions, FakeRunner(), options=nothing)
    figures = [event for event in watcher.events if isinstance(event, BatchChanged)]
    by_tick_and_by_end = watcher.events[-1].t * (1 / TICK + 1 / PACE)
    assert len(figures) <= by_tick_and_by_end + 4, "and at the start, at the end, and when the state changed"
    assert figures[-1].pending == 0


async def test_figures_that_stay_as_they_are_are_told_once_a_second_at_most(tmp_path: Path) -> None:
    watcher = Watcher()
    async with prepared(make_sessions(tmp_path, ["a.wav"]), FakeRunner(), keep_open=True) as batch:
        task = asyncio.create_task(batch.run(watcher))
        first = await watcher.until(lambda event: isinstance(event, BatchChanged) and event.state == "done")
        await watcher.until(lambda event: event.t >= first.t + 2.0)
        batch.controls.drain()
        await asyncio.wait_for(task, 10)
    for kind, least in ((BatchChanged, REST), (PoolChanged, math.inf)):
        told = [event for event in watcher.events if isinstance(event, kind) and event.t >= first.t][:-1]
        for one, next_one in pairwise(told):
            if one.model_copy(update={"t": next_one.t}) == next_one:
                assert next_one.t - one.t >= least - 0.001, "times are rounded"


async def test_only_what_is_worked_on_has_an_estimate_of_its_own(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, [f"{number}.wav" for number in range(3)])
    await run(sessions, FakeRunner(), options=EnrichmentOptions.of({Stage.AUDIO}))
    runner, watcher = FakeRunner(), Watcher()
    for session in sessions:
        runner.gates[session.id, Stage.SUMMARY] = asyncio.Event()
    async with prepared(sessions, runner, workers=1) as batch:
        task = asyncio.create_task(batch.run(watcher))
        told = await watcher.until(lambda event: isinstance(event, BatchChanged) and bool(event.etas))
        for gate in runner.gates.values():
            gate.set()
        await asyncio.wait_for(task, 10)
    assert isinstance(told, BatchChanged)
    assert list(told.etas) == ["0.wav"]


async def test_fresh_redoes_everything(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    await run(sessions, FakeRunner())
    again = FakeRunner()
    await run(sessions, again, fresh=True)
    assert set(again.runs) == {("a.wav", stage) for stage in (Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS)}


async def test_a_result_that_is_gone_is_made_again(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    await run(sessions, FakeRunner())
    (sessions[0].output / "canvas.json").unlink()
    again = FakeRunner()
    await run(sessions, again)
    assert again.runs == {("a.wav", Stage.CANVAS): 1}


async def test_a_changed_recording_is_done_again(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav", "b.wav"])
    await run(sessions, FakeRunner())
    (tmp_path / "a.wav").write_text("other bytes")
    again = FakeRunner()
    await run(make_sessions(tmp_path, []), again)
    assert {session for session, _ in again.runs} == {"a.wav"}
    assert again.runs["a.wav", Stage.AUDIO] == 1


async def test_a_transient_failure_is_tried_again_and_the_worker_is_free_meanwhile(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.AUDIO, StageError(Problem.NETWORK), times=2))
    batch, watcher, code = await run(make_sessions(tmp_path, ["a.wav"]), runner)
    assert code == 0
    assert runner.runs["a.wav", Stage.AUDIO] == 3
    assert [event.attempt for event in watcher.events if isinstance(event, StageRetrying)] == [2, 3]
    assert batch.results[0].stages[Stage.AUDIO].attempts == 3
    told = [event for event in watcher.events if isinstance(event, BatchChanged)][-1]
    assert (told.attempts, told.failed_attempts) == (5, 2)
    _, watcher, _ = await run(make_sessions(tmp_path, []), FakeRunner())
    told = [event for event in watcher.events if isinstance(event, BatchChanged)][-1]
    assert told.attempts == 0, "what is kept from before is no attempt"


async def test_an_attempt_begins_when_the_one_before_is_quite_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = FakeRunner(failing(Stage.AUDIO, StageError(Problem.NETWORK), times=1))
    settle = Attempts.settle
    begun: list[int] = []

    async def slowly(self: Attempts, entry: SessionEntry) -> None:
        if runner.runs["a.wav", Stage.AUDIO] == 1:
            for _ in range(50):
                await asyncio.sleep(0)
            begun.append(runner.runs["a.wav", Stage.AUDIO])
        await settle(self, entry)

    monkeypatch.setattr(Attempts, "settle", slowly)
    batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), runner, workers=2)
    assert (code, begun, batch.results[0].stages[Stage.AUDIO].attempts) == (0, [1], 2)


async def test_a_failed_stage_degrades_the_session_only(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.VIDEO, StageError(Problem.CODEC, facts={"codec": "x9"})))
    batch, _, code = await run(make_sessions(tmp_path, ["a.mp4"]), runner)
    (result,) = batch.results
    assert (code, result.status) == (1, SessionStatus.PARTIAL)
    assert result.message
    assert {stage for stage, ended in result.stages.items() if ended.status is StageOutcome.COMPLETED} == {
        Stage.AUDIO,
        Stage.SUMMARY,
        Stage.CANVAS,
    }


async def test_a_broken_file_is_skipped_with_a_plain_message_and_stops_nobody(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.EMPTY_FILE) if task.session.id == "a.mp4" else write_result(task)

    batch, watcher, code = await run(make_sessions(tmp_path, ["a.mp4", "b.wav"]), FakeRunner(script))
    assert code == 1
    assert [result.status for result in batch.results] == [SessionStatus.SKIPPED, SessionStatus.COMPLETE]
    assert (batch.results[0].message or "").startswith("The file is empty.")
    assert len([event for event in watcher.events if isinstance(event, ErrorRaised)]) <= 2


async def test_a_missing_model_is_told_with_the_command_that_mends_it(tmp_path: Path) -> None:
    error = StageError(Problem.MODEL_MISSING, facts={"install": 'pip install "enrich-tui[offline]"'})
    batch, watcher, _ = await run(make_sessions(tmp_path, ["a.mp4"]), FakeRunner(failing(Stage.AUDIO, error)))
    assert batch.results[0].status is SessionStatus.PARTIAL
    told = [event for event in watcher.events if isinstance(event, ErrorRaised)]
    assert 'pip install "enrich-tui[offline]"' in told[0].advice


async def test_silence_is_no_failure(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.SUMMARY, StageError(Problem.NOTHING_TO_TELL)))
    batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), runner)
    assert (code, batch.results[0].status) == (0, SessionStatus.COMPLETE)


def cut_short(task: StageTask) -> StageOutput | Exception:
    """The sound ends early; where the source has grown since it was made, it is whole."""
    output = write_result(task)
    whole = task.session.source.read_text().endswith("whole")
    if task.stage is not Stage.AUDIO or whole:
        return output
    notice = Notice(problem=Problem.TRUNCATED, facts={"read": 6.0, "announced": 13.0})
    return output.model_copy(update={"notices": (notice,)})


async def test_what_a_stage_noticed_makes_the_session_partial_also_the_next_day(tmp_path: Path) -> None:
    for _ in range(2):
        batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), FakeRunner(cut_short))
        assert (code, batch.results[0].status) == (1, SessionStatus.PARTIAL)
        assert batch.results[0].message


async def test_what_was_noticed_can_be_mended_and_run_again(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(cut_short), Watcher()

    def ended(status: SessionStatus, count: int) -> Callable[[Event], bool]:
        def seen(_: Event) -> bool:
            ends = [event.status for event in watcher.events if isinstance(event, SessionFinished)]
            return ends.count(status) == count

        return seen

    async with prepared(make_sessions(tmp_path, ["a.wav"]), runner, keep_open=True) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await watcher.until(ended(SessionStatus.PARTIAL, 1))
        assert batch.controls.retry(["a.wav"]) == 1
        await watcher.until(ended(SessionStatus.PARTIAL, 2))
        assert runner.runs["a.wav", Stage.AUDIO] == 1, "nothing has changed: what is there is kept"
        (tmp_path / "a.wav").write_text("the file is whole")
        assert batch.controls.retry(["a.wav"]) == 1
        await watcher.until(ended(SessionStatus.COMPLETE, 1))
        assert runner.runs["a.wav", Stage.AUDIO] == 2
        assert batch.controls.retry(["a.wav"]) == 0
        batch.controls.drain()
        assert await asyncio.wait_for(task, 10) == 0


async def test_a_killed_worker_costs_one_attempt(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.AUDIO, WorkerCrashedError(Problem.WORKER_CRASHED), times=1))
    batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), runner)
    assert (code, batch.results[0].stages[Stage.AUDIO].attempts) == (0, 2)


async def test_what_kills_two_workers_is_not_given_to_a_third(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        bad = task.session.id == "a.wav" and task.stage is Stage.AUDIO
        return WorkerCrashedError(Problem.WORKER_CRASHED) if bad else write_result(task)

    runner = FakeRunner(script)
    batch, _, _ = await run(make_sessions(tmp_path, ["a.wav", "b.wav"]), runner)
    assert runner.runs["a.wav", Stage.AUDIO] == 2
    assert [result.status for result in batch.results] == [SessionStatus.FAILED, SessionStatus.COMPLETE]
    assert batch.results[0].stages[Stage.AUDIO].problem == Problem.POISON


async def test_a_worker_that_was_restarted_on_purpose_costs_its_session_nothing(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.AUDIO, WorkerCrashedError(Problem.WORKER_RESTARTED), times=4))
    batch, watcher, code = await run(make_sessions(tmp_path, ["a.wav"]), runner)
    assert (code, runner.runs["a.wav", Stage.AUDIO]) == (0, 5)
    assert batch.results[0].stages[Stage.AUDIO].attempts == 1
    assert not any(isinstance(event, ErrorRaised | StageRetrying) for event in watcher.events)
    again = [event.stages for event in watcher.events if isinstance(event, SessionRequeued)]
    assert again == [(Stage.AUDIO,)] * 4
    pools = [event for event in watcher.events if isinstance(event, PoolChanged)]
    assert {event.error_rate for event in pools} == {0}


async def test_only_the_wanted_stages_run(tmp_path: Path) -> None:
    runner = FakeRunner()
    _, _, code = await run(
        make_sessions(tmp_path, ["a.mp4"]), runner, options=EnrichmentOptions.of({Stage.AUDIO, Stage.SUMMARY})
    )
    assert code == 0
    assert {stage for _, stage in runner.runs} == {Stage.AUDIO, Stage.SUMMARY}


async def test_pause_takes_no_new_work_and_lets_the_running_finish(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(make_sessions(tmp_path, ["a.wav", "b.wav"]), runner, workers=1) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["a.wav", Stage.AUDIO].wait()
        batch.controls.pause()
        runner.gates["a.wav", Stage.AUDIO].set()
        await watcher.until(lambda event: event.type == "stage-finished")
        await watcher.until(lambda event: isinstance(event, BatchChanged) and event.state == "paused" and event.t > 0)
        assert runner.runs.total() == 1
        batch.controls.resume()
        assert await asyncio.wait_for(task, 10) == 0
    assert runner.runs.total() == 6


async def test_cancel_stops_the_work_and_keeps_what_is_done(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["a.mp4", Stage.VIDEO] = asyncio.Event()
    async with prepared(make_sessions(tmp_path, ["a.mp4", "b.wav"]), runner, workers=2) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: event.type == "stage-finished" and event.stage is Stage.AUDIO)
        await runner.started["a.mp4", Stage.VIDEO].wait()
        assert batch.controls.cancel(["a.mp4"]) == 1
        assert await asyncio.wait_for(task, 10) == 1
    assert [result.status for result in batch.results] == [SessionStatus.CANCELLED, SessionStatus.COMPLETE]
    assert batch.results[0].stages[Stage.AUDIO].status is StageOutcome.COMPLETED
    assert batch.controls.cancel(["a.mp4"]) == 0


async def test_stop_leaves_the_rest_for_the_next_start(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["b.wav", Stage.AUDIO] = asyncio.Event()
    sessions = make_sessions(tmp_path, ["a.wav", "b.wav"])
    async with prepared(sessions, runner, workers=1) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["b.wav", Stage.AUDIO].wait()
        batch.controls.stop(130)
        assert await asyncio.wait_for(task, 10) == 130
    assert [result.session_id for result in batch.results] == ["a.wav"]
    again = FakeRunner()
    _, _, code = await run(sessions, again)
    assert code == 0
    assert {session for session, _ in again.runs} == {"b.wav"}


async def test_drain_finishes_what_runs(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(make_sessions(tmp_path, ["a.wav", "b.wav"]), runner, workers=1) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["a.wav", Stage.AUDIO].wait()
        batch.controls.drain()
        runner.gates["a.wav", Stage.AUDIO].set()
        await asyncio.wait_for(task, 10)
    assert watcher.finished("a.wav")[Stage.AUDIO].outcome is StageOutcome.COMPLETED
    assert runner.runs.total() == 1


async def test_retry_takes_up_at_the_stage_that_failed(tmp_path: Path) -> None:
    runner = FakeRunner(failing(Stage.VIDEO, StageError(Problem.CODEC), times=1))
    watcher = Watcher()
    async with prepared(make_sessions(tmp_path, ["a.mp4"]), runner, keep_open=True) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: isinstance(event, BatchChanged) and event.state == "done")
        assert batch.controls.retry_failed() == 1
        requeued = await watcher.until(lambda event: isinstance(event, SessionRequeued))
        assert isinstance(requeued, SessionRequeued)
        assert requeued.stages == (Stage.VIDEO, Stage.SUMMARY, Stage.CANVAS)
        await watcher.until(lambda event: isinstance(event, SessionFinished) and event.status is SessionStatus.COMPLETE)
        took = batch.elapsed
        await watcher.until(lambda event: isinstance(event, BatchChanged) and event.elapsed == round(took, 1))
        assert batch.elapsed == took
        batch.controls.drain()
        assert await asyncio.wait_for(task, 10) == 0
    assert runner.runs["a.mp4", Stage.AUDIO] == 1
    assert runner.runs["a.mp4", Stage.VIDEO] == 2


async def test_a_moved_session_comes_first(tmp_path: Path) -> None:
    runner, watcher = FakeRunner(), Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    async with prepared(make_sessions(tmp_path, ["a.wav", "b.wav", "c.wav"]), runner, workers=1) as batch:
        task = asyncio.create_task(batch.run(watcher))
        await runner.started["a.wav", Stage.AUDIO].wait()
        batch.controls.move("c.wav", -1)
        runner.gates["a.wav", Stage.AUDIO].set()
        await asyncio.wait_for(task, 10)
    started = [event.session for event in watcher.events if isinstance(event, StageStarted)]
    assert list(dict.fromkeys(started)) == ["a.wav", "c.wav", "b.wav"]


async def test_an_empty_library_is_done_at_once(tmp_path: Path) -> None:
    _, watcher, code = await run([], FakeRunner())
    assert code == 0
    assert isinstance(watcher.events[-1], RunFinished)


@pytest.mark.parametrize("error", [ValueError("surprise"), OSError(5, "io"), MemoryError()])
async def test_an_error_that_nobody_foresaw_fails_one_stage(tmp_path: Path, error: Exception) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        return error if task.session.id == "a.wav" and task.stage is Stage.AUDIO else write_result(task)

    batch, watcher, code = await run(make_sessions(tmp_path, ["a.wav", "b.wav"]), FakeRunner(script))
    assert code == 1
    assert batch.results[1].status is SessionStatus.COMPLETE
    assert all("surprise" not in event.model_dump_json() for event in watcher.events)
    assert set(batch.results[0].stages) == set(STAGES)


async def test_a_basic_summary_stands_in_where_none_could_be_made(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        failed = task.stage is Stage.SUMMARY and task.session.id == "a.wav"
        return StageError(Problem.INTERNAL) if failed else write_result(task)

    batch, _, code = await run(make_sessions(tmp_path, ["a.wav", "b.wav"]), FakeRunner(script))
    result = batch.results[0]
    assert (code, result.status) == (1, SessionStatus.PARTIAL)
    summary = result.stages[Stage.SUMMARY]
    assert summary.status is StageOutcome.FAILED
    assert summary.message == "Something went wrong inside the program. A basic summary stands in."
    assert [path.name for path in summary.outputs] == ["summary.json", "summary.md"]
    assert "There is a transcript." in summary.outputs[1].read_text()
    assert result.stages[Stage.CANVAS].status is StageOutcome.COMPLETED


async def test_what_an_abort_leaves_out_says_so(tmp_path: Path) -> None:
    def script(task: StageTask) -> StageOutput | Exception:
        return StageError(Problem.KEY_REFUSED) if task.stage is Stage.AUDIO else write_result(task)

    batch, _, code = await run(make_sessions(tmp_path, ["a.wav"]), FakeRunner(script))
    (result,) = batch.results
    assert (code, result.status) == (1, SessionStatus.FAILED)
    assert result.message == "The service did not accept the key."
    assert [result.stages[stage].problem for stage in (Stage.SUMMARY, Stage.CANVAS)] == ["left-out", "left-out"]


async def test_a_session_that_cannot_be_looked_at_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = record.read_record

    def surprise(output: Path) -> record.Loaded:
        if output.name.startswith("a.wav"):
            raise RuntimeError("surprise")
        return load(output)

    monkeypatch.setattr("enrich_tui.pipeline.settle.read_record", surprise)
    batch, _, code = await run(make_sessions(tmp_path, ["a.wav", "b.wav"]), FakeRunner())
    assert code == 1
    assert [result.status for result in batch.results] == [SessionStatus.FAILED, SessionStatus.COMPLETE]
