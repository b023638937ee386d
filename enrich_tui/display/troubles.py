"""Errors, grouped: the same cause is one entry, with everything that it befell, until that is mended."""

from __future__ import annotations

from dataclasses import dataclass, field

from enrich_tui.model import Stage

LIMIT = 300
"""Entries that are kept; the oldest goes first."""


@dataclass(slots=True, eq=False)
class Trouble:
    """One cause."""

    problem: str
    category: str
    message: str
    advice: str
    sessions: dict[str, Stage | None] = field(default_factory=dict)
    """Sessions it befell that are not mended, in the order in which they met it."""
    workers: set[int] = field(default_factory=set)
    """Workers it befell that did not come back."""
    times: int = 0
    first: float = 0.0
    last: float = 0.0
    final: bool = False
    """False while every attempt that met it will be repeated by itself."""

    @property
    def count(self) -> int:
        """How many sessions, or else workers, or else times."""
        return len(self.sessions) or len(self.workers) or self.times


class Troubles:
    """The open errors of a run, newest first."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Trouble] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    @property
    def newest_first(self) -> list[Trouble]:
        """All entries; the one that was met last comes first."""
        return list(reversed(self._entries.values()))

    def add(
        self,
        *,
        problem: str,
        category: str,
        message: str,
        advice: str,
        session: str | None,
        stage: Stage | None,
        worker: int | None,
        final: bool,
        t: float,
    ) -> None:
        """Put one more into its entry, which becomes the newest; what befell this stage before is outdated."""
        key = (problem, message)
        entry = self._entries.pop(key, None) or Trouble(problem, category, message, advice, first=t)
        if session is not None and stage is not None:
            self.mend_session(session, stage)
        self._entries[key] = entry
        entry.times += 1
        entry.last = t
        entry.advice = advice
        entry.final = entry.final or final
        if session is not None:
            entry.sessions[session] = stage
        elif worker is not None:
            entry.workers.add(worker)
        while len(self._entries) > LIMIT:
            del self._entries[next(iter(self._entries))]

    def tells(self, session: str, message: str) -> bool:
        """True where this message is among what befell this session."""
        return any(session in entry.sessions and entry.message == message for entry in self._entries.values())

    def mend_session(self, session: str, stage: Stage | None = None) -> bool:
        """Forget what befell this session (only in this stage, if one is given); True where something was forgotten."""
        mended = False
        for key, entry in list(self._entries.items()):
            if session in entry.sessions and stage in {None, entry.sessions[session]}:
                del entry.sessions[session]
                mended = True
                self._drop_if_mended(key)
        return mended

    def mend_worker(self, worker: int) -> bool:
        """Forget what befell this worker: it is back; True where something was forgotten."""
        mended = False
        for key, entry in list(self._entries.items()):
            if worker in entry.workers:
                entry.workers.remove(worker)
                mended = True
                self._drop_if_mended(key)
        return mended

    def _drop_if_mended(self, key: tuple[str, str]) -> None:
        entry = self._entries[key]
        if not entry.sessions and not entry.workers:
            del self._entries[key]
