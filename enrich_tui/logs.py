"""The program's log file: bounded, redacted, and the only place where foreign error texts go."""

from __future__ import annotations

import logging
import logging.handlers
import re
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from enrich_tui.config import APP
from enrich_tui.errors.log import RedactingFormatter

_BYTES = 2 * 1024 * 1024
_FILES = 3
_RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
"""Where a record begins."""


def log_folder() -> Path:
    """Where the program and its workers write their logs."""
    return Path(platformdirs.user_log_path(APP))


def start_log(level: int = logging.INFO) -> Path:
    """Send the program's log records to a file, at most three of 2 MB; returns its path.

    Where the folder cannot be written, records go nowhere; the program works all the same.
    """
    file = log_folder() / "enrich-tui.log"
    handler: logging.Handler
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _Rotating(file, maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().handlers[:] = [handler]  # what libraries log must not get onto the screen either
    logging.getLogger("enrich_tui").setLevel(level)
    return file


class _Rotating(logging.handlers.RotatingFileHandler):
    """Goes on in the same file where it cannot be renamed: on Windows while another program has it open, too."""

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        try:
            super().doRollover()
        except OSError:
            self.maxBytes += _BYTES
            self.stream = self._open()


def records_of(file: Path, marks: Sequence[str], most: int) -> list[str]:
    """The latest records of the log, at most ``most`` and oldest first, in which one of these texts stands.

    A record is all its lines, a traceback among them, as they were written: redacted. Reads the file and the one before
    it, in the caller's thread.
    """
    found: list[str] = []
    for path in (file, file.with_name(f"{file.name}.1")):
        try:
            written = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for record in reversed(_RECORD.split(written)):
            if any(mark in record for mark in marks):
                found.append(record.rstrip())
                if len(found) >= most:
                    return found[::-1]
    return found[::-1]
