"""Finding the recordings of a library while the run goes on already: what is found goes into the run's inbox."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

from enrich_tui.config import WatchConfig
from enrich_tui.discovery import Found, Search
from enrich_tui.discovery.stillness import Arriving, Stillness
from enrich_tui.model import Rejected, Session
from enrich_tui.pipeline.intake import Inbox
from enrich_tui.store.record import load_record
from enrich_tui.worker.lengths import LengthFinder

PORTION = 100
"""Most findings that are passed on at once, so that keys are not kept waiting."""

FEW = 20
"""Recordings that are passed on at once while each has to be opened first."""

PATIENCE = 0.1
"""Seconds after which what was found is passed on, be it ever so little."""

REST = 10
"""A look that takes long, as on a network drive, is followed by a rest of so many times as long ..."""
LONGEST_REST = 60.0
"""... but of no more seconds than this."""


async def find(search: Search, inbox: Inbox) -> None:
    """Look through the library once, in threads, and pass on what is there as it is found."""
    nothing = True
    async for portion in _portions(search):
        _pass_on(portion, inbox)
        nothing = nothing and not any(isinstance(found.item, Session) for found in portion)
    if nothing and search.only:
        wanted = " or ".join(f'"{part}"' for part in search.only)
        inbox.arrive((), [Rejected(path=search.root, reason=f"No recording here has {wanted} in its name.")])


async def watch(
    search: Search,
    inbox: Inbox,
    settings: WatchConfig,
    is_whole: Callable[[Session], Awaitable[bool]],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Look through the library again and again, until cancelled, and pass on what is finished.

    Finished is what nobody has written to for a while and what is whole. What was finished in an earlier run, by its
    record, is passed on at once.
    """
    stillness = Stillness(settings.settle, settings.patience)
    first = True
    while True:
        begun = clock()
        found: list[Found] = []
        # Only of the first look something is passed on at once; each portion costs a way to a thread and back.
        async for portion in _portions(search, PORTION if first else sys.maxsize):
            found += portion
            if first:
                known = await asyncio.to_thread(lambda these: list(filter(_is_on_record, these)), portion)
                for one in known:
                    stillness.take(one)
                _pass_on(known, inbox)
        now = clock()
        looked = await asyncio.to_thread(stillness.look, found, now)
        await _tell(looked.arriving, inbox)
        inbox.withdraw(looked.gone)
        if first:
            inbox.watching()
            first = False
        ready = looked.overdue
        for one in looked.still:
            if isinstance(one.item, Rejected):
                ready.append(one)
            elif await is_whole(one.item):
                if await asyncio.to_thread(one.is_unchanged):  # else what was looked into is not what was found
                    ready.append(one)
            elif (told := stillness.refuse(one)) is not None:
                inbox.arriving(told.session, growing=told.growing)
            if len(ready) >= FEW:
                await _take(ready, stillness, inbox)
        await _take(ready, stillness, inbox)
        await sleep(max(settings.every, min(LONGEST_REST, REST * (now - begun))))


def wholeness(lengths: LengthFinder) -> Callable[[Session], Awaitable[bool]]:
    """Asks the child whether all recordings of a session can be opened and end where their containers end."""

    async def is_whole(session: Session) -> bool:
        for path in session.recordings:
            told = await lengths.find(path)
            if told is None or not told.whole:
                return False
        return True

    return is_whole


async def _take(ready: list[Found], stillness: Stillness, inbox: Inbox) -> None:
    for one in ready:
        stillness.take(one)
    _pass_on(ready, inbox)
    ready.clear()
    await asyncio.sleep(0)


async def _tell(arriving: Iterable[Arriving], inbox: Inbox) -> None:
    for number, one in enumerate(arriving):
        inbox.arriving(one.session, growing=one.growing)
        if number % PORTION == PORTION - 1:
            await asyncio.sleep(0)


async def _portions(search: Search, most: int = PORTION) -> AsyncIterator[list[Found]]:
    look = search.look()
    while portion := await asyncio.to_thread(_next_portion, look, most):
        yield portion


def _next_portion(look: Iterator[Found], most: int) -> list[Found]:
    """The next findings, so many at most; none where there are no more."""
    until = time.monotonic() + PATIENCE
    portion: list[Found] = []
    for found in look:
        portion.append(found)
        if len(portion) >= most or time.monotonic() >= until:
            break
    return portion


def _pass_on(portion: Iterable[Found], inbox: Inbox) -> None:
    sessions: list[Session] = []
    rejected: list[Rejected] = []
    for found in portion:
        if isinstance(found.item, Session):
            sessions.append(found.item)
        else:
            rejected.append(found.item)
    if sessions or rejected:
        inbox.arrive(sessions, rejected)


def _is_on_record(found: Found) -> bool:
    """True where all files of a session are as they were when something of it was finished."""
    if not isinstance(found.item, Session):
        return False
    record = load_record(found.item.output)
    if record is None:
        return False
    known = {(source.path, source.size, source.mtime_ns) for source in record.sources}
    return known.issuperset(found.mark)
