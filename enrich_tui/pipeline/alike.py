"""Which sessions of a plan are copies of earlier ones, as a run would find out by all of their bytes.

A plan must not read whole recordings. Only those of the same size are looked at, and of these a few blocks: two
recordings that are alike there are taken for the same. A run believes nothing but their digests.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from enrich_tui.model import PREREQUISITES, Session, Stage
from enrich_tui.pipeline.cache import inputs_of, sources_of

_BLOCK = 64 * 1024


class Alike:
    """Told of sessions in the order of the queue, it says which of their stages an earlier one does already."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        """``sessions``: all those that have something to be done."""
        self._sizes = Counter(_size(session) for session in sessions)
        self._begun: set[tuple[str, ...]] = set()
        self._look = cache(_look)

    def done_before(self, session: Session, to_run: Collection[Stage]) -> set[Stage]:
        """Those of the stages ``to_run`` that are the same of a session before this one, and for that one to do."""
        if self._sizes[_size(session)] < 2:
            return set()
        try:
            main = self._look(sources_of(session)[0])
            marks = {stage: (main, stage.value, *self._depends(session, stage)) for stage in to_run}
        except OSError:
            return set()
        known = {stage for stage, mark in marks.items() if mark in self._begun}
        self._begun.update(marks.values())
        return known

    def _depends(self, session: Session, stage: Stage) -> list[str]:
        """What is seen of everything that a stage's result goes by."""
        stages = (*PREREQUISITES[stage], stage)
        return [self._look(path) for one in stages for path in inputs_of(session, one)]


def _size(session: Session) -> int:
    """Bytes of its first source; -1 where there is none, or it cannot be looked at."""
    try:
        return next(path.stat().st_size for path in sources_of(session))
    except (OSError, StopIteration):
        return -1


def _look(path: Path) -> str:
    """The digest of a file's size and of blocks at its beginning, middle and end. Raises ``OSError``."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        seen = hashlib.sha256(str(size).encode())
        for place in (0, size // 2, max(0, size - _BLOCK)):
            stream.seek(place)
            seen.update(stream.read(_BLOCK))
    return seen.hexdigest()
