"""The progress service, sentence by sentence."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from enrich_tui import (
    BatchProgress,
    EnrichmentProgress,
    ProgressService,
    get_progress_service,
    reset_progress_service,
)
from tests.acceptance.conftest import Clock

STAGES = ("audio", "video", "summary", "canvas")


@pytest.fixture
def service() -> ProgressService:
    return ProgressService()


def of(service: ProgressService, session: str = "s") -> EnrichmentProgress:
    found = service.get_progress(session)
    assert found is not None
    return found


def batch_of(service: ProgressService) -> BatchProgress:
    found = service.get_batch_progress()
    assert found is not None
    assert found.pending + found.processing + found.completed + found.failed == found.total
    assert 0 <= found.progress <= 100
    return found


def test_a_session_from_start_to_end(service: ProgressService) -> None:
    service.start_progress("s", include_video=False)
    begun = of(service)
    assert (begun.session_id, begun.progress) == ("s", 0)
    assert begun.stages["video"].status == "skipped"
    assert begun.stages["audio"].status == "pending"
    assert list(begun.stages) == list(STAGES)
    service.update_progress("s", stage="audio", progress=0, message="Analyzing audio...")
    assert of(service).stages["audio"].status == "processing", "entering a stage, also the first"
    assert of(service).message == "Analyzing audio..."
    assert of(service).stage == "audio"
    service.update_progress("s", stage="summary")
    assert of(service).stages["audio"].status == "completed"
    assert of(service).stages["audio"].progress == 100
    service.update_stage("s", "summary", status="completed", progress=100)
    service.complete_progress("s", True, "Enrichment complete!")
    done = of(service)
    assert (done.stage, done.progress, done.message, done.eta) == ("complete", 100, "Enrichment complete!", 0)
    assert done.stages["video"].status == "skipped"
    assert begun.progress == 0, "what was handed out is a snapshot"
    assert json.loads(done.model_dump_json())["stages"]["audio"]["status"] == "completed"


def test_what_is_handed_out_cannot_be_changed(service: ProgressService) -> None:
    service.start_progress("s")
    progress = of(service)
    with pytest.raises(ValidationError):
        progress.progress = 5  # type: ignore[misc]
    with pytest.raises(ValidationError):
        progress.stages["audio"].status = "failed"  # type: ignore[assignment, misc]
    with pytest.raises(TypeError):
        progress.stages["audio"] = progress.stages["video"]


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_failed_and_skipped_stay_what_they_are(service: ProgressService, status: str) -> None:
    service.start_progress("s")
    service.update_progress("s", stage="audio")
    service.update_stage("s", "audio", status=status, error="No sound." if status == "failed" else None)
    for stage in ("video", "summary", "canvas"):
        service.update_progress("s", stage=stage, progress=10)
    assert of(service).stages["audio"].status == status
    service.complete_progress("s", True)
    assert of(service).stages["audio"].status == status


def test_progress_follows_the_stages_and_never_goes_back(service: ProgressService) -> None:
    service.start_progress("s")
    last = 0.0
    for stage in STAGES:
        for value in (0, 30, 10, 100):
            service.update_progress("s", stage=stage, progress=value)
            now = of(service).progress
            assert last <= now <= 100
            last = now
    assert last > 90
    service.start_progress("s")
    assert of(service).progress == 0, "a new run begins again"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1, 1e9, 100.0001, -0.0])
def test_no_number_breaks_it(service: ProgressService, value: float) -> None:
    service.start_batch(["s"])
    service.start_progress("s")
    service.update_progress("s", stage="audio", progress=value)
    service.update_stage("s", "video", progress=value)
    progress = of(service)
    assert 0 <= progress.progress <= 100
    assert all(0 <= stage.progress <= 100 for stage in progress.stages.values())
    batch_of(service)


def test_a_failed_session_keeps_its_progress_and_is_never_processing(service: ProgressService) -> None:
    service.start_batch(["s", "t"])
    service.start_progress("s")
    service.update_progress("s", stage="audio", progress=50)
    reached = of(service).progress
    service.complete_progress("s", False, "It broke.")
    failed = of(service)
    assert (failed.stage, failed.progress, failed.message) == ("failed", reached, "It broke.")
    assert reached > 0
    assert "processing" not in {stage.status for stage in failed.stages.values()}
    batch = batch_of(service)
    assert (batch.failed, batch.processing, batch.pending) == (1, 0, 1)


def test_unknown_and_ended_sessions_hurt_nobody(service: ProgressService) -> None:
    service.update_progress("unknown", stage="audio", progress=5)
    service.update_stage("unknown", "audio", status="completed")
    service.complete_progress("unknown", True)
    service.clear_progress("unknown")
    assert service.get_progress("unknown") is None
    assert service.calculate_eta("unknown") is None
    assert service.get_batch_progress() is None
    assert service.get_all_progress() == []
    service.start_progress("s")
    service.complete_progress("s", True)
    service.complete_progress("s", False)
    service.update_progress("s", stage="audio", progress=1)
    assert (of(service).stage, of(service).progress) == ("complete", 100)
    service.clear_all_progress()
    assert service.get_all_progress() == []


def test_events(service: ProgressService) -> None:
    heard: list[tuple[Any, ...]] = []

    def hear(name: str) -> Callable[..., None]:
        return lambda *args: heard.append((name, *args))

    for name in ("started", "progress", "completed", "failed", "stage", "batch-update"):
        service.on(name, hear(name))
    service.start_batch(["a", "b"])
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=50)
    service.complete_progress("a", True)
    service.start_progress("b")
    service.complete_progress("b", False)
    for name, *args in heard:
        if name == "batch-update":
            assert isinstance(args[0], BatchProgress)
            assert len(args) == 1
        elif name == "stage":
            assert args[1] in STAGES
            assert isinstance(args[2], EnrichmentProgress)
        else:
            assert isinstance(args[1], EnrichmentProgress)
            assert len(args) == 2
    names = [name for name, *_ in heard]
    assert (names.count("started"), names.count("completed"), names.count("failed")) == (2, 1, 1)
    assert ("stage", "a", "audio") in [entry[:3] for entry in heard]
    last = [args[0] for name, *args in heard if name == "batch-update"][-1]
    assert (last.completed, last.failed) == (1, 1)


def test_a_listener_that_raises_hurts_no_other(service: ProgressService) -> None:
    heard: list[str] = []

    def raises(*_: object) -> None:
        raise RuntimeError("listener")

    service.on("started", raises)
    end = service.on("started", lambda session, _progress: heard.append(session))
    service.start_progress("a")
    end()
    end()
    service.start_progress("b")
    assert heard == ["a"]

    def listener(session: str, _progress: object) -> None:
        heard.append(session)

    service.on("started", listener)
    service.off("started", listener)
    service.off("started", listener)
    service.start_progress("c")
    assert heard == ["a"]


def test_listeners_may_call_the_service(service: ProgressService) -> None:
    service.on("completed", lambda session, _progress: service.clear_progress(session))
    service.start_progress("a")
    service.complete_progress("a", True)
    assert service.get_progress("a") is None


def test_batches_of_any_shape(service: ProgressService) -> None:
    service.start_batch([])
    assert batch_of(service).total == 0
    service.start_batch(["a", "a", "b"])
    assert batch_of(service).total == 2
    service.start_batch(iter(["x", "y"]))
    batch = batch_of(service)
    assert (batch.total, batch.pending, batch.progress) == (2, 2, 0)


def test_part_done_sessions_count_and_the_message_claims_nothing_wrong(service: ProgressService) -> None:
    service.start_batch(["a", "b"])
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=90)
    assert 0 < batch_of(service).progress < 50
    service.complete_progress("a", True)
    assert batch_of(service).progress == pytest.approx(50, abs=35)
    service.start_progress("b")
    service.complete_progress("b", False)
    batch = batch_of(service)
    assert (batch.completed, batch.failed, batch.progress) == (1, 1, 100)
    assert "1 failed" in batch.message
    assert "complete" not in batch.message.lower()
    assert "success" not in batch.message.lower()


async def test_batch_updates_come_at_most_ten_a_second_and_the_last_one_comes(service: ProgressService) -> None:
    heard: list[BatchProgress] = []
    ids = [f"s{number}" for number in range(200)]
    service.on("batch-update", heard.append)
    service.start_batch(ids)
    for session in ids[:150]:
        service.start_progress(session)
        service.update_progress(session, stage="audio", progress=50)
        service.complete_progress(session, True)
    assert len(heard) <= 10
    await asyncio.sleep(1.2)
    assert len(heard) <= 22
    assert heard[-1].completed == 150


def test_eta_from_the_first_measured_progress_without_history(clock: Clock) -> None:
    service = ProgressService(clock=clock)
    service.start_batch(["a", "b"])
    service.start_progress("a")
    service.update_progress("a", stage="audio", progress=0)
    clock.sleep(10)
    service.update_progress("a", stage="audio", progress=50)
    eta = service.calculate_eta("a")
    assert eta is not None
    assert eta > 0
    assert of(service, "a").eta == eta
    batch = batch_of(service)
    assert batch.eta is not None
    assert batch.eta_low is not None
    assert batch.eta_high is not None
    assert batch.eta_low <= batch.eta <= batch.eta_high
    assert batch.eta >= eta
    assert of(service, "a").updated_at == clock.now
    service.complete_progress("a", True)
    assert service.calculate_eta("a") == 0


def test_names_that_do_not_exist_are_refused(service: ProgressService) -> None:
    service.start_progress("s")
    with pytest.raises(ValueError, match="dance"):
        service.update_progress("s", stage="dance")
    with pytest.raises(ValueError, match="done"):
        service.update_stage("s", "audio", status="done")
    with pytest.raises(ValueError, match="ended"):
        service.on("ended", print)


def test_shutdown_twice_and_the_default_service() -> None:
    service = get_progress_service()
    assert get_progress_service() is service
    heard: list[str] = []
    service.on("started", lambda session, _: heard.append(session))
    service.shutdown()
    service.shutdown()
    service.start_progress("s")
    assert heard == []
    reset_progress_service()
    assert get_progress_service() is not service
    assert get_progress_service().get_progress("s") is None
