"""Watches a video from its beginning to its end: what changed when, and a picture of every promising moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from av.video.frame import VideoFrame

from enrich_tui.stages.vision import pictures
from enrich_tui.stages.vision.changes import Change, Grey, compare
from enrich_tui.stages.vision.cuts import THRESHOLD, Cut, Look, choose, promise, weigh
from enrich_tui.stages.vision.frames import Sample

_LATE = 1.5
"""Seconds after a change from which the next sample says nothing about it: nothing was recorded in between."""
_A_BUCKET = 4
_EVERYTHING = Change(1.0, 1.0, 1.0)


def difference(before: Grey, after: Grey) -> Change:
    """What changed; everything, where the recorded picture has another shape."""
    return compare(before, after) if before.shape == after.shape else _EVERYTHING


class _Pending(NamedTuple):
    """A sample whose lasting change and picture wait for the next one."""

    before: Sample
    sample: Sample
    change: Change


class _Moment(NamedTuple):
    """What is kept of a promising moment, as JPEG."""

    picture: bytes
    left: bytes | None
    """The screen just before the change, in full size."""
    shown: bytes | None
    """The screen after it."""


class Watcher:
    """Takes the samples of a video and gives its cuts.

    Pictures are kept for the most promising moments only, a few for every ``bucket`` seconds, so that memory grows with
    the number of possible chapters and not with what happens in the video.
    """

    def __init__(self, width: int, pixel_shape: float, bucket: float, *, legible: bool = False) -> None:
        """``legible``: the screens of the moments are kept, too, so that text can be read from them."""
        self._width = width
        self._shape = pixel_shape
        self._bucket = max(1.0, bucket)
        self._looks: list[Look] = []
        self._legible = legible
        self._moments: dict[int, _Moment] = {}
        self._buckets: dict[int, list[tuple[float, int]]] = {}
        self._opening: bytes | None = None
        self._first: bytes | None = None
        self._last: bytes | None = None
        self.sideways = False
        """True where players turn the recorded picture by a quarter, as with telephones held upright."""

    def watch(self, samples: Iterable[Sample]) -> None:
        """Go through all samples, in order."""
        pending: _Pending | None = None
        previous: Sample | None = None
        for sample in samples:
            if previous is None:
                self.sideways = abs(sample.frame.rotation) == 90
                previous = sample
                continue
            if self._opening is None:
                late = sample.time - previous.time > _LATE
                opening = previous.frame if late else sample.frame
                self._opening, self._first = self._picture(opening), self._screen(opening)
            if pending is not None:
                self._settle(pending, sample)
            pending = _Pending(previous, sample, difference(previous.grey, sample.grey))
            previous = sample
        if pending is not None:
            self._settle(pending, None)
        elif previous is not None:
            self._opening = self._picture(previous.frame)
        if previous is not None:
            self._last = self._screen(previous.frame)

    def cuts(self, duration: float, shortest: float) -> list[Cut]:
        """Where chapters start, besides the first one at 0."""
        strengths = weigh(self._looks)
        return choose(
            (Cut(look, self._looks[look].time, min(1.0, strengths[look])) for look in self._moments),
            duration,
            shortest,
        )

    def picture(self, cut: Cut | None) -> bytes | None:
        """The JPEG of the chapter that starts with this cut; without one, of the first chapter."""
        if cut is None:
            return self._opening
        moment = self._moments.get(cut.look)
        return moment.picture if moment is not None else None

    def screens(self, cuts: Sequence[Cut]) -> list[list[bytes]]:
        """How each chapter's screen begins and ends, as legible JPEG; the first chapter begins with the video."""
        moments = [self._moments[cut.look] for cut in cuts]
        begins = [self._first, *[moment.shown for moment in moments]]
        ends = [*[moment.left for moment in moments], self._last]
        return [[screen for screen in pair if screen is not None] for pair in zip(begins, ends, strict=True)]

    def _settle(self, pending: _Pending, after: Sample | None) -> None:
        sample, change = pending.sample, pending.change
        late = after is None or after.time - sample.step_time > _LATE
        look = Look(sample.step_time, sample.step, sample.calm, change, change)
        if after is not None and not late and promise(look) >= THRESHOLD:
            look = look._replace(lasting=difference(pending.before.grey, after.grey))
        self._looks.append(look)
        if promise(look) >= THRESHOLD:
            shown = sample.frame if after is None or late else after.frame
            self._keep(len(self._looks) - 1, look, pending.before.frame, shown)

    def _keep(self, index: int, look: Look, before: VideoFrame, frame: VideoFrame) -> None:
        bucket = self._buckets.setdefault(int(look.time / self._bucket), [])
        if len(bucket) == _A_BUCKET:
            weakest = min(bucket)
            if weakest[0] >= promise(look):
                return
            bucket.remove(weakest)
            del self._moments[weakest[1]]
        bucket.append((promise(look), index))
        self._moments[index] = _Moment(self._picture(frame), self._screen(before), self._screen(frame))

    def _screen(self, frame: VideoFrame) -> bytes | None:
        return pictures.screen(frame) if self._legible else None

    def _picture(self, frame: VideoFrame) -> bytes:
        return pictures.of_frame(frame, self._width, self._shape)
