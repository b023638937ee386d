"""What ``plan`` says is what a run then does, and ``status`` says what it left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.config import StageConfig
from enrich_tui.discovery import discover
from enrich_tui.display import overview
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import EnrichmentOptions, Session, SessionStatus, Stage, StageOutput, StageTask
from enrich_tui.pipeline.plan import Need, Plan, plan_run, standing
from enrich_tui.store import record
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run, write_result

NAMES = ["a.mp4", "b.wav", "empty.mp4", "loud.wav"]


def script(task: StageTask) -> StageOutput | Exception:
    if task.session.id == "empty.mp4":
        return StageError(Problem.EMPTY_FILE)
    if task.session.id == "loud.wav" and task.stage is Stage.AUDIO:
        return StageError(Problem.INTERNAL)
    if task.session.id == "a.mp4" and task.stage is Stage.AUDIO:
        return StageError(Problem.NO_STREAM)
    return write_result(task)


def plan(
    sessions: list[Session],
    *,
    fresh: bool = False,
    retry: bool = False,
    options: EnrichmentOptions | None = None,
    history: dict[str, Any] | None = None,
    config: StageConfig | None = None,
    cpu_slots: int = 2,
) -> Plan:
    return plan_run(
        sessions,
        options or EnrichmentOptions(),
        config or StageConfig(),
        workers=2,
        cpu_slots=cpu_slots,
        history=history,
        fresh=fresh,
        retry=retry,
    )


def planned(told: Plan) -> set[tuple[str, Stage]]:
    return {(one.session_id, stage) for one in told.sessions for stage in one.to_run}


async def test_a_plan_names_what_will_run(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    first = planned(plan(sessions))
    runner = FakeRunner()
    await run(sessions, runner)
    assert first == set(runner.runs)
    assert planned(plan(sessions)) == set()
    assert planned(plan(sessions, fresh=True)) == first
    (tmp_path / "b.wav").write_text("other")
    sessions = list(discover(tmp_path).sessions)
    again = planned(plan(sessions))
    runner = FakeRunner()
    await run(sessions, runner)
    assert set(runner.runs) <= again == {("b.wav", stage) for stage in (Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS)}


async def test_what_failed_is_planned_unless_it_is_hopeless(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    await run(sessions, FakeRunner(script))
    told = plan(sessions)
    runner = FakeRunner()
    await run(sessions, runner)
    assert planned(told) >= set(runner.runs)
    assert {session for session, _ in planned(told)} == {"loud.wav"}
    needs = {one.session_id: one.stages for one in told.sessions}
    assert Need.HOPELESS in needs["empty.mp4"].values()
    assert needs["a.mp4"] == dict(zip(Stage, (Need.NONE, Need.CACHED, Need.CACHED, Need.CACHED), strict=True))


async def test_what_is_hopeless_is_tried_again_where_that_is_asked_for(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    await run(sessions, FakeRunner(script))
    first = planned(plan(sessions, retry=True))
    runner = FakeRunner()
    _, _, code = await run(sessions, runner, retry=True)
    assert code == 0
    assert "empty.mp4" in {session for session, _ in runner.runs}
    assert set(runner.runs) == first


async def test_a_plan_reads_no_bytes_of_what_is_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    await run(sessions, FakeRunner())

    def read(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr(record, "digest", read)
    assert planned(plan(sessions)) == set()


async def test_status_says_how_each_session_ended(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    batch, _, _ = await run(sessions[:-1], FakeRunner(script))
    wanted = EnrichmentOptions().stages
    standings = {session.id: standing(session, wanted) for session in sessions}
    for result in batch.results:
        told = standings[result.session_id].result
        assert told is not None
        assert (told.status, told.message, told.advice) == (result.status, result.message, result.advice)
    assert standings["loud.wav"].result is None
    assert not standings["loud.wav"].begun
    await run(sessions, FakeRunner(script))
    assert (told := standing(sessions[-1], wanted).result)
    assert told.status is SessionStatus.FAILED


async def test_both_speak_to_people_and_to_programs(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    assert next(overview.plan_lines(plan(sessions))) == "4 sessions: 4 to run (14 stages), 0 done already"
    audio = EnrichmentOptions(video_chaptering=False, generate_summary=False, generate_canvas=False)
    one = next(overview.plan_lines(plan(sessions[:1], options=audio)))
    assert one == "1 session: 1 to run (1 stage), 0 done already"
    await run(sessions[:3], FakeRunner(script))
    told = list(overview.plan_lines(plan(sessions)))
    assert told[0] == "4 sessions: 1 to run (3 stages), 2 done already, 1 cannot be used as it is"
    assert told[-1] == "  loud.wav: audio, summary, canvas"
    standings = [standing(session, EnrichmentOptions().stages) for session in sessions]
    lines = list(overview.status_lines(standings))
    assert lines[0] == "4 sessions: 2 complete, 1 skipped, 1 not yet"
    assert "  – empty.mp4: The file is empty." in lines
    assert "  · loud.wav: not yet" in lines
    for line in [*overview.plan_json(plan(sessions)), *overview.status_json(standings)]:
        assert json.loads(line)["type"] in {"planned", "plan", "standing", "status"}


def test_a_plan_tells_how_good_the_predictions_were(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, NAMES)
    assert not any("predicted" in line for line in overview.plan_lines(plan(sessions)))
    once = plan(sessions, history={"past": [[240.0, 300.0]]})
    assert list(overview.plan_lines(once))[2] == "so far: the last run took 5:00, predicted ~4m"
    often = plan(sessions, history={"past": [[90.0, 100.0], [80.0, 100.0], [150.0, 100.0]]})
    assert list(overview.plan_lines(often))[2] == (
        "so far: the last run took 1:40, predicted ~3m; half of the last 3 predictions were off by at most 20%"
    )
    told = json.loads(list(overview.plan_json(once))[-1])
    assert told["past"] == [{"predicted": 240.0, "took": 300.0}]


def test_a_server_writes_while_the_processor_does_something_else(tmp_path: Path) -> None:
    usual = {"rate": 0.1, "first": 1.0, "noise": 0.1, "stages": 50}
    history = {"stages": {"audio": {"any": usual}, "summary": {"any": usual}}}
    served = StageConfig.model_validate(
        {"summary": {"engine": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "model": "m"}}
    )
    sessions = make_sessions(tmp_path, [f"{number}.wav" for number in range(8)])
    here, there = (plan(sessions, history=history, config=config, cpu_slots=1).eta for config in (None, served))
    assert here is not None
    assert there is not None
    assert there.mid < 0.75 * here.mid
