"""How much media each stage of a session will go through, for the estimates."""

from __future__ import annotations

from enrich_tui.model import Session, Stage
from enrich_tui.worker.lengths import LengthFinder


async def media_lengths(session: Session, finder: LengthFinder) -> dict[Stage, float | None]:
    """Seconds by stage; None where a stage has work of unknown length, no entry where it has nothing to do."""
    told = [await finder.find(path) for path in session.recordings]
    sounds = [lengths.sound for lengths in told if lengths is not None and lengths.sound is not None]
    pictures = [lengths.picture for lengths in told if lengths is not None and lengths.picture is not None]
    unknown = None in told
    media: dict[Stage, float | None] = {}
    if sounds or unknown:
        media[Stage.AUDIO] = sum(sounds) if sounds else None
    if pictures or session.screenshots or unknown:
        media[Stage.VIDEO] = pictures[0] if pictures else None
    longest = max([*sounds, *pictures], default=None)
    return media | {Stage.SUMMARY: longest, Stage.CANVAS: longest}
