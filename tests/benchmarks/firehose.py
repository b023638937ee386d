"""A simulated engine for measuring displays: so many events a second about so many sessions, by eight workers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from enrich_tui import events as ev
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome

STEP = 0.02
"""Seconds between two portions of events."""


class Firehose:
    """Goes on until cancelled. Some stages are tried again, some sessions fail, and the estimates change."""

    def __init__(self, sessions: int, rate: float, workers: int = 8) -> None:
        self.sessions, self.rate, self.workers = sessions, rate, workers

    async def run(self, sink: ev.Sink, /) -> int:
        """Tell all sessions at once, then so many events a second."""
        loop = asyncio.get_running_loop()
        zero = loop.time()
        sink(
            ev.RunStarted(
                program="benchmark",
                library="/made-up/recordings",
                at="2026-01-01T00:00:00+00:00",
                workers=self.workers,
                cpu_slots=2,
                stages=STAGES,
                simulated=True,
            )
        )
        for number in range(self.sessions):
            sink(
                ev.SessionQueued(
                    session=f"s{number}", title=f"session {number:05}", source="", output="", size=1, stages=STAGES
                )
            )
        script, sent = self._script(), 0
        while True:
            now = loop.time() - zero
            while sent < now * self.rate:
                sink(next(script).model_copy(update={"t": now}))
                sent += 1
            await asyncio.sleep(STEP)

    def _script(self) -> Iterator[ev.Event]:
        working = [(slot, 0, 0.0) for slot in range(self.workers)]
        following = done = turn = 0
        following = self.workers
        for slot in range(self.workers):
            yield from self._start(slot, STAGES[0], slot)
        while True:
            turn += 1
            slot = turn % self.workers
            number, place, fraction = working[slot]
            session, stage = self._session(number), STAGES[place]
            fraction += 0.07
            if turn % 20 == 0:
                yield self._batch(done, working)
            elif turn % 21 == 0:
                yield self._pool(turn)
            elif fraction < 1:
                yield ev.StageProgressed(session=session, stage=stage, fraction=fraction)
            else:
                failed = stage is Stage.VIDEO and number % 25 == 0
                outcome = StageOutcome.FAILED if failed else StageOutcome.COMPLETED
                yield ev.StageFinished(session=session, stage=stage, outcome=outcome, duration=3.0, attempts=1)
                if failed:
                    yield ev.ErrorRaised(
                        problem="codec",
                        category="malformed-data",
                        message="This video could not be decoded.",
                        advice="convert it to H.264",
                        session=session,
                        stage=stage,
                    )
                place, fraction = place + 1, 0.0
                if place == len(STAGES):
                    status = SessionStatus.PARTIAL if number % 25 == 0 else SessionStatus.COMPLETE
                    yield ev.SessionFinished(session=session, status=status, duration=9.0)
                    done += 1
                    number, place, following = following, 0, following + 1
                yield from self._start(number, STAGES[place], slot)
            working[slot] = (number, place, fraction)

    def _session(self, number: int) -> str:
        return f"s{number % self.sessions}"

    def _start(self, number: int, stage: Stage, slot: int) -> Iterator[ev.Event]:
        session = self._session(number)
        yield ev.StageStarted(session=session, stage=stage, attempt=1, attempts=3, worker=slot)
        yield ev.WorkerChanged(
            worker=slot, status="active", pid=1000 + slot, session=session, stage=stage, memory=300_000_000, cpu=0.9
        )

    def _pool(self, turn: int) -> ev.Event:
        return ev.PoolChanged(
            total=self.workers,
            idle=0,
            active=self.workers,
            error=0,
            pending=1,
            error_rate=turn % 9,
            restarts=0,
            uptime_percentage=99.0,
            avg_job_duration=3.0,
        )

    def _batch(self, done: int, working: list[tuple[int, int, float]]) -> ev.Event:
        left = max(0, self.sessions - done)
        return ev.BatchChanged(
            state="running",
            total=self.sessions,
            pending=max(0, left - self.workers),
            processing=self.workers,
            completed=done,
            failed=0,
            progress=100.0 * min(done, self.sessions) / self.sessions,
            eta=ev.Eta(low=left * 0.8, mid=left, high=left * 1.3),
            etas={
                self._session(number): ev.Eta(low=1.0, mid=10.0 * (1.0 - fraction), high=20.0)
                for number, _, fraction in working
            },
            rate=3.0,
        )
