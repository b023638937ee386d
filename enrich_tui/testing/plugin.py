"""The pytest plugin: ``pytest_plugins = ["enrich_tui.testing.plugin"]`` in a ``conftest.py``; needs pytest-asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from enrich_tui.errors import handler, reset_error_handler
from enrich_tui.pool import default, reset_worker_pool
from enrich_tui.progress import reset_progress_service, service
from enrich_tui.testing.services import FakeServices, fake_services


@pytest_asyncio.fixture
async def enrich_services(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeServices]:
    """The services over fakes, with two workers; see :class:`~enrich_tui.testing.services.FakeServices`.

    ``get_worker_pool()``, ``get_progress_service()`` and ``get_error_handler()`` give them too while the test runs.
    What these gave before is shut down; afterwards they give new ones.
    """
    for reset in (reset_worker_pool, reset_progress_service, reset_error_handler):
        reset()
    async with fake_services() as services:
        monkeypatch.setattr(default, "_pool", services.worker_pool)
        monkeypatch.setattr(service, "_service", services.progress_service)
        monkeypatch.setattr(handler, "_handler", services.error_handler)
        yield services
