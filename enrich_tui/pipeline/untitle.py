"""Chapters whose titles were put in by a summary that never got on record: back to what the video stage had made.

A summary writes titles into the files of the video stage, and is written down after that. Killed in between, the files
are not what the record says. They are made as they were, provided that their digests say so, and only the summary is
done again instead of the video.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from enrich_tui.model import StageOutcome
from enrich_tui.stages.results import CHAPTERS, Chapters, numbered
from enrich_tui.stages.vision import formats
from enrich_tui.store.outputs import write_bytes
from enrich_tui.store.record import FileRecord, StageRecord, file_record


class Untitled:
    """A video stage's result without the titles of a summary."""

    def __init__(self, entry: StageRecord, folder: Path, texts: dict[str, bytes]) -> None:
        self._entry = entry
        self._folder = folder
        self._texts = texts

    @classmethod
    def find(cls, entry: StageRecord | None, key: str, folder: Path) -> Untitled | None:
        """What can be made of the files in a ``folder``, where a result of this ``key`` does not hold; else None."""
        if entry is None or entry.status is not StageOutcome.COMPLETED or entry.key != key:
            return None
        try:
            known = Chapters.model_validate_json((folder / CHAPTERS).read_bytes())
        except (OSError, ValidationError):
            return None
        plain = (one.model_copy(update={"title": one.heading or numbered(one.index)}) for one in known.chapters)
        made = {
            name: text.encode("utf-8", "replace")
            for name, text in formats.texts(known.model_copy(update={"chapters": tuple(plain)})).items()
        }
        files = {str(file.path): file for file in entry.outputs.values()}
        texts = {name: data for name, data in made.items() if name in files and _is(data, files[name])}
        others = (file for name, file in files.items() if name not in texts)
        if CHAPTERS not in texts or not all(file.still(folder / file.path) for file in others):
            return None
        return cls(entry, folder, texts)

    def restore(self) -> StageRecord:
        """Write the files; returns the entry that they then hold by. Raises ``OSError``."""
        for name, data in self._texts.items():
            write_bytes(self._folder / name, data)
        outputs = {
            role: file_record(self._folder / file.path, file.path) if str(file.path) in self._texts else file
            for role, file in self._entry.outputs.items()
        }
        return self._entry.model_copy(update={"outputs": outputs})


def _is(data: bytes, file: FileRecord) -> bool:
    return hashlib.sha256(data).hexdigest() == file.content
