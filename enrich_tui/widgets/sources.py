"""What the widgets ask of a source. The services of this package fit, and so does whatever looks like them.

A source answers with the snapshots of the services, or with the fuller figures of :mod:`enrich_tui.display.figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from enrich_tui.display.figures import BatchFigures, PoolFigures, SessionFigures
    from enrich_tui.errors.values import ErrorRecord
    from enrich_tui.pool.model import PoolStatus
    from enrich_tui.progress.model import BatchProgress, EnrichmentProgress

Unsubscribe = Callable[[], None]


class _Events(Protocol):
    def on(self, event: str, listener: Callable[..., object], /) -> Unsubscribe: ...


class SessionSource(_Events, Protocol):
    """Knows how far a session is; tells ``started``, ``progress``, ``stage``, ``completed`` and ``failed``."""

    def get_progress(self, session_id: str, /) -> EnrichmentProgress | SessionFigures | None: ...


class BatchSource(_Events, Protocol):
    """Knows how far a batch is; tells ``batch-update``."""

    def get_batch_progress(self) -> BatchProgress | BatchFigures | None: ...


class PoolSource(Protocol):
    """Knows how a pool is; tells of each change of a worker."""

    def get_pool_status(self) -> PoolStatus | PoolFigures | None: ...

    def subscribe(self, listener: Callable[[Any], object], /) -> Unsubscribe: ...


class ErrorSource(Protocol):
    """Knows what went wrong, and tells of what goes wrong."""

    @property
    def error_history(self) -> Sequence[ErrorRecord]: ...

    def subscribe(self, listener: Callable[[ErrorRecord], object], /) -> Unsubscribe: ...
