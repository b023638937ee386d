"""The side column of wide screens: workers, pool, and the selected session."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.style import Style
from textual import events
from textual.message import Message

from enrich_tui.display.figures import SessionFigures
from enrich_tui.display.rows import WorkerRow
from enrich_tui.text import fit, length_text, seconds_text
from enrich_tui.tui.board import Board
from enrich_tui.tui.feed import RunFeed
from enrich_tui.tui.keys import key_of
from enrich_tui.tui.widgets.panel import BoardPanel
from enrich_tui.widgets import EnrichmentProgress, PoolHealth
from enrich_tui.widgets.drawing import Row, bytes_text, rule
from enrich_tui.widgets.glyphs import ASCII
from enrich_tui.widgets.palette import state_style

ROOMY = 34
"""Width from which on a worker's line has room for the stage and the restarts."""
_Text = tuple[str, Style]


class WorkerPanel(BoardPanel):
    """One line a worker: slot, state, session, stage, time in it, restarts. A click opens the worker menu."""

    class Opened(Message):
        """A person wants to do something about this worker."""

        def __init__(self, worker: int | None) -> None:
            super().__init__()
            self.worker = worker

    def __init__(self, board: Board, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(board, id=id)
        self._shown: list[int] = []

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        palette, glyphs = self.palette, self.glyphs
        workers = sorted(self.board.view.workers.values(), key=lambda worker: (worker.status != "error", worker.id))
        room = self.size.height - 2
        shown = workers if len(workers) <= room else workers[: max(0, room - 1)]
        shown = sorted(shown, key=lambda worker: worker.id)
        self._shown = [worker.id for worker in shown]
        tail = Row().add(key_of("workers", self.board.keymap), palette.accent).add(" menu", palette.dim)
        lines = [rule(Row().add("Workers", palette.strong), tail, width, glyphs, palette.faint)]
        if shown:
            lines += [self._heads(width), *(self._worker(worker, width) for worker in shown)]
        if len(shown) < len(workers):
            lines.append(Row().add(f"  and {len(workers) - len(shown)} more", palette.dim))
        return lines

    def on_click(self, event: events.Click) -> None:
        """The menu, with the cursor on the worker that was clicked."""
        here = self._shown[event.y - 2 : event.y - 1] if event.y > 1 else []
        self.post_message(self.Opened(here[0] if here else None))

    def _heads(self, width: int) -> Row:
        dim, restarts = self.palette.dim, self.glyphs.workers["restarting"]
        return self._line(
            width, ("w", dim), ("st", dim), ("session", dim), ("stage", dim), ("time", dim), (restarts, dim)
        )

    def _worker(self, worker: WorkerRow, width: int) -> Row:
        palette, glyphs, view = self.palette, self.glyphs, self.board.view
        styles = {"active": palette.accent, "error": palette.bad, "restarting": palette.warn}
        style = styles.get(worker.status, palette.faint)
        title = self.board.title(worker.session) or worker.status
        stage = worker.stage.value if worker.stage and worker.session else ""
        return self._line(
            width,
            (str(worker.id), palette.dim),
            (glyphs.workers.get(worker.status, glyphs.dash), style),
            (title, palette.text if worker.session else style),
            (stage, palette.dim),
            (length_text(max(0.0, view.now - worker.since), short=True), palette.dim),
            (str(worker.restarts or ""), palette.warn),
        )

    def _line(
        self, width: int, slot: _Text, state: _Text, session: _Text, stage: _Text, time: _Text, restarts: _Text
    ) -> Row:
        """A line of the table; where there is little room, without stage and restarts."""
        roomy = width >= ROOMY
        row = Row().cell(slot[0], 2, slot[1], right=True).add(" ").cell(state[0], 3, state[1])
        room = max(4, width - row.width - (20 if roomy else 7))
        row.cell(session[0], room, session[1], ellipsis=self.glyphs.ellipsis)
        if roomy:
            row.add(" ").cell(stage[0], 8, stage[1])
        row.cell(time[0], 6, time[1], right=True)
        return row.cell(restarts[0], 4, restarts[1], right=True) if roomy else row


class PoolBox(PoolHealth):
    """How the workers have been, below a title."""

    def __init__(self, board: Board, feed: RunFeed, *, id: str) -> None:  # noqa: A002
        super().__init__(feed, ascii_only=board.glyphs is ASCII, paced=True, id=id)

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        title = rule(Row().add("Pool", self.palette.strong), Row(), width, self.glyphs, self.palette.faint)
        return [title, *(Row().add("  ").append(row) for row in super().rows(width - 2))]


class SelectedSession(EnrichmentProgress):
    """The session under the cursor: what it is, its stages, and the last that was told of it. A click opens it."""

    class Opened(Message):
        """A person wants to see it whole."""

    def __init__(self, board: Board, feed: RunFeed, *, id: str) -> None:  # noqa: A002
        super().__init__("", feed, ascii_only=board.glyphs is ASCII, paced=True, id=id)
        self._board = board

    def show(self, session_id: str | None) -> None:
        """Another session."""
        self.session_id = session_id or ""
        self.changed()
        self.look()

    def on_click(self) -> None:
        """All details."""
        self.post_message(self.Opened())

    def head(self, session: SessionFigures | None, width: int) -> Sequence[Row]:
        """The title with the key that opens it, and what the session is."""
        palette, glyphs = self.palette, self.glyphs
        if session is None:
            return [rule(Row().add("Session", palette.strong), Row(), width, glyphs, palette.faint)]
        tail = Row().add(key_of("open", self._board.keymap), palette.accent).add(" open", palette.dim)
        title = Row().add(fit(session.title, max(4, width - 18), ellipsis=glyphs.ellipsis), palette.strong)
        line = Row().add(f"{glyphs.states[session.state]} {session.state}", state_style(session.state, palette))
        line.add(f"  {bytes_text(session.size)}" if session.size else "", palette.dim)
        line.add(f"  {length_text(session.media, short=True)} long" if session.media else "", palette.dim)
        of_all = f"  no. {session.place} of {self._board.view.total}"
        line.add(of_all if session.place else "", palette.dim)
        return [rule(title, tail, width, glyphs, palette.faint), Row().add("  ").append(line)]

    def advised(self, advice: str) -> str:
        """With the keys."""
        return self._board.advised(advice)

    def rows(self, width: int) -> Sequence[Row]:
        """See the class."""
        session = self.figures()
        rows = [*self.head(session, width)]
        if session is not None:
            rows += [Row().add("  ").append(row) for row in self.body(session, width - 3)]
            rows += self._log(width, self.size.height - len(rows) - 1)
        return rows

    def _log(self, width: int, room: int) -> list[Row]:
        """The last lines of the log about the session, where there is room for some."""
        if room < 2:
            return []
        mine = (line for line in reversed(self._board.view.log) if line.session == self.session_id)
        lines = [*islice(mine, room)][::-1]
        palette, ellipsis = self.palette, self.glyphs.ellipsis
        name = f"{self._board.title(self.session_id)}: "
        told = [
            Row()
            .cell(seconds_text(line.t), 9, palette.faint, right=True)
            .add(f"  {line.text.removeprefix(name)}", palette.dim)
            for line in lines
        ]
        return [Row(), *(row.cut(width - 1, ellipsis) for row in told)] if told else []
