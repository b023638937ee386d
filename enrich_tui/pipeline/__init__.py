"""From a plan to finished sessions: plan, scheduler, enrich_session, enrich_batch."""
