"""Runs over sessions whose summaries a server writes: the whole pipeline, with workers that are processes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import Awaitable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.config import Config, StageConfig
from enrich_tui.discovery import discover
from enrich_tui.display.json_lines import JsonDisplay
from enrich_tui.errors import ErrorHandler
from enrich_tui.events import Event, StageProgressed, StageRetrying, StageStarted
from enrich_tui.model import EnrichmentOptions, Session, SessionResult, Stage
from enrich_tui.pipeline.cache import settings_of
from enrich_tui.pipeline.enrich import enrich_batch
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import EtaEstimator, ProgressService
from enrich_tui.stages.results import Summary
from tests.acceptance.making import captioned
from tests.unit.llm.playing import Asked, Play, Playing, Reply, error, good, playing

pytest.importorskip("openai")

SECRET = "zq-4711-of-no-known-shape"
ROOT = Path(__file__).parents[3]


def recordings(folder: Path, count: int) -> tuple[Session, ...]:
    """Sessions with captions, so that no engine has to listen."""
    for number in range(count):
        captioned(folder / f"Call {number}")
    return discover(folder).sessions


async def enrich(
    sessions: Sequence[Session],
    server: Playing,
    *,
    errors: ErrorHandler | None = None,
    workers: int = 2,
    progress: ProgressService | None = None,
    **more: Any,
) -> tuple[list[SessionResult], list[Event]]:
    events: list[Event] = []
    pool = WorkerPool(max_workers=workers)
    try:
        async with asyncio.timeout(90):
            results = await enrich_batch(
                sessions,
                EnrichmentOptions(video_chaptering=False),
                pool,
                progress or ProgressService(),
                errors or ErrorHandler(base_delay=0.0),
                config=Config(stage=StageConfig(summary=server.config(**more))),
                sink=events.append,
            )
    finally:
        await pool.shutdown(timeout=1)
    return results, events


def summary_in(session: Session) -> Summary:
    return Summary.model_validate_json((session.output / "summary.json").read_bytes())


async def test_summaries_come_from_the_server_and_are_kept(tmp_path: Path) -> None:
    sessions = recordings(tmp_path, 2)
    async with playing() as server:
        results, events = await enrich(sessions, server)
        asked = len(server.asked)
        again, _ = await enrich(sessions, server)
        assert len(server.asked) == asked == 2
        other, _ = await enrich(sessions, server, model="another")
        assert len(server.asked) == asked + 2
    assert [result.status for result in (*results, *again, *other)] == ["complete"] * 6
    assert [result.stages[Stage.SUMMARY].cached for result in (*results, *again)] == [False, False, True, True]
    assert summary_in(sessions[0]).engine == f"another at 127.0.0.1:{server.port}"
    assert "Written by a language model: another at" in (sessions[0].output / "canvas.html").read_text()
    told = [event.fraction for event in events if isinstance(event, StageProgressed) and event.stage is Stage.SUMMARY]
    assert told


class Hearing(EtaEstimator):
    """Keeps what it hears of servers."""

    heard: tuple[str, ...] = ()

    def plan(self, *queue: Any, served: Collection[str] = (), **more: Any) -> None:
        self.heard += tuple(served)
        super().plan(*queue, served=served, **more)


async def test_the_estimates_hear_what_a_server_does(tmp_path: Path) -> None:
    estimator = Hearing()
    async with playing() as server:
        await enrich(recordings(tmp_path, 1), server, progress=ProgressService(estimator=estimator))
    assert estimator.heard == ("summary",)


def once(*first: Reply) -> Play:
    """First these answers, then good ones."""
    left = [*first]
    return lambda asked: left.pop(0) if left else good(asked)


async def test_errors_that_pass_are_tried_again(tmp_path: Path) -> None:
    sessions = recordings(tmp_path, 1)
    async with playing(once(error(500), error(429, Retry_After="0"))) as server:
        (result,), events = await enrich(sessions, server)
    assert result.status == "complete"
    assert result.stages[Stage.SUMMARY].attempts == 3
    assert [event.problem for event in events if isinstance(event, StageRetrying)] == [
        "service-unavailable",
        "rate-limit",
    ]


@pytest.mark.parametrize(
    ("reply", "problem", "attempts"),
    [
        (error(500), "service-unavailable", 3),
        (Reply(b"<html></html>", 200, {"Content-Type": "text/html"}), "not-compatible", 1),
        (error(404), "model-unknown", 1),
    ],
    ids=["down", "html", "no such model"],
)
async def test_an_extractive_summary_stands_in(tmp_path: Path, reply: Reply, problem: str, attempts: int) -> None:
    (session,) = recordings(tmp_path, 1)
    async with playing(lambda _: reply) as server:
        (result,), events = await enrich([session], server)
        assert len(server.asked) == attempts
        begun = [event for event in events if isinstance(event, StageStarted) and event.stage is Stage.SUMMARY]
        assert [event.stand_in for event in begun] == [*[False] * attempts, True]
        summary = result.stages[Stage.SUMMARY]
        assert (result.status, summary.status, summary.problem) == ("partial", "failed", problem)
        assert summary.message is not None
        assert summary.message.endswith("An extractive summary stands in.")
        assert summary.attempts == attempts
        assert {path.name for path in summary.outputs} == {"summary.json", "summary.md"}
        assert summary_in(session).method == "extractive"
        assert summary_in(session).points
        assert result.stages[Stage.CANVAS].status == "completed"

        server.play = good  # what stood in is no result: the next run tries again, and the page follows
        (again,), _ = await enrich([session], server)
    assert again.status == "complete"
    assert again.stages[Stage.AUDIO].cached
    assert not again.stages[Stage.CANVAS].cached
    assert summary_in(session).method == "model"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [(error(401), "key-refused"), (error(429, "insufficient_quota"), "service-refused")],
    ids=["key", "account"],
)
async def test_what_only_a_person_can_mend_is_asked_once(tmp_path: Path, reply: Reply, problem: str) -> None:
    (session,) = recordings(tmp_path, 1)
    async with playing(lambda _: reply) as server:
        (result,), _ = await enrich([session], server)
        assert len(server.asked) == 1
    assert (result.status, result.stages[Stage.SUMMARY].problem) == ("partial", problem)


async def test_waiting_for_a_server_keeps_no_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    sessions = recordings(tmp_path, 3)
    every = asyncio.Event()

    async def play(asked: Asked) -> Reply:
        if len(server.asked) == len(sessions):  # all the others were worked on meanwhile
            every.set()
        await every.wait()
        return good(asked)

    async with playing(play) as server:
        results, _ = await enrich(sessions, server, workers=3)
    assert [result.status for result in results] == ["complete"] * 3


async def test_a_cancelled_run_ends_the_request(tmp_path: Path) -> None:
    (session,) = recordings(tmp_path, 1)

    async def play(_asked: Asked) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with playing(play) as server:
        running = asyncio.create_task(enrich([session], server))
        await asyncio.wait_for(server.came.wait(), 60)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.wait_for(server.left.wait(), 20)
    assert not (session.output / "summary.json").exists()


def test_one_worker_more_waits_for_a_server() -> None:
    served = StageConfig.model_validate(
        {"summary": {"engine": "openai-compatible", "base_url": "http://models.example/v1", "model": "tiny"}}
    )
    assert Config(stage=served).worker_count == Config().worker_count + 1
    assert Config(stage=served, workers=2).worker_count == 2


def test_what_the_key_of_a_summary_depends_on() -> None:
    def key(**settings: Any) -> str:
        base = {"engine": "openai-compatible", "base_url": "http://models.example/v1", "model": "tiny"}
        return settings_of(Stage.SUMMARY, StageConfig.model_validate({"summary": base | settings}))

    assert key() == key(timeout=5.0) == key(key_variable="MY_KEY") == key(limit=9999)
    assert key() == key(base_url="https://models.example/other")
    others = [key(base_url="http://other.example/v1"), key(model="large"), key(window=9999), key(sentences=3)]
    assert len({key(), key(engine="extractive"), *others}) == 6
    assert key(engine="extractive") == key(engine="extractive", base_url=None, model=None, window=9999)
    assert key(engine="auto") == settings_of(Stage.SUMMARY, StageConfig())


async def test_a_server_s_words_reach_no_display(tmp_path: Path) -> None:
    (session,) = recordings(tmp_path, 1)
    stream = io.StringIO()
    display = JsonDisplay(stream)
    boo = "\x1b]52;c;eA==\x07 BOO you owe us $5 \u202e"
    async with playing(lambda _: error(500, message=boo)) as server:
        result, events = await enrich([session], server)
    for event in events:
        display(event)
    assert "BOO" not in stream.getvalue() + str(result)
    assert '"service-unavailable"' in stream.getvalue()


async def program(home: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "enrich_tui", *arguments),
        cwd=ROOT,
        env=home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


def home_of(folder: Path) -> dict[str, str]:
    places = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return {**os.environ, **places, "HOME": str(folder), "MY_KEY": SECRET}


def environments() -> list[str]:
    """The environments of all workers that run now."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"enrich_tui.worker" in (place / "cmdline").read_bytes():
                found.append((place / "environ").read_bytes().decode("utf-8", "replace"))
    return found


