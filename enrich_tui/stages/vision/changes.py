"""How much one picture of a screen differs from another, told so that scrolling and typing count for little.

Pictures are grey, 8 bits, of one size and small (:data:`WIDTH` columns), as :mod:`enrich_tui.stages.vision.frames`
makes them. Everything returned is between 0 and 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

WIDTH = 320
"""Columns of the pictures that are compared."""
_BLOCK = 10
"""Side of a block in pixels of the small picture."""
_CHANGED = 8.0
"""Mean difference in grey levels from which a block has changed; codec noise stays below."""
_EXPLAINED = 0.45
"""A shift explains a block if it leaves less than this share of the block's difference."""
_TEXTURE = 25.0
"""Variance in squared grey levels from which a block has a texture."""
_BELIEVED = 0.4
_LEAST_CONTENT = 12
"""Blocks; a screen that shows less is measured as if it showed so much."""
_PEAKS = 4
_BINS = 32


class Change(NamedTuple):
    """What changed between two pictures."""

    histogram: float
    """Half the summed difference of the grey histograms: 0 equal, 1 no grey level in common."""
    blocks: float
    """Share of the blocks that changed and that no shift of the picture explains."""
    content: float
    """The same as a share of the blocks that show anything but an even ground before or after."""


def _block_means(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = picture.shape[0] // _BLOCK, picture.shape[1] // _BLOCK
    trimmed = picture[: rows * _BLOCK, : columns * _BLOCK]
    # two plain sums cost a fifth of one mean over both axes
    bands = trimmed.reshape(rows, _BLOCK, columns * _BLOCK).sum(axis=1)
    means: NDArray[np.float32] = bands.reshape(rows, columns, _BLOCK).sum(axis=2) / np.float32(_BLOCK * _BLOCK)
    return means


def _histogram(picture: Grey) -> NDArray[np.float64]:
    counts = np.bincount(picture.reshape(-1) >> 3, minlength=_BINS).astype(np.float64)
    # neighbouring bins share their counts, so that a level on the edge of a bin does not jump
    padded = np.pad(counts, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    shares: NDArray[np.float64] = smooth / max(1.0, float(smooth.sum()))
    return shares


def _textured(picture: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The blocks that show anything but an even ground."""
    even: NDArray[np.bool_] = _block_means(picture * picture) - _block_means(picture) ** 2 > _TEXTURE
    return even


def _shifts(before: NDArray[np.float32], after: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The likeliest shifts (rows, columns), by phase correlation."""
    rows, columns = before.shape
    window = np.outer(np.hanning(rows), np.hanning(columns)).astype(np.float32)
    one = np.fft.rfft2((before - before.mean()) * window)
    two = np.fft.rfft2((after - after.mean()) * window)
    cross = two * np.conj(one)
    surface = np.fft.irfft2(cross / (np.abs(cross) + 1e-3), s=before.shape)
    found = []
    for place in np.argpartition(surface.reshape(-1), -_PEAKS)[-_PEAKS:]:
        row, column = divmod(int(place), columns)
        shift = (row - rows if row > rows // 2 else row, column - columns if column > columns // 2 else column)
        if shift != (0, 0):
            found.append(shift)
    return found


def _moved(picture: NDArray[np.float32], shift: tuple[int, int]) -> NDArray[np.float32]:
    """The picture moved by (rows, columns); where nothing moved in, a level that no picture has."""
    result = np.full_like(picture, -1e3)
    down, right = shift
    rows, columns = picture.shape
    result[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)] = picture[
        max(0, -down) : rows + min(0, -down), max(0, -right) : columns + min(0, -right)
    ]
    return result


def _unexplained(
    before: NDArray[np.float32], after: NDArray[np.float32], difference: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """The changed blocks that no shift explains, among all."""
    open_blocks: NDArray[np.bool_] = difference > _CHANGED
    if open_blocks.mean() < 0.02:
        return open_blocks
    rows, columns = np.nonzero(open_blocks)
    area = (
        slice(rows.min() * _BLOCK, (rows.max() + 1) * _BLOCK),
        slice(columns.min() * _BLOCK, (columns.max() + 1) * _BLOCK),
    )
    # an even block fits any shift, so a shift is believed only if it explains most of what has a texture
    textured = open_blocks & _textured(after)
    for shift in _shifts(before[area], after[area]):
        left = _block_means(np.abs(after - _moved(before, shift)))
        explained = left < np.maximum(_EXPLAINED * difference, _CHANGED / 2)
        if np.count_nonzero(explained & textured) > _BELIEVED * np.count_nonzero(textured):
            open_blocks = open_blocks & ~explained
    return open_blocks


def blank(picture: Grey) -> bool:
    """True where a picture shows nothing but an even ground."""
    return not _textured(picture.astype(np.float32)).any()


def same(before: Grey, after: Grey) -> bool:
    """True where two pictures show the same, but for the noise of codecs."""
    if before.shape != after.shape:
        return False
    difference = _block_means(np.abs(after.astype(np.float32) - before.astype(np.float32)))
    return not (difference > _CHANGED).any()


def compare(before: Grey, after: Grey) -> Change:
    """What changed from one picture to another of the same size."""
    if before is after:
        return Change(0.0, 0.0, 0.0)
    one, two = before.astype(np.float32), after.astype(np.float32)
    difference = _block_means(np.abs(two - one))
    if not difference.size:
        return Change(0.0, 0.0, 0.0)
    unexplained = _unexplained(one, two, difference)
    shown = _textured(one) | _textured(two)
    histogram = float(np.abs(_histogram(before) - _histogram(after)).sum() / 2)
    content = int(np.count_nonzero(unexplained & shown)) / max(_LEAST_CONTENT, int(np.count_nonzero(shown)))
    return Change(min(1.0, histogram), float(unexplained.mean()), content)
