"""The dashboard: takes events from a source, keeps the view, and paints it ten times a second at most."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.timer import Timer

from enrich_tui.config import UiConfig
from enrich_tui.controls import Controls, Handover, Player
from enrich_tui.display.export import as_markdown
from enrich_tui.display.listing import Listing
from enrich_tui.display.summary import outcome
from enrich_tui.display.view import RunView
from enrich_tui.events import Event, Noted, Source
from enrich_tui.text import clean
from enrich_tui.tui import keys, outward, themes
from enrich_tui.tui.board import Board
from enrich_tui.tui.commands import Commands
from enrich_tui.tui.leaving import LeavingApp, log_path
from enrich_tui.tui.palette import RunProvider
from enrich_tui.tui.screens.choice import LOW
from enrich_tui.tui.screens.main import MainScreen
from enrich_tui.tui.screens.reader import ReaderScreen
from enrich_tui.tui.widgets.errors import ErrorPanel
from enrich_tui.widgets import glyphs
from enrich_tui.widgets.palette import palette

log = logging.getLogger("enrich_tui.tui")

_STYLE = Path(__file__).with_name("app.tcss")
"""Read after the first frame, which needs nothing of it."""
FRAME, FRAME_UNFOCUSED = 0.1, 0.5
"""Seconds between two looks at what changed, with the terminal in front and behind; none while nothing comes."""
BUDGET = 0.03
"""Seconds that events may take in one go, so that keys are never kept waiting."""
MANY = 1000
"""Sessions from which on it tells whether memory is looked through for garbage."""
FROZEN_EVENTS = 200_000
"""Events that are kept while the view is frozen; then it goes on by itself."""


class Dashboard(LeavingApp, inherit_bindings=False):
    """Shows a run until it ends or the person leaves; ``return_code`` is then the exit code of the program."""

    TITLE = "enrich"
    COMMANDS: ClassVar = {RunProvider}
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]  # noqa: RUF012 - as Textual declares it

    theme: Reactive[str] = Reactive(themes.DARK.name)
    _variables_of: Theme | None = None

    def __init__(
        self,
        source: Source,
        controls: Controls | None,
        *,
        ui: UiConfig,
        keys: Mapping[str, str] | None = None,
        exit_on_complete: bool = False,
        player: Player | None = None,
        handover: Handover | None = None,
    ) -> None:
        plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "linux"
        super().__init__(ansi_color=True if plain else None)
        self._source = source
        self._ui = ui
        self._exit_on_complete = exit_on_complete
        self.keymap_in_use = usable_keymap(keys or {})
        wanted = themes.ANSI.name if plain else ui.theme
        if wanted != self.theme and wanted in self.available_themes:
            self.theme = wanted
            self.stylesheet.set_variables(self.get_css_variables())
        self._styled: str | None = self.theme
        """The theme that the style sheet begins with; None once the first frame is painted."""
        view = RunView()
        self.board = Board(view, Listing(view), controls, glyphs.choose(ascii_only=ui.ascii), palette(self))
        self.board.player, self.board.handover, self.board.keymap = player, handover, self.keymap_in_use
        self.commands = Commands(self.board, self.say)
        self._events: deque[Event] = deque()
        self._completed = False
        self._kept = self._counted = 0
        self._timers_by_focus: dict[bool, Timer] = {}
        self.main = self._screen_of(player)(self.board, self.keymap_in_use)
        self.set_class(self.board.glyphs is glyphs.ASCII, "-ascii")
        if not ui.motion:
            self.animation_level = "none"

    @staticmethod
    def _screen_of(player: Player | None) -> type[MainScreen]:
        if player is None:
            return MainScreen
        from enrich_tui.tui.screens.replay import ReplayScreen

        return ReplayScreen

    def get_default_screen(self) -> Screen[Any]:
        """The dashboard proper."""
        return self.main

    # -- the run ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Paint first, then begin."""
        if self.keymap_in_use:
            self.set_keymap(self.keymap_in_use)
        self.theme_changed_signal.subscribe(self, self._recolour)
        self.call_after_refresh(self._begin)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and the dashboard's own."""
        return super().available_themes | themes.BY_NAME

    def get_css_variables(self) -> dict[str, str]:
        """As Textual makes them, but once for a theme: that takes a while, and at the start they are wanted often."""
        if self._variables_of is not self.current_theme:
            self._variables_of = self.current_theme
            super().get_css_variables()
        return self.theme_variables

    def refresh_css(self, animate: bool = True) -> None:
        """Read the style sheet again for another theme; at the start it has been read for this one."""
        if self.theme != self._styled:
            super().refresh_css(animate)

    async def _begin(self) -> None:
        self._styled = None
        self.stylesheet.add_source(_STYLE.read_text(encoding="utf-8"), (str(_STYLE), ""))
        await self.main.furnish()
        self._timers_by_focus = {
            True: self.set_interval(FRAME, self.look),
            False: self.set_interval(FRAME_UNFOCUSED, self.look, pause=True),
        }
        self.set_interval(1.0, self._second)
        self._run_task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            code = await self._source.run(self._take)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the terminal must come back
            self._handle_exception(error)
            return
        self.freeze(on=False)
        while self._events:
            self.look()
        final = code if self._exit_code is None else self._exit_code
        self.exit(final, return_code=final)

    def _take(self, event: Event) -> None:
        self._events.append(event)
        if self.board.view.is_news(event):  # else it waits for the clock, and is painted with it
            self._timers_by_focus[self.app_focus].resume()

    def look(self) -> None:
        """Take in the events that came, and paint what they changed."""
        if not self._events:
            for timer in self._timers_by_focus.values():
                timer.pause()
        if self.board.frozen:
            if len(self._events) > FROZEN_EVENTS:
                self.freeze(on=False)
            return
        until = time.perf_counter() + BUDGET
        apply, events = self.board.view.apply, self._events
        while events:
            apply(events.popleft())
            if not len(events) & 31 and time.perf_counter() > until:
                break
        if events:
            self.set_timer(0.01, self.look)
        changes = self.board.view.take()
        if "header" in changes.parts and self.board.handover is not None:
            self.board.controls = self.board.handover.controls
        if changes.rows or changes.parts:
            self.main.update(changes)
            if isinstance(self.screen, ReaderScreen):
                self.screen.update(changes)
            if "header" in changes.parts:
                self._follow_state()

    def _follow_state(self) -> None:
        view = self.board.view
        done = view.state == "done" or (view.state == "watching" and view.ended > 0)
        if done and not self._completed:
            self._complete()
        self._completed = done

    def _complete(self) -> None:
        """A person wants to know that the work is done; of a recording that is no news."""
        view = self.board.view
        if self.board.player is not None:
            return
        if self._ui.notify:
            self.bell()
            self._notify_desktop(f"enrich: {', '.join(outcome(view.outcome).values())}")
        if self._ui.on_complete and self.board.controls is not None:
            self.run_worker(self._on_complete(), exit_on_error=False)
        if self._exit_on_complete and self.board.controls is not None:
            self.board.controls.drain()

    def _notify_desktop(self, words: str) -> None:
        """OSC 9, which most terminals turn into a notification and the others ignore; own words only."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]9;{words}\x07")

    async def _on_complete(self) -> None:
        done = False
        with contextlib.suppress(OSError):
            path = await outward.save(as_markdown(self.board.view), f"enrich-report-{outward.stamp()}.md")
            done = await outward.run_command((*self._ui.on_complete, str(path)))
        if not done:
            failed = "The on_complete command failed."
            log.warning(failed)
            self._take(Noted(t=self.board.view.now, level="warning", message=failed))

    def _second(self) -> None:
        self.look()
        self.main.header.redraw()
        count = len(self.board.view.rows)
        if count >= MANY and self._kept < count == self._counted:
            gc.freeze()  # what was taken in lives as long as the run: looking through it takes a tenth of a second
            self._kept = count
        self._counted = count

    def watch_app_focus(self, focus: bool) -> None:
        """Look less often while nobody does."""
        for when, timer in self._timers_by_focus.items():
            (timer.resume if when is focus else timer.pause)()

    def freeze(self, *, on: bool) -> None:
        """Let the view stand still, or go on."""
        self.board.frozen = on
        self.main.header.redraw()
        if not on:
            self.look()

    def _recolour(self, _theme: object) -> None:
        self.board.palette = palette(self)
        self.main.repaint()
        for screen in self.screen_stack:
            if isinstance(screen, ReaderScreen):
                self.call_after_refresh(screen.recolour)  # its background has changed by then

    def say(self, words: str) -> None:
        """Answer what the person just did; one answer at a time."""
        self.clear_notifications()
        self.notify(words, markup=False, timeout=4)

    # -- the rest -----------------------------------------------------------------------------------------------------

    def action_next_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in themes.THEMES]
        place = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(place + 1) % len(names)]
        self.say(f"Theme: {self.theme}")

    def action_help(self) -> None:
        """Help for what has the focus; in the help: back."""
        from enrich_tui.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss(None)
            return
        if isinstance(self.screen, ReaderScreen):
            self.push_screen(HelpScreen(self.board, [("This screen", self.screen.ALL_KEYS)]))
            return
        in_errors = isinstance(self.focused, ErrorPanel)
        sections = [
            ("Errors", keys.ERRORS) if in_errors else ("Sessions", keys.TABLE),
            ("The run and the view", self.main.ALL_KEYS),
            ("Everywhere", keys.APP),
        ]
        self.push_screen(HelpScreen(self.board, sections))

    async def perform(self, binding: Binding) -> None:
        """Do what a key of the dashboard does, wherever the focus is."""
        node = self if binding in keys.APP else self.main.table if binding in keys.TABLE else self.main
        await self.run_action(binding.action, node)

    def go_to(self, ident: str) -> None:
        """Put the cursor on this session, clearing the filter where it hides it."""
        if ident not in self.board.listing:
            self.board.listing.hide_finished = False
            self.main.set_filter("")
        self.main.table.go_to(ident)

    async def copy(self, text: str, what: str) -> None:
        """Put text into the clipboard through the terminal; where that is known not to work, into a file."""
        fits = len(text.encode()) <= outward.OSC52_BYTES
        if fits and outward.takes_osc52():
            self.copy_to_clipboard(text)
            self.say(f"Copied {what} to the clipboard, through the terminal.")
            return
        try:
            path = await outward.save_copy(text)
        except OSError:
            self.say(f"This terminal takes no copies, and no file could be written for {what}.")
            return
        why = "it is too long for the terminal" if not fits else "this terminal takes no copies"
        self.say(f"Wrote {what} to {clean(str(path))}: {why}.")

    async def save(self, text: str, name: str, ending: str) -> Path | None:
        """Write text to a new file and say where it is."""
        try:
            path = await outward.save(text, f"{name}-{outward.stamp()}{ending}")
        except OSError:
            self.say("No file could be written: neither here nor in your own folders.")
            return None
        self.say(f"Wrote {clean(str(path))}.")
        return path

    async def open_result(self, ident: str, at: float | None = None) -> None:
        """Open a session's canvas, at this moment of its recording (seconds); or its folder."""
        path = outward.result_path(self.board.view.rows[ident])
        if path is None:
            self.say("There is no result yet.")
        elif await outward.open_path(path, at):
            self.say(f"Opened {clean(str(path))}.")
        else:
            self.say(f"There is nothing here to open it with. It is {clean(str(path))}.")

    async def action_save_picture(self) -> None:
        """A picture of the screen, as SVG."""
        await self.save(self.export_screenshot(), "enrich-screen", ".svg")

    @property
    def log_file(self) -> str:
        """Where the program's log is; empty where there is none."""
        return log_path()


def usable_keymap(wanted: Mapping[str, str]) -> dict[str, str]:
    """Of the keys in the configuration, those for bindings that there are, with at least one key."""
    known = {binding.id for binding in keys.ALL}
    return {
        ident: cleaned
        for ident, names in wanted.items()
        if ident in known and (cleaned := ",".join(name.strip() for name in names.split(",") if name.strip()))
    }
