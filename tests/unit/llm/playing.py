"""A server on this machine that speaks OpenAI's protocol as far as it is told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enrich_tui.config import SummaryConfig


class Asked(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def form(self) -> str:
        """The form of the answer that it wants."""
        return str(self.body.get("response_format", {}).get("type", "text"))

    @property
    def instructions(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def text(self) -> str:
        return str(self.body["messages"][1]["content"])


@dataclass
class Reply:
    """What is answered."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


Play = Callable[[Asked], Reply | Awaitable[Reply]]


def completion(content: str | None) -> Reply:
    """A model that says this."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return Reply(json.dumps({"id": "1", "object": "chat.completion", "choices": [choice]}).encode())


def error(status: int, code: str = "", message: str = "no", **headers: str) -> Reply:
    """A server that refuses, in OpenAI's way."""
    body = {"error": {"message": message, "type": code or None, "code": code or None}}
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body).encode(), status, {"Content-Type": "application/json", **told})


def times(asked: Asked) -> list[str]:
    """The times that stand in what was asked."""
    return re.findall(r"^\[([\d:]+)\]", asked.text, re.MULTILINE)


def summary_of(asked: Asked, **more: Any) -> dict[str, Any]:
    """A good answer: one point for the first line, an action for the last."""
    first, *_, last = [*times(asked), *times(asked)]
    return {
        "overview": "The team spoke about the onboarding flow.",
        "points": [{"time": first, "text": f"Something was said at {first}."}],
        "actions": [{"time": last, "text": "Tom changes the schedule by Thursday."}],
        "questions": [],
        "chapters": [],
        **more,
    }


def good(asked: Asked) -> Reply:
    """A model that does as it is told."""
    if asked.path.endswith("/models"):
        return Reply(json.dumps({"object": "list", "data": [{"id": "tiny", "object": "model"}]}).encode())
    return completion(json.dumps(summary_of(asked)))


class Playing:
    """The server while it runs. ``play`` says what is answered."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.asked: list[Asked] = []
        self.came = asyncio.Event()
        """Set when a request has come."""
        self.left = asyncio.Event()
        """Set when a client has gone without its answer."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def config(self, **more: Any) -> SummaryConfig:
        """The settings of a program that uses it."""
        return SummaryConfig.model_validate(
            {"engine": "openai-compatible", "base_url": self.url, "model": "tiny", "timeout": 60.0, **more}
        )

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) is not None:
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
                raw = await reader.readexactly(int(headers.get("content-length", 0)))
                as_sent = dict(line.split(": ", 1) for line in lines if ": " in line)
                named = {name.lower(): value for name, value in as_sent.items()}
                asked = Asked(first.split(" ")[1], named, json.loads(raw or b"{}"))
                self.asked.append(asked)
                self.came.set()
                reply = self.play(asked)
                if isinstance(reply, Reply):
                    await self._send(writer, reply)
                    continue
                made = asyncio.ensure_future(reply)
                gone = asyncio.ensure_future(reader.read(1))
                await asyncio.wait({made, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not made.done():
                    made.cancel()
                    self.left.set()
                    return
                gone.cancel()
                await self._send(writer, made.result())
                return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{told}\r\n".encode("latin-1") + reply.body)
        await writer.drain()


@asynccontextmanager
async def playing(play: Play = good) -> AsyncIterator[Playing]:
    """A server on a port of its own, for the length of the block."""
    server = Playing(play)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
