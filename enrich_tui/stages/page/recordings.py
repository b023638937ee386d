"""What the page plays, and from where: the files beside it, or the recording inside it."""

from __future__ import annotations

import base64
import mimetypes
from dataclasses import dataclass, replace
from pathlib import Path

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.probe import probe
from enrich_tui.model import Notice, Session
from enrich_tui.stages.page.links import address, inside
from enrich_tui.stages.results import AudioReview, Chapters
from enrich_tui.text import clean

EMBED_LIMIT = 96 * 1024**2
"""Most that is put into the page, in bytes; browsers give up on much larger pages."""

_AUDIO = {".m4a": "audio/mp4", ".opus": "audio/ogg", ".oga": "audio/ogg", ".flac": "audio/flac", ".mka": "audio/webm"}
_VIDEO = {".mkv": "video/webm", ".m4v": "video/mp4", ".webm": "video/webm", ".mov": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Recording:
    """Something the page can play."""

    name: str
    path: Path
    url: str
    video: bool


@dataclass(frozen=True, slots=True)
class Playing:
    """Everything the page can play. The first recording is the one that it opens with."""

    recordings: tuple[Recording, ...] = ()
    voices: tuple[Recording, ...] = ()
    """Sound tracks that are heard with the first recording, because it is a film without sound."""
    embedded: bool = False


def playing(
    session: Session, chapters: Chapters | None, review: AudioReview | None, *, embed: bool, notices: list[Notice]
) -> Playing:
    """Choose what is played: the copies made for browsers in place of their originals, then everything else."""
    stand_in = inside(session.output, chapters.playable) if chapters else None
    copies = dict(zip(session.audio, review.playable, strict=False)) if review else {}
    found: list[Recording] = []
    for path in session.recordings:
        target = inside(session.output, copies.get(path)) or path
        if stand_in is not None and chapters is not None and chapters.video in {path.name, clean(path.name)}:
            target, stand_in = stand_in, None
        found.append(Recording(clean(path.name, 200), target, address(target, session.output), path in session.video))
    voices = tuple(r for r in found if not r.video) if found and found[0].video and _silent(found[0].path) else ()
    if embed and found:
        data = _read((found[0], *voices), notices)
        if data:
            first, *rest = (replace(r, url=_data_uri(r, d)) for r, d in zip((found[0], *voices), data, strict=True))
            return Playing((first,), tuple(rest), embedded=True)
    return Playing(tuple(found), voices)


def _silent(path: Path) -> bool:
    try:
        return not probe(path).audio
    except StageError:
        return False


def _read(recordings: tuple[Recording, ...], notices: list[Notice]) -> list[bytes]:
    """The recordings' bytes; nothing where they cannot be read or are too large for a page."""
    data: list[bytes] = []
    left = EMBED_LIMIT
    for recording in recordings:
        try:
            with recording.path.open("rb") as stream:
                data.append(stream.read(left + 1))
        except OSError:
            notices.append(Notice(problem=Problem.IO_ERROR, facts={"file": recording.name}))
            return []
        left -= len(data[-1])
        if left < 0:
            limit = f"{EMBED_LIMIT // 1024**2} MB"
            notices.append(Notice(problem=Problem.TOO_LARGE, facts={"what": "to be put into the page", "limit": limit}))
            return []
    return data


def _data_uri(recording: Recording, data: bytes) -> str:
    suffix = recording.path.suffix.lower()
    known = (_VIDEO if recording.video else _AUDIO).get(suffix)
    kind = known or mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
