"""Probing and decoding recordings that come from anywhere, behind limits."""
