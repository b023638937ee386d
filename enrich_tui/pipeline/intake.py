"""What comes into a run, at its start and later, and what is found out about a session before it may start.

A session that is known already may come in again because its files have changed, or be withdrawn because they are gone.
That waits until nobody works on it; until then no new stage of it starts.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Rejected, Session
from enrich_tui.pipeline.announce import Announcer
from enrich_tui.pipeline.attempts import Attempts
from enrich_tui.pipeline.copies import Copies
from enrich_tui.pipeline.measure import media_lengths
from enrich_tui.pipeline.state import Queue, SessionEntry
from enrich_tui.worker.lengths import LengthFinder

AHEAD = 64
"""Sessions that are looked at before their turn, at most."""


class Inbox(Protocol):
    """Takes what is found while a run goes on. Every call returns at once; events tell what came of it."""

    def arrive(self, sessions: Iterable[Session], rejected: Iterable[Rejected] = ()) -> None:
        """Put sessions at the end of the queue. One that is known is looked at again: its files have changed."""

    def arriving(self, session: Session, *, growing: bool) -> None:
        """A recording is there that cannot be taken up yet; ``growing``: it is being written, or not whole.

        No new stage of it starts until it arrives, or is withdrawn, where it is known already.
        """

    def withdraw(self, sessions: Iterable[Session]) -> None:
        """The files of these sessions are gone: what has not started of them ends."""

    def watching(self) -> None:
        """All that was there at the start has come in; from now on it is waited for what is new."""


class Intake:
    """The sessions that have come in and may not start yet."""

    def __init__(
        self,
        queue: Queue,
        attempts: Attempts,
        announcer: Announcer,
        lengths: LengthFinder | None,
        *,
        at_work: Callable[[str], bool],
        changed: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._attempts = attempts
        self._announcer = announcer
        self._lengths = lengths
        self._at_work = at_work
        self._changed = changed
        self._waiting = deque(entry.session.id for entry in queue.open())
        """To be surveyed."""
        self._changes: dict[str, Session | None] = {}
        """Sessions that begin again as soon as nobody works on them; None: that end then."""
        self._held: set[str] = set()
        """Sessions whose files are being written to."""
        self._arriving: set[str] = set()
        """Sessions that were never taken up, because they are being written."""
        self._gone: set[str] = set()
        """Sessions that are about to end because their files are gone."""
        self._tended: Counter[str] = Counter()
        self._copies = Copies()

    @property
    def waiting(self) -> bool:
        """True where there are sessions to survey."""
        return bool(self._waiting)

    @property
    def unsettled(self) -> bool:
        """True where something of what came in is not in the queue yet."""
        return bool(self._changes or self._gone or self._tended)

    @property
    def arriving_now(self) -> int:
        """How many recordings are there that were not taken up."""
        return len(self._arriving)

    def holds(self, session_id: str) -> bool:
        """True where no stage of this session may start."""
        return session_id in self._changes or session_id in self._held or session_id in self._gone

    def arrive(self, sessions: Iterable[Session], rejected: Iterable[Rejected]) -> None:
        """See :class:`Inbox`."""
        new: list[SessionEntry] = []
        for session in sessions:
            self._held.discard(session.id)
            self._arriving.discard(session.id)
            if session.id in self._queue:
                self._changes[session.id] = session
            else:
                new.append(self._queue.add(session))
                self._waiting.append(session.id)
        self._announcer.arrived(new, rejected)

    def arriving(self, session: Session, *, growing: bool) -> None:
        """See :class:`Inbox`."""
        (self._held if session.id in self._queue else self._arriving).add(session.id)
        self.release(session.id)
        self._announcer.arriving(session, growing=growing)

    def withdraw(self, sessions: Iterable[Session]) -> None:
        """See :class:`Inbox`."""
        for session in sessions:
            self._held.discard(session.id)
            self._arriving.discard(session.id)
            if session.id in self._queue:
                self._changes[session.id] = None
            else:
                self._announcer.arriving(session, growing=False, gone=True)

    async def survey(self) -> None:
        """Find out, session by session, what is there already and how long it is; then it may run."""
        while self._waiting:
            ahead = [ident for ident in islice(self._waiting, AHEAD) if not self.holds(ident)]
            with self.tending(*ahead):
                seen = await self._attempts.look_ahead([self._queue[ident] for ident in ahead])
            for _ in range(max(1, seen)):
                await self._survey(self._queue[self._waiting.popleft()])

    async def _survey(self, entry: SessionEntry) -> None:
        ident = entry.session.id
        if self.holds(ident):
            return  # it comes again, or not any more
        with self.tending(ident):
            await self._attempts.settle(entry)
            if self._lengths is not None and entry.status is None:
                self._announcer.measured(entry, await media_lengths(entry.session, self._lengths))
            if not self._attempts.takes_over or self._copies.claim(entry):
                self._queue.survey(ident)
            else:
                self._announcer.waits_for_copy(entry)
        self._changed()

    def release(self, session_id: str) -> None:
        """Look again at the sessions that wait for this one, which has ended or is not what it was."""
        for ident in self._copies.release(session_id):
            self._attempts.reconsider(self._queue[ident])
            self._waiting.append(ident)
            self._changed()

    async def settle(self, entry: SessionEntry) -> None:
        """Look again what of this session needs no work."""
        with self.tending(entry.session.id):
            await self._attempts.settle(entry)

    @contextlib.contextmanager
    def tending(self, *session_ids: str) -> Iterator[None]:
        """Somebody works on these sessions in the block, outside of an attempt."""
        self._tended.update(session_ids)
        try:
            yield
        finally:
            for ident in session_ids:
                self._tended[ident] -= 1
                if not self._tended[ident]:
                    del self._tended[ident]
            if not self._changes.keys().isdisjoint(session_ids):
                self._changed()

    def apply(self) -> list[SessionEntry]:
        """Let the sessions begin again that nobody works on any more; returns those that are to be abandoned."""
        gone: list[SessionEntry] = []
        for ident, session in list(self._changes.items()):
            if ident in self._tended or ident in self._gone or self._at_work(ident):
                continue
            del self._changes[ident]
            before = self._queue[ident]
            self.release(ident)
            if session is not None:
                self._attempts.drop(before)
                self._announcer.renewed(self._queue.renew(session), before.status)
                self._waiting.append(ident)
            elif before.status is None:
                self._gone.add(ident)
                gone.append(before)
        return gone

    async def abandon(self, entry: SessionEntry) -> None:
        """End a session whose files are gone."""
        with self.tending(entry.session.id):
            await self._attempts.abandon(entry, Problem.FILE_MISSING)
        self._gone.discard(entry.session.id)