def holding(folder: Path, words: str) -> list[Path]:
    """The files below a folder in which these words stand."""
    return [path for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="environments of other processes are read there")
async def test_the_program_with_a_key_that_nothing_and_nobody_else_gets(tmp_path: Path) -> None:
    """Through ``enrich-tui run``: the key is in the request, and in no output, log, journal, result or worker."""
    recordings(tmp_path / "library", 1)
    config = tmp_path / "config.toml"
    seen: list[str] = []
    answers = once(error(500, message=f"Bearer {SECRET} is {SECRET}"))

    def play(asked: Asked) -> Reply | Awaitable[Reply]:
        seen.extend(environments())
        return answers(asked)

    async with playing(play) as server:
        config.write_text(
            f'[stage.summary]\nengine = "openai-compatible"\nbase_url = "{server.url}"\nmodel = "tiny"\n'
            'key_variable = "MY_KEY"\n'
        )
        code, told = await program(
            home_of(tmp_path), "run", str(tmp_path / "library"), "--display", "json", "--config", str(config)
        )
        assert [asked.headers["authorization"] for asked in server.asked] == [f"Bearer {SECRET}"] * 2
    assert code == 0, told
    assert f"tiny at 127.0.0.1:{server.port}" in told
    assert json.loads(told.splitlines()[-1])["complete"] == 1
    assert seen
    assert SECRET not in "".join(seen)
    assert holding(tmp_path, "[hidden] is [hidden]")  # the log has what the server said, but for that
    assert holding(tmp_path, SECRET) == []
    assert SECRET not in told
