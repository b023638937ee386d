"""Starting and signalling processes: nothing is left, and the loop's watcher misses no exit status."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import pytest

from enrich_tui.worker.spawn import signal_group, spawn

ENDS = (sys.executable, "-S", "-c", "")


async def test_a_start_that_is_cancelled_at_any_moment_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    for step in range(12):
        starting = asyncio.create_task(spawn(*ENDS, stderr=asyncio.subprocess.DEVNULL, env=os.environ))
        await asyncio.sleep(0.002 * step)
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            process = await starting
            signal_group(process, "SIGKILL")
            await process.wait()
    assert not [record for record in caplog.records if record.name == "asyncio"]


async def test_a_process_that_has_ended_tells_its_own_status_although_it_is_signalled() -> None:
    process = await spawn(
        sys.executable, "-S", "-c", "raise SystemExit(9)", stderr=asyncio.subprocess.DEVNULL, env=os.environ
    )
    assert process.stdout is not None
    await process.stdout.read()
    signal_group(process, "SIGKILL")
    assert await process.wait() in {9, -9}
    signal_group(process, "SIGKILL")
