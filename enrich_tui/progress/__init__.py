"""The progress service, its event bus, and the ETA."""
