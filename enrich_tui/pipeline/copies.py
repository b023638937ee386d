"""Sessions of one run that would do the same work: the first does it, the others wait for its results.

Two recordings of the same bytes have stages of the same key. The later one is looked at again when the first has ended:
what that made is then taken over, see :mod:`enrich_tui.pipeline.adopt`, and what it could not make is tried again.
"""

from __future__ import annotations

from enrich_tui.pipeline.state import SessionEntry


class Copies:
    """Which session does what, by the keys of the stages. Who waits claims nothing, so that nobody waits for ever."""

    def __init__(self) -> None:
        self._doing: dict[str, str] = {}
        """The session that does the work of a key."""
        self._claimed: dict[str, list[str]] = {}
        """The keys of a session."""
        self._waiting: dict[str, list[str]] = {}
        """The sessions that wait for a session, in the order in which they came."""

    def claim(self, entry: SessionEntry) -> bool:
        """The session is about to do what is due of it; False where another one does some of that: then it has to wait.

        Due is what :meth:`enrich_tui.pipeline.settle.Settler.settle` has given a key.
        """
        ident = entry.session.id
        keys = [state.key for _, state in entry.unfinished() if state.key]
        first = next((self._doing[key] for key in keys if self._doing.get(key, ident) != ident), None)
        if first is not None:
            self._waiting.setdefault(first, []).append(ident)
            return False
        for key in keys:
            self._doing[key] = ident
        self._claimed.setdefault(ident, []).extend(keys)
        return True

    def release(self, session_id: str) -> list[str]:
        """The session has ended, or is not what it was; returns those that waited for it."""
        for key in self._claimed.pop(session_id, ()):
            self._doing.pop(key, None)
        return self._waiting.pop(session_id, [])
