"""When every session will be done, if each remaining stage takes as long as expected.

The rule is the pipeline's: whoever is free takes the first ready stage in the order of the queue. audio and video are
ready at once and may run side by side; summary follows both, canvas follows summary. Stages that are over, or not part
of a session, hold nobody up.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush, heapreplace

STAGES = ("audio", "video", "summary", "canvas")
"""In the order in which they are taken. The first two are independent, each of the others follows all before it."""

INDEPENDENT = 2

Job = tuple[int, float, bool]
"""Number of the stage, remaining seconds, and whether it is running now."""


def schedule(sessions: Sequence[Sequence[Job]], capacity: int) -> list[float]:
    """Seconds until each session is done, with ``capacity`` stages at a time; 0 for one without jobs.

    ``sessions`` are in the order of the queue, each with its unfinished stages in the order of :data:`STAGES`.
    """
    ends = [0.0] * len(sessions)
    later: dict[int, list[float]] = {}
    ahead = [0] * len(sessions)
    running: list[tuple[float, int]] = []
    ready: list[tuple[int, int, float]] = []
    for place, jobs in enumerate(sessions):
        count = 0
        for stage, seconds, is_running in jobs:
            if is_running:
                running.append((seconds, place))
            elif stage < INDEPENDENT or not count:
                ready.append((place, stage, seconds))
            else:
                later.setdefault(place, []).append(seconds)
                continue
            count += 1
        ahead[place] = count
    heapify(running)
    while ready and len(running) < capacity:
        place, _, seconds = heappop(ready)
        heappush(running, (seconds, place))
    while running:
        now, place = running[0]
        ends[place] = now
        ahead[place] -= 1
        if not ahead[place] and place in later:
            rest = later[place]
            heappush(ready, (place, INDEPENDENT, rest.pop(0)))
            ahead[place] = 1
            if not rest:
                del later[place]
        if ready and len(running) <= capacity:
            place, _, seconds = heappop(ready)
            heapreplace(running, (now + seconds, place))
        else:
            heappop(running)
    return ends
