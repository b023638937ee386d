"""The dashboard's parts, for other Textual apps: how a session, a batch, the pool and the errors are.

Each widget works alone: it needs one service, subscribes when it is mounted, and leaves nothing behind when it is
removed. It draws at most ten times a second and only what has changed, follows the app's theme, and fits any width from
20 cells on. Text from outside is cleaned and never read as markup.
"""

from enrich_tui.widgets.batch import BatchProgress
from enrich_tui.widgets.errors import ErrorPanel
from enrich_tui.widgets.pool import PoolHealth
from enrich_tui.widgets.session import EnrichmentProgress
from enrich_tui.widgets.sources import BatchSource, ErrorSource, PoolSource, SessionSource

__all__ = [
    "BatchProgress",
    "BatchSource",
    "EnrichmentProgress",
    "ErrorPanel",
    "ErrorSource",
    "PoolHealth",
    "PoolSource",
    "SessionSource",
]
