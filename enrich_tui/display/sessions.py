"""All sessions as a display sees them: their rows, how many are in which state, and which wait for a worker."""

from __future__ import annotations

from collections import Counter

from enrich_tui.display.changes import Outdated
from enrich_tui.display.rows import ACTIVE, Cell, CellState, SessionRow, SessionState
from enrich_tui.events import SessionArriving, SessionQueued
from enrich_tui.model import STAGES, Stage
from enrich_tui.text import clean, fit, fit_end

TITLE = 300
"""Longest title, in characters."""


def title_of(event: SessionArriving | SessionQueued) -> str:
    """The title that an event gives a session, cleaned; its id where that leaves nothing."""
    return clean(event.title, TITLE).strip() or clean(event.session, TITLE)


def fit_title(title: str, session: str, width: int, ellipsis: str) -> str:
    """A title in at most ``width`` cells. Of an id in its place the end is kept: paths differ there, if anywhere."""
    is_path = "/" in title and title == clean(session, TITLE)
    return fit_end(title, width, ellipsis=ellipsis) if is_path else fit(title, width, ellipsis=ellipsis)


class Sessions:
    """Rows that change state."""

    def __init__(self, outdated: Outdated) -> None:
        self._outdated = outdated
        self.rows: dict[str, SessionRow] = {}
        self.counts: Counter[SessionState] = Counter()
        self.stage_counts: dict[Stage, Counter[CellState]] = {stage: Counter() for stage in STAGES}
        self.used: set[Stage] = set()
        """Stages that any session has something for."""
        self.active: set[str] = set()
        """Sessions that have been begun and have not ended."""
        self._waiting: dict[str, float] = {}
        """Sessions that wait for a worker, with the time since when, which is also their order."""
        self._titled: dict[str, str] = {}
        """The id of the first session of each title."""
        self._ambiguous: set[str] = set()
        """Titles that several sessions have."""

    @property
    def total(self) -> int:
        """Sessions that were taken up: without those that are only arriving."""
        return self.counts.total() - self.counts[SessionState.ARRIVING]

    @property
    def waiting(self) -> int:
        """How many sessions wait for a worker."""
        return len(self._waiting)

    @property
    def waiting_since(self) -> float | None:
        """Since when the session waits for a worker that waits longest; None where none does."""
        return next(iter(self._waiting.values()), None)

    def add(self, ident: str, state: SessionState, order: int, now: float) -> SessionRow:
        """A new row, without a title."""
        row = self.rows[ident] = SessionRow(ident, "", order=order, state=state)
        self.counts[state] += 1
        self._follow_wait(row, now)
        return row

    def remove(self, row: SessionRow) -> None:
        """This session is gone, and was never taken up."""
        del self.rows[row.id]
        self.counts[row.state] -= 1
        self._outdated.rows.add(row.id)
        self._outdated.parts.update({"batch", "order"})

    def clear(self) -> None:
        """No session is left."""
        self._outdated.rows.update(self.rows)
        self.rows.clear()
        self.counts.clear()
        for counts in self.stage_counts.values():
            counts.clear()
        self.used.clear()
        self.active.clear()
        self._waiting.clear()
        self._titled.clear()
        self._ambiguous.clear()

    def name(self, row: SessionRow, title: str) -> None:
        """Give it this title. Sessions of the same title are told apart by their ids."""
        first = self.rows.get(self._titled.setdefault(title, row.id), row)
        if first is not row:
            self._ambiguous.add(title)
        for one in {first.id: first, row.id: row}.values():
            one.title = clean(one.id, TITLE) if title in self._ambiguous else title
            one.needle = f"{one.title} {one.id}".casefold()
            self._outdated.rows.add(one.id)

    def add_cell(self, row: SessionRow, stage: Stage, state: CellState) -> None:
        """It has this stage."""
        row.cells[stage] = Cell(state)
        self.stage_counts[stage][state] += 1
        self._use(stage, state)

    def set_cell(self, row: SessionRow, stage: Stage, state: CellState) -> None:
        """One of its stages goes over into this state."""
        cell = row.cells[stage]
        counts = self.stage_counts[stage]
        counts[cell.state] -= 1
        counts[state] += 1
        cell.state = state
        self._use(stage, state)
        self._outdated.rows.add(row.id)
        self._outdated.parts.add("batch")

    def _use(self, stage: Stage, state: CellState) -> None:
        if state is not CellState.SKIPPED and stage not in self.used:
            self.used.add(stage)
            self._outdated.parts.add("order")  # the table has another column

    def set_state(self, row: SessionRow, state: SessionState, now: float) -> None:
        """It goes over into this state, at this time of the run."""
        self._outdated.rows.add(row.id)
        if row.state is state:
            self._follow_wait(row, now)
            return
        self.counts[row.state] -= 1
        self.counts[state] += 1
        row.state, row.changed = state, now
        self._waiting.pop(row.id, None)
        self._follow_wait(row, now)
        (self.active.add if state in ACTIVE else self.active.discard)(row.id)
        self._outdated.parts.update({"batch", "order"})

    def follow_cells(self, row: SessionRow, now: float) -> None:
        """It is retrying where one of its stages is and none is in work; else it is running."""
        states = {cell.state for cell in row.cells.values()}
        waiting = CellState.RETRYING in states and CellState.PROCESSING not in states
        self.set_state(row, SessionState.RETRYING if waiting else SessionState.RUNNING, now)

    def _follow_wait(self, row: SessionRow, now: float) -> None:
        """It waits while it is queued, and between two stages."""
        states = {cell.state for cell in row.cells.values()}
        between = row.state is SessionState.RUNNING and CellState.PROCESSING not in states
        if row.state is SessionState.QUEUED or between:
            self._waiting.setdefault(row.id, now)
        else:
            self._waiting.pop(row.id, None)
