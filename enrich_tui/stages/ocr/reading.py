"""Reads what chapters and screenshots show: skips what was read before or shows no text, and bounds what is kept.

A reader that fails never ends a stage: the pictures that it could not read stay without text, and the log says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from enrich_tui.stages.ocr.engine import TextEngine
from enrich_tui.stages.ocr.lines import Line
from enrich_tui.stages.vision.changes import WIDTH, Grey, blank, same
from enrich_tui.stages.vision.pictures import MAX_SIDE
from enrich_tui.text import clean

MAX_PICTURES = 400
"""Most pictures of one session that an engine reads."""
MAX_LINES = 200
"""Most lines that are kept of one chapter or screenshot."""
MAX_LINE = 200
"""Most characters that are kept of one line."""
_FAILURES = 3
"""Failures one after the other, from which on no more is tried."""

Picture = Callable[[], Image.Image]
"""Gives a picture when its turn comes, so that one at a time is in memory."""
Text = tuple[Line, ...]

_log = logging.getLogger(__name__)


class _Read(NamedTuple):
    grey: Grey
    text: Text


class ScreenReader:
    """Reads the pictures of one session."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine
        self._known: list[_Read] = []
        self._failed = 0

    def read(self, groups: Sequence[Sequence[Picture]], report: Callable[[float], None]) -> list[Text]:
        """The text of each group of pictures, such as those of one chapter; ``report`` is told the share done."""
        total = sum(len(group) for group in groups)
        done = 0
        texts = []
        for group in groups:
            found = []
            for picture in group:
                found.append(self._text(picture))
                done += 1
                report(done / total)
            texts.append(_joined(found))
        return texts

    def _text(self, picture: Picture) -> Text:
        if self._failed >= _FAILURES or len(self._known) >= MAX_PICTURES:
            return ()
        try:
            image = fitted(picture())
            grey = _small(image)
            if blank(grey):
                return ()
            for earlier in reversed(self._known):
                if same(earlier.grey, grey):
                    return earlier.text
            text = tuple(_kept(self._engine.read(image)))
        except Exception:  # noqa: BLE001 - engines raise almost anything, and a session is more than its text
            self._failed += 1
            _log.exception("A picture could not be read%s.", "; no more is tried" if self._failed >= _FAILURES else "")
            return ()
        self._failed = 0
        self._known.append(_Read(grey, text))
        if len(self._known) == MAX_PICTURES:
            _log.warning("The text of %d pictures was read; the rest is left out.", MAX_PICTURES)
        return text


def fitted(image: Image.Image) -> Image.Image:
    """A picture in grey, of at most ``MAX_SIDE`` pixels on a side."""
    grey = image.convert("L")
    grey.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return grey


def _small(image: Image.Image) -> Grey:
    height = min(4 * WIDTH, max(16, round(image.height * WIDTH / image.width)))
    return np.asarray(image.resize((WIDTH, height), Image.Resampling.BOX))


def _kept(lines: Iterable[Line]) -> Iterable[Line]:
    """Lines that say something, clean and bounded."""
    count = 0
    for line in lines:
        text = " ".join(clean(line.text[: 4 * MAX_LINE]).split())
        if sum(character.isalnum() for character in text) < 2:
            continue
        yield line._replace(text=clean(text, MAX_LINE))
        count += 1
        if count == MAX_LINES:
            return


def _joined(texts: Iterable[Text]) -> Text:
    """What several pictures show, each line once, and not while it was still being typed."""
    lines: dict[str, Line] = {}
    for text in texts:
        for line in text:
            lines.setdefault(line.text.casefold(), line)
    typed = [key for key in lines if any(other != key and other.startswith(key) for other in lines)]
    return tuple(line for key, line in lines.items() if key not in typed)[:MAX_LINES]
