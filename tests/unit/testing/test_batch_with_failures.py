"""An example of a program's own tests: a batch in which things go wrong, without a process and without a wait."""

from __future__ import annotations

from pathlib import Path

from enrich_tui import (
    EnrichmentOptions,
    Problem,
    SessionStatus,
    Stage,
    StageError,
    enrich_batch,
    enrich_session,
    get_error_handler,
    get_progress_service,
    get_worker_pool,
)
from enrich_tui.testing import Crash, Fail, FakeServices, Succeed, make_session


async def test_one_session_fails_and_one_is_flaky(enrich_services: FakeServices, tmp_path: Path) -> None:
    services = enrich_services
    sessions = [make_session(tmp_path, name) for name in ("good", "flaky", "bad")]
    services.stages.script("flaky", "audio", Fail(TimeoutError()), Fail(TimeoutError()), Succeed())
    services.stages.script("bad", "audio", then=Fail(TimeoutError()))
    services.stages.script("bad", "video", then=Fail(StageError(Problem.CODEC)))

    results = await enrich_batch(
        sessions,
        EnrichmentOptions(),
        services.worker_pool,
        services.progress_service,
        services.error_handler,
        runner=services.runner,
    )

    good, flaky, bad = results
    assert (good.status, flaky.status, bad.status) == (
        SessionStatus.COMPLETE,
        SessionStatus.COMPLETE,
        SessionStatus.FAILED,
    )
    assert flaky.stages[Stage.AUDIO].attempts == 3
    assert services.stages.attempts("bad", "audio") == 3
    assert services.stages.attempts("bad", "video") == 1
    assert bad.stages[Stage.AUDIO].message
    batch = services.progress_service.get_batch_progress()
    assert batch is not None
    assert (batch.completed, batch.failed) == (2, 1)
    assert services.worker_pool.get_pool_status().active == 0


async def test_a_crash_takes_a_worker_down_and_the_session_comes_through(
    enrich_services: FakeServices, tmp_path: Path
) -> None:
    services, session = enrich_services, make_session(tmp_path, video=False)
    services.stages.script(session, Stage.AUDIO, Crash())
    result = await enrich_session(
        session,
        worker_pool=services.worker_pool,
        progress_service=services.progress_service,
        error_handler=services.error_handler,
        runner=services.runner,
    )
    assert result.status is SessionStatus.COMPLETE
    assert services.worker_pool.get_pool_status().restarts == 1
    assert [task.attempt for task in services.stages.tasks if task.stage is Stage.AUDIO] == [1, 2]


async def test_code_that_asks_for_the_process_wide_services_gets_the_fakes(enrich_services: FakeServices) -> None:
    assert get_worker_pool() is enrich_services.worker_pool
    assert get_progress_service() is enrich_services.progress_service
    assert get_error_handler() is enrich_services.error_handler
    get_progress_service().start_progress("a")
    enrich_services.clock.advance(90)
    get_progress_service().complete_progress("a", success=True)
    done = get_progress_service().get_progress("a")
    assert done is not None
    assert done.updated_at - done.started_at == 90


async def test_afterwards_the_process_wide_services_are_new() -> None:
    assert get_progress_service().get_all_progress() == []
