"""How many there are of something, in words."""

from __future__ import annotations


def count_text(number: int, noun: str) -> str:
    """A number and its noun, which is a regular one.

    >>> count_text(1, "session"), count_text(2, "session"), count_text(0, "more kind")
    ('1 session', '2 sessions', '0 more kinds')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
