"""A report of a run in three formats: Markdown to paste, HTML to look at, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from enrich_tui.display.report import report
from enrich_tui.display.rows import ENDED, SessionRow, SessionState
from enrich_tui.display.summary import time_text
from enrich_tui.display.troubles import Trouble
from enrich_tui.display.view import RunView
from enrich_tui.text import clean, length_text

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #22252e; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; vertical-align: top;
border-bottom: 1px solid #ddd; } th { color: #4a5578; font-weight: 600; } .failed, .partial { color: #b3203a; }
.done { color: #2c6e2f; } small { color: #6f7176; }
"""


def as_data(view: RunView) -> dict[str, Any]:
    """The run as plain values. Durations are seconds."""
    started = view.started
    return {
        "library": view.library,
        "started": clean(started.at) if started else None,
        "program": clean(started.program) if started else None,
        "simulated": bool(started and started.simulated),
        "state": view.state,
        "seconds": round(view.elapsed, 1),
        "predicted": view.predicted.model_dump() if view.predicted else None,
        "counts": {state.value: view.counts[state] for state in SessionState},
        "errors": [_error(view, trouble) for trouble in view.troubles.newest_first],
        "sessions": [_session(view, row) for row in sorted(view.rows.values(), key=lambda row: row.order)],
    }


def as_json(view: RunView) -> str:
    """One JSON object."""
    return json.dumps(as_data(view), ensure_ascii=False, indent=2) + "\n"


def as_html(view: RunView) -> str:
    """One page that needs nothing else."""
    data = as_data(view)
    told = ", ".join(f"{count} {state}" for state, count in data["counts"].items() if count) or "no sessions"
    name = escape(data["library"] or "recordings")
    errors = "".join(_error_row(error) for error in data["errors"])
    sessions = "".join(_session_row(session) for session in data["sessions"])
    simulated = "<p>Simulated: nothing of this was really done.</p>" if data["simulated"] else ""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Enrichment of {name}</title>'
        f"<style>{_STYLE}</style>\n<h1>Enrichment of {name}</h1>\n{simulated}"
        f"<p>{escape(data['state'])} after {escape(time_text(view.elapsed, view.predicted))}: {escape(told)}<br>"
        f"<small>{escape(data['started'] or '')} {escape(data['program'] or '')}</small></p>\n"
        + _table("Errors", ("Times", "What happened", "Sessions"), errors)
        + _table("Sessions", ("Session", "State", "Work", "Stages"), sessions)
        + "</html>\n"
    )


def as_markdown(view: RunView) -> str:
    """The report as a file that may be shown as Markdown: no name in it is a tag, an entity or a link there."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", report(view))
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text).replace("](", r"]\(")


FORMATS: Mapping[str, Callable[[RunView], str]] = {"md": as_markdown, "html": as_html, "json": as_json}
"""By the ending of the file."""


def _error(view: RunView, trouble: Trouble) -> dict[str, Any]:
    return {
        "code": trouble.problem,
        "count": trouble.count,
        "message": trouble.message,
        "advice": trouble.advice,
        "sessions": [view.rows[ident].title for ident in trouble.sessions if ident in view.rows],
    }


def _session(view: RunView, row: SessionRow) -> dict[str, Any]:
    return {
        "id": clean(row.id),
        "title": row.title,
        "state": row.state.value,
        "seconds": round(row.seconds(view.now), 3),
        "message": row.message,
        "advice": row.advice,
        "results": row.output if row.state in ENDED else "",
        "stages": {
            stage.value: {
                "state": cell.state.value,
                "seconds": round(cell.seconds(view.now), 1),
                "attempts": cell.attempt,
                "engine": cell.engine,
                "message": cell.message,
                "code": cell.problem,
            }
            for stage, cell in row.cells.items()
        },
    }


def _table(title: str, heads: tuple[str, ...], rows: str) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    return f"<h2>{escape(title)}</h2>\n<table><tr>{head}</tr>\n{rows}</table>\n"


def _error_row(error: Mapping[str, Any]) -> str:
    advice = f"<br><small>{escape(error['advice'])}</small>" if error["advice"] else ""
    whom = escape(", ".join(error["sessions"]))
    return f"<tr><td>{error['count']}</td><td>{escape(error['message'])}{advice}</td><td>{whom}</td></tr>\n"


def _session_row(session: Mapping[str, Any]) -> str:
    stages = "<br>".join(
        escape(f"{name}: {stage['state']}" + (f". {stage['message']}" if stage["message"] else ""))
        for name, stage in session["stages"].items()
    )
    results = f"<br><small>{escape(session['results'])}</small>" if session["results"] else ""
    state = escape(session["state"])
    return (
        f'<tr><td>{escape(session["title"])}{results}</td><td class="{state}">{state}</td>'
        f"<td>{escape(length_text(session['seconds']))}</td><td>{stages}</td></tr>\n"
    )
