"""The plugin as a program of its own uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from enrich_tui import testing

CONFTEST = 'pytest_plugins = ["enrich_tui.testing.plugin"]\n'
TEST = """
import pytest
from enrich_tui import PoolShutdownError, get_worker_pool

POOLS = []

@pytest.mark.asyncio
async def test_one(enrich_services):
    async with get_worker_pool().worker("job") as worker:
        assert await worker.run("anything goes", print) is None
    POOLS.append(enrich_services.worker_pool)

@pytest.mark.asyncio
async def test_two(enrich_services):
    assert get_worker_pool() is not POOLS[0]
    with pytest.raises(PoolShutdownError):
        await POOLS[0].acquire_worker()
"""


def test_a_program_of_its_own_can_use_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_asyncio.plugin", "--rootdir", str(tmp_path)]
    bare = {**os.environ, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False, env=bare)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


def test_every_name_is_there_and_no_other() -> None:
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    with pytest.raises(AttributeError, match="nothing_such"):
        testing.nothing_such  # noqa: B018
