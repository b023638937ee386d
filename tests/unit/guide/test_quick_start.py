"""The guide's quick start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Button

from enrich_tui import (
    EnrichmentOptions,
    ErrorHandler,
    Problem,
    ProgressService,
    Session,
    Stage,
    StageError,
    WorkerPool,
    get_error_handler,
    get_progress_service,
    get_worker_pool,
    reset_worker_pool,
)
from enrich_tui.testing import make_session
from enrich_tui.widgets import EnrichmentProgress
from tests.unit.guide.single_session import EnrichmentFailedError, enrich_many, enrich_one


async def test_basic_setup() -> None:
    worker_pool = get_worker_pool()
    progress_service = get_progress_service()
    error_handler = get_error_handler()

    assert worker_pool is get_worker_pool()
    assert progress_service is get_progress_service()
    assert error_handler is get_error_handler()
    assert worker_pool.get_pool_status().total == 5
    await worker_pool.shutdown()
    reset_worker_pool()


async def test_single_session_enrichment(
    session: Session, worker_pool: WorkerPool, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    attempts: list[Stage] = []

    async def work(_session: Session, stage: Stage) -> None:
        attempts.append(stage)
        if stage is Stage.AUDIO and attempts.count(stage) == 1:
            raise TimeoutError
        if stage is Stage.VIDEO:
            raise StageError(Problem.OUT_OF_MEMORY)

    options = EnrichmentOptions(generate_canvas=False)
    await enrich_one(
        session,
        options,
        work,
        worker_pool=worker_pool,
        progress_service=progress_service,
        error_handler=error_handler,
    )

    progress = progress_service.get_progress(session.id)
    assert progress is not None
    assert (progress.stage, progress.progress, progress.message) == ("complete", 100, "Enrichment complete!")
    assert {stage: known.status for stage, known in progress.stages.items()} == {
        "audio": "completed",
        "video": "failed",
        "summary": "completed",
        "canvas": "skipped",
    }
    assert [attempts.count(stage) for stage in Stage] == [2, 3, 1, 0]
    assert worker_pool.get_pool_status().idle == 2


async def test_single_session_that_cannot_go_on(
    session: Session, worker_pool: WorkerPool, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    async def work(_session: Session, _stage: Stage) -> None:
        raise StageError(Problem.KEY_REFUSED)

    with pytest.raises(EnrichmentFailedError) as caught:
        await enrich_one(
            session,
            EnrichmentOptions(),
            work,
            worker_pool=worker_pool,
            progress_service=progress_service,
            error_handler=error_handler,
        )
    assert str(caught.value)
    progress = progress_service.get_progress(session.id)
    assert progress is not None
    assert (progress.stage, progress.message) == ("failed", "Enrichment failed")
    assert worker_pool.get_pool_status().idle == 2


async def test_batch_enrichment(
    tmp_path: Path, worker_pool: WorkerPool, progress_service: ProgressService, error_handler: ErrorHandler
) -> None:
    sessions = [make_session(tmp_path, name) for name in ("a", "b", "c", "d")]

    async def work(session: Session, _stage: Stage) -> None:
        await asyncio.sleep(0)
        if session.id == "b":
            raise StageError(Problem.KEY_REFUSED)

    results = await enrich_many(
        sessions,
        EnrichmentOptions(),
        work,
        worker_pool=worker_pool,
        progress_service=progress_service,
        error_handler=error_handler,
    )

    batch = progress_service.get_batch_progress()
    assert batch is not None
    assert f"Batch complete: {batch.completed}/{batch.total} succeeded" == "Batch complete: 3/4 succeeded"
    assert [type(result) for result in results] == [type(None), EnrichmentFailedError, type(None), type(None)]


class SessionView(App[None]):
    """A button that enriches, the progress while it does, and a toast when it is done."""

    def __init__(self, session: Session, worker_pool: WorkerPool, gate: asyncio.Event, *, good: bool) -> None:
        super().__init__()
        self.session = session
        self.worker_pool = worker_pool
        self.progress_service = ProgressService()
        self.error_handler = ErrorHandler()
        self.gate = gate
        self.good = good

    def compose(self) -> ComposeResult:
        yield Button("Enrich session")

    def on_button_pressed(self) -> None:
        self.query_one(Button).disabled = True
        self.mount(EnrichmentProgress(self.session.id, self.progress_service, self.enriched))
        self.run_worker(self.enrich())

    def enriched(self) -> None:
        self.notify("Session enriched!", markup=False)

    async def enrich(self) -> None:
        try:
            await enrich_one(
                self.session,
                EnrichmentOptions(),
                self.work,
                worker_pool=self.worker_pool,
                progress_service=self.progress_service,
                error_handler=self.error_handler,
            )
        except EnrichmentFailedError as error:
            self.notify(str(error), severity="error", markup=False)
        finally:
            self.query_one(Button).disabled = False

    async def work(self, _session: Session, _stage: Stage) -> None:
        await self.gate.wait()
        if not self.good:
            raise StageError(Problem.KEY_REFUSED)


@pytest.mark.parametrize("good", [True, False])
async def test_ui_integration(session: Session, worker_pool: WorkerPool, *, good: bool) -> None:
    gate = asyncio.Event()
    app = SessionView(session, worker_pool, gate, good=good)
    async with app.run_test(notifications=True) as pilot:
        await pilot.click(Button)
        async with asyncio.timeout(5):
            while "audio" not in str(app.query_one(EnrichmentProgress).render()):
                await pilot.pause(0.02)
            assert app.query_one(Button).disabled
            gate.set()
            while not app._notifications or app.query_one(Button).disabled:
                await pilot.pause(0.02)
        (toast,) = app._notifications
        assert (toast.message == "Session enriched!") is good
        assert (toast.severity == "error") is not good
