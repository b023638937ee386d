"""One question to a server, and everything that can come of it."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from enrich_tui.errors import classify, describe
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.llm.answers import SCHEMA, Told
from enrich_tui.stages.llm.keys import Key
from enrich_tui.stages.llm.prompts import SPOKEN, question
from enrich_tui.stages.llm.server import Server, read_answer
from tests.unit.llm.playing import Asked, Play, Playing, Reply, completion, error, good, playing, summary_of

pytest.importorskip("openai")

SECRET = "a-key-of-no-known-shape-0123456789"
ASKED = question("[0:01] Hello.\n[0:05] Goodbye.", SPOKEN, count=5, language="en", chapters=())


async def ask(server: Playing, *, key: str | None = None, **settings: Any) -> Told:
    found = Key(SecretStr(key), "a test") if key else None
    async with asyncio.timeout(30), Server(server.config(**settings), found) as model:
        return await model.ask(ASKED, Told)


async def failed(play: Play, **settings: Any) -> tuple[StageError, Playing]:
    async with playing(play) as server:
        with pytest.raises(StageError) as caught:
            await ask(server, **settings)
    return caught.value, server


async def test_a_good_answer_in_one_request() -> None:
    async with playing() as server:
        told = await ask(server, key=SECRET)
    (asked,) = server.asked
    assert told.overview == "The team spoke about the onboarding flow."
    assert told.points[0].time == "0:01"
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert set(asked.body) == {"model", "messages", "response_format"}
    assert asked.body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_without_a_key_none_is_sent_nor_anything_else_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with playing() as server:
        await ask(server)
    assert "authorization" not in server.asked[0].headers
    assert SECRET not in str(server.asked[0])


@pytest.mark.parametrize("known", ["json_object", "text"])
async def test_forms_that_a_server_does_not_know_are_left_out_from_then_on(known: str) -> None:
    def play(asked: Asked) -> Reply:
        return good(asked) if asked.form == known else error(400, message="response_format is not supported")

    async with playing(play) as server, Server(server.config(), None) as model:
        for _ in range(2):
            assert (await model.ask(ASKED, Told)).points
    forms = [asked.form for asked in server.asked]
    assert forms == ["json_schema", *(["json_object", "text"] if known == "text" else [known]), known]
    assert '"overview"' in server.asked[-1].instructions


@pytest.mark.parametrize(
    "said",
    [
        "Here you are:\n```json\n{}\n```\nAnything else?",
        "<think>Is {this} it? {\"overview\": \"no\"}</think>{}",
        "{{}}{} {",
    ],
)  # fmt: skip
async def test_an_answer_among_other_words(said: str) -> None:
    def play(asked: Asked) -> Reply:
        return completion(said.replace("{}", json.dumps(summary_of(asked))))

    async with playing(play) as server:
        assert (await ask(server)).overview.startswith("The team")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "said", ['{"overview": "It was', "", None, "I cannot do that.", "[]", '{"points": []}', "[" * 9999]
)
async def test_an_answer_that_is_none_in_any_form(said: str | None) -> None:
    failure, server = await failed(lambda _: completion(said))
    assert failure.problem is Problem.BAD_ANSWER
    assert [asked.form for asked in server.asked] == ["json_schema", "json_object", "text"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (error(401), Problem.KEY_REFUSED),
        (error(403), Problem.KEY_REFUSED),
        (error(404, "model_not_found"), Problem.MODEL_UNKNOWN),
        (error(429), Problem.RATE_LIMIT),
        (error(429, "insufficient_quota"), Problem.SERVICE_REFUSED),
        (error(400, "context_length_exceeded"), Problem.TOO_LONG),
        (error(500), Problem.SERVICE_UNAVAILABLE),
        (error(503, message="Loading model"), Problem.SERVICE_UNAVAILABLE),
        (Reply(b"<html>Hello</html>", 200, {"Content-Type": "text/html"}), Problem.NOT_COMPATIBLE),
        (Reply(b"", 200), Problem.NOT_COMPATIBLE),
        (Reply(b'{"choices": []}'), Problem.NOT_COMPATIBLE),
        (Reply(b'{"error": {"message": "no"}}'), Problem.NOT_COMPATIBLE),
        (Reply(b'{"error": {"code": 429, "message": "no"}}'), Problem.RATE_LIMIT),
        (Reply(b'{"error": {"code": 502, "message": "no"}}'), Problem.SERVICE_UNAVAILABLE),
        (Reply(b'{"choices": [{"mess'), Problem.NOT_COMPATIBLE),
        (Reply(b"", 307, {"Location": "http://127.0.0.1:9/v1"}), Problem.NOT_COMPATIBLE),
        (Reply(b"x" * 100, 200, {"Content-Encoding": "gzip"}), Problem.NOT_COMPATIBLE),
        (Reply(b" " * 10_000_000), Problem.BAD_ANSWER),
        (Reply(b"x" * 10_000_000, 500), Problem.BAD_ANSWER),
    ],
    ids=lambda value: f"{value.status} {value.body[:40]!r}" if isinstance(value, Reply) else value.value,
)
async def test_what_a_server_says_instead(reply: Reply, problem: Problem) -> None:
    failure, server = await failed(lambda _: reply)
    assert failure.problem is problem
    assert len(server.asked) == 1  # to try again is the pipeline's
    assert len(failure.detail) <= 1000


async def test_how_long_to_wait_is_passed_on() -> None:
    failure, _ = await failed(lambda _: error(429, "rate_limit_exceeded", Retry_After="7"))
    assert (failure.status, classify(failure).retry_after) == (429, 7)
    refused, _ = await failed(lambda _: error(429, "insufficient_quota", Retry_After="7"))
    assert classify(refused).category == "permanent"


async def test_words_of_a_recording_that_a_server_repeats_say_nothing_about_it() -> None:
    said = "You exceeded your current quota, please check your plan and billing details."
    asked = question(f"[0:01] {said}", SPOKEN, count=5, language="en", chapters=())
    repeats = error(400, message=f"Input is not valid: [0:01] {said}")
    async with playing(lambda _: repeats) as server, Server(server.config(), None) as model:
        with pytest.raises(StageError) as caught:
            await model.ask(asked, Told)
    assert caught.value.problem is Problem.BAD_ANSWER
    refused, _ = await failed(lambda _: error(400, message=said))
    assert refused.problem is Problem.SERVICE_REFUSED


async def test_nobody_there() -> None:
    async with playing() as server:
        pass
    with pytest.raises(StageError) as caught:
        await ask(server)
    assert caught.value.problem is Problem.NETWORK


async def test_without_the_package_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "enrich_tui.stages.llm.client", None)
    failure, server = await failed(good)
    assert failure.problem is Problem.ENGINE_MISSING
    assert describe(failure.problem, failure.facts).advice.startswith('install it with pip install "enrich-tui[llm]"')
    assert server.asked == []


async def wait_for_ever(_asked: Asked) -> Reply:
    await asyncio.Event().wait()
    raise AssertionError


async def test_no_answer_in_time() -> None:
    failure, _ = await failed(wait_for_ever, timeout=1.0)
    assert failure.problem is Problem.NETWORK


async def test_cancelling_ends_the_request() -> None:
    async with playing(wait_for_ever) as server:
        asking = asyncio.create_task(ask(server))
        await asyncio.wait_for(server.came.wait(), 20)
        assert not server.left.is_set()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(server.left.wait(), 20)


@pytest.mark.parametrize(
    "play", [lambda _: error(401, message=f"Wrong key: {SECRET}"), lambda _: Reply(SECRET.encode())]
)
async def test_a_key_that_a_server_quotes_is_in_no_text_of_the_error(
    play: Callable[[Asked], Reply], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    failure, server = await failed(play, key=SECRET)
    assert server.asked[0].headers["authorization"].endswith(SECRET)
    told = "".join(traceback.format_exception(failure)) + failure.detail + str(failure.facts) + caplog.text
    assert SECRET not in told
    assert "[hidden]" in failure.detail


async def test_the_models_that_a_server_has() -> None:
    async with playing() as server, Server(server.config(), None) as model:
        assert await model.models() == ["tiny"]
    async with playing(lambda _: Reply(b'{"data": 3}')) as server, Server(server.config(), None) as model:
        with pytest.raises(StageError):
            await model.models()


def test_an_answer_within_an_answer_is_not_taken_for_one() -> None:
    assert read_answer('{"outer": {"points": []}}', Told) is None
