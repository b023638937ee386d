"""The recorded batches, replayed to a progress service as the pipeline told it; see ``eta_record`` for the format."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enrich_tui.progress import EtaEstimator, ProgressService
from tests.benchmarks.eta_simulated import Batch, Happening, Machine
from tests.benchmarks.eta_traces import MOMENTS, Trace

DATA = Path(__file__).parents[1] / "data" / "eta"
UNSEEN = ("demo-again", "memos-12", "videos-8", "mixed-18", "screens-6", "speech-10", "corpus-twice")
"""Made, in this order, after the defaults had been set and what had to do with real progress had been tuned."""
EVERY = 0.25
"""Seconds between two questions: as often as the product asks."""


@dataclass(frozen=True)
class Recorded:
    """One recorded batch."""

    name: str
    told: dict[str, Any]

    @property
    def duration(self) -> float:
        return float(self.told["duration"])

    def as_simulated(self) -> Batch:
        """The same batch for the estimators that others use."""
        sessions = [
            (str(number), dict.fromkeys(entry["stages"], 0.0)) for number, entry in enumerate(self.told["sessions"])
        ]
        batch = Batch(sessions, self.told["workers"], Machine({}, {}, {}), math.inf, 1.0)
        for at, kind, number, *rest in self.told["events"]:
            if kind != "measured":
                value = rest[1] if kind in {"progressed", "finished"} else None
                batch.happenings.append(Happening(at, kind, str(number), rest[0], value))
                if kind == "finished":
                    batch.ends[str(number)] = at
        return batch


def load() -> list[Recorded]:
    """All of them, by name."""
    return [Recorded(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(DATA.glob("*.json"))]


def as_made(batches: Iterable[Recorded]) -> list[Recorded]:
    """In the order in which they were recorded, as far as that is known."""
    return sorted(batches, key=lambda batch: UNSEEN.index(batch.name) if batch.name in UNSEEN else -1)


class _Player:
    """Tells a progress service what happened, at the pace of a clock of its own."""

    def __init__(self, batch: Recorded, estimator: EtaEstimator) -> None:
        self.now = 0.0
        self.service = ProgressService(clock=lambda: self.now, estimator=estimator)
        self._media: dict[int, dict[str, float | None]] = {}
        self._stages = [entry["stages"] for entry in batch.told["sessions"]]
        self._begun: set[int] = set()
        self._events = iter(batch.told["events"])
        self._next = next(self._events, None)
        names = range(len(self._stages))
        self.service.start_batch(
            [str(number) for number in names],
            media={str(number): dict.fromkeys(self._stages[number]) for number in names},
            workers=batch.told["workers"],
            cpu_slots=batch.told["cpu_slots"],
            sizes={str(number): batch.told["sessions"][number]["size"] for number in names},
        )

    def play(self, until: float) -> None:
        while self._next is not None and self._next[0] <= until:
            self.now, kind, number, *rest = self._next
            self._tell(kind, number, rest)
            self._next = next(self._events, None)
        self.now = until

    def _tell(self, kind: str, number: int, rest: list[Any]) -> None:
        if kind == "measured":
            self._media[number] = rest[0]
            self.service.measured(str(number), rest[0])
            return
        if number not in self._begun:
            self._begun.add(number)
            wanted: dict[str, Any] = {
                f"include_{stage}": stage in self._stages[number] for stage in ("audio", "video", "summary", "canvas")
            }
            self.service.start_progress(str(number), **wanted, media=self._media.get(number))
        match kind, rest:
            case "started", [stage]:
                self.service.update_stage(str(number), stage, status="processing", progress=0.0)
            case "progressed", [stage, fraction, *kept]:
                began = 100.0 * kept[0] if kept else None
                self.service.update_stage(str(number), stage, progress=100.0 * fraction, kept=began)
            case "finished", [stage, "retry", _]:
                self.service.update_stage(str(number), stage, status="pending", outcome="retry")
            case "finished", [stage, "cached", engine]:
                self.service.update_stage(str(number), stage, status="completed", outcome="cached", engine=engine)
            case "finished", [stage, status, engine]:
                self.service.update_stage(str(number), stage, status=status, engine=engine)


def replay(batch: Recorded, estimator: EtaEstimator) -> Trace:
    """Play a batch to an estimator, and ask it as often as the product does, and at the moments."""
    trace = Trace()
    player = _Player(batch, estimator)
    moments = {moment * batch.duration: moment for moment in MOMENTS}
    steps = {step * EVERY for step in range(1, int(batch.duration / EVERY))}
    for now in sorted(steps | set(moments)):
        player.play(now)
        estimate = player.service.batch_eta()
        if now in moments:
            trace.said[moments[now]] = estimate
        if now in steps and estimate is not None:
            trace.mids.append((now, estimate.mid))
    player.play(batch.duration)
    return trace


def history(batches: Iterable[Recorded]) -> Mapping[str, Any] | None:
    """What these batches teach, one after the other."""
    known: Mapping[str, Any] | None = None
    for batch in batches:
        estimator = EtaEstimator(known)
        replay(batch, estimator)
        known = estimator.history()
    return known


def worst(batch: Recorded, trace: Trace, begin: float = 0.2, end: float = 0.9) -> float:
    """The largest factor by which an estimate was off, between two shares of the batch's time."""
    factors = [1.0]
    for now, mid in trace.mids:
        if begin * batch.duration <= now <= end * batch.duration:
            true = batch.duration - now
            factors.append(max(mid / true, true / mid))
    return max(factors)
