"""Works on a library; or, where another program does, shows its run and takes the work over when it may."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from enrich_tui.config import Config
from enrich_tui.display.view import RunView
from enrich_tui.events import Sink, Source, both
from enrich_tui.launch import live_run
from enrich_tui.logs import start_log
from enrich_tui.model import EnrichmentOptions, Stage
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.show import Shown, show
from enrich_tui.store.owner import LibraryBusyError, NotOwnedError, home_of


class Outcome(NamedTuple):
    """How it came out."""

    code: int
    """Exit code."""
    batch: BatchRun | None
    """The run that is over; None where nothing was done here."""
    view: RunView | None
    """What was to be seen of it, where that was wanted."""


async def work(
    root: Path,
    config: Config,
    display: str,
    *,
    output: Path | None = None,
    only: Sequence[str] = (),
    fresh: bool = False,
    retry: bool = False,
    seen: bool = False,
    exit_on_complete: bool = False,
    follow: bool = False,
    take_over: bool = False,
) -> Outcome:
    """Work on the library at ``root`` until that is done or left.

    ``follow``: only show the run of the program that works on it. ``take_over``: where one does, show its run, and go
    on when it is gone. Raises :class:`~enrich_tui.store.owner.NotOwnedError` where the library cannot be had, or there
    is nothing to follow.

    ``seen``: the outcome is to have a view of the run. For the other wishes see :func:`~enrich_tui.launch.live_run`.
    """
    start_log()
    keep_open = display == "full" and not exit_on_complete
    wanted = EnrichmentOptions.of({Stage(name) for name in config.stages})
    begin = partial(
        live_run, root, wanted, config, output=output, keep_open=keep_open, fresh=fresh, retry=retry, only=only
    )
    view = RunView() if seen else None
    async with AsyncExitStack() as stack:
        if not follow:
            try:
                batch = await stack.enter_async_context(begin())
            except LibraryBusyError:
                if display != "full" and not take_over:
                    raise
            else:
                shown = Shown(_viewed(batch, view), controls=batch.controls, stop=batch.controls.stop)
                code = await show(shown, display, config, exit_on_complete=exit_on_complete)
                return Outcome(code, batch, view)
    from enrich_tui.sources.follow import Follow
    from enrich_tui.sources.takeover import SharedRun

    following = Follow(home_of(root, output), until="free" if take_over else "left" if keep_open else "done")
    shared = SharedRun(following, begin, waiting=take_over)
    shown = Shown(_viewed(shared, view), stop=shared.stop, handover=shared)
    code = await show(shown, display, config, exit_on_complete=exit_on_complete)
    if shared.batch is None and not following.found and not keep_open:
        raise NotOwnedError("nobody works on this library, and no run of it is on record.")
    return Outcome(code, shared.batch, view)


class _Viewed:
    """A source, and a view that it is applied to beside the display."""

    def __init__(self, source: Source, view: RunView) -> None:
        self._source = source
        self._view = view

    async def run(self, sink: Sink, /) -> int:
        """See :class:`enrich_tui.events.Source`."""
        return await self._source.run(both(self._view.apply, sink))


def _viewed(source: Source, view: RunView | None) -> Source:
    return source if view is None else _Viewed(source, view)
