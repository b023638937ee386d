"""What a run tells the estimates, where every recording is as long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enrich_tui.progress import EtaEstimator
from enrich_tui.worker.lengths import LengthFinder, Lengths

LENGTH = 1000.0
"""Seconds of each recording."""


class Even(LengthFinder):
    """Every recording is as long."""

    def __init__(self) -> None:
        pass

    async def find(self, _path: Path) -> Lengths:
        return Lengths(LENGTH, None)


class Hearing(EtaEstimator):
    """Keeps how much it was told to expect, and what of it was kept."""

    def __init__(self, history: Mapping[str, Any] | None = None) -> None:
        super().__init__(history)
        self.lengths: dict[str, list[float]] = {}
        self.kept: list[tuple[str, dict[str, float]]] = []

    def add(
        self,
        session_id: str,
        stages: Mapping[str, float | None],
        now: float,
        *,
        kept: Mapping[str, float] | None = None,
    ) -> None:
        self.lengths.setdefault(session_id, []).append(max(math.nan if one is None else one for one in stages.values()))
        self.kept.append((session_id, dict(kept or {})))
        super().add(session_id, stages, now, kept=kept)
