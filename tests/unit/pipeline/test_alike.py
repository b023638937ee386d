"""A plan knows copies of one recording, as a run does, without reading them whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from enrich_tui.config import StageConfig
from enrich_tui.discovery import discover
from enrich_tui.display.overview import plan_lines
from enrich_tui.errors import ErrorHandler
from enrich_tui.events import SessionMeasured
from enrich_tui.model import EnrichmentOptions, Stage
from enrich_tui.pipeline import alike
from enrich_tui.pipeline.adopt import Elsewhere
from enrich_tui.pipeline.plan import Need, Plan, plan_run
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from tests.unit.pipeline.harness import FakeRunner, Watcher, prepared
from tests.unit.pipeline.hearing import Even, Hearing

HISTORY = {"stages": {"audio": {"any": {"rate": 0.1, "first": 1.0, "noise": 0.05, "stages": 50}}}}
LONG = b"the same sound again and again" * 20_000
"""More than a plan looks at."""


def put(folder: Path, **recordings: bytes) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in recordings.items():
        (folder / f"{name}.wav").write_bytes(content)


def planned(folder: Path, *, fresh: bool = False, look: bool = True) -> Plan:
    library = discover(folder)
    return plan_run(
        library.sessions,
        EnrichmentOptions(),
        StageConfig(),
        workers=1,
        cpu_slots=1,
        history=HISTORY,
        fresh=fresh,
        elsewhere=Elsewhere(library.root, None, library.sessions) if look else None,
    )


async def ran(folder: Path) -> set[tuple[str, Stage]]:
    """What a run does that the plan must have named."""
    library, runner = discover(folder), FakeRunner()
    async with prepared(list(library.sessions), runner, library=library.root) as batch, asyncio.timeout(20):
        await batch.run(Watcher())
    return set(runner.runs)


def to_run(plan: Plan) -> set[tuple[str, Stage]]:
    return {(one.session_id, stage) for one in plan.sessions for stage in one.to_run}


async def test_copies_are_planned_once_and_run_once(tmp_path: Path) -> None:
    put(tmp_path, a=LONG, b=LONG, c=LONG, other=LONG[::-1])
    plan = planned(tmp_path)
    lines = list(plan_lines(plan))
    assert lines[0] == "4 sessions: 2 to run (6 stages), 0 done already, 2 are copies of another"
    assert set(plan.sessions[1].stages.values()) == {Need.COPY, Need.NONE}
    assert plan.sessions[1].media == {}
    assert to_run(plan) == await ran(tmp_path)
    assert to_run(planned(tmp_path)) == set()


async def test_what_is_different_about_a_copy_is_planned(tmp_path: Path) -> None:
    """Notes beside it are no matter of its transcript."""
    put(tmp_path, a=LONG, b=LONG)
    (tmp_path / "b.md").write_text("What was said: much.")
    plan = planned(tmp_path)
    assert to_run(plan) == await ran(tmp_path)
    assert {stage for ident, stage in to_run(plan) if ident == "b.wav"} == {Stage.SUMMARY, Stage.CANVAS}


@pytest.mark.parametrize("place", [0, len(LONG) // 2, len(LONG) - 1])
def test_what_only_has_the_same_size_is_no_copy(tmp_path: Path, place: int) -> None:
    put(tmp_path, a=LONG, b=LONG[:place] + b"!" + LONG[place + 1 :])
    assert {ident for ident, _ in to_run(planned(tmp_path))} == {"a.wav", "b.wav"}


def test_where_nothing_is_taken_over_each_is_planned(tmp_path: Path) -> None:
    put(tmp_path, a=LONG, b=LONG)
    for plan in (planned(tmp_path, fresh=True), planned(tmp_path, look=False)):
        assert {ident for ident, _ in to_run(plan)} == {"a.wav", "b.wav"}


def test_only_what_has_the_same_size_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, a=LONG, b=LONG + b"!", c=LONG + b"!")
    looked: list[str] = []
    look = alike._look

    def noted(path: Path) -> str:
        looked.append(path.name)
        return look(path)

    monkeypatch.setattr(alike, "_look", noted)
    planned(tmp_path)
    assert looked == ["b.wav", "c.wav"]


async def test_the_estimates_of_a_run_expect_the_work_once(tmp_path: Path) -> None:
    put(tmp_path, a=LONG, b=LONG)
    library, runner, estimator, watcher = discover(tmp_path), FakeRunner(), Hearing(HISTORY), Watcher()
    runner.gates["a.wav", Stage.AUDIO] = asyncio.Event()
    pool = WorkerPool(max_workers=1)
    batch = BatchRun(
        library.sessions,
        EnrichmentOptions(),
        pool=pool,
        progress=ProgressService(estimator=estimator, clock=lambda: 0.0),
        errors=ErrorHandler(base_delay=0.0),
        runner=runner,
        library=library.root,
        cpu_slots=1,
        lengths=Even(),
    )
    async with asyncio.timeout(20):
        task = asyncio.create_task(batch.run(watcher))
        await watcher.until(lambda event: isinstance(event, SessionMeasured) and event.session == "b.wav")
        await runner.started["a.wav", Stage.AUDIO].wait()
        assert (estimator.lengths["a.wav"][-1], estimator.lengths["b.wav"][-1]) == (1000.0, 0.0)
        runner.gates["a.wav", Stage.AUDIO].set()
        assert await task == 0
    await pool.shutdown(timeout=1)
    assert {ident for ident, _ in runner.runs} == {"a.wav"}
