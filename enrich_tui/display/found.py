"""What a search found, in lines of text and in lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from enrich_tui.search import Found, Hit, Kind
from enrich_tui.stages.results import CANVAS
from enrich_tui.text import clean, count_text, seconds_text

BOLD, PLAIN = "\x1b[1m", "\x1b[22m"
_STAMP = 8
"""Characters of a time, or of what stands in its place."""
_SHOWN = {Kind.CHAPTER: "chapter", Kind.SCREEN: "on screen"}


def found_lines(founds: Sequence[Found], searched: int, *, bold: bool) -> Iterator[str]:
    """Each session with its hits, then the totals. ``bold``: what was looked for is marked, for a terminal."""

    def marked(text: str) -> str:
        return f"{BOLD}{text}{PLAIN}" if bold else text

    for found in founds:
        when = f"  {found.place.started:%Y-%m-%d}" if found.place.started else ""
        yield f"{marked(found.place.title)}{when}"
        page = found.place.folder / CANVAS
        yield f"{'':{_STAMP}}  {clean(str(page if page.is_file() else found.place.folder))}"
        for hit in found.hits:
            text = "".join(marked(part) if is_match else part for part, is_match in hit.parts)
            yield f"{stamp(hit):>{_STAMP}}  {label(hit)}{text}"
        if more := found.total - len(found.hits):
            yield f"{'':{_STAMP}}  and {more} more"
        yield ""
    yield totals(founds, searched)


def stamp(hit: Hit) -> str:
    """When it is said or shown; of what has no time, what it is."""
    return seconds_text(hit.time) if hit.time is not None else hit.kind.value


def label(hit: Hit) -> str:
    """What stands before a sentence that was not said but shown at its time."""
    return f"{_SHOWN[hit.kind]}: " if hit.time is not None and hit.kind in _SHOWN else ""


def totals(founds: Sequence[Found], searched: int) -> str:
    """How much was found in how many sessions, in a line."""
    hits = sum(found.total for found in founds)
    if not searched:
        return "No session has results yet."
    of = count_text(searched, "session")
    return f"{count_text(hits, 'hit')} in {len(founds)} of {of}" if hits else f"nothing found in {of}"


def found_json(founds: Sequence[Found], searched: int) -> Iterator[str]:
    """For programs: a line for each hit, session by session, then one for the whole."""
    for found in founds:
        for hit in found.hits:
            yield json.dumps(
                {
                    "type": "hit",
                    "session": found.place.session,
                    "title": found.place.title,
                    "started_at": found.place.started.isoformat() if found.place.started else None,
                    "output": clean(str(found.place.folder)),
                    "in": hit.kind.value,
                    "start": hit.time,
                    "end": hit.end,
                    "text": hit.text,
                    "marks": list(_marks(hit)),
                },
                ensure_ascii=False,
            )
    hits = sum(found.total for found in founds)
    yield json.dumps({"type": "found", "hits": hits, "sessions": len(founds), "searched": searched})


def _marks(hit: Hit) -> Iterator[tuple[int, int]]:
    """From where to where in its text each thing stands that was looked for, in characters."""
    at = 0
    for part, is_match in hit.parts:
        if is_match:
            yield at, at + len(part)
        at += len(part)
