"""Leaving: on a person's wish, on a signal, after an error of the dashboard itself; the terminal is always restored."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from rich.console import RenderableType
from rich.segment import Segments
from rich.text import Text
from textual.app import App
from textual.driver import Driver

from enrich_tui.signals import HUNG_UP, INTERRUPTED, told
from enrich_tui.tui.board import Board
from enrich_tui.tui.commands import Commands
from enrich_tui.tui.screens.choice import Choice

log = logging.getLogger("enrich_tui.tui")

PATIENCE = 15.0
"""Seconds that a source may take to come to its end after it was told to stop."""

BROKEN = 70
"""Exit code after an error of the dashboard itself."""


class LeavingApp(App[int], inherit_bindings=False):
    """An app with a run in its loop, which ends when the run does."""

    board: Board
    commands: Commands

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._run_task: asyncio.Task[None] | None = None
        self._exit_code: int | None = None
        """What the program is to return instead of what the run returns."""
        self._leaving = False

    def action_leave(self) -> None:
        """Leave; while work runs, ask how."""
        controls = self.board.controls
        if controls is None:
            self.exit(0, return_code=0)
            return
        if self._leaving or not self.commands.working:
            self._drain()
            return
        if self.screen.name == "leave":
            return
        answers = [
            ("d", "drain", "Drain and quit: running stages finish first"),
            ("s", "stop", "Stop now: the work goes on at the next start"),
            ("esc", "stay", "Stay"),
        ]
        self.push_screen(Choice(self.board, "Work is running. Quit?", answers, name="leave"), self._leave)

    def _leave(self, answer: str | None) -> None:
        if answer == "drain":
            self._drain()
        elif answer == "stop":
            self.stop()

    def _drain(self) -> None:
        self._leaving = True
        if self.board.controls is not None:
            self.board.controls.drain()

    def stop(self, code: int | None = None) -> None:
        """Stop the run now, and leave when it has ended; ``code``: with this exit code instead of the run's."""
        self._leaving = True
        if code is not None:
            self._exit_code = code
        if self.board.controls is None:
            self.exit(code or 0, return_code=code or 0)
            return
        self.board.controls.stop()
        self.set_timer(PATIENCE, self._force)

    def _force(self) -> None:
        code = INTERRUPTED if self._exit_code is None else self._exit_code
        self.exit(code, return_code=code)

    def action_interrupt(self) -> None:
        """As leaving; the second time, or where leaving was chosen already, at once."""
        if self._leaving or self.screen.name == "leave" or self.board.controls is None:
            self.stop(INTERRUPTED)
        else:
            self.action_leave()

    async def run_async(self, **options: Any) -> int | None:
        """Run in this loop; signals end it with the terminal restored."""
        with told(self.stop):
            try:
                return await super().run_async(**options)
            finally:
                await self._end_run()

    async def on_unmount(self) -> None:
        """No run outlives the dashboard."""
        await self._end_run()

    async def _end_run(self) -> None:
        task, self._run_task = self._run_task, None
        if task is not None and task is not asyncio.current_task() and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice; on POSIX terminals in a form that outlives a closed window."""
        chosen = super().get_driver_class()
        if chosen.__name__ == "LinuxDriver":
            from enrich_tui.tui.driver import TerminalDriver

            return TerminalDriver
        return chosen

    def panic(self, *renderables: RenderableType) -> None:
        """The keyboard can no longer be read: the terminal is gone."""
        del renderables
        log.error("The terminal cannot be read any more.")
        self.stop(HUNG_UP)

    def _handle_exception(self, error: Exception) -> None:
        """An error of the dashboard itself: a short message, the details in the log, no values on the screen."""
        log.error("The dashboard met an error.", exc_info=error)
        self._return_code = BROKEN
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        where = f" The details are in {log_path()}." if log_path() else ""
        words = Text(f"The dashboard met an error of its own and had to close.{where}")
        self._exit_renderables.append(Segments(self.console.render(words, self.console.options)))
        self._close_messages_no_wait()


def log_path() -> str:
    """The file into which the program's log goes, as text; empty where there is none."""
    for handler in logging.getLogger("enrich_tui").handlers:
        name = getattr(handler, "baseFilename", None)
        if name:
            return str(name)
    return ""
