"""What the widgets ask of a service. The services of this package fit, and so does whatever looks like them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from enrich_tui.errors.values import ErrorRecord
from enrich_tui.pool.model import PoolStatus
from enrich_tui.progress.model import BatchProgress, EnrichmentProgress

Unsubscribe = Callable[[], None]


class _Events(Protocol):
    def on(self, event: str, listener: Callable[..., object], /) -> Unsubscribe: ...


class SessionSource(_Events, Protocol):
    """Knows how far a session is; tells ``started``, ``progress``, ``stage``, ``completed`` and ``failed``."""

    def get_progress(self, session_id: str, /) -> EnrichmentProgress | None: ...


class BatchSource(_Events, Protocol):
    """Knows how far a batch is; tells ``batch-update``."""

    def get_batch_progress(self) -> BatchProgress | None: ...


class PoolSource(Protocol):
    """Knows how a pool is; tells of each change of a worker."""

    def get_pool_status(self) -> PoolStatus: ...

    def subscribe(self, listener: Callable[[Any], object], /) -> Unsubscribe: ...


class ErrorSource(Protocol):
    """Knows what went wrong, and tells of what goes wrong."""

    @property
    def error_history(self) -> Sequence[ErrorRecord]: ...

    def subscribe(self, listener: Callable[[ErrorRecord], object], /) -> Unsubscribe: ...
