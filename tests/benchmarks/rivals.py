"""The same view as others would write it: with a ``DataTable``, and with a ``ProgressBar`` for each stage.

Both take the events as the dashboard does: into the view at once, onto the screen ten times a second, and only what
changed. They are as good as these widgets let them be.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import DataTable, Label, ProgressBar, Static

from enrich_tui.display.changes import Changes
from enrich_tui.display.rows import Cell, CellState, SessionRow
from enrich_tui.display.view import RunView
from enrich_tui.events import Event, Source
from enrich_tui.model import STAGES
from enrich_tui.text import eta_text, seconds_text
from enrich_tui.tui.app import FRAME


class Idle(App[int]):
    """The least that Textual can be."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("idle")


class Rival(App[int]):
    """Takes the events; what is drawn is the matter of those that build on it."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._events: deque[Event] = deque()
        self.view = RunView()

    def on_mount(self) -> None:
        """Paint first, then begin."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.set_interval(FRAME, self._look)
        self._task = asyncio.create_task(self._source.run(self._events.append))

    async def _look(self) -> None:
        while self._events:
            self.view.apply(self._events.popleft())
        changes = self.view.take()
        if changes.parts or changes.rows:
            await self.show(changes)

    async def show(self, changes: Changes) -> None:
        """Draw what changed."""
        raise NotImplementedError

    def totals(self) -> str:
        """The line above the sessions."""
        view = self.view
        eta = view.batch.eta if view.batch else None
        simulated = "SIMULATED  " if view.started is not None and view.started.simulated else ""
        took = eta_text(eta.low, eta.mid, eta.high) if eta else ""
        return f"{simulated}{view.ended}/{view.counts.total()} sessions  {view.fraction:.0%}  ETA {took}"


class TableApp(Rival):
    """One row of a ``DataTable`` a session."""

    def compose(self) -> ComposeResult:
        """The totals and the table."""
        yield Static(id="totals")
        yield DataTable(cursor_type="row")

    async def show(self, changes: Changes) -> None:
        """See the base."""
        self.query_one("#totals", Static).update(self.totals())
        table = self.query_one(DataTable)
        if not table.columns:
            for name in ("session", "st", *STAGES, "time", "eta"):
                table.add_column(name, key=name, width=12)
        new = [row for ident in changes.rows if ident not in table.rows for row in (self.view.rows[ident],)]
        for row in sorted(new, key=lambda row: row.order):
            table.add_row(*self._cells(row).values(), key=row.id)
        for ident in changes.rows - {row.id for row in new}:
            for name, text in self._cells(self.view.rows[ident]).items():
                if table.get_cell(ident, name) != text:
                    table.update_cell(ident, name, text)

    def _cells(self, row: SessionRow) -> dict[str, str]:
        stages = {stage.value: _stage(row.cells[stage]) for stage in STAGES}
        time, eta = seconds_text(row.seconds(self.view.now)), seconds_text(row.eta.mid if row.eta else None)
        return {"session": row.title, "st": row.state.value, **stages, "time": time, "eta": eta}


def _stage(cell: Cell) -> str:
    return f"{cell.fraction:.0%}" if cell.state is CellState.PROCESSING else cell.state.value


class _Session(Horizontal):
    DEFAULT_CSS = "_Session { height: 1; } _Session Label { width: 20; } _Session ProgressBar { width: 20; }"

    def __init__(self, row: SessionRow) -> None:
        super().__init__()
        self._row = row
        self.bars = {stage: ProgressBar(total=1.0, show_eta=False) for stage in STAGES}

    def compose(self) -> ComposeResult:
        yield Label(self._row.title, markup=False)
        yield from self.bars.values()


class BarsApp(Rival):
    """A ``ProgressBar`` for each stage of each session."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._shown: dict[str, _Session] = {}

    def compose(self) -> ComposeResult:
        """The totals and a list."""
        yield Static(id="totals")
        yield VerticalScroll(id="sessions")

    async def show(self, changes: Changes) -> None:
        """See the base."""
        self.query_one("#totals", Static).update(self.totals())
        await self._add(row for ident in changes.rows - self._shown.keys() for row in (self.view.rows[ident],))
        for ident in changes.rows:
            for stage, bar in self._shown[ident].bars.items():
                cell = self.view.rows[ident].cells[stage]
                bar.update(progress=1.0 if cell.state is CellState.COMPLETED else cell.fraction)

    async def _add(self, rows: Iterable[SessionRow]) -> None:
        new = {row.id: _Session(row) for row in sorted(rows, key=lambda row: row.order)}
        if new:
            self._shown |= new
            await self.query_one("#sessions").mount_all(new.values())
