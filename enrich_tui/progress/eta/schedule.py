"""When every session will be done, if each remaining stage takes as long as expected.

The rule is the pipeline's: whoever is free takes the first ready stage in the order of the queue. audio and video are
ready at once and may run side by side; summary follows both, canvas follows summary. Stages that are over, or not part
of a session, hold nobody up. A stage that a server does takes a worker, but none of the slots of those that compute;
there may be more workers than slots for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

STAGES = ("audio", "video", "summary", "canvas")
"""In the order in which they are taken. The first two are independent, each of the others follows all before it."""

INDEPENDENT = 2

Job = tuple[int, float, bool]
"""Number of the stage, remaining seconds, and whether it is running now."""


def schedule(
    sessions: Sequence[Sequence[Job]], slots: int, workers: int = 0, served: frozenset[int] = frozenset()
) -> list[float]:
    """Seconds until each session is done, with ``slots`` computing stages at a time; 0 for one without jobs.

    ``sessions`` are in the order of the queue, each with its unfinished stages in the order of :data:`STAGES`.
    ``served`` are the numbers of the stages that a server does; of all stages as many run at a time as there are
    ``workers``, which are no fewer than ``slots``.
    """
    workers = max(workers, slots)
    beside = max(1, workers - slots)  # so many wait for a server before what computes is passed over for another one
    ends = [0.0] * len(sessions)
    later: dict[int, list[tuple[int, float]]] = {}
    ahead = [0] * len(sessions)
    running: list[tuple[float, int, bool]] = []
    computing = waiting = 0
    ready: list[tuple[int, int, float]] = []
    asking: list[tuple[int, int, float]] = []
    for place, jobs in enumerate(sessions):
        count = 0
        for stage, seconds, is_running in jobs:
            if is_running:
                waits = stage in served
                running.append((seconds, place, waits))
                waiting += waits
                computing += not waits
            elif stage < INDEPENDENT or not count:
                (asking if stage in served else ready).append((place, stage, seconds))
            else:
                later.setdefault(place, []).append((stage, seconds))
                continue
            count += 1
        ahead[place] = count
    heapify(running)
    now = 0.0
    while True:
        while computing + waiting < workers:
            if computing < slots and ready and not (asking and waiting < beside and asking[0] < ready[0]):
                place, _, seconds = heappop(ready)
                computing += 1
                heappush(running, (now + seconds, place, False))
            elif asking:
                place, _, seconds = heappop(asking)
                waiting += 1
                heappush(running, (now + seconds, place, True))
            else:
                break
        if not running:
            return ends
        now, place, waited = heappop(running)
        waiting -= waited
        computing -= not waited
        ends[place] = now
        ahead[place] -= 1
        if not ahead[place] and place in later:
            rest = later[place]
            stage, seconds = rest.pop(0)
            heappush(asking if stage in served else ready, (place, INDEPENDENT, seconds))
            ahead[place] = 1
            if not rest:
                del later[place]
