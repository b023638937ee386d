from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from enrich_tui.config import Limits
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.worker.process import ProcessExecutors

ROOT = Path(__file__).parents[3]
FAKE_STAGES = "tests.unit.worker.fake_stages"
HEARTBEAT = 0.2

Task = Callable[[str], StageTask]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """The task of doing what the title says."""

    def make(title: str) -> StageTask:
        session = Session(id=title, title=title, source=tmp_path, output=tmp_path / "enriched")
        return StageTask(session=session, stage=Stage.AUDIO, threads=2)

    return make


@pytest.fixture
async def executors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ProcessExecutors]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SERVICE_API_KEY", "secret")
    factory = ProcessExecutors(
        Limits(),
        threads=1,
        log_dir=tmp_path / "log",
        spare=0,
        stage_package=FAKE_STAGES,
        heartbeat=HEARTBEAT,
    )
    yield factory
    await factory.aclose()
