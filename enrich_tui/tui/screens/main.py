"""The dashboard itself: its parts, where they are at which size, and what the keys do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from enrich_tui.display.changes import Changes
from enrich_tui.display.report import report, session_text, trouble_lines
from enrich_tui.display.troubles import Trouble
from enrich_tui.tui import keys
from enrich_tui.tui.board import Board
from enrich_tui.tui.feed import RunFeed
from enrich_tui.tui.layout import Plan, plan
from enrich_tui.tui.screens.choice import Choice
from enrich_tui.tui.screens.listing import ListScreen
from enrich_tui.tui.widgets.bottom import KeyLine, StatusLine
from enrich_tui.tui.widgets.errors import ErrorPanel
from enrich_tui.tui.widgets.overview import Header, StageTotals
from enrich_tui.tui.widgets.side import PoolBox, SelectedSession, WorkerPanel
from enrich_tui.widgets import BatchProgress, PoolHealth
from enrich_tui.widgets.glyphs import ASCII
from enrich_tui.widgets.live import Live

_FORMATS = [
    ("m", "md", "Markdown: text, to paste"),
    ("h", "html", "HTML: a page, to look at"),
    ("j", "json", "JSON, for programs"),
    ("esc", "", "none"),
]


class MainScreen(ListScreen, inherit_bindings=False):
    """See the module."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.MAIN]
    AUTO_FOCUS = None
    VERTICAL_BREAKPOINTS = []  # noqa: RUF012 - as Textual declares it; its own plan knows more sizes than two
    ALL_KEYS: ClassVar[Sequence[Binding]] = keys.MAIN
    OFFERED: ClassVar[Sequence[str]] = keys.FOOTER
    """Ids of what the last line names."""

    def __init__(self, board: Board, keymap: Mapping[str, str]) -> None:
        super().__init__(board)
        self.header = Header(board, id="header")
        self.errors = ErrorPanel(board, id="errors")
        known = {binding.id: binding for binding in (*keys.TABLE, *self.ALL_KEYS, *keys.APP)}
        self.key_line = KeyLine(board, [known[ident] for ident in self.OFFERED], keymap)
        self._plan: Plan | None = None
        self.furnished = False
        """True from when on it has all its parts; before, it has those that keys do something with."""

    def compose(self) -> ComposeResult:
        """What the first frame shows, which waits for no style sheet; the rest comes with :meth:`furnish`."""
        width, height = self.app.size
        first = plan(width, height, 0)
        self.header.display, self.key_line.display = first.overview > 1, first.footer > 0
        self.header.styles.height = self.key_line.styles.height = 1
        self.key_line.styles.dock = "bottom"
        yield self.header
        yield self.key_line

    async def furnish(self) -> None:
        """Put in all other parts; the plan says which are shown."""
        board, ascii_only = self.board, self.board.glyphs is ASCII
        self.feed = RunFeed(board.view)
        self.progress = BatchProgress(self.feed, ascii_only=ascii_only, paced=True, id="batch")
        self.pool = PoolHealth(self.feed, compact=True, ascii_only=ascii_only, paced=True, id="pool")
        self.stages = StageTotals(board, id="stages")
        self.worker_panel = WorkerPanel(board, id="workers")
        self.pool_box = PoolBox(board, self.feed, id="pool-box")
        self.details = SelectedSession(board, self.feed, id="details")
        self.status = StatusLine(board, id="status")
        self.side = Vertical(self.worker_panel, self.pool_box, self.details, id="side")
        self.middle = Horizontal(Vertical(self.head, self.table, self.errors, id="left"), self.side, id="middle")
        self._live: tuple[Live, ...] = (self.progress, self.pool, self.errors, self.pool_box, self.details)
        self.furnished = True
        self.lay_out()
        await self.mount_all([self.progress, self.pool, self.stages, self.middle, self.status])
        self.table.focus()

    def on_screen_suspend(self) -> None:
        """Another screen comes: what was answered here does not cover it."""
        self.app.clear_notifications()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Take the form that suits the screen."""
        if self.furnished:
            self.lay_out()

    def lay_out(self) -> None:
        """Show what the plan for this size says."""
        width, height = self.app.size
        wanted = plan(width, height, len(self.board.view.troubles))
        if wanted == self._plan and self.status.badge == wanted.badge:
            return
        self._plan = wanted
        self.set_class(wanted.wide, "-wide")
        self.progress.compact = wanted.overview == 1
        self._name_totals()
        self.progress.set_class(self.progress.compact, "-compact")
        fourth = 1 if wanted.overview > 3 else 0
        for part, lines in (
            (self.header, 0 if self.progress.compact else 1),
            (self.progress, 1 if self.progress.compact else 2),
            (self.pool, 0 if wanted.wide else fourth),
            (self.stages, fourth if wanted.wide else 0),
            (self.head, wanted.head),
            (self.errors, wanted.errors),
            (self.status, wanted.status),
            (self.key_line, wanted.footer),
        ):
            part.display = lines > 0
            if lines:
                part.styles.height = lines
        self.status.badge = wanted.badge
        self.middle.display = wanted.table
        self.side.display = wanted.wide
        self.side.styles.width = max(1, wanted.side)
        self.details.display = wanted.details
        self._size_workers()
        if not wanted.errors and self.errors.has_focus:
            self.table.focus()

    def _name_totals(self) -> None:
        """Where there is no header, the totals say what they are of."""
        alone = self._plan is not None and not self._plan.table and self.app.size.width >= 20
        self.progress.label = self.board.mark or ("enrich" if alone else "")

    def _size_workers(self) -> None:
        count = max(1, len(self.board.view.workers))
        height = self.app.size.height
        room = max(3, (height - 16) // (2 if self._plan and self._plan.details else 1))
        self.worker_panel.styles.height = 2 + min(count, room)

    def update(self, changes: Changes) -> None:
        """Draw what changed."""
        parts = changes.parts
        if changes.rows:
            self.table.update(changes.rows)
        if "errors" in parts:
            self.errors.changed()
            self.lay_out()
        if "header" in parts:
            self._name_totals()
            self.errors.changed()
        if parts & {"header", "log"}:
            self.details.changed()
        self.feed.tell(changes)
        for widget in self._live:
            widget.look()
        if parts & {"header", "workers", "order"}:
            self.header.redraw()
        if "batch" in parts:
            self.stages.redraw()
        if "workers" in parts:
            self._size_workers()
        if parts & {"workers", "second"}:
            self.worker_panel.redraw()
        if "header" in parts:
            self.key_line.redraw()
            if not self.board.view.rows:
                self.table.refresh()  # it says why it is empty
        if parts & {"log", "errors"}:
            self.status.redraw()
        if changes.rows or parts & {"header", "order"}:
            self.head.redraw()

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        self.table.repaint()

    # -- messages of the parts ----------------------------------------------------------------------------------------

    def on_session_table_moved(self) -> None:
        """Another session is selected."""
        self.details.show(self.board.selected)
        self.head.redraw()

    def on_worker_panel_opened(self, event: WorkerPanel.Opened) -> None:
        """A click on a worker."""
        self._open_workers(event.worker)

    def on_selected_session_opened(self) -> None:
        """A click on the details."""
        self.on_session_table_opened()

    async def on_key_line_pressed(self, event: KeyLine.Pressed) -> None:
        """A click on a key."""
        for node in (self.focused or self.table, self, self.app):
            if await self.app.run_action(event.binding.action, node):
                return

    # -- the run ------------------------------------------------------------------------------------------------------

    def action_retry(self) -> None:
        """Run the selected or marked sessions again; in the error panel, those that met the error."""
        trouble = self.errors.selected if self.errors.has_focus else None
        self.dashboard.commands.retry(list(trouble.sessions) if trouble else self.board.targets)
        self.unmark()

    def action_retry_all(self) -> None:
        """Run all failed sessions again."""
        self.dashboard.commands.retry_failed()

    def action_restart(self) -> None:
        """Restart workers in error."""
        self.dashboard.commands.restart_errored()

    def action_cancel(self) -> None:
        """Cancel the selected session; asks where several are marked."""
        targets = self.board.targets
        if len(targets) <= 1 or self.board.controls is None:
            self.dashboard.commands.cancel(targets)
            return

        def then(answer: str | None) -> None:
            if answer == "cancel":
                self.dashboard.commands.cancel(targets)
                self.unmark()

        self._ask(f"Cancel the {len(targets)} marked sessions?", "What they finished stays", then)

    def action_cancel_all(self) -> None:
        """Cancel everything, after asking; where there is nothing to cancel, that is said."""
        if self.board.controls is None or not self.dashboard.commands.unfinished:
            self.dashboard.commands.cancel_all()
            return

        def then(answer: str | None) -> None:
            if answer == "cancel":
                self.dashboard.commands.cancel_all()

        self._ask("Cancel everything that is not finished?", "What is finished stays", then)

    def _ask(self, question: str, consequence: str, then: Callable[[str | None], None]) -> None:
        answers = [("c", "cancel", f"Cancel. {consequence}."), ("esc", "stay", "Go on as before")]
        self.app.push_screen(Choice(self.board, question, answers, name="ask", chosen="stay"), then)

    def action_pause(self) -> None:
        """Pause or resume."""
        self.dashboard.commands.pause()

    def action_more_workers(self) -> None:
        """One more."""
        self.dashboard.commands.add_worker()

    def action_fewer_workers(self) -> None:
        """One less."""
        self.dashboard.commands.remove_worker()

    def action_take_over(self) -> None:
        """Go on with the work of another program."""
        self.dashboard.commands.take_over()

    def action_earlier(self) -> None:
        """Up in the queue."""
        self.dashboard.commands.move(-1)

    def action_later(self) -> None:
        """Down in the queue."""
        self.dashboard.commands.move(1)

    def action_front(self) -> None:
        """To the front of the queue."""
        self.dashboard.commands.move_to_end(front=True)

    def action_rear(self) -> None:
        """To the end of the queue."""
        self.dashboard.commands.move_to_end(front=False)

    def action_next_panel(self, by: int) -> None:
        """To the next panel, or the one before; where there is one only, that is said."""
        if not self.errors.display:
            self.dashboard.say("There is no other panel now: no errors are shown.")
        elif by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    # -- other screens and the world outside --------------------------------------------------------------------------

    def on_session_table_opened(self) -> None:
        """The details of a session."""
        if self.board.selected is not None:
            from enrich_tui.tui.screens.details import DetailScreen

            self.app.push_screen(DetailScreen(self.board, self.board.selected, self.dashboard.log_file))

    def on_error_panel_opened(self, event: ErrorPanel.Opened) -> None:
        """One error."""
        self._open_errors(event.trouble)

    def action_find(self) -> None:
        """Find words in all sessions."""
        from enrich_tui.tui.screens.find import FindScreen

        self.app.push_screen(FindScreen(self.board))

    def action_errors(self) -> None:
        """All errors."""
        self._open_errors(None)

    def _open_errors(self, only: Trouble | None) -> None:
        from enrich_tui.tui.screens.log import ErrorScreen

        self.app.push_screen(ErrorScreen(self.board, only, self.dashboard.log_file))

    def action_log(self) -> None:
        """The log."""
        from enrich_tui.tui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self.board))

    def action_workers(self) -> None:
        """The worker menu."""
        self._open_workers(None)

    def _open_workers(self, worker: int | None) -> None:
        from enrich_tui.tui.screens.workers import WorkerScreen

        self.app.push_screen(WorkerScreen(self.board, worker))

    async def action_result(self) -> None:
        """Open the result of the selected session."""
        if self.board.selected is not None:
            await self.dashboard.open_result(self.board.selected)

    async def action_copy(self) -> None:
        """Copy the selected error or session."""
        board, trouble = self.board, self.errors.selected if self.errors.has_focus else None
        if trouble is not None:
            await self.dashboard.copy("\n".join(trouble_lines(board.view, trouble)), "the error")
        elif board.row is not None:
            await self.dashboard.copy(session_text(board.view, board.row), "the session")

    async def action_copy_report(self) -> None:
        """Copy the report."""
        await self.dashboard.copy(report(self.board.view), "the report")

    def action_export(self) -> None:
        """Ask for the format, and write the report."""

        async def then(answer: str | None) -> None:
            if answer:
                from enrich_tui.display.export import FORMATS

                await self.dashboard.save(FORMATS[answer](self.board.view), "enrich-report", f".{answer}")

        self.app.push_screen(Choice(self.board, "Write a report", _FORMATS, name="export"), then)
