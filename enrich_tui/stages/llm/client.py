"""The HTTP client for a server. Imported on demand: it brings in the ``openai`` package.

Nothing but the configured address is asked: redirects are not followed, and a proxy is not used for a server on this
machine. No more of an answer is read than bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import openai

from enrich_tui.config import SummaryConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.llm.keys import Key, host_of, is_here

LONGEST = 1024**2
"""Bytes that are read of one answer."""
CONNECT = 10.0
"""Seconds within which the server must take the call."""


_SENT = frozenset(
    {
        *("host", "content-type", "content-length", "accept", "accept-encoding", "connection", "user-agent"),
        "x-stainless-raw-response",  # by which the client knows what to return
    }
)
"""Headers that are sent, beside the key: the client would add more, of this machine and of variables of its own."""


def open_client(config: SummaryConfig, key: Key | None) -> openai.AsyncOpenAI:
    """A client that never repeats a request, and takes nothing but a proxy from the environment."""
    sent = _SENT | {"authorization"} if key else _SENT

    async def strip(request: httpx2.Request) -> None:
        for name in {*request.headers} - sent:
            del request.headers[name]

    return openai.AsyncOpenAI(
        api_key=key.secret.get_secret_value() if key else "none",
        base_url=config.base_url,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity"},
        http_client=httpx2.AsyncClient(
            timeout=httpx2.Timeout(config.timeout, connect=min(CONNECT, config.timeout)),
            follow_redirects=False,
            trust_env=not is_here(host_of(config)),
            event_hooks={"request": [strip], "response": [_bound]},
        ),
    )


async def _bound(response: httpx2.Response) -> None:
    """Have no more of an answer read than :data:`LONGEST`, and nothing that would grow when it is unpacked."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise StageError(Problem.NOT_COMPATIBLE, detail="The answer is packed although it was not to be.")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A stream that ends with an error where it is too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._stream:
            read += len(chunk)
            if read > LONGEST:
                raise StageError(Problem.BAD_ANSWER, detail=f"The answer has more than {LONGEST} bytes.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
