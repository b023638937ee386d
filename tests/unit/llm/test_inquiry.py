"""What ``enrich-tui doctor`` says of a server."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.stages.llm import keys
from enrich_tui.stages.llm.inquiry import inquire
from tests.unit.llm.playing import Play, Reply, error, good, playing
from tests.unit.llm.test_pipeline import SECRET, home_of, program

pytest.importorskip("openai")


@pytest.fixture(autouse=True)
def no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "config_path", lambda: tmp_path / "config.toml")
    monkeypatch.setitem(os.environ, "MY_KEY", SECRET)


def models(*names: str) -> Reply:
    listed = ", ".join(f'{{"id": "{name}"}}' for name in names)
    return Reply(f'{{"data": [{listed}]}}'.encode())


@pytest.mark.parametrize(
    ("play", "settings", "ready", "told"),
    [
        (good, {}, True, "ready · no key"),
        (good, {"key_variable": "MY_KEY"}, True, "ready · key from MY_KEY"),
        (lambda _: models("tiny:latest"), {}, True, "ready · no key"),
        (lambda _: models("large"), {}, False, "it answers, and has no such model: check model · no key"),
        (lambda _: error(404), {}, True, "it answers, and does not tell its models · no key"),
        (lambda _: error(401), {}, False, "The service did not accept the key · no key"),
        (lambda _: error(500), {}, False, "The service is not available at the moment · no key"),
        (
            lambda _: Reply(b"<html>"),
            {},
            False,
            "What answers at the configured address is not an OpenAI-compatible service · no key",
        ),
    ],
)
async def test_what_is_said(play: Play, settings: dict[str, Any], ready: bool, told: str) -> None:
    async with playing(play) as server, asyncio.timeout(30):
        assert await inquire(server.config(**settings)) == (ready, told)
    assert all(asked.path == "/v1/models" and not asked.body for asked in server.asked)


async def test_nobody_there() -> None:
    async with playing() as server:
        pass
    assert await inquire(server.config()) == (False, "The service could not be reached in time · no key")


async def test_the_command(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    config = Path(home["XDG_CONFIG_HOME"]) / "enrich-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    async with playing() as server:
        config.write_text(
            f'[stage.summary]\nengine = "openai-compatible"\nbase_url = "{server.url}"\nmodel = "tiny"\n'
            'key_variable = "MY_KEY"\n'
        )
        _, told = await program(home, "doctor")
    assert f"✔ summaries          tiny at 127.0.0.1:{server.port} · ready · key from MY_KEY" in told
    assert SECRET not in told
    _, silent = await program(home | {"XDG_CONFIG_HOME": str(tmp_path / "other")}, "doctor")
    assert "summaries" not in silent
