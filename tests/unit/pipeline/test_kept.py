"""What an earlier run kept of a stage is known before the stage begins: by ``plan``, and by a run's estimates."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrich_tui.config import Config, StageConfig
from enrich_tui.errors import ErrorHandler
from enrich_tui.events import SessionMeasured
from enrich_tui.model import EnrichmentOptions, Session, Stage
from enrich_tui.pipeline.plan import Plan, plan_run
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.stages import memory_identity
from enrich_tui.stages.speech.memory import ANSWERED, HEARD, Memory
from tests.unit.pipeline.harness import FakeRunner, Watcher, make_sessions, run
from tests.unit.pipeline.hearing import Even, Hearing

AUDIO = EnrichmentOptions(video_chaptering=False, generate_summary=False, generate_canvas=False)
HISTORY = {"stages": {"audio": {"any": {"rate": 0.1, "first": 1.0, "noise": 0.05, "stages": 50}}}}
SERVED = Config.model_validate(
    {"stage": {"summary": {"engine": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "model": "m"}}}
)


def left(session: Session, fraction: float, *, stage: Stage = Stage.AUDIO, config: StageConfig | None = None) -> None:
    """What a stage leaves that was killed there."""
    path = session.output / {Stage.AUDIO: HEARD, Stage.SUMMARY: ANSWERED}[stage]
    memory = Memory(path, memory_identity(stage, config or StageConfig()), size=session.size)
    memory.telling(lambda *_: None)(fraction)
    memory.keep(memory.key("said"), "word")
    memory.close()


async def told(
    sessions: list[Session],
    *,
    fresh: bool = False,
    config: Config | None = None,
    options: EnrichmentOptions = AUDIO,
) -> tuple[Hearing, Watcher]:
    """What a run over these sessions tells the estimates."""
    estimator, watcher, pool = Hearing(HISTORY), Watcher(), WorkerPool(max_workers=1)
    try:
        await BatchRun(
            sessions,
            options,
            pool=pool,
            progress=ProgressService(estimator=estimator, clock=lambda: 0.0),
            errors=ErrorHandler(base_delay=0.0),
            runner=FakeRunner(),
            cpu_slots=1,
            lengths=Even(),
            fresh=fresh,
            config=config,
        ).run(watcher)
    finally:
        await pool.shutdown(timeout=1)
    return estimator, watcher


def planned(sessions: list[Session], *, fresh: bool = False) -> Plan:
    return plan_run(sessions, AUDIO, StageConfig(), workers=1, cpu_slots=1, history=dict(HISTORY), fresh=fresh)


def mid(plan: Plan) -> float:
    assert plan.eta is not None
    return plan.eta.mid


def test_a_plan_expects_what_is_left(tmp_path: Path) -> None:
    sessions = [one.model_copy(update={"size": 32_000_000}) for one in make_sessions(tmp_path, ["a.wav"])]
    whole = mid(planned(sessions))
    left(sessions[0], 0.6)
    plan = planned(sessions)
    assert plan.sessions[0].kept == {Stage.AUDIO: 0.6}
    assert mid(plan) == pytest.approx(0.4 * whole, rel=0.1)
    fresh = planned(sessions, fresh=True)
    assert fresh.sessions[0].kept == {}
    assert mid(fresh) == whole


async def test_what_is_done_is_not_looked_at(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    left(sessions[0], 0.6)
    await run(sessions, FakeRunner(), options=AUDIO)
    assert planned(sessions).sessions[0].kept == {}


async def test_a_run_expects_what_is_left_before_it_begins(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav", "b.wav"])
    left(sessions[1], 0.6)
    estimator, watcher = await told(sessions)
    measured = [event for event in watcher.events if isinstance(event, SessionMeasured)]
    assert {event.session: event.kept for event in measured} == {"a.wav": {}, "b.wav": {Stage.AUDIO: 0.6}}
    assert {"audio": 0.6} in [kept for session, kept in estimator.kept if session == "b.wav"]
    assert [kept for session, kept in estimator.kept if session == "a.wav" and kept] == []


async def test_a_fresh_run_expects_all_of_it(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    left(sessions[0], 0.6)
    estimator, _ = await told(sessions, fresh=True)
    assert {str(kept) for _, kept in estimator.kept} == {"{}"}


async def test_a_summary_of_which_parts_were_answered_is_known_beside_a_finished_transcript(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    await run(sessions, FakeRunner(), options=AUDIO)
    left(sessions[0], 0.75, stage=Stage.SUMMARY, config=SERVED.stage)
    options = EnrichmentOptions(video_chaptering=False, generate_canvas=False)
    estimator, _ = await told(sessions, config=SERVED, options=options)
    assert ("a.wav", {"summary": 0.75}) in estimator.kept
