"""How others estimate: of the sessions that are done, or of elapsed time and progress."""

from __future__ import annotations

import statistics

from tests.benchmarks.eta_simulated import Batch, Happening


class Tqdm:
    """tqdm's estimate of finished sessions: exponential moving averages, smoothing 0.3."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._last = total, 0, 0.0
        self._dt = self._dn = self._calls = 0.0

    def session_done(self, now: float) -> None:
        self._done += 1
        self._dt = 0.3 * (now - self._last) + 0.7 * self._dt
        self._dn = 0.3 + 0.7 * self._dn
        self._last = now

    def remaining(self, now: float) -> float | None:
        if not self._done or self._dt <= 0:
            return None
        return (self._total - self._done) * self._dt / self._dn


class Rich:
    """rich's estimate of finished sessions: speed over the last 30 seconds, or what it last saw."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._samples: list[tuple[float, int]] = []

    def session_done(self, now: float) -> None:
        self._done += 1
        self._samples.append((now, 1))
        while len(self._samples) > 2 and self._samples[0][0] < now - 30:
            self._samples.pop(0)

    def remaining(self, now: float) -> float | None:
        if len(self._samples) < 2:
            return None
        span = self._samples[-1][0] - self._samples[0][0]
        speed = sum(n for _, n in self._samples[1:]) / span if span > 0 else 0.0
        return (self._total - self._done) / speed if speed > 0 else None


class Naive:
    """elapsed / progress, of the batch as a whole (mean of all stages), and summed over the sessions."""

    def __init__(self, batch: Batch) -> None:
        self._fractions = {session: dict.fromkeys(stages, 0.0) for session, stages in batch.sessions}
        self._starts: dict[str, float] = {}
        self._queued = {session for session, _ in batch.sessions}

    def feed(self, event: Happening) -> None:
        if event.kind == "started":
            self._starts.setdefault(event.session, event.at)
        elif event.kind == "progressed":
            self._fractions[event.session][event.stage] = event.value
        elif event.kind == "finished" and event.value != "retry":
            self._fractions[event.session][event.stage] = 1.0

    def _done(self, session: str) -> float:
        return statistics.fmean(self._fractions[session].values())

    def whole(self, now: float) -> float | None:
        done = statistics.fmean(self._done(session) for session in self._fractions)
        return now * (1 - done) / done if done > 0 else None

    def summed(self, now: float) -> float | None:
        rests = []
        for session in self._fractions:
            done = self._done(session)
            if done > 0:
                rests.append((now - self._starts[session]) * (1 - done) / done)
        started = len(rests)
        if not started:
            return None
        return sum(rests) + (len(self._fractions) - started) * statistics.fmean(
            (now - self._starts[session]) / max(self._done(session), 0.01)
            for session in self._starts
            if self._done(session) > 0
        )
