"""The run without a screen, as programs embed it, with real worker processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from enrich_tui import (
    EnrichmentOptions,
    ErrorHandler,
    ProgressService,
    Session,
    SessionStatus,
    Stage,
    WorkerPool,
    discover,
    enrich_batch,
    enrich_session,
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def sessions(tmp_path: Path) -> list[Session]:
    for name in ("a", "b"):
        folder = tmp_path / "library" / name
        folder.mkdir(parents=True)
        Image.new("RGB", (160, 100), "teal").save(folder / "shot.png")
        (folder / "notes.md").write_text("We decided to ship on Friday.\n")
    (tmp_path / "library" / "empty.wav").touch()
    return list(discover(tmp_path / "library").sessions)


async def test_a_pool_that_only_lends_leases_is_enough(sessions: list[Session]) -> None:
    pool, progress = WorkerPool(max_workers=2), ProgressService()
    results = await enrich_batch(sessions, EnrichmentOptions(), pool, progress, ErrorHandler())
    assert [result.session_id for result in results] == [session.id for session in sessions]
    assert [result.status for result in results] == [
        SessionStatus.COMPLETE,
        SessionStatus.COMPLETE,
        SessionStatus.SKIPPED,
    ]
    batch = progress.get_batch_progress()
    assert batch is not None
    assert (batch.total, batch.completed, batch.failed) == (3, 2, 1)
    assert pool.get_pool_status().active == 0
    await pool.shutdown()


async def test_one_session(sessions: list[Session]) -> None:
    pool, progress = WorkerPool(max_workers=1), ProgressService()
    seen: list[str] = []
    progress.on("completed", lambda session_id, _progress: seen.append(session_id))
    result = await enrich_session(sessions[0], EnrichmentOptions(generate_canvas=False), pool, progress, ErrorHandler())
    assert result.status is SessionStatus.COMPLETE
    assert (sessions[0].output / "summary.md").is_file()
    assert not (sessions[0].output / "canvas.html").exists()
    done = progress.get_progress(sessions[0].id)
    assert done is not None
    assert (done.stage, done.progress) == ("complete", 100)
    assert done.stages[Stage.CANVAS].status == "skipped"
    assert seen == [sessions[0].id]
    await pool.shutdown()
