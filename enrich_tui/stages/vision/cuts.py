"""Chooses, among everything that changed in a video, the moments where a chapter starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from enrich_tui.stages.vision.changes import Change

THRESHOLD = 0.16
"""Least strength of a cut. Tuned, as the weights below, on the made sessions 1 to 13 of the benchmarks."""
_HISTOGRAM = 0.5
_BLOCKS = 0.25
_CONTENT = 0.25
_MOTION = 1.3
_ALONE = 0.65
_BUSY_SHARE = 0.75
_FLICKER_RANK = 4
_FLICKER_SHARE = 0.8
_AROUND = 5.0
"""Seconds on either side within which changes are compared with each other."""
_SAME = 0.6
"""Seconds within which two changes are one."""


class Look(NamedTuple):
    """What one sample of the video showed against the ones before it."""

    time: float
    """Seconds at which the sharpest change since the previous sample is on the screen."""
    step: float
    """That change, in grey levels."""
    calm: float
    """Mean of the other changes from frame to frame since the previous sample, in grey levels."""
    change: Change
    """From the sample before to this one."""
    lasting: Change
    """From the sample before to the one after: what of the change stayed."""


class Cut(NamedTuple):
    """A moment where a chapter may start."""

    look: int
    """Index of the look that found it."""
    time: float
    strength: float


def min_chapter(duration: float, wanted: float | None = None) -> float:
    """Shortest chapter in seconds: a thirtieth of the video, but never below one second, unless another is wanted."""
    return wanted if wanted is not None else max(1.0, duration / 30)


def sharpness(look: Look) -> float:
    """How far the change came at once: 1 from one frame to the next, 0 where everything moves all the time."""
    return max(0.0, 1 - _MOTION * look.calm / look.step) if look.step > 0 else 0.0


def promise(look: Look) -> float:
    """The most that :func:`weigh` can give a look, whatever is around it."""
    histogram = min(look.change.histogram, look.lasting.histogram)
    blocks = min(look.change.blocks, look.lasting.blocks)
    content = min(look.change.content, look.lasting.content)
    return max(_ALONE, sharpness(look)) * (_HISTOGRAM * histogram + _BLOCKS * blocks + _CONTENT * content)


def weigh(looks: Sequence[Look]) -> list[float]:
    """The strength of the change at every look, 0 to 1; 0 also for whatever cannot reach :data:`THRESHOLD`.

    A change counts as far as it lasts and came at once, or came slowly but with quiet on either side (a slide that
    fades over). That the content of the screen is another counts less in the middle of scrolling and paging. Where
    equally strong changes follow each other within seconds, something blinks or plays, and none of them counts.
    """
    raw = [0.0] * len(looks)
    for at, look in enumerate(looks):
        if promise(look) >= THRESHOLD:
            raw[at] = _weight(looks, at)
    strengths = list(raw)
    for at, weight in enumerate(raw):
        if weight > 0:
            others = sorted((raw[other] for other in _around(looks, at, evenly=False)), reverse=True)
            if len(others) >= _FLICKER_RANK:
                strengths[at] = max(0.0, weight - _FLICKER_SHARE * others[_FLICKER_RANK - 1])
    return strengths


def _weight(looks: Sequence[Look], at: int) -> float:
    look = looks[at]
    histogram = min(look.change.histogram, look.lasting.histogram)
    blocks = min(look.change.blocks, look.lasting.blocks)
    busy = max((looks[other].change.content for other in _around(looks, at)), default=0.0)
    content = max(0.0, min(look.change.content, look.lasting.content) - _BUSY_SHARE * busy)
    sharp = sharpness(look)
    beside = [looks[i].step for i in (at - 2, at + 2) if 0 <= i < len(looks)]
    if sharp < _ALONE and beside and max(beside) < 0.1 * look.step:
        sharp = _ALONE
    return sharp * (_HISTOGRAM * histogram + _BLOCKS * blocks + _CONTENT * content)


def _around(looks: Sequence[Look], at: int, *, evenly: bool = True) -> list[int]:
    """The looks :data:`_AROUND` seconds around; unless ``evenly``, as many seconds also at the video's ends."""
    time = looks[at].time
    begin, end = time - _AROUND, time + _AROUND
    if not evenly:
        begin = min(max(looks[0].time, begin), looks[-1].time - 2 * _AROUND)
        end = max(looks[0].time, begin) + 2 * _AROUND
    found = []
    for direction in (range(at - 1, -1, -1), range(at + 1, len(looks))):
        for other in direction:
            if not begin <= looks[other].time <= end:
                break
            if abs(looks[other].time - time) > _SAME:
                found.append(other)
    return found


def choose(candidates: Iterable[Cut], duration: float, shortest: float, threshold: float = THRESHOLD) -> list[Cut]:
    """The strongest cuts that leave each chapter at least ``shortest`` seconds, the last one half of that; in order."""
    chosen: list[Cut] = []
    for cut in sorted(candidates, key=lambda cut: (-cut.strength, cut.time)):
        if cut.strength < threshold:
            break
        if cut.time < shortest or duration - cut.time < shortest / 2:
            continue
        if all(abs(cut.time - other.time) >= shortest for other in chosen):
            chosen.append(cut)
    return sorted(chosen, key=lambda cut: cut.time)
