"""Fakes and fixtures for programs that embed the services."""
