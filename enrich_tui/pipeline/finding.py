"""Finding the recordings of a library while the run goes on already: what is found goes into the run's inbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator

from enrich_tui.discovery import Found, Search
from enrich_tui.model import Rejected, Session
from enrich_tui.pipeline.intake import Inbox

PORTION = 100
"""Most findings that are passed on at once, so that keys are not kept waiting."""

PATIENCE = 0.1
"""Seconds after which what was found is passed on, be it ever so little."""


async def find(search: Search, inbox: Inbox) -> None:
    """Look through the library once, in threads, and pass on what is there as it is found."""
    look = search.look()
    while portion := await asyncio.to_thread(next_portion, look):
        inbox.arrive(*sorted_out(portion))


def next_portion(look: Iterator[Found]) -> list[Found]:
    """The next findings; none where there are no more."""
    until = time.monotonic() + PATIENCE
    portion: list[Found] = []
    for found in look:
        portion.append(found)
        if len(portion) >= PORTION or time.monotonic() >= until:
            break
    return portion


def sorted_out(portion: Iterable[Found]) -> tuple[list[Session], list[Rejected]]:
    """The sessions, and what cannot be one."""
    sessions: list[Session] = []
    rejected: list[Rejected] = []
    for found in portion:
        if isinstance(found.item, Session):
            sessions.append(found.item)
        else:
            rejected.append(found.item)
    return sessions, rejected
