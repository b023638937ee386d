"""A report of a run as plain text (Markdown): how it came out, what went wrong, every session."""

from __future__ import annotations

from enrich_tui.display.rows import ENDED, SessionRow, SessionState
from enrich_tui.display.summary import time_text
from enrich_tui.display.troubles import Trouble
from enrich_tui.display.view import RunView
from enrich_tui.text import clean, length_text


def report(view: RunView) -> str:
    """The whole run."""
    counts = view.counts
    lines = [f"# Enrichment of {view.library or 'recordings'}", ""]
    if view.started is not None:
        lines.append(f"- started: {clean(view.started.at)}, {clean(view.started.program)}")
        if view.started.simulated:
            lines.append("- simulated: nothing of this was really done")
    lines.append(f"- state: {view.state} after {time_text(view.elapsed, view.predicted)}")
    lines.append(
        "- sessions: "
        + ", ".join(f"{counts[state]} {state}" for state in SessionState if counts[state] or state is SessionState.DONE)
    )
    troubles = view.troubles.newest_first
    if troubles:
        lines += ["", "## Errors", ""]
        for trouble in troubles:
            lines += trouble_lines(view, trouble)
    lines += ["", "## Sessions", ""]
    for row in sorted(view.rows.values(), key=lambda row: row.order):
        lines += _session(view, row)
    return "\n".join(lines) + "\n"


def trouble_lines(view: RunView, trouble: Trouble) -> list[str]:
    """One error, with the sessions that it befell."""
    lines = [f"- {trouble.count} x {trouble.message}"]
    if trouble.advice:
        lines.append(f"  - what to do: {trouble.advice}")
    lines.append(f"  - code: {trouble.problem}")
    names = [view.rows[ident].title for ident in trouble.sessions if ident in view.rows]
    if names:
        lines.append(f"  - sessions: {', '.join(names)}")
    return lines


def session_text(view: RunView, row: SessionRow) -> str:
    """One session, as text to paste."""
    return "\n".join(_session(view, row))


def _session(view: RunView, row: SessionRow) -> list[str]:
    took = f" in {length_text(row.seconds(view.now))}" if row.state in ENDED and row.started else ""
    lines = [f"- {row.title}: {row.state}{took}"]
    if row.message:
        lines.append(f"  - {row.message}")
    if row.advice:
        lines.append(f"  - what to do: {row.advice}")
    for stage, cell in row.cells.items():
        if cell.message and cell.message != row.message:
            lines.append(f"  - {stage}: {cell.message}")
    if row.output and row.state in ENDED:
        lines.append(f"  - results: {row.output}")
    return lines
