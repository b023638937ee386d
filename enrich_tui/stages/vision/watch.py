"""Watches a video from its beginning to its end: what changed when, and a picture of every promising moment."""

from __future__ import annotations

from collections.abc import Iterable
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

    before: Grey
    sample: Sample
    change: Change


class Watcher:
    """Takes the samples of a video and gives its cuts.

    Pictures are kept for the most promising moments only, a few for every ``bucket`` seconds, so that memory grows with
    the number of possible chapters and not with what happens in the video.
    """

    def __init__(self, width: int, pixel_shape: float, bucket: float) -> None:
        self._width = width
        self._shape = pixel_shape
        self._bucket = max(1.0, bucket)
        self._looks: list[Look] = []
        self._pictures: dict[int, bytes] = {}
        self._buckets: dict[int, list[tuple[float, int]]] = {}
        self._opening: bytes | None = None
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
                self._opening = self._picture(previous.frame if late else sample.frame)
            if pending is not None:
                self._settle(pending, sample)
            pending = _Pending(previous.grey, sample, difference(previous.grey, sample.grey))
            previous = sample
        if pending is not None:
            self._settle(pending, None)
        elif previous is not None:
            self._opening = self._picture(previous.frame)

    def cuts(self, duration: float, shortest: float) -> list[Cut]:
        """Where chapters start, besides the first one at 0."""
        strengths = weigh(self._looks)
        return choose(
            (Cut(look, self._looks[look].time, min(1.0, strengths[look])) for look in self._pictures),
            duration,
            shortest,
        )

    def picture(self, cut: Cut | None) -> bytes | None:
        """The JPEG of the chapter that starts with this cut; without one, of the first chapter."""
        return self._opening if cut is None else self._pictures.get(cut.look)

    def _settle(self, pending: _Pending, after: Sample | None) -> None:
        sample, change = pending.sample, pending.change
        late = after is None or after.time - sample.step_time > _LATE
        look = Look(sample.step_time, sample.step, sample.calm, change, change)
        if after is not None and not late and promise(look) >= THRESHOLD:
            look = look._replace(lasting=difference(pending.before, after.grey))
        self._looks.append(look)
        if promise(look) >= THRESHOLD:
            self._keep(len(self._looks) - 1, look, sample.frame if after is None or late else after.frame)

    def _keep(self, index: int, look: Look, frame: VideoFrame) -> None:
        bucket = self._buckets.setdefault(int(look.time / self._bucket), [])
        if len(bucket) == _A_BUCKET:
            weakest = min(bucket)
            if weakest[0] >= promise(look):
                return
            bucket.remove(weakest)
            del self._pictures[weakest[1]]
        bucket.append((promise(look), index))
        self._pictures[index] = self._picture(frame)

    def _picture(self, frame: VideoFrame) -> bytes:
        return pictures.of_frame(frame, self._width, self._shape)
