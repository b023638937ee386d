"""The worker pool."""
