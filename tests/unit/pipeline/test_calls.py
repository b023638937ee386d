"""What a program meets that calls ``enrich_batch``: a call that is cancelled, a pool that ends, a sink that fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from enrich_tui import (
    BatchProgress,
    PoolShutdownError,
    Session,
    SessionResult,
    StageTask,
    Worker,
    enrich_batch,
    enrich_session,
)
from enrich_tui.events import Event, StageStarted
from enrich_tui.testing import Fail, FakeServices, Hang, fake_services, make_session


@pytest.fixture
async def services() -> AsyncIterator[FakeServices]:
    async with fake_services(workers=1) as fakes:
        yield fakes


async def batch(services: FakeServices, sessions: list[Session], **more: Any) -> list[SessionResult]:
    return await enrich_batch(
        sessions,
        worker_pool=services.worker_pool,
        progress_service=services.progress_service,
        error_handler=services.error_handler,
        runner=services.runner,
        **more,
    )


def progress_of(services: FakeServices) -> BatchProgress:
    found = services.progress_service.get_batch_progress()
    assert found is not None
    return found


class Begun:
    """A sink that lets a test wait for the first attempt."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, StageStarted):
            self.reached.set()


async def test_nobody_waits_for_the_sessions_of_a_call_that_was_cancelled(
    services: FakeServices, tmp_path: Path
) -> None:
    sessions = [make_session(tmp_path, name) for name in ("first", "second")]
    for session in sessions:
        services.stages.script(session, "audio", then=Hang())
        services.stages.script(session, "video", then=Hang())
    begun = Begun()
    call = asyncio.create_task(batch(services, sessions, sink=begun))
    await begun.reached.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert progress_of(services).failed == progress_of(services).total == 2
    for session in sessions:
        progress = services.progress_service.get_progress(session.id)
        assert progress is not None
        assert (progress.stage, progress.message) == ("failed", "It was cancelled.")


async def test_what_a_pool_that_ends_meanwhile_leaves_is_cancelled(services: FakeServices, tmp_path: Path) -> None:
    sessions = [make_session(tmp_path, f"session {number}") for number in range(20)]
    begun = Begun()
    call = asyncio.create_task(batch(services, sessions, sink=begun))
    await begun.reached.wait()
    await services.worker_pool.shutdown()
    statuses = {result.status for result in await call}
    assert "cancelled" in statuses <= {"cancelled", "complete"}
    assert progress_of(services).pending == progress_of(services).processing == 0


async def test_a_pool_that_has_ended_is_refused(services: FakeServices, tmp_path: Path) -> None:
    await services.worker_pool.shutdown()
    with pytest.raises(PoolShutdownError):
        await enrich_session(make_session(tmp_path), worker_pool=services.worker_pool)


async def test_a_sink_that_fails_is_logged_and_stops_nothing(
    services: FakeServices, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def sink(_event: Event, /) -> None:
        raise RuntimeError("no room")

    with caplog.at_level(logging.ERROR):
        results = await batch(services, [make_session(tmp_path)], sink=sink)
    assert [result.status for result in results] == ["complete"]
    assert "no room" in caplog.text


@pytest.mark.parametrize("ends", ["without a result", "cancelled by itself"])
async def test_a_runner_that_ends_in_an_odd_way_fails(services: FakeServices, tmp_path: Path, ends: str) -> None:
    async def runner(_worker: Worker, _task: StageTask, _on_event: object) -> Any:
        if ends == "cancelled by itself":
            raise asyncio.CancelledError

    async with asyncio.timeout(60):
        result = await enrich_session(
            make_session(tmp_path),
            worker_pool=services.worker_pool,
            progress_service=services.progress_service,
            error_handler=services.error_handler,
            runner=runner,
        )
    assert result.status == "failed"
    assert services.worker_pool.get_pool_status().active == 0


async def test_a_session_of_nothing_but_malformed_data_is_skipped(services: FakeServices, tmp_path: Path) -> None:
    session = make_session(tmp_path)
    for stage in ("audio", "video"):
        services.stages.script(session, stage, then=Fail(ValueError("no recording")))
    assert [result.status for result in await batch(services, [session])] == ["skipped"]
