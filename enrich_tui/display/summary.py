"""What is printed on standard output when a run is over: how it came out, and where the results are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from enrich_tui.events import Eta
from enrich_tui.model import SessionResult, SessionStatus
from enrich_tui.text import clean, eta_text, gate, length_text

_OK = {SessionStatus.COMPLETE, SessionStatus.PARTIAL}
_LEFT_OUT = (SessionStatus.SKIPPED, SessionStatus.CANCELLED)


def time_text(seconds: float, predicted: Eta | None) -> str:
    """How long a run took, beside what was predicted when it began; nothing is said of it where nothing was.

    >>> time_text(790.0, Eta(low=500, mid=720, high=860)), time_text(3.0, None)
    ('13:10, predicted ~12m (±3m)', '0:03')
    """
    took = length_text(seconds)
    return took if predicted is None else f"{took}, predicted {eta_text(predicted.low, predicted.mid, predicted.high)}"


def summary_lines(results: Sequence[SessionResult], seconds: float, predicted: Eta | None = None) -> list[str]:
    """The lines of the summary; ``seconds`` is how long the run took, ``predicted`` how long it was said to take."""
    well = [result for result in results if result.status in _OK]
    counts = Counter(result.status for result in results)
    left_out = [f"{counts[status]} {status}" for status in _LEFT_OUT if counts[status]]
    told = ", ".join([f"{len(well)} ok", f"{counts[SessionStatus.FAILED]} failed", *left_out])
    lines = [f"DONE {told} in {time_text(seconds, predicted)}"]
    lines += [f"  ✔ {_name(result)}  {clean(str(result.output))}" for result in well]
    for result in results:
        if result.message:
            sign = "✔" if result.status in _OK else "✖"
            lines.append(f"  {sign} {_name(result)}: {gate(clean(result.message))}")
            if result.advice:
                lines.append(f"      → {gate(clean(result.advice))}")
        elif result.status not in _OK:
            lines.append(f"  ✖ {_name(result)}: {result.status}")
    return lines


def _name(result: SessionResult) -> str:
    return result.session_id
