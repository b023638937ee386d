"""A server that is down: since when, what is said about it, and for how long it is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from enrich_tui.errors import CircuitState, ErrorHandler, ErrorResolution, StageError


class Outage:
    """Told of each outcome of an operation at a server, after its circuit was."""

    def __init__(
        self,
        errors: ErrorHandler,
        operation: str,
        *,
        patience: float,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``patience``: seconds that it is waited for; ``note`` is told what a person should know, in words."""
        self._errors = errors
        self._operation = operation
        self._patience = patience
        self._note = note
        self._clock = clock
        self._since: float | None = None
        self._last: ErrorResolution | None = None
        self._refusal: StageError | None = None

    @property
    def hopeless(self) -> ErrorResolution | None:
        """How it failed last, where it has been down for too long and nothing may be sent to it now; else None."""
        if self._since is None or self._clock() - self._since < self._patience or self._errors.ready(self._operation):
            return None
        return self._last

    def check(self) -> None:
        """Raise what the server refuses everything with, until a person mends it: it is not asked again and again."""
        if (refusal := self._refusal) is not None:
            raise StageError(refusal.problem, facts=refusal.facts, status=refusal.status)

    def failed(self, resolution: ErrorResolution, error: Exception) -> None:
        """It failed of this."""
        self._last = resolution
        if resolution.recommended_action == "abort" and isinstance(error, StageError):
            self._refusal = error
        if self._since is None and self._errors.circuit_state(self._operation) is CircuitState.OPEN:
            self._since = self._clock()
            self._note(f"{resolution.happened} Summaries wait for it; everything else goes on.")

    def succeeded(self) -> None:
        """It came through."""
        self._refusal = None
        if self._since is not None and self._errors.circuit_state(self._operation) is CircuitState.CLOSED:
            self._since = None
            self._note("The service for summaries answers again.")
