"""The estimator: learns from what is reported, and says how long the rest will take."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from enrich_tui.progress.eta.band import Band
from enrich_tui.progress.eta.fit import Sample
from enrich_tui.progress.eta.forecast import MOMENT, Beliefs, Forecaster
from enrich_tui.progress.eta.history import VERSION, Memory
from enrich_tui.progress.eta.load import Load
from enrich_tui.progress.eta.pace import Pace, Unevenness, pace_of
from enrich_tui.progress.eta.plan import NOTHING, Plan, Work
from enrich_tui.progress.eta.rates import Rate
from enrich_tui.progress.eta.record import Record, past_of
from enrich_tui.progress.eta.residual import PROGRESS_NOISE
from enrich_tui.progress.eta.schedule import STAGES
from enrich_tui.progress.eta.steady import Steady
from enrich_tui.text import count_text

Outcome = Literal["completed", "failed", "cached", "skipped", "retry"]

DELAYS = 0.04
"""What slow-downs, losses and exceptions still to come add to the median of a whole batch, as a share of it."""

TELLING = 0.3
"""Seconds that a stage must have taken for its pace to say something about the machine."""

TOLD = 0.1
"""Change of the load, in logarithms, from which it is told as the reason of a jump."""

RISE = 0.25
"""Rise from one estimate to the next, as a share of it, that is told as a jump where nothing else is its reason."""

REASON_UPDATES = 10
"""Updates for which the reason of a jump is told."""


class Estimate(NamedTuple):
    """Remaining seconds. It takes less than ``low`` in one case of ten, and more than ``high`` in one case of ten."""

    low: float
    mid: float
    high: float


DONE = Estimate(0.0, 0.0, 0.0)


class EtaEstimator:
    """Estimates when sessions and the whole batch will be done.

    It has no clock: ``now`` is any monotonic number of seconds, and one that is smaller than an earlier one counts as
    that. ``history`` is what an earlier :meth:`history` returned; what cannot be used in it is ignored. Equal calls
    give equal answers: nothing is drawn at random, and ``seed`` changes nothing.
    """

    def __init__(self, history: Mapping[str, Any] | None = None, seed: int = 0) -> None:
        self.seed = seed
        known = history if isinstance(history, Mapping) else {}
        self._memory = Memory(known.get("stages"), known.get("speed"))
        self._book = self._memory.book()
        self._band = Band.read(known.get("band"))
        self._record = Record(past_of(known))
        self._known = self._memory.known
        self._plan = Plan()
        self._load = Load()
        self._forecaster = Forecaster(self._plan)
        self._steady = Steady()
        self._workers = 1
        self._uneven = Unevenness()
        self._untold = 0.0
        """Change of the load, in logarithms, since one was told."""
        self._cpu_slots: int | None = None
        self._served: frozenset[str] = frozenset()
        self._started = dict.fromkeys(STAGES, 0)
        """How many of each kind of stage began."""
        self._now = 0.0
        self._paused_at: float | None = None
        self._pauses = 0.0
        self._begun: float | None = None
        """When the first stage of this batch began, without the pauses."""
        self._estimate: Estimate | None = None
        self._asked: float | None = None
        """When the estimate was made, if nothing has happened since."""
        self.reason = ""
        """Why the batch's estimate jumped lately, for a person, or nothing."""
        self._reason_age = 0

    def plan(
        self,
        sessions: Iterable[tuple[str, Mapping[str, float | None]]],
        workers: int,
        now: float,
        cpu_slots: int | None = None,
        *,
        sizes: Mapping[str, int] | None = None,
        served: Collection[str] = (),
        kept: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """Set the whole queue, in order. What is known of a session that is in it already is kept.

        ``sessions`` are pairs of a session's id and its media seconds by stage: a stage that is not named is skipped,
        None is an unknown length, for which the session's bytes in ``sizes`` stand in. ``cpu_slots`` limits how many
        stages run at once on few processors; those in ``served`` are done by a server and only take a worker.
        ``kept`` are the shares (0 to 1) of sessions' stages behind which they go on; what a stage tells itself counts
        more.
        """
        self._tick(now)
        again = bool(self._plan.sessions)
        self._plan.replace(sessions, sizes or {}, kept or {})
        self._cpu_slots = None if cpu_slots is None else max(1, cpu_slots)
        self._served = frozenset(served)
        self._workers = max(1, workers)
        self._changed("the queue changed" if again else "")

    def extend(
        self,
        sessions: Iterable[tuple[str, Mapping[str, float | None]]],
        now: float,
        *,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        """Put sessions that are new at the end of the queue; see :meth:`plan`. ``sizes`` are bytes."""
        self._tick(now)
        before = len(self._plan.sessions)
        self._plan.extend(sessions, sizes or {})
        if added := len(self._plan.sessions) - before:
            self._changed(f"{count_text(added, 'session')} added")

    def add(
        self,
        session_id: str,
        stages: Mapping[str, float | None],
        now: float,
        *,
        kept: Mapping[str, float] | None = None,
    ) -> None:
        """Put a session at the end of the queue; one that is queued already keeps its place and starts afresh.

        ``kept`` are the shares (0 to 1) of its stages behind which they go on.
        """
        self._tick(now)
        known = session_id in self._plan.open
        before = self.expected(session_id)
        self._plan.add(session_id, stages, kept or {})
        if not known:
            self._changed("the queue changed")
        elif self.expected(session_id) != before:
            self._changed("")

    def discard(self, session_id: str, now: float) -> None:
        """Take a session out of the queue."""
        self._tick(now)
        if session_id in self._plan.open:
            self._changed("the queue changed")
        self._plan.discard(session_id)

    def requeue(self, session_id: str, now: float) -> None:
        """A session has everything still before it but what its stages kept, at its place in the queue."""
        self._tick(now)
        for stage, work in self._plan.sessions.get(session_id, {}).items():
            self._plan.move(session_id, stage, work, "pending", self._now)
        self._changed("the queue changed")

    def started(self, session_id: str, stage: str, now: float) -> None:
        """An attempt of a stage began."""
        self._tick(now)
        work = self._plan.find(session_id, stage)
        if work is not None and work.state != "running":
            if self._begun is None:
                self._begun = self._active
            self._plan.move(session_id, stage, work, "running", self._now)
            if work.media > 0.0:
                work.first = self._started[stage] < self._beginners(stage)
                self._started[stage] += 1
            work.awake = self._paused_at is not None

    def progressed(self, session_id: str, stage: str, fraction: float, now: float, kept: float | None = None) -> None:
        """A running stage measured that it is ``fraction`` (0 to 1) through its media.

        A stage that keeps what it does, so that another attempt goes on from there, tells in ``kept`` at which fraction
        its work began: all of ``fraction`` while it has met nothing but what was there.
        """
        self._tick(now)
        work = self._plan.find(session_id, stage)
        if work is None or work.state == "over" or not math.isfinite(fraction):
            return
        if work.state == "pending":
            self.started(session_id, stage, now)
        if fraction > NOTHING:
            self._known = True
            work.awake = work.awake or self._paused_at is not None
            fixed = 0.0 if kept is None else self._fixed(stage)
            if work.reach(min(1.0, fraction), kept, self._now, fixed):
                self._weigh()

    def finished(
        self, session_id: str, stage: str, now: float, outcome: Outcome = "completed", *, engine: str = ""
    ) -> None:
        """A stage ended; after ``retry`` it will be started again. ``engine`` names what did a completed one."""
        self._tick(now)
        work = self._plan.find(session_id, stage)
        if work is None or work.state == "over":
            return
        completed = outcome == "completed" and work.state == "running" and work.media > 0.0
        if work.state == "running":
            elapsed = self._elapsed(work)
            if work.media <= 0.0:
                pass
            elif outcome == "completed" and elapsed > 0.0:
                if self._memory.used(stage, engine, self._book):
                    self._jump("")
                work.fraction, work.reported = 1.0, self._now
                if pace := self._pace(work, self._rates()[stage]):
                    self._uneven.learn(pace)
                    self._load.finish(pace)
                self._book.finish(stage, Sample(elapsed, work.media, work.first))
            elif outcome == "retry":
                self._book.waste(elapsed / self._whole(work, self._rates()[stage]) - work.gained)
            self._known = self._known or outcome in ("completed", "failed", "retry")
        self._plan.move(session_id, stage, work, "pending" if outcome == "retry" else "over", self._now)
        if completed:
            self._weigh()
        if not self._plan.open:
            self._band.settle(self._active)
            self._record.settle(self._passed)
            self._begun = None

    def set_workers(self, n: int, now: float) -> None:
        """So many workers are alive."""
        self._tick(now)
        n = max(1, n)
        if n != self._workers:
            change = abs(n - self._workers)
            self._jump(f"{count_text(change, 'worker')} {'more' if n > self._workers else 'lost'}")
            self._workers = n

    def pause(self, now: float) -> None:
        """No new work is taken; what runs may go on."""
        self._tick(now)
        if self._paused_at is None:
            self._paused_at = self._now
            for work in self._plan.running.values():
                work.awake = False

    def resume(self, now: float) -> None:
        """Work is taken again. The pause does not count for stages that gave no sign of life in it."""
        self._tick(now)
        if self._paused_at is not None:
            pause = self._now - self._paused_at
            for work in self._plan.running.values():
                if not work.awake:
                    work.sat_out(pause)
            self._pauses += pause
            self._steady.skip(pause)
            self._load.skip(pause)
            self._paused_at = None

    def batch(self, now: float) -> Estimate | None:
        """Remaining seconds of everything that is planned; None while nothing at all is known or planned."""
        asked = self._asked
        self._tick(now)
        if not self._plan.sessions:
            return None
        if not self._plan.open:
            return DONE
        if not self._known:
            return None
        if self._estimate is None or (asked != self._now and self._paused_at is None):
            self._update()
        self._asked = self._now
        return self._estimate

    def session(self, session_id: str, now: float) -> Estimate | None:
        """Seconds until this session is done; None for an unknown one, and while nothing at all is known."""
        asked = self._asked
        self._tick(now)
        if asked == self._now:
            self._asked = asked
        if session_id not in self._plan.sessions:
            return None
        if session_id not in self._plan.open:
            return DONE
        if not self._known:
            return None
        seconds, spread = self._forecaster.session(session_id, self._beliefs())
        low, high = self._band.factors(spread)
        return Estimate(seconds * low, seconds, seconds * high)

    def expected(self, session_id: str) -> dict[str, float]:
        """Expected seconds of work of each stage of a session, from the beginning; defaults where nothing is known."""
        rates = self._rates()
        works = self._plan.sessions.get(session_id, {})
        return {stage: self._whole(work, rates[stage]) for stage, work in works.items()}

    @property
    def predicted(self) -> Estimate | None:
        """Seconds that the whole batch was said to take when its work began, or when the queue last changed.

        Pauses do not count. None before that, and while nothing at all is known.
        """
        whole = self._record.predicted
        return None if whole is None else Estimate(*whole)

    def history(self) -> dict[str, Any]:
        """What the next batch on this machine should know; JSON-able."""
        stages = self._memory.history(self._book.learned(self._load.factor))
        speed = self._memory.speed(self._book.speed(self._load.factor))
        band, past = self._band.history(), self._record.history()
        return {"version": VERSION, "stages": stages, "speed": speed, "band": band, "past": past}

    @property
    def _active(self) -> float:
        """Now, without the pauses."""
        return (self._now if self._paused_at is None else self._paused_at) - self._pauses

    @property
    def _passed(self) -> float:
        """Seconds since the work began, without the pauses."""
        return 0.0 if self._begun is None else self._active - self._begun

    @property
    def _slots(self) -> int:
        return min(self._workers, self._cpu_slots or self._workers)

    def _beginners(self, stage: str) -> int:
        """How many do a kind of stage for a first time, which takes longer: each process, or the one server."""
        return 1 if stage in self._served else self._slots

    def _tick(self, now: float) -> None:
        self._asked = None
        if math.isfinite(now) and now > self._now:
            self._now = now

    def _changed(self, reason: str) -> None:
        """The queue is another one; the reason is told where there was an estimate."""
        self._record.predicted = None
        self._jump(reason if self._estimate else "", slightly=True)

    def _jump(self, reason: str, *, slightly: bool = False) -> None:
        self._forecaster.reset(slightly=slightly)
        self._steady.jump()
        self.reason, self._reason_age = reason, 0

    def _elapsed(self, work: Work) -> float:
        """Work seconds of a running stage until now; a pause in which it gave no sign of life does not count."""
        asleep = self._paused_at is not None and not work.awake
        end = max(self._paused_at, work.started) if asleep and self._paused_at is not None else self._now
        return self._load.between(work.started, end)

    def _both(self, work: Work) -> tuple[float, float]:
        return self._elapsed(work), self._load.between(work.started, work.reported)

    def _weigh(self) -> None:
        """Find out whether the machine is slower or faster than before."""
        rates = self._rates()
        running = [self._pace(work, rates[work.stage]) for work in self._plan.running.values()]
        before = self._load.factor
        self._load.weigh([pace for pace in running if pace], self._book.priors(), self._now)
        self._untold += math.log(self._load.factor / before)
        if abs(self._untold) > TOLD:
            self._jump("the machine is slower" if self._untold > 0.0 else "the machine is faster")
            self._untold = 0.0

    def _pace(self, work: Work, rate: Rate) -> Pace | None:
        """The pace of a stage as far as it has told; None where that says nothing of the machine."""
        elapsed = self._load.between(work.started, work.reported)
        if work.stage in self._served or work.media <= 0.0 or work.fraction <= 0.0 or elapsed < TELLING:
            return None
        return pace_of(work, rate, elapsed, self._uneven.variance(work.stage))

    @staticmethod
    def _whole(work: Work, rate: Rate) -> float:
        """Work seconds that a stage usually takes, from the beginning."""
        return rate.rate * rate.size(work.whole, work.first) if work.whole > 0.0 else MOMENT

    def _fixed(self, stage: str) -> float:
        """Seconds that every recording costs beside what grows with it."""
        rate = self._rates()[stage]
        return rate.rate * rate.fixed * self._load.factor

    def _rates(self) -> dict[str, Rate]:
        samples: dict[str, list[Sample]] = {}
        for (_, stage), work in self._plan.running.items():
            if work.media > 0.0:
                lasted, reported = self._both(work)
                samples.setdefault(stage, []).append(Sample(reported, work.media, work.first, work.fraction, lasted))
        return self._book.rates(samples)

    def _beliefs(self) -> Beliefs:
        return Beliefs(
            rates=self._rates(),
            waste=self._book.waste_factor,
            elapsed=self._both,
            factor=self._load.factor,
            factor_error=math.sqrt(self._load.variance),
            uneven=lambda stage: self._uneven.variance(stage, PROGRESS_NOISE),
            slots=self._slots,
            workers=self._workers if self._served else self._slots,
            served=self._served,
            fresh={stage: max(0, self._beginners(stage) - begun) for stage, begun in self._started.items()},
            now=self._active,
        )

    def _delays(self, remaining: float) -> float:
        """What may still go wrong makes the median longer, by the share of the whole that remains."""
        return 1.0 + DELAYS * remaining

    def _update(self) -> None:
        seconds, spread = self._forecaster.whole(self._beliefs())
        share = seconds / (seconds + self._passed)
        seconds *= self._delays(share)
        self._band.keep(self._active, seconds, spread, share)
        low, high = self._band.factors(spread, share)
        mid = self._steady.follow(seconds, self._now)
        if self._estimate is not None and mid > self._estimate.mid * (1.0 + RISE) and not self.reason:
            self.reason, self._reason_age = "longer than expected", 0
        self._estimate = Estimate(mid * low, mid, mid * high)
        if self._begun is not None:
            self._record.predict(self._passed, self._estimate)
        self._reason_age += 1
        if self._reason_age > REASON_UPDATES:
            self.reason = ""
