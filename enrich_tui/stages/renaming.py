"""Results that tell names: what they say once their session, its files or its place have another name.

A stage's result depends on bytes, not on names. Where only a name changes, no stage is run: the name is put right in
the few places that tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from markupsafe import escape
from pydantic import BaseModel, ValidationError

from enrich_tui.stages.page.links import address
from enrich_tui.stages.results import CANVAS, CHAPTERS, SUMMARY, TRANSCRIPT, Chapters, Summary, Transcript
from enrich_tui.stages.speech import formats
from enrich_tui.stages.summarize.markdown import markdown
from enrich_tui.store.reading import open_regular
from enrich_tui.text import clean

Result = TypeVar("Result", bound=BaseModel)

_HEADS = r'<title>|<h1 dir="auto" data-find>|<p class="eyebrow" dir="auto">'
_FILES = r'<p class="eyebrow" dir="auto">|<span dir="auto">|<option value="[^"]*">'
_STEMS = r'<span class="speaker" dir="auto">|<p dir="auto">|alt="Screenshot '


class Names(NamedTuple):
    """What the results of a session may tell of its names and places."""

    title: str
    files: tuple[Path, ...]
    """Its sources."""
    folder: Path
    """Where its results are."""


def renamed(folder: Path, old: Names, new: Names) -> dict[str, bytes]:
    """What changes among the results in ``folder``, by the names of their files, when ``old`` names become ``new``.

    ``files`` of both are the same files in the same order. What cannot be read is left out. Raises ``OSError`` where
    a result that is there cannot be read.
    """
    return {name: text.encode("utf-8", "replace") for name, text in _changes(folder, old, new)}


def _changes(folder: Path, old: Names, new: Names) -> Iterator[tuple[str, str]]:
    names = _pairs((clean(one.name), clean(other.name)) for one, other in zip(old.files, new.files, strict=True))
    if names:
        if (transcript := _load(folder / TRANSCRIPT, Transcript)) and set(transcript.tracks) & names.keys():
            told = transcript.model_copy(
                update={"tracks": tuple(names.get(track, track) for track in transcript.tracks)}
            )
            yield TRANSCRIPT, told.model_dump_json(indent=1)
            if len(told.tracks) > 1:
                yield "transcript.vtt", formats.vtt(told)
                yield "transcript.txt", formats.paragraphs(told)
        videos = {one.name: other.name for one, other in zip(old.files, new.files, strict=True)}
        if (chapters := _load(folder / CHAPTERS, Chapters)) and chapters.video in videos:
            shown = chapters.model_copy(update={"video": videos[chapters.video]})
            yield CHAPTERS, shown.model_dump_json(indent=2) + "\n"
    if old.title != new.title and (summary := _load(folder / SUMMARY, Summary)) and summary.title == old.title:
        titled = summary.model_copy(update={"title": new.title})
        yield SUMMARY, titled.model_dump_json(indent=1)
        yield "summary.md", markdown(titled)
    places = _pairs(
        (address(one, old.folder), address(other, new.folder)) for one, other in zip(old.files, new.files, strict=True)
    )
    if names or places or old.title != new.title:
        page = _text(folder / CANVAS)
        if page is not None and (mended := _page(page, old, new, places)) != page:
            yield CANVAS, mended


def _page(page: str, old: Names, new: Names, places: Mapping[str, str]) -> str:
    both = list(zip(old.files, new.files, strict=True))
    page = _replaced(page, '"', places.items(), '["#]')
    page = _replaced(page, _HEADS, [(old.title, new.title)])
    page = _replaced(page, _FILES, ((clean(a.name, 200), clean(b.name, 200)) for a, b in both))
    stems = ((clean(a.name).rsplit(".", 1)[0], clean(b.name).rsplit(".", 1)[0]) for a, b in both)
    return _replaced(page, _STEMS, stems, '[<"]')


def _replaced(page: str, before: str, pairs: Iterable[tuple[str, str]], after: str = "<") -> str:
    """Put the second of each pair where the first stands between ``before`` and ``after``, all at once."""
    known = {str(escape(a)): str(escape(b)) for a, b in _pairs(pairs).items()}
    if not known:
        return page
    choice = "|".join(re.escape(text) for text in sorted(known, key=len, reverse=True))
    return re.sub(f"({before})({choice})(?={after})", lambda found: found[1] + known[found[2]], page)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The pairs that differ; of several with the same first, the first one."""
    told: dict[str, str] = {}
    for a, b in pairs:
        told.setdefault(a, b)
    return {a: b for a, b in told.items() if a != b}


def _load(path: Path, model: type[Result]) -> Result | None:
    try:
        return model.model_validate_json(_read(path))
    except (FileNotFoundError, ValidationError):
        return None


def _text(path: Path) -> str | None:
    try:
        return _read(path).decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _read(path: Path) -> bytes:
    with open_regular(path) as stream:
        return stream.read()
