"""Every sign that is drawn, in two sets: one for good terminals, one in plain ASCII."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from enrich_tui.display.rows import CellState, SessionState


@dataclass(frozen=True)
class Glyphs:
    """One set of signs; each is one cell wide unless it says otherwise."""

    states: Mapping[SessionState, str]
    cells: Mapping[CellState, str]
    workers: Mapping[str, str]
    run: Mapping[str, str]
    """By the state of the run."""
    full: str
    parts: str
    """Growing parts of one cell of a bar, without the empty and the full one; may be empty."""
    rest: str
    spark: str
    """Levels from nothing to full."""
    rule: str
    upright: str
    cursor: str
    mark: str
    arrow: str
    dot: str
    up: str
    down: str
    warning: str
    about: str
    """Plus or minus."""
    times: str
    dash: str
    ellipsis: str


UNICODE = Glyphs(
    states={
        SessionState.RUNNING: "●",
        SessionState.RETRYING: "↻",
        SessionState.QUEUED: "○",
        SessionState.ARRIVING: "◌",
        SessionState.DONE: "✔",
        SessionState.PARTIAL: "◐",
        SessionState.FAILED: "✖",
        SessionState.SKIPPED: "–",
        SessionState.CANCELLED: "⊘",
    },
    cells={
        CellState.PENDING: "○",
        CellState.PROCESSING: "●",
        CellState.RETRYING: "↻",
        CellState.COMPLETED: "✔",
        CellState.FAILED: "✖",
        CellState.SKIPPED: "–",
        CellState.CANCELLED: "⊘",
    },
    workers={"active": "▶", "idle": "◌", "error": "✖", "restarting": "↻", "shutdown": "–"},
    run={
        "starting": "◌",
        "looking": "◌",
        "running": "▶",
        "paused": "‖",
        "watching": "◉",
        "draining": "▽",
        "stopping": "■",
        "done": "✔",
        "stopped": "■",
        "silent": "?",
    },
    full="█",
    parts="▏▎▍▌▋▊▉",
    rest="·",
    spark=" ▁▂▃▄▅▆▇█",
    rule="─",
    upright="│",
    cursor="▸",
    mark="◆",
    arrow="→",
    dot="·",
    up="▲",
    down="▼",
    warning="▲",
    about="±",
    times="×",
    dash="–",
    ellipsis="…",
)

ASCII = Glyphs(
    states={
        SessionState.RUNNING: "*",
        SessionState.RETRYING: "~",
        SessionState.QUEUED: "o",
        SessionState.ARRIVING: ".",
        SessionState.DONE: "+",
        SessionState.PARTIAL: "%",
        SessionState.FAILED: "x",
        SessionState.SKIPPED: "-",
        SessionState.CANCELLED: "/",
    },
    cells={
        CellState.PENDING: "o",
        CellState.PROCESSING: "*",
        CellState.RETRYING: "~",
        CellState.COMPLETED: "+",
        CellState.FAILED: "x",
        CellState.SKIPPED: "-",
        CellState.CANCELLED: "/",
    },
    workers={"active": ">", "idle": "o", "error": "x", "restarting": "~", "shutdown": "-"},
    run={
        "starting": "o",
        "looking": "o",
        "running": ">",
        "paused": "=",
        "watching": "@",
        "draining": "v",
        "stopping": "#",
        "done": "+",
        "stopped": "#",
        "silent": "?",
    },
    full="#",
    parts="",
    rest=".",
    spark=" .:-=+*#",
    rule="-",
    upright="|",
    cursor=">",
    mark="@",
    arrow="->",
    dot="-",
    up="^",
    down="v",
    warning="!",
    about="+-",
    times="x",
    dash="-",
    ellipsis="..",
)


def choose(*, ascii_only: bool, environ: Mapping[str, str] | None = None, encoding: str | None = None) -> Glyphs:
    """The set for this terminal: plain where it was asked for, on the Linux console, and without a UTF-8 locale.

    Windows' consoles get UTF-8 from Python whatever the code page of files is.
    """
    environ = os.environ if environ is None else environ
    if encoding is None:
        encoding = "utf-8" if sys.platform == "win32" else locale.getpreferredencoding(do_setlocale=False)
    narrow = environ.get("TERM") == "linux" or encoding.replace("-", "").replace("_", "").lower() != "utf8"
    return ASCII if ascii_only or narrow else UNICODE
