"""When every session will be done, if each remaining stage takes as long as expected.

The rule is the pipeline's: a free worker takes the first ready stage in the order of the queue. audio and video are
ready at once and may run side by side; summary follows both, canvas follows summary; stages that are over, or not part
of a session, hold nobody up. Stages that need a processor share ``slots``; the others only need a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

STAGES = ("audio", "video", "summary", "canvas")
SUMMARY, CANVAS = 2, 3

Job = tuple[int, float, bool]
"""Number of the stage, remaining seconds, and whether it is running now."""


def schedule(sessions: Sequence[Sequence[Job]], workers: int, slots: int, bound: Sequence[bool]) -> list[float]:
    """Seconds until each session is done.

    ``sessions`` are in the order of the queue, each with its unfinished stages in the order of :data:`STAGES`.
    ``bound`` tells for each stage whether it needs one of the ``slots``. A session without jobs is done at 0.
    """
    ends = [0.0] * len(sessions)
    unready: list[list[Job]] = [[] for _ in sessions]
    open_ = [0] * len(sessions)
    running: list[tuple[float, int, int]] = []
    ready: list[tuple[int, int, float]] = []
    waiting: list[tuple[int, int, float]] = []
    free, free_slots = workers, slots
    for place, jobs in enumerate(sessions):
        first = True
        for stage, seconds, is_running in jobs:
            if is_running:
                running.append((seconds, place, stage))
                free -= 1
                free_slots -= bound[stage]
                open_[place] += 1
            elif stage < SUMMARY or first:
                (ready if bound[stage] else waiting).append((place, stage, seconds))
                open_[place] += 1
            else:
                unready[place].append((stage, seconds, False))
            first = False
    heapify(running)
    now = 0.0
    while True:
        while free > 0:
            if ready and free_slots > 0 and not (waiting and waiting[0] < ready[0]):
                place, stage, seconds = heappop(ready)
                free_slots -= 1
            elif waiting:
                place, stage, seconds = heappop(waiting)
            else:
                break
            free -= 1
            heappush(running, (now + seconds, place, stage))
        if not running:
            return ends
        now, place, stage = heappop(running)
        free += 1
        free_slots += bound[stage]
        ends[place] = now
        open_[place] -= 1
        if not open_[place] and unready[place]:
            stage, seconds, _ = unready[place].pop(0)
            heappush(ready if bound[stage] else waiting, (place, stage, seconds))
            open_[place] = 1
