"""Screenshots as chapters: when each was taken, and a picture of it."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image, UnidentifiedImageError

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.open import open_regular
from enrich_tui.stages.vision.pictures import jpeg

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 64 * 1024**2
"""Largest image that is decoded."""
LEAST = 1.0
"""Shortest chapter of a screenshot, in seconds."""

_EXIF = 0x8769
_TAKEN, _WRITTEN = 36867, 306
_IN_NAME = re.compile(r"(?<!\d)(20\d\d)\D?([01]\d)\D?([0-3]\d)\D{1,4}([0-2]\d)\D?([0-5]\d)\D?([0-5]\d)(?!\d)")


class Shot(NamedTuple):
    """A screenshot that could be read. Times are seconds since 1970, as far as they are known."""

    path: Path
    width: int
    height: int
    picture: bytes
    modified: float
    named: float | None
    """By its file name."""
    taken: float | None
    """By what the camera or program wrote into it."""


def read(path: Path, width: int) -> Shot:
    """Read one screenshot and make its small picture.

    Raises :class:`StageError`: as opening a recording does, ``NOT_MEDIA``, ``DAMAGED``, or ``TOO_LARGE``.
    """
    with open_regular(path) as file:
        with _opened(file) as image:
            taken = _taken(image)
            size = image.size
            image.draft("RGB", (width * 2, width * 2))
            picture = jpeg(image, width)
        modified = os.fstat(file.fileno()).st_mtime
    return Shot(path, *size, picture, modified, _named(path.name), taken)


def load(path: Path) -> Image.Image:
    """A screenshot in full size and in grey. Raises as :func:`read` does."""
    with open_regular(path) as file, _opened(file) as image:
        return image.convert("RGB").convert("L")  # transparency would turn into white ink


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=FORMATS) as image:
                _check(image)
                yield image
        except StageError:
            raise
        except UnidentifiedImageError as error:
            raise StageError(Problem.NOT_MEDIA, detail=str(error)) from error
        except Image.DecompressionBombError as error:
            raise _too_large() from error
        except Exception as error:  # damaged images make the decoders raise almost anything
            raise StageError(Problem.DAMAGED, detail=repr(error)) from error


def _check(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()


def _too_large() -> StageError:
    return StageError(Problem.TOO_LARGE, facts={"what": "to be decoded", "limit": "64 million pixels"})


def times(shots: Sequence[Shot]) -> list[float]:
    """Seconds of each shot from the first one, in the given order, at least :data:`LEAST` apart.

    One clock for all of them: what is written in the images, else what their names say, else the files' own times.
    """
    clock = _clock(shots)
    result: list[float] = []
    for moment in clock:
        start = moment - clock[0]
        result.append(max(start, result[-1] + LEAST) if result else 0.0)
    return result


def in_order(shots: Sequence[Shot]) -> list[Shot]:
    """The shots as they were taken; by name where times are equal."""
    clock = _clock(shots)
    order = sorted(range(len(shots)), key=lambda at: (clock[at], shots[at].path.name))
    return [shots[at] for at in order]


def _clock(shots: Sequence[Shot]) -> list[float]:
    for choice in ([shot.taken for shot in shots], [shot.named for shot in shots]):
        known = [moment for moment in choice if moment is not None]
        if len(known) == len(shots):
            return known
    return [shot.modified for shot in shots]


def _moment(parts: Sequence[str]) -> float | None:
    try:
        return datetime(*(int(part) for part in parts), tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def _named(name: str) -> float | None:
    found = _IN_NAME.search(name)
    return _moment(found.groups()) if found else None


def _taken(image: Image.Image) -> float | None:
    exif = image.getexif()
    written = exif.get_ifd(_EXIF).get(_TAKEN) or exif.get(_WRITTEN)
    parts = re.findall(r"\d+", written)[:6] if isinstance(written, str) else []
    return _moment(parts) if len(parts) == 6 else None
