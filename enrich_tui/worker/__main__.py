"""``python -m enrich_tui.worker``: the child process. Started by :mod:`enrich_tui.worker.child`, not by people."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO


def claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for frames, and give everybody else an empty input and the log.

    Native libraries print what they like; on the pipe it would corrupt the frames. Hence before any other import.
    """
    inbox, outbox = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(inbox, "rb"), os.fdopen(outbox, "wb")


def main() -> None:
    """Serve the parent until it closes the pipe."""
    inbox, outbox = claim_pipes()
    from enrich_tui.worker import limits

    limits.die_with_parent()
    package, memory, heartbeat = sys.argv[1:]
    limits.apply(int(memory))
    from enrich_tui.worker.serve import serve

    serve(inbox, outbox, package=package, heartbeat=float(heartbeat))


if __name__ == "__main__":
    main()
