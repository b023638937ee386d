"""Reads pictures with an installed Tesseract, run as a child of the worker, with the worker's limits."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from statistics import median_high

from PIL import Image

from enrich_tui.stages.ocr.lines import Line

SECONDS = 60.0
"""Longest time for one picture."""
_SURE = 30.0
"""Words of which Tesseract is less sure, in percent, do not count."""
_SPARSE = "11"
"""Its page mode for text in any place, which screens are full of."""


def program() -> str | None:
    """Where Tesseract is installed; None where it is not. One in the current folder does not count."""
    found = shutil.which("tesseract")
    return found if found and Path(found).is_absolute() else None


class Tesseract:
    """Raises ``FileNotFoundError`` where Tesseract is not installed."""

    name = "tesseract"

    def __init__(self, language: str) -> None:
        path = program()
        if path is None:
            raise FileNotFoundError("Tesseract is not installed.")
        self._command = (path, "-", "-", "-l", language, "--psm", _SPARSE, "tsv")

    def read(self, picture: Image.Image) -> list[Line]:
        """The lines of text in a picture, from above. Raises ``OSError`` and ``subprocess.SubprocessError``."""
        stream = io.BytesIO()
        picture.convert("L").save(stream, "PPM")
        ended = subprocess.run(
            self._command,
            input=stream.getvalue(),
            capture_output=True,
            timeout=SECONDS,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            check=True,
        )
        return parse(ended.stdout.decode("utf-8", "replace"), picture.height)


def parse(table: str, height: int) -> list[Line]:
    """The lines in Tesseract's table of words, for a picture of ``height`` pixels."""
    words: defaultdict[tuple[str, ...], list[tuple[str, int, int]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["text"] and row["text"].strip() and float(row["conf"]) >= _SURE:
            place = (row["block_num"], row["par_num"], row["line_num"])
            words[place].append((row["text"], int(row["top"]), int(row["height"])))
    lines = []
    for line in words.values():
        tops, heights = [top for _, top, _ in line], [tall for _, _, tall in line]
        lines.append(Line(" ".join(text for text, _, _ in line), min(tops) / height, median_high(heights) / height))
    return sorted(lines, key=lambda line: line.top)
