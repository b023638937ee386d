"""Leaves out of a stream what later lines make obsolete: who reads what is left comes to the same view.

It stays a history: starts and ends of stages, errors and the log keep their places, and the figures of the batch are
thinned evenly, so that it can be played as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from enrich_tui.sources.reading import LineError, outline, time_of

FIGURES = 400
"""Figures of the batch that are left over the whole run."""
WORDS = 500
"""Notes and errors that are left, each."""

_OF_STAGE = frozenset({"stage-started", "stage-progressed", "stage-retrying", "stage-finished"})
_LAST_ONLY = frozenset({"pool", "queue-order"})


def compact(lines: Sequence[bytes]) -> list[bytes]:
    """The lines that matter, in their order; what cannot be read is left out."""
    told: list[tuple[bytes, dict[str, Any]]] = []
    for line in lines:
        try:
            told.append((line, outline(line)))
        except LineError:
            continue
    times = [t for _, event in told if not math.isnan(t := time_of(event))]
    later = _Later(max(times, default=0.0) / FIGURES)
    kept = [line for line, event in reversed(told) if later.wants(event)]
    kept.reverse()
    return kept


class _Later:
    """What is known of the rest of a stream while one goes through it from its end."""

    def __init__(self, span: float) -> None:
        self._span = span
        """Seconds between two figures of the batch that are left."""
        self._seen: set[tuple[object, ...]] = set()
        self._again: set[object] = set()
        """Sessions that are run again, and their stages that are."""
        self._well: dict[object, bool] = {}
        self._words: Counter[str] = Counter()
        self._figures: tuple[float, object] | None = None

    def wants(self, event: dict[str, Any]) -> bool:
        """True where nothing that comes later makes this event obsolete."""
        kind, session = event["type"], event.get("session")
        if kind in _OF_STAGE:
            return self._wants_stage(kind, session, event.get("stage"))
        match kind:
            case "session-requeued":
                self._again.add(session)
                self._again.update((session, stage) for stage in event.get("stages", ()))
                return self._last("ended", session)
            case "session-finished":
                return self._last("ended", session)
            case "session-measured":
                return self._last(kind, session)
            case "worker":
                return self._wants_worker(event.get("worker"), well=event.get("status") in {"idle", "active"})
            case "batch":
                return self._wants_figures(time_of(event), event.get("state"))
            case "error" if session in self._again:
                return False
            case "note" | "error":
                self._words[kind] += 1
                return self._words[kind] <= WORDS
        return kind not in _LAST_ONLY or self._last(kind)

    def _wants_stage(self, kind: str, session: object, stage: object) -> bool:
        if (session, stage) in self._again:
            return False
        if kind == "stage-finished":
            return self._last(kind, session, stage)
        over = ("stage-finished", session, stage) in self._seen
        if kind == "stage-started":  # all of them, while the work before counts
            return self._last(kind, session, stage) or not over
        if kind == "stage-progressed":
            begun = ("stage-started", session, stage) in self._seen
            return not over and not begun and self._last(kind, session, stage)
        return not over

    def _wants_worker(self, worker: object, *, well: bool) -> bool:
        """The last word of each time in which it was well or not, because that mends what befell it."""
        wants = self._well.get(worker) is not well
        self._well[worker] = well
        return wants

    def _wants_figures(self, t: float, state: object) -> bool:
        if self._figures is not None:
            kept, of_state = self._figures
            if of_state == state and not kept - t >= self._span:
                return False
        self._figures = t, state
        return True

    def _last(self, *key: object) -> bool:
        new = key not in self._seen
        self._seen.add(key)
        return new
