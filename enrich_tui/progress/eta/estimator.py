"""The estimator: what is planned, what runs, and how long the rest will take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from enrich_tui.progress.eta.rates import TYPICAL_MEDIA, Rate, RateBook, Sample
from enrich_tui.progress.eta.residual import Residual, combine, remaining
from enrich_tui.progress.eta.schedule import STAGES, Job, schedule

Outcome = Literal["completed", "failed", "cached", "skipped", "retry"]

P10 = 1.2815515655446004
"""Standard deviations between the median and the tenth or ninetieth percentile of a normal distribution."""


class Estimate(NamedTuple):
    """Remaining seconds. It takes less than ``low`` in one case of ten, and more than ``high`` in one case of ten."""

    low: float
    mid: float
    high: float


DONE = Estimate(0.0, 0.0, 0.0)


@dataclass(slots=True)
class _Work:
    """One stage of one session."""

    stage: str
    media: float | None
    state: Literal["pending", "running", "over"] = "pending"
    started: float = 0.0
    fraction: float = 0.0
    reported: float = 0.0
    """Seconds of work until the last report of progress."""
    seen_while_paused: bool = False


_Session = dict[str, _Work]


class EtaEstimator:
    """Estimates when sessions and the whole batch will be done.

    It has no clock: ``now`` is any monotonic number of seconds, and one that is smaller than an earlier one counts as
    that. ``history`` is what an earlier :meth:`history` returned; anything unreadable in it is ignored.
    """

    def __init__(self, history: Mapping[str, Any] | None = None, seed: int = 0) -> None:
        self._seed = seed
        self._book = _read(history)
        self._known = bool(self._book.learned)
        self._sessions: dict[str, _Session] = {}
        self._workers = 1
        self._cpu_slots: int | None = None
        self._now = 0.0
        self._paused_at: float | None = None
        self._ends: dict[str, Estimate] = {}
        self._batch: Estimate | None = None
        self._fresh = False

    def plan(
        self,
        sessions: Iterable[tuple[str, Mapping[str, float | None]]],
        workers: int,
        now: float,
        cpu_slots: int | None = None,
    ) -> None:
        """Set the whole queue, in order. What is known of a session that is in it already is kept.

        ``sessions`` are pairs of a session's id and its media seconds by stage: a stage that is not named is skipped,
        None is an unknown length. ``cpu_slots`` limits how many stages run at once on few processors.
        """
        self._tick(now)
        known, self._sessions = self._sessions, {}
        for session_id, stages in sessions:
            work = _works(stages)
            for stage, old in known.get(session_id, {}).items():
                if stage in work:
                    work[stage] = old
            self._sessions[session_id] = work
        self._cpu_slots = cpu_slots
        self._workers = max(1, workers)

    def add(self, session_id: str, stages: Mapping[str, float | None], now: float) -> None:
        """Put a session at the end of the queue; one that is queued already keeps its place and starts afresh."""
        self._tick(now)
        self._sessions[session_id] = _works(stages)

    def requeue(self, session_id: str, now: float) -> None:
        """A session has everything still before it, at its place in the queue."""
        self._tick(now)
        for work in self._sessions.get(session_id, {}).values():
            work.state = "pending"

    def discard(self, session_id: str, now: float) -> None:
        """Take a session out of the queue."""
        self._tick(now)
        self._sessions.pop(session_id, None)

    def started(self, session_id: str, stage: str, now: float) -> None:
        """An attempt of a stage began."""
        self._tick(now)
        work = self._find(session_id, stage)
        if work is not None and work.state != "running":
            work.state, work.started, work.fraction, work.reported = "running", self._now, 0.0, 0.0
            work.seen_while_paused = self._paused_at is not None

    def progressed(self, session_id: str, stage: str, fraction: float, now: float) -> None:
        """A running stage measured that it is ``fraction`` (0 to 1) through its media."""
        self._tick(now)
        work = self._find(session_id, stage)
        if work is None or work.state == "over" or not math.isfinite(fraction):
            return
        if work.state == "pending":
            self.started(session_id, stage, now)
        if work.fraction < fraction:
            work.fraction = min(1.0, fraction)
            work.reported = self._now - work.started
            work.seen_while_paused = work.seen_while_paused or self._paused_at is not None
            self._known = True

    def finished(self, session_id: str, stage: str, now: float, outcome: Outcome = "completed") -> None:
        """A stage ended; after ``retry`` it will be started again."""
        self._tick(now)
        work = self._find(session_id, stage)
        if work is None or work.state == "over":
            return
        if outcome == "completed" and work.state == "running":
            self._known = True
            elapsed = self._elapsed(work)
            if elapsed > 0.0:
                self._book.finish(stage, elapsed, self._media(work), self._rates()[stage])
        elif outcome == "failed" and work.state == "running":
            self._known = True
        work.state = "pending" if outcome == "retry" else "over"

    def set_workers(self, n: int, now: float) -> None:
        """So many workers are alive."""
        self._tick(now)
        self._workers = max(1, n)

    def pause(self, now: float) -> None:
        """No new work is taken; what runs may go on."""
        self._tick(now)
        if self._paused_at is None:
            self._paused_at = self._now
            for work in self._running():
                work.seen_while_paused = False

    def resume(self, now: float) -> None:
        """Work is taken again. The pause does not count for stages that gave no sign of life in it."""
        self._tick(now)
        if self._paused_at is not None:
            pause = self._now - self._paused_at
            for work in self._running():
                if not work.seen_while_paused:
                    work.started += pause
            self._paused_at = None

    def batch(self, now: float) -> Estimate | None:
        """Remaining seconds of everything that is planned; None while nothing at all is known or planned."""
        self._tick(now, keep=self._fresh)
        if not self._sessions:
            return None
        if all(work.state == "over" for session in self._sessions.values() for work in session.values()):
            return DONE
        if not self._known:
            return None
        self._refresh()
        return self._batch

    def session(self, session_id: str, now: float) -> Estimate | None:
        """Seconds until this session is done; None for an unknown one, and while nothing at all is known."""
        self._tick(now, keep=self._fresh)
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if all(work.state == "over" for work in session.values()):
            return DONE
        if not self._known:
            return None
        self._refresh()
        return self._ends[session_id]

    def expected(self, session_id: str) -> dict[str, float]:
        """Expected seconds of work of each stage of a session, from the beginning; defaults where nothing is known."""
        rates = self._rates()
        session = self._sessions.get(session_id, {})
        return {stage: rates[stage].rate * self._media(work) for stage, work in session.items()}

    def history(self) -> dict[str, Any]:
        """What the next batch on this machine should know; JSON-able."""
        return {"version": 1, "stages": self._book.history()}

    def _tick(self, now: float, *, keep: bool = False) -> None:
        moved = math.isfinite(now) and now > self._now
        if moved:
            self._now = now
        self._fresh = keep and not moved

    def _find(self, session_id: str, stage: str) -> _Work | None:
        return self._sessions.get(session_id, {}).get(stage)

    def _running(self) -> Iterable[_Work]:
        return (work for session in self._sessions.values() for work in session.values() if work.state == "running")

    def _elapsed(self, work: _Work) -> float:
        end = self._now if self._paused_at is None or work.seen_while_paused else max(self._paused_at, work.started)
        return end - work.started

    def _media(self, work: _Work) -> float:
        return work.media if work.media is not None else TYPICAL_MEDIA

    def _rates(self) -> dict[str, Rate]:
        samples: dict[str, list[Sample]] = {}
        for work in self._running():
            if work.fraction > 0.0 and work.reported > 0.0:
                samples.setdefault(work.stage, []).append(Sample(work.reported, work.fraction * self._media(work)))
        return self._book.rates(samples)

    def _refresh(self) -> None:
        if self._fresh:
            return
        rates = self._rates()
        queue: list[Sequence[Job]] = []
        variance = total = common = 0.0
        for session in self._sessions.values():
            jobs: list[Job] = []
            for number, stage in enumerate(STAGES):
                work = session.get(stage)
                if work is None or work.state == "over":
                    continue
                rest = self._rest(work, rates[stage])
                jobs.append((number, rest.mean, work.state == "running"))
                total += rest.mean
                variance += rest.deviation**2
                common += rest.mean * rates[stage].error
            queue.append(jobs)
        slots = min(self._workers, self._cpu_slots or self._workers)
        ends = schedule(queue, self._workers, slots, (True, True, True, True))
        spread = math.hypot(math.sqrt(variance) / total, common / total)
        self._ends = {session_id: _band(end, spread) for session_id, end in zip(self._sessions, ends, strict=True)}
        self._batch = _band(max(ends), spread)
        self._fresh = True

    def _rest(self, work: _Work, rate: Rate) -> Residual:
        expected = max(rate.rate * self._media(work), 1e-3)
        if work.state == "pending":
            return Residual(expected, expected * rate.noise)
        median, scatter = combine(expected, rate.noise, work.reported, work.fraction)
        return remaining(median, scatter, self._elapsed(work))


def _band(seconds: float, spread: float) -> Estimate:
    factor = math.exp(P10 * min(spread, 2.0))
    return Estimate(seconds / factor, seconds, seconds * factor)


def _works(stages: Mapping[str, float | None]) -> _Session:
    works = {}
    for stage in STAGES:
        if stage in stages:
            media = stages[stage]
            usable = media is not None and math.isfinite(media) and media > 0.0
            works[stage] = _Work(stage, media if usable else None)
    return works


def _read(history: Mapping[str, Any] | None) -> RateBook:
    rates: dict[str, float] = {}
    noise: dict[str, float] = {}
    stages = history.get("stages") if isinstance(history, Mapping) else None
    for stage, entry in stages.items() if isinstance(stages, Mapping) else ():
        if stage in STAGES and isinstance(entry, Mapping):
            rate, scatter = entry.get("rate"), entry.get("noise")
            if isinstance(rate, int | float) and math.isfinite(rate) and rate > 0.0:
                rates[stage] = float(rate)
                if isinstance(scatter, int | float) and 0.0 < scatter < math.inf:
                    noise[stage] = float(scatter)
    return RateBook(rates, noise)
