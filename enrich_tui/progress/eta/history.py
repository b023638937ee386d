"""What is kept from one batch to the next: JSON, a stage's figures by the engine that they were measured with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from enrich_tui.progress.eta.fit import DEFAULTS, REMEMBERED, Learned
from enrich_tui.progress.eta.rates import SPEED_WEIGHT, WARM_SPEED, RateBook

VERSION = 2
MOST = 1e6
"""Rates from here on are not believed."""
MOST_FIRST = 1e9
"""Costs of a first stage from here on neither (seconds of media)."""
ENGINES = 8
"""Engines of one stage that are remembered, the latest ones."""

DEFAULT_HISTORY: Mapping[str, Any] = {
    "version": VERSION,
    "stages": {stage: {"": prior._asdict()} for stage, prior in DEFAULTS.items()},
}
"""For a machine on which nothing was measured yet: a rough estimate from the beginning, soon given up."""


def or_default(stored: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A stored history, or :data:`DEFAULT_HISTORY` where nothing in it tells of a stage."""
    return stored if stored is not None and Memory(stored.get("stages")).known else DEFAULT_HISTORY


class Memory:
    """What is known of each stage's engines, and which of them this batch works with.

    Until a stage has finished the engine used last is assumed. The one that most stages of this batch told counts; what
    was learned with another one does not mislead.
    """

    def __init__(self, stored: Any, speed: Any = None) -> None:
        """``stored``: what :meth:`history` returned; entries that cannot be used are left out. ``speed``: as well."""
        self._speed = _usable_speed(speed)
        self._engines: dict[str, dict[str, Learned]] = {}
        self._told: dict[str, Counter[str]] = {}
        for stage, entries in stored.items() if isinstance(stored, Mapping) else ():
            if stage in DEFAULTS and isinstance(entries, Mapping):
                known = {str(engine): usable for engine, entry in entries.items() if (usable := _usable(stage, entry))}
                if known:
                    self._engines[stage] = known
        self._current = {stage: next(reversed(known)) for stage, known in self._engines.items()}

    @property
    def known(self) -> bool:
        """Something was stored."""
        return bool(self._engines)

    def book(self) -> RateBook:
        """The rates to begin with."""
        learned = {stage: self._engines[stage][engine] for stage, engine in self._current.items()}
        return RateBook(learned, self._speed["spread"])

    def used(self, stage: str, engine: str, book: RateBook) -> bool:
        """A stage was done by this engine; returns whether the book had to change what it believes beforehand."""
        told = self._told.setdefault(stage, Counter())
        told[engine] += 1
        most = max(told, key=lambda name: told[name])
        changed = most != self._current.get(stage, most)
        if changed:
            book.believe(stage, self._engines.get(stage, {}).get(most))
        self._current[stage] = most
        return changed

    def speed(self, latest: float | None) -> dict[str, float]:
        """How much the machine's speed varies from batch to batch, and over how many; ``latest``: that of this one."""
        if latest is None:
            return self._speed
        spread, batches = self._speed["spread"], self._speed["batches"]
        weight = SPEED_WEIGHT + batches
        variance = (weight * spread**2 + min(latest**2, 4.0)) / (weight + 1.0)
        return {"spread": math.sqrt(variance), "batches": min(batches + 1.0, 16.0)}

    def history(self, learned: Mapping[str, Learned]) -> dict[str, dict[str, dict[str, float]]]:
        """What is known of all engines; the one in use comes last."""
        kept: dict[str, dict[str, dict[str, float]]] = {}
        for stage in DEFAULTS:
            engine = self._current.get(stage, "")
            entries = {name: entry for name, entry in self._engines.get(stage, {}).items() if name and name != engine}
            if stage in learned:
                rate = min(MOST / 2.0, learned[stage].rate)
                entries[engine] = learned[stage]._replace(rate=rate)
            if entries:
                kept[stage] = {name: entries[name]._asdict() for name in list(entries)[-ENGINES:]}
        return kept


def _usable(stage: str, entry: Any) -> Learned | None:
    if not isinstance(entry, Mapping):
        return None
    figures = [entry.get(key, getattr(DEFAULTS[stage], key)) for key in Learned._fields]
    if not all(isinstance(figure, int | float) for figure in figures):
        return None
    learned = Learned(*(float(figure) for figure in figures))
    sound = (
        0.0 < learned.rate < MOST
        and 0.0 < learned.first < MOST_FIRST
        and 0.0 < learned.noise < MOST
        and 0.0 <= learned.stages < MOST
    )
    return learned._replace(stages=min(float(REMEMBERED), learned.stages)) if sound else None


def _usable_speed(entry: Any) -> dict[str, float]:
    match entry:
        case {"spread": int() | float() as spread, "batches": int() | float() as batches}:
            if 0.05 <= spread <= 2.0 and 0.0 <= batches <= MOST:
                return {"spread": float(spread), "batches": float(batches)}
    return {"spread": WARM_SPEED, "batches": 0.0}
