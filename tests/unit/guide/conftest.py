"""What the examples share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from enrich_tui import ErrorHandler, ProgressService, Session, WorkerPool, reset_error_handler, reset_progress_service
from enrich_tui.testing import FakeClock, make_session


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def progress_service(clock: FakeClock) -> ProgressService:
    return ProgressService(clock=clock)


@pytest.fixture
def error_handler(clock: FakeClock) -> ErrorHandler:
    return ErrorHandler(clock=clock, base_delay=0.0)


@pytest.fixture
async def worker_pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(max_workers=2)
    yield pool
    await pool.shutdown(timeout=0.0)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return make_session(tmp_path)


@pytest.fixture(autouse=True)
def defaults() -> None:
    reset_progress_service()
    reset_error_handler()
