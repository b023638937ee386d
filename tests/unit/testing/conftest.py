"""A program's own tests say ``pytest_plugins = ["enrich_tui.testing.plugin"]`` instead."""

from enrich_tui.testing.plugin import enrich_services

__all__ = ["enrich_services"]
