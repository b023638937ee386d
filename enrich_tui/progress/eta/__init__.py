"""When will it be done? Pure: no loop, no clock, no files."""

from enrich_tui.progress.eta.estimator import Estimate, EtaEstimator, Outcome
from enrich_tui.progress.eta.history import DEFAULT_HISTORY, or_default
from enrich_tui.progress.eta.record import Past, past_of

__all__ = ["DEFAULT_HISTORY", "Estimate", "EtaEstimator", "Outcome", "Past", "or_default", "past_of"]
