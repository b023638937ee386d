"""What is printed on standard output when a run is over: how it came out, and where the results are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from enrich_tui.events import Eta
from enrich_tui.model import SessionResult, SessionStatus
from enrich_tui.text import clean, eta_text, gate, length_text

_WORDS = {
    SessionStatus.COMPLETE: "ok",
    SessionStatus.PARTIAL: "partial",
    SessionStatus.FAILED: "failed",
    SessionStatus.SKIPPED: "skipped",
    SessionStatus.CANCELLED: "cancelled",
}
SIGNS = {
    SessionStatus.COMPLETE: "✔",
    SessionStatus.PARTIAL: "◐",
    SessionStatus.FAILED: "✖",
    SessionStatus.SKIPPED: "–",
    SessionStatus.CANCELLED: "⊘",
}
_ALWAYS = {SessionStatus.COMPLETE, SessionStatus.FAILED}
_WITH_RESULTS = {SessionStatus.COMPLETE, SessionStatus.PARTIAL}


def outcome(counts: Mapping[SessionStatus, int]) -> dict[SessionStatus, str]:
    """How many sessions ended how, in words; what there is none of is left out, but for ``ok`` and ``failed``.

    >>> ", ".join(outcome({SessionStatus.COMPLETE: 9, SessionStatus.PARTIAL: 2}).values())
    '9 ok, 2 partial, 0 failed'
    """
    return {
        status: f"{counts.get(status, 0)} {word}"
        for status, word in _WORDS.items()
        if counts.get(status, 0) or status in _ALWAYS
    }


def time_text(seconds: float, predicted: Eta | None) -> str:
    """How long a run took, beside what was predicted when it began; nothing is said of it where nothing was.

    >>> time_text(790.0, Eta(low=500, mid=720, high=860)), time_text(3.0, None)
    ('13:10, predicted ~12m (±3m)', '0:03')
    """
    took = length_text(seconds)
    return took if predicted is None else f"{took}, predicted {eta_text(predicted.low, predicted.mid, predicted.high)}"


def summary_lines(
    results: Sequence[SessionResult], seconds: float, predicted: Eta | None = None, *, most: int | None = None
) -> list[str]:
    """The lines of the summary; ``seconds`` is how long the run took, ``predicted`` how long it was said to take.

    At most so many sessions with results are named, and ``most`` of those that something is said of; the others are
    counted. None names all.
    """
    told = ", ".join(outcome(Counter(result.status for result in results)).values())
    lines = [f"DONE {told} in {time_text(seconds, predicted)}"]
    made = [result for result in results if result.status in _WITH_RESULTS]
    lines += [f"  {SIGNS[result.status]} {_name(result)}  {clean(str(result.output))}" for result in made[:most]]
    lines += _more(made, most)
    marked = [result for result in results if result.message or result.status not in _WITH_RESULTS]
    for result in marked[:most]:
        words = gate(clean(result.message)) if result.message else str(result.status)
        lines.append(f"  {SIGNS[result.status]} {_name(result)}: {words}")
        if result.message and result.advice:
            lines.append(f"      → {gate(clean(result.advice))}")
    return lines + _more(marked, most)


def _more(results: Sequence[SessionResult], most: int | None) -> list[str]:
    left = len(results) - most if most is not None else 0
    return [f"    and {left} more: `enrich-tui status` says how each stands"] if left > 0 else []


def _name(result: SessionResult) -> str:
    return result.session_id
