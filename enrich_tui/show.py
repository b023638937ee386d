"""Shows a source of events in a display: the dashboard, lines, JSON Lines, or nothing; and ends it on a signal."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enrich_tui.signals import HUNG_UP, told
from enrich_tui.streams import silence_stdout

if TYPE_CHECKING:
    from enrich_tui.config import Config
    from enrich_tui.controls import Controls, Handover, Player
    from enrich_tui.events import Event, Sink, Source


@dataclass(frozen=True)
class Shown:
    """What is shown, and what can be asked of it."""

    source: Source
    controls: Controls | None = None
    stop: Callable[[int], None] | None = None
    """Ends the source with this exit code; None: it can be left at any time."""
    player: Player | None = None
    handover: Handover | None = None
    mark: str = ""
    """What the lines say of it at their start: ``REPLAY``."""


async def show(shown: Shown, display: str, config: Config, *, exit_on_complete: bool = False) -> int:
    """Show it until it ends or is left; returns the exit code. Enables the garbage collector."""
    if display == "full":
        return await _dashboard(shown, config, exit_on_complete=exit_on_complete)
    return await _headless(shown, _sink(display, shown.mark))


async def _dashboard(shown: Shown, config: Config, *, exit_on_complete: bool) -> int:
    from enrich_tui.tui.app import Dashboard

    app = Dashboard(
        shown.source,
        shown.controls,
        ui=config.ui,
        keys=config.keys,
        exit_on_complete=exit_on_complete,
        player=shown.player,
        handover=shown.handover,
    )
    _collect()
    await app.run_async(mouse=config.ui.mouse)
    return app.return_code or 0


def _sink(display: str, mark: str) -> Sink:
    if display == "json":
        from enrich_tui.display.json_lines import JsonDisplay

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as JSON is, whatever the terminal's own encoding
        return JsonDisplay(sys.stdout)
    if display == "plain":
        from enrich_tui.display.plain import PlainDisplay

        return PlainDisplay(sys.stderr, mark)
    return lambda _event: None


def _collect() -> None:
    """From now on there may be garbage; what was imported is none."""
    gc.freeze()
    gc.enable()


async def _headless(shown: Shown, sink: Sink) -> int:
    _collect()
    left: int | None = None

    def leave(code: int) -> None:
        nonlocal left
        left = code
        if shown.stop is not None:
            shown.stop(code)
        else:
            run.cancel()

    def guarded(event: Event) -> None:
        try:
            sink(event)
        except OSError:  # the reader or the whole terminal is gone
            silence_stdout()
            leave(HUNG_UP)

    run = asyncio.ensure_future(shown.source.run(guarded))
    try:
        with told(leave):
            return await run
    except asyncio.CancelledError:
        if left is None:
            raise
        return left
