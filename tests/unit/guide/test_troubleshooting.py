"""The guide's troubleshooting."""

from __future__ import annotations

from enrich_tui import (
    EnrichmentProgress,
    ErrorContext,
    ErrorHandler,
    Operation,
    Problem,
    ProgressService,
    StageError,
    Worker,
    WorkerPool,
)
from enrich_tui.testing import FakeClock


async def test_workers_stuck_in_active_state() -> None:
    worker_pool = WorkerPool(max_workers=1)
    leaked: list[Worker] = [await worker_pool.acquire_worker()]  # and never given back

    status = worker_pool.get_pool_status()
    if status.active > 0 and status.pending == 0:  # a potential leak: force shutdown and restart
        await worker_pool.shutdown(timeout=0.0)
        worker_pool = WorkerPool(max_workers=1)

    assert leaked[0].status == "shutdown"
    async with worker_pool.worker("job", timeout=1.0):
        pass
    await worker_pool.shutdown()


async def test_workers_whose_holder_is_gone_come_back_by_themselves() -> None:
    worker_pool = WorkerPool(max_workers=1)
    await worker_pool.acquire_worker()  # nobody keeps it
    worker_pool.check_health()  # happens every health_check_interval seconds
    status = worker_pool.get_pool_status()
    assert (status.active, status.idle) == (0, 1)
    await worker_pool.shutdown()


async def test_high_error_rate() -> None:
    worker_pool = WorkerPool(max_workers=2, error_threshold=1, enable_auto_restart=False)
    for _ in range(2):
        worker = await worker_pool.acquire_worker()
        await worker_pool.release_worker(worker, RuntimeError("no answer"))
    assert worker_pool.get_pool_status().error == 2
    restarted = await worker_pool.restart_errored_workers()
    assert restarted == 2
    assert worker_pool.get_pool_status().idle == 2
    await worker_pool.shutdown()


def test_eta_not_calculating(clock: FakeClock, progress_service: ProgressService) -> None:
    assert progress_service.calculate_eta("s1") is None  # nothing at all is known
    progress_service.start_progress("s1")
    progress_service.update_stage("s1", "audio", progress=0)
    clock.advance(10)
    progress_service.update_stage("s1", "audio", progress=10)
    eta = progress_service.calculate_eta("s1")  # from the first measured progress on; needs no history
    assert eta is not None
    assert eta > 0


def test_progress_not_updating(progress_service: ProgressService) -> None:
    received: list[float] = []

    def listener(session_id: str, progress: EnrichmentProgress) -> None:
        assert session_id == "s1"
        received.append(progress.progress)

    unsubscribe = progress_service.on("progress", listener)
    progress_service.update_progress("s1", stage="audio", progress=10)  # not started: logged, and ignored
    assert received == []
    progress_service.start_progress("s1")
    progress_service.update_progress("s1", stage="audio", progress=10)
    unsubscribe()
    progress_service.update_progress("s1", progress=20)
    assert len(received) == 1


async def test_circuit_breaker_stuck_open(clock: FakeClock, error_handler: ErrorHandler) -> None:
    operation = Operation.AUDIO_REVIEW
    for _ in range(5):
        await error_handler.handle_error(TimeoutError(), ErrorContext("s1", operation))
    assert error_handler.circuit_state(operation) == "open"

    clock.advance(60)  # it lets a probe through by itself
    assert error_handler.circuit_state(operation) == "half-open"
    for _ in range(2):
        assert error_handler.allow(operation)
        error_handler.record_success(operation)
    assert error_handler.circuit_state(operation) == "closed"

    for _ in range(5):
        await error_handler.handle_error(TimeoutError(), ErrorContext("s1", operation))
    error_handler.reset_circuit_breakers()  # or at once
    assert error_handler.allow(operation)


def test_too_many_retries(error_handler: ErrorHandler) -> None:
    assert not error_handler.should_stop_retrying([TimeoutError(), TimeoutError()])
    assert error_handler.should_stop_retrying([TimeoutError(), TimeoutError(), TimeoutError()])
    assert error_handler.should_stop_retrying([StageError(Problem.KEY_REFUSED)])
