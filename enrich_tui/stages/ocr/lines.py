"""What an engine gives for a picture."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """A line of text as it stands in a picture; lengths are shares of the picture's height, 0 to 1."""

    text: str
    top: float
    height: float
