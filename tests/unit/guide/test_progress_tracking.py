"""The guide's best practices of progress tracking."""

from __future__ import annotations

import asyncio

from enrich_tui import EnrichmentProgress, ProgressService
from enrich_tui.testing import FakeClock
from tests.unit.pool.stepped import SteppedLoop


def test_update_progress_frequently(progress_service: ProgressService) -> None:
    seen: list[float] = []
    progress_service.on("progress", lambda _session_id, progress: seen.append(progress.stages["audio"].progress))
    progress_service.start_progress("s1")
    progress_service.update_stage("s1", "audio", progress=0)
    progress_service.update_stage("s1", "audio", progress=50)  # transcribed
    progress_service.update_stage("s1", "audio", progress=100)  # analyzed
    assert seen == [0, 50, 100]


def test_use_meaningful_messages(progress_service: ProgressService) -> None:
    progress_service.start_progress("s1")
    for message in (
        "Analyzing audio transcription...",
        "Processing video frames...",
        "Generating session summary...",
    ):
        progress_service.update_progress("s1", message=message)
        assert message_of(progress_service) == message
    progress_service.update_progress("s1", message="Processing... Cost so far: $0.50")
    assert "0.50" not in message_of(progress_service)
    assert "cost" not in message_of(progress_service).lower()


def message_of(progress_service: ProgressService) -> str:
    progress = progress_service.get_progress("s1")
    assert progress is not None
    return progress.message


def test_clean_up_progress() -> None:
    clock = FakeClock()
    loop = SteppedLoop(clock)
    progress_service = ProgressService(clock=clock)

    def clear_later(session_id: str, _progress: EnrichmentProgress) -> None:
        asyncio.get_running_loop().call_later(5.0, progress_service.clear_progress, session_id)

    async def enrich() -> None:
        progress_service.on("completed", clear_later)
        progress_service.start_progress("s1")
        progress_service.complete_progress("s1", success=True)

    loop.do(enrich())
    clock.advance(4.9)
    loop.turn()
    assert progress_service.get_progress("s1") is not None
    clock.advance(0.2)
    loop.turn()
    assert progress_service.get_progress("s1") is None
    loop.close()
