"""Addresses of files beside the page, whatever their names are."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote


def address(path: Path, page_folder: Path) -> str:
    """A relative URL from a page in ``page_folder`` to ``path``; names that are no text keep their bytes.

    Another drive of Windows has no relative address; there it is an absolute ``file:`` URL.
    """
    try:
        relative = os.path.relpath(path.absolute(), page_folder.absolute())
    except ValueError:
        return path.absolute().as_uri()
    return "/".join(quote(os.fsencode(part), safe="") for part in Path(relative).parts)


def inside(folder: Path, name: str | None) -> Path | None:
    """The file that a result names, if it really lies in the result's own folder."""
    if not name:
        return None
    path = folder / name
    try:
        return path if path.resolve().is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None
