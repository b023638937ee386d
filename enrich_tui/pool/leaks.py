"""Finds leases whose holder is gone.

A lease may be taken in one task and ended in another, so that a task has ended proves nothing as long as anybody has
the handle. Two things do prove it:

- Nobody but the pool itself refers to the handle any more.
- No task that still runs has used it, and the handle is referenced by nothing but frames that will never run again. An
  exception keeps the frames of its traceback, and whoever keeps the exception (``gather``, a finished task, a log)
  keeps a handle that way which the holder can no longer give back.

Where it cannot be told, the lease is left alone: a worker that comes back late is better than one with two holders.
"""

from __future__ import annotations

import gc
import sys
from types import FrameType

from enrich_tui.pool.slot import Slot

_OWN = 3
"""References to the handle that are no holder's: the slot's, the variable and the argument in :func:`abandoned`."""


def abandoned(slot: Slot) -> bool:
    """True where the slot is leased, and nobody is left who could end that.

    Costs some ten milliseconds where the handle is still referenced, but no task that still runs has assigned a job to
    it or run one.
    """
    worker = slot.holder
    if worker is None:
        return False
    if sys.getrefcount(worker) == _OWN:
        return True
    task = None if slot.user is None else slot.user()
    if task is not None and not task.done():
        return False
    # A frame reports what its variables refer to only when it has ended: those of a function that runs are on the
    # stack, and those of a suspended coroutine belong to the coroutine.
    frames = [referrer for referrer in gc.get_referrers(worker) if isinstance(referrer, FrameType)]
    in_frames = sum(referent is worker for frame in frames for referent in gc.get_referents(frame))
    return sys.getrefcount(worker) - _OWN <= in_frames
