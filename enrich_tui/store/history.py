"""What earlier runs taught the estimator about this machine, kept between runs."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import platformdirs

from enrich_tui.config import APP
from enrich_tui.store.outputs import move_aside, write_text

_log = logging.getLogger(__name__)
_LIMIT = 1024 * 1024


def history_path() -> Path:
    """Where the history of this user on this machine is kept."""
    return Path(platformdirs.user_state_path(APP)) / "history.json"


def load_history(path: Path) -> dict[str, Any] | None:
    """The history; None where there is none that can be used."""
    try:
        if path.stat().st_size > _LIMIT:
            return None
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def save_history(path: Path, history: dict[str, Any]) -> None:
    """Keep the history. Where that cannot be, the next run starts with less knowledge, and nothing else is lost."""
    try:
        if os.path.lexists(path) and load_history(path) is None:
            move_aside(path)
        write_text(path, json.dumps(history))
    except OSError:
        _log.warning("The history of durations could not be kept.", exc_info=True)
