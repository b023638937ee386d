"""The view of a run as the source of the widgets: what the events told, without any service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from enrich_tui.display.changes import Changes
from enrich_tui.display.figures import BatchFigures, PoolFigures, SessionFigures
from enrich_tui.display.view import RunView

Listener = Callable[..., object]

_BATCH = frozenset({"header", "batch", "order"})
_POOL = frozenset({"pool", "workers", "second"})


class RunFeed:
    """Answers from the view, and tells its listeners of the changes that the view reports."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._listeners: dict[str, list[Listener]] = defaultdict(list)

    def on(self, event: str, listener: Listener, /) -> Callable[[], None]:
        """Listen to ``batch-update`` or, with the session's id, to ``progress``; returns what ends that."""
        self._listeners[event].append(listener)
        return lambda: self._listeners[event].remove(listener)

    def subscribe(self, listener: Listener, /) -> Callable[[], None]:
        """Listen to the pool; returns what ends that."""
        return self.on("pool", listener)

    def tell(self, changes: Changes) -> None:
        """Pass on what changed."""
        if changes.parts & _BATCH or changes.rows:
            self._tell("batch-update")
        if changes.parts & _POOL:
            self._tell("pool")
        if self._listeners["progress"]:
            for ident in changes.rows:
                self._tell("progress", ident)

    def get_batch_progress(self) -> BatchFigures:
        """How far the batch is."""
        return BatchFigures.of_view(self._view)

    def get_pool_status(self) -> PoolFigures | None:
        """How the workers are."""
        return PoolFigures.of_view(self._view)

    def get_progress(self, session_id: str, /) -> SessionFigures | None:
        """How far a session is."""
        row = self._view.rows.get(session_id)
        return SessionFigures.of_row(row, self._view.now) if row is not None else None

    def _tell(self, event: str, *news: object) -> None:
        for listener in self._listeners[event]:
            listener(*news)
