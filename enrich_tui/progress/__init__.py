"""How far sessions and the batch are, who hears of it, and when it will be done.

Names are loaded when they are first used: a plan needs the estimator only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enrich_tui.lazy import loader

if TYPE_CHECKING:
    from enrich_tui.progress.bus import EventBus, Subscription, Update
    from enrich_tui.progress.eta import Estimate, EtaEstimator
    from enrich_tui.progress.model import BatchProgress, EnrichmentProgress, Phase, StageProgress, StageStatus
    from enrich_tui.progress.service import ProgressService, get_progress_service, reset_progress_service

_HOMES = {
    "bus": ("EventBus", "Subscription", "Update"),
    "eta": ("Estimate", "EtaEstimator"),
    "model": ("BatchProgress", "EnrichmentProgress", "Phase", "StageProgress", "StageStatus"),
    "service": ("ProgressService", "get_progress_service", "reset_progress_service"),
}
__getattr__ = loader(__name__, _HOMES)

__all__ = [
    "BatchProgress",
    "EnrichmentProgress",
    "Estimate",
    "EtaEstimator",
    "EventBus",
    "Phase",
    "ProgressService",
    "StageProgress",
    "StageStatus",
    "Subscription",
    "Update",
    "get_progress_service",
    "reset_progress_service",
]
