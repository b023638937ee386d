"""Which sessions are shown, in which order: sorted and filtered, and kept so row by row as things change.

A filter is words; all of them must fit:

- ``state:failed``: the session's state begins so (``state:fail`` will do); several ``state:`` words: any of them.
- ``stage:video``: that stage is in work, waits for another attempt, or failed; several: any of them.
- ``worker:2``: that worker has a stage of it, or had one last; several: any of them.
- any other word: the title or the id contains it, in upper or lower case.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from enrich_tui.display.rows import CELL_RANK, Cell, CellState, SessionRow, SessionState
from enrich_tui.display.view import RunView
from enrich_tui.model import STAGES, Stage

_AT_WORK = frozenset({CellState.PROCESSING, CellState.RETRYING, CellState.FAILED})
_FINISHED = frozenset({SessionState.DONE, SessionState.SKIPPED, SessionState.CANCELLED})
_RANK = {
    SessionState.RUNNING: 0,
    SessionState.FAILED: 1,
    SessionState.PARTIAL: 2,
    SessionState.RETRYING: 3,
    SessionState.QUEUED: 4,
    SessionState.ARRIVING: 5,
    SessionState.DONE: 6,
    SessionState.SKIPPED: 7,
    SessionState.CANCELLED: 8,
}
_DIGITS = re.compile(r"(\d+)")


class Sort(StrEnum):
    """What sessions are sorted by."""

    STATE = "state"
    NAME = "name"
    AUDIO = "audio"
    VIDEO = "video"
    SUMMARY = "summary"
    CANVAS = "canvas"
    STAGE = "stage"
    """The stage that a session is at."""
    TRY = "try"
    WORKER = "worker"
    TIME = "time"
    ETA = "eta"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Query:
    """A filter, see the module."""

    words: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a filter as a person types it; never fails."""
        found: dict[str, list[str]] = {"state": [], "stage": [], "worker": [], "": []}
        for word in text.casefold().split():
            name, colon, value = word.partition(":")
            if colon and name in found and value:
                found[name].append(value)
            elif not (colon and name in found):
                found[""].append(word)
        return cls(tuple(found[""]), tuple(found["state"]), tuple(found["stage"]), tuple(found["worker"]))

    def __bool__(self) -> bool:
        return bool(self.words or self.states or self.stages or self.workers)

    @property
    def unknown(self) -> str:
        """The first state or stage that is asked for and does not exist, with those that do; else empty.

        >>> Query.parse("stage:vidoe").unknown
        'no stage vidoe: audio, video, summary, canvas'
        """
        for kind, wanted, names in (("state", self.states, SessionState), ("stage", self.stages, STAGES)):
            for word in wanted:
                if not any(name.startswith(word) for name in names):
                    return f"no {kind} {word}: {', '.join(names)}"
        return ""

    def matches(self, row: SessionRow) -> bool:
        """True where this row is to be shown."""
        if self.states and not any(row.state.startswith(state) for state in self.states):
            return False
        if self.stages and not any(self._at(row, stage) for stage in self.stages):
            return False
        if self.workers and not any(
            cell.worker is not None and str(cell.worker) in self.workers for cell in row.cells.values()
        ):
            return False
        return all(word in row.needle for word in self.words)

    @staticmethod
    def _at(row: SessionRow, wanted: str) -> bool:
        return any(stage.startswith(wanted) and cell.state in _AT_WORK for stage, cell in row.cells.items())


class Listing:
    """The ids of the sessions to show, sorted; a change of a few rows costs no new sort."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self.sort = Sort.STATE
        self.reverse = False
        self.query = Query()
        self.hide_finished = False
        self._keys: list[tuple[Any, ...]] = []
        self._key_of: dict[str, tuple[Any, ...]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> str:
        ident: str = self._keys[len(self._keys) - 1 - index if self.reverse else index][-1]
        return ident

    def __contains__(self, ident: object) -> bool:
        return ident in self._key_of

    def index(self, ident: str) -> int | None:
        """Where this session is shown, from 0; None where it is not."""
        key = self._key_of.get(ident)
        if key is None:
            return None
        place = bisect_left(self._keys, key)
        return len(self._keys) - 1 - place if self.reverse else place

    @property
    def ids(self) -> list[str]:
        """All ids that are shown, in order."""
        ordered = [key[-1] for key in self._keys]
        return ordered[::-1] if self.reverse else ordered

    def rebuild(self) -> None:
        """Sort and filter everything again, after the way to do so was changed."""
        self._key_of = {ident: self._key(row) for ident, row in self._view.rows.items() if self._shown(row)}
        self._keys = sorted(self._key_of.values())

    def update(self, idents: Iterable[str]) -> bool:
        """Take in that these rows changed; True where the order or the number of shown rows did."""
        moved: list[tuple[str, tuple[Any, ...] | None, tuple[Any, ...] | None]] = []
        for ident in idents:
            row = self._view.rows.get(ident)
            old = self._key_of.get(ident)
            new = self._key(row) if row is not None and self._shown(row) else None
            if old != new:
                moved.append((ident, old, new))
        if len(moved) > 200:
            self.rebuild()
            return True
        for ident, old, new in moved:
            if old is not None:
                del self._keys[bisect_left(self._keys, old)]
                del self._key_of[ident]
            if new is not None:
                insort(self._keys, new)
                self._key_of[ident] = new
        return bool(moved)

    def _shown(self, row: SessionRow) -> bool:
        return not (self.hide_finished and row.state in _FINISHED) and self.query.matches(row)

    def _key(self, row: SessionRow) -> tuple[Any, ...]:
        match self.sort:
            case Sort.STATE:
                within = row.order if row.state is SessionState.QUEUED else -row.changed
                if row.state is SessionState.RUNNING:
                    within = row.changed
                return (_RANK[row.state], within, row.order, row.id)
            case Sort.NAME:
                return (_natural(row.title), row.order, row.id)
            case Sort.AUDIO | Sort.VIDEO | Sort.SUMMARY | Sort.CANVAS:
                return (*_progress(row.cells[Stage(self.sort)]), row.order, row.id)
            case Sort.STAGE:
                stage, cell = row.current or (None, Cell())
                rank, amount = _progress(cell)
                return (rank, STAGES.index(stage) if stage else 0, amount, row.order, row.id)
            case Sort.TRY:
                return (-row.attempt[0] if row.attempt else 0, row.order, row.id)
            case Sort.WORKER:
                return (row.worker is None, row.worker or 0, row.order, row.id)
            case Sort.TIME:
                return (-int(row.seconds(self._view.now)), row.order, row.id)
            case Sort.ETA:
                return (row.eta is None, int(row.eta.mid) if row.eta else 0, _RANK[row.state], row.order, row.id)
            case Sort.QUEUE:
                return (row.order, row.id)


def _progress(cell: Cell) -> tuple[int, float]:
    """What is in work first, the furthest on before the others; of what ended, what took longest before the others."""
    percent = int(cell.fraction * 100) if cell.state is CellState.PROCESSING else 0
    return CELL_RANK[cell.state], -percent or -cell.spent


def _natural(text: str) -> list[str | int]:
    """Sorts ``part 10`` after ``part 9``: text and numbers take turns, so that like is compared with like."""
    key: list[str | int] = [*_DIGITS.split(text.casefold())]
    key[1::2] = [int(digits[:18]) for digits in key[1::2] if isinstance(digits, str)]
    return key
