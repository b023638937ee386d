"""How far sessions and the batch are, who hears of it, and when it will be done."""

from enrich_tui.progress.bus import EventBus, Subscription, Update
from enrich_tui.progress.eta import Estimate, EtaEstimator
from enrich_tui.progress.model import BatchProgress, EnrichmentProgress, Phase, StageProgress, StageStatus
from enrich_tui.progress.service import ProgressService, get_progress_service, reset_progress_service

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
