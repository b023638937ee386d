"""The batch: counts that always add up, one progress, one message, and the pace at which it is announced."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from enrich_tui.progress.eta import Estimate
from enrich_tui.progress.model import BatchProgress, Phase
from enrich_tui.progress.run import SessionRun
from enrich_tui.text import count_text

PER_SECOND = 10
"""Most announcements in any second."""


_UNIT = 2.0**64
"""Weights are counted in such parts of a second: as whole numbers, of which sums are exact whatever comes and goes."""


class _State(Enum):
    PENDING = auto()
    PROCESSING = auto()
    COMPLETED = auto()
    FAILED = auto()


_ENDED = frozenset({_State.COMPLETED, _State.FAILED})


class Batch:
    """A set of sessions, as they are now. A session that was cleared after its end stays counted as it ended.

    ``weights`` are the expected seconds of each session. They are used where they are known for every session, so that
    a long session moves the bar more than a short one; otherwise all count the same.
    """

    def __init__(self, session_ids: Iterable[str], weights: Mapping[str, float], now: float) -> None:
        self._states: dict[str, _State] = {}
        self._count: Counter[_State] = Counter()
        self._weights: dict[str, int] = {}
        self._weighted = True
        # With ten thousand sessions nothing that happens often may look at all of them.
        self._weight = 0
        """Of all sessions."""
        self._ended = 0
        """Weight of those that have ended."""
        self._under_way: dict[str, float] = {}
        """Progress of those that have begun and not ended."""
        self.started_at = now
        self.extend(session_ids, weights)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._states

    def extend(self, session_ids: Iterable[str], weights: Mapping[str, float]) -> None:
        """Count these sessions too, which are new."""
        new = dict.fromkeys(session_ids, _State.PENDING)
        self._states.update(new)
        self._count[_State.PENDING] += len(new)
        if self._weighted and all(weights.get(session_id, 0.0) > 0.0 for session_id in new):
            added = {session_id: int(weights[session_id] * _UNIT) for session_id in new}
        else:
            if self._weighted:
                self._weighted = False
                self._weights = dict.fromkeys(self._weights, 1)
                self._weight = len(self._weights)
                self._ended = self._count[_State.COMPLETED] + self._count[_State.FAILED]
            added = dict.fromkeys(new, 1)
        self._weights.update(added)
        self._weight += sum(added.values())

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Pending, processing, completed, failed."""
        count = self._count
        return count[_State.PENDING], count[_State.PROCESSING], count[_State.COMPLETED], count[_State.FAILED]

    def note(self, run: SessionRun) -> None:
        """Take over how far a session is."""
        ended = {Phase.COMPLETE: _State.COMPLETED, Phase.FAILED: _State.FAILED}
        state = ended.get(run.phase, _State.PROCESSING)
        self._set(run.session_id, state, run.progress)

    def forget(self, session_id: str) -> None:
        """The session was cleared before it ended: it is pending again."""
        self._set(session_id, _State.PENDING, 0.0)

    def _set(self, session_id: str, state: _State, progress: float) -> None:
        before, weight = self._states[session_id], self._weights[session_id]
        self._states[session_id] = state
        self._count[before] -= 1
        self._count[state] += 1
        self._ended += weight * ((state in _ENDED) - (before in _ENDED))
        if state is _State.PROCESSING:
            self._under_way[session_id] = progress
        else:
            self._under_way.pop(session_id, None)

    def snapshot(self, estimate: Estimate | None) -> BatchProgress:
        """The batch as it is now."""
        pending, processing, completed, failed = self.counts
        weight = self._weight
        begun = sum(self._weights[session_id] * progress for session_id, progress in self._under_way.items())
        part = min(100.0, (self._ended * 100 + begun) / weight) if weight else 0.0
        return BatchProgress(
            total=len(self._states),
            pending=pending,
            processing=processing,
            completed=completed,
            failed=failed,
            progress=part if pending + processing or not weight else 100.0,  # parts add up to a rounding less
            message=_message(len(self._states), pending + processing, completed, failed),
            eta=estimate.mid if estimate else None,
            eta_low=estimate.low if estimate else None,
            eta_high=estimate.high if estimate else None,
            started_at=self.started_at,
        )


def _message(total: int, open_: int, completed: int, failed: int) -> str:
    if not total:
        return "Nothing to do"
    sessions = count_text(total, "session")
    failures = f", {failed} failed" if failed else ""
    if open_:
        return f"{completed} of {sessions} done{failures}"
    if failed == total:
        return "The session failed" if total == 1 else f"All {sessions} failed"
    if failed:
        return f"Ended: {completed} of {sessions} done{failures}"
    return "The session is done" if total == 1 else f"All {sessions} are done"


class Pace:
    """Lets a call through at most ten times a second, and sees to it that the last state is told.

    Changes of the counts go out as soon as the rate allows; mere progress at most every tenth of a second. What has to
    wait goes out by a timer of the running event loop. Where no loop runs it goes out with the next change, and the
    last of the ten places of a second is kept for the state in which everything has ended.
    """

    def __init__(self, send: Callable[[], None], clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=PER_SECOND)
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self, *, counts_changed: bool, ended: bool) -> None:
        """Something changed: send now, or as soon as the pace allows."""
        wait = self._wait(counts_changed=counts_changed, ended=ended)
        if wait <= 0.0:
            self.cancel()
            self._now()
        else:
            self._later(wait)

    def cancel(self) -> None:
        """Forget what is waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, *, counts_changed: bool, ended: bool) -> float:
        now = self._clock()
        places = PER_SECOND if ended else PER_SECOND - 1
        wait = self._sent[-places] + 1.0 - now if len(self._sent) >= places else 0.0
        if self._sent and not counts_changed:
            wait = max(wait, self._sent[-1] + 1.0 / PER_SECOND - now)
        return wait

    def _now(self) -> None:
        self._timer = None
        self._sent.append(self._clock())
        self._send()

    def _later(self, wait: float) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._timer is not None and self._loop is loop:
            if self._timer.when() <= loop.time() + wait:
                return
            self._timer.cancel()
        self._loop = loop
        self._timer = loop.call_later(wait, self._now)
