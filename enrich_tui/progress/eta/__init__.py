"""When will it be done? Pure: no loop, no clock, no files."""

from enrich_tui.progress.eta.estimator import Estimate, EtaEstimator, Outcome

__all__ = ["Estimate", "EtaEstimator", "Outcome"]
