"""A library that another program owns: its run is followed, and the work taken over once it is free."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from enrich_tui.controls import Controls
from enrich_tui.events import Noted, Sink
from enrich_tui.pipeline.run import BatchRun
from enrich_tui.sources.follow import Follow
from enrich_tui.store.owner import LibraryBusyError, NotOwnedError

Begin = Callable[[], AbstractAsyncContextManager[BatchRun]]
"""Owns the library and has a run over it ready, or raises :class:`~enrich_tui.store.owner.NotOwnedError`."""


class SharedRun:
    """A :class:`enrich_tui.events.Source` that first follows and then, when asked and free, works itself.

    ``waiting``: ``follow`` ends by itself when the library is free, and the work begins without being asked for.
    """

    def __init__(self, follow: Follow, begin: Begin, *, waiting: bool = False) -> None:
        self.batch: BatchRun | None = None
        """The run of its own, once it has begun."""
        self._follow = follow
        self._begin = begin
        self._waiting = waiting
        self._asked = False
        self._stopped: int | None = None

    @property
    def controls(self) -> Controls | None:
        """Of the run of its own; None while another's is followed."""
        return self.batch.controls if self.batch is not None else None

    @property
    def free(self) -> bool:
        """True where the work can be taken over."""
        return self.batch is None and self._follow.presence == "gone"

    @property
    def process(self) -> int | None:
        """The process that owns the library; None where that is not known."""
        return self._follow.holder.pid

    def take_over(self) -> None:
        """Begin to work here, if the library is free."""
        if self.free:
            self._asked = True
            self._follow.leave()

    def stop(self, code: int) -> None:
        """End with this exit code."""
        self._stopped = code
        if self.batch is not None:
            self.batch.controls.stop(code)
        else:
            self._follow.leave(code)

    async def run(self, sink: Sink, /) -> int:
        """Follow, and work when it is time to.

        Raises :class:`~enrich_tui.store.owner.NotOwnedError` where it waited for a library that cannot be had.
        """
        while True:
            code = await self._follow.run(sink)
            if self._stopped is not None or not (self._asked or self._waiting):
                return code if self._stopped is None else self._stopped
            self._asked = False
            try:
                async with self._begin() as batch:
                    self.batch = batch
                    return await batch.run(sink)
            except LibraryBusyError:
                sink(Noted(t=self._follow.t, message="Another program was faster; it works here now."))
            except NotOwnedError as error:
                if self._waiting:
                    raise
                sink(Noted(t=self._follow.t, level="warning", message=f"The work cannot be taken over: {error}"))
