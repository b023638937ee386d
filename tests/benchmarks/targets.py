"""What was aimed at, and whether it was reached: said beside each figure, and once more at the end."""

from __future__ import annotations

_judged: list[tuple[str, str]] = []


def judge(claim: str, figure: float, limit: float, *, least: bool = False) -> str:
    """``met`` or ``missed``: ``limit`` is the most that the figure may be, or the ``least``."""
    verdict = "met" if (figure >= limit if least else figure <= limit) else "missed"
    sign = ">=" if least else "<="
    _judged.append((f"{claim}: {figure:.2f} (target {sign} {limit:g})", verdict))
    return verdict


def summary() -> str:
    """All claims so far, a line each."""
    return "\n".join(f"{verdict:8}{claim}" for claim, verdict in _judged)
