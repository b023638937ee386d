"""The life of the child process: one stage at a time, telling how it goes, until the parent wants it gone."""

from __future__ import annotations

import _thread
import contextlib
import importlib
import logging
import math
import os
import queue
import signal
import sys
import threading
import time
from functools import partial
from typing import BinaryIO, NoReturn

from enrich_tui.model import StageTask
from enrich_tui.stages import load
from enrich_tui.store import outputs
from enrich_tui.store.owner import check
from enrich_tui.worker import procfs
from enrich_tui.worker.failures import failure
from enrich_tui.worker.limits import give_back
from enrich_tui.worker.protocol import (
    Done,
    FrameError,
    FrameWriter,
    Heartbeat,
    Progressed,
    Ready,
    Run,
    ToChild,
    Warm,
    read_from_parent,
)

PROGRESS_INTERVAL = 0.1
"""Least time between two reports of progress, in seconds."""
MESSAGE = 500
"""Longest words that go with it, in characters."""
LEAVE_SECONDS = 1.0
"""How long a stage may clean up after itself when the process is to leave."""

_log = logging.getLogger(__name__)


def serve(inbox: BinaryIO, outbox: BinaryIO, *, package: str, heartbeat: float) -> NoReturn:
    """Run what comes from ``inbox`` until it ends; ``heartbeat``: seconds between signs of life. Ends the process."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # A program started in the background may have passed on an ignored SIGINT, which leaving needs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 0
    try:
        _Child(inbox, FrameWriter(outbox), package, heartbeat).serve()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except Exception:  # noqa: BLE001 - logged; the exit code tells the parent
        _log.exception("The worker cannot go on.")
        code = 70  # EX_SOFTWARE of <sysexits.h>
    finally:
        # Without the interpreter's own end: native threads may be at work, and make it slow or crash.
        _leave(code)


def _leave(code: int) -> NoReturn:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


class _Child:
    def __init__(self, inbox: BinaryIO, outbox: FrameWriter, package: str, heartbeat: float) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._package = package
        self._heartbeat = heartbeat
        self._jobs: queue.SimpleQueue[ToChild | None] = queue.SimpleQueue()
        self._report: Reporter | None = None

    def serve(self) -> None:
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        self._outbox.send(Ready(pid=os.getpid()))
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        while (frame := self._jobs.get()) is not None:
            if isinstance(frame, Run):
                self._run(frame.job, frame.task)
            else:
                self._warm(frame)

    def _run(self, job: int, task: StageTask) -> None:
        self._report = report = Reporter(job, self._outbox)
        outputs.allow(partial(check, task.fence) if task.fence is not None else None)
        try:
            output = load(task.stage, self._package).run(task, report)
            self._outbox.send(Done(job=job, output=output))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the parent is told, and decides
            self._outbox.send(failure(job, error))
        finally:
            self._report = None
            give_back()

    def _warm(self, frame: Warm) -> None:
        for module in frame.modules:
            if not self._jobs.empty():
                return
            try:
                importlib.import_module(module)
            except ImportError:
                _log.info("%s is not installed.", module)
            except Exception:  # noqa: BLE001 - the job that needs it will say so
                _log.exception("%s cannot be imported.", module)

    def _listen(self) -> None:
        """Take what the parent sends. The end of the pipe means leave: the job was cancelled, or the parent is gone.

        A stage is one synchronous call, often deep in native code, and cannot be asked to stop. It is interrupted as by
        Ctrl-C, so that it can remove its unfinished files; if that takes too long, the process ends all the same.
        It is not kept for another job: nobody knows what state an interrupted library is in, and a spare is ready.
        """
        try:
            while (frame := read_from_parent(self._inbox)) is not None:
                self._jobs.put(frame)
        except (FrameError, OSError):
            _log.exception("The parent cannot be understood.")
        self._jobs.put(None)
        _interrupt_main()
        time.sleep(LEAVE_SECONDS)
        _leave(0)

    def _beat(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                if (report := self._report) is not None:
                    report.flush()
                memory = procfs.resident(os.getpid())
                self._outbox.send(
                    Heartbeat(cpu_seconds=time.process_time(), memory=_peak_memory() if memory is None else memory)
                )
                time.sleep(self._heartbeat)


class Reporter:
    """Sends progress at a bearable rate; what was held back goes with the next heartbeat."""

    def __init__(self, job: int, outbox: FrameWriter) -> None:
        self._job = job
        self._outbox = outbox
        self._lock = threading.Lock()
        self._held: Progressed | None = None
        self._sent = -math.inf

    def __call__(self, fraction: float, message: str = "", kept: float | None = None) -> None:
        if not math.isfinite(fraction):
            return
        words = message[:MESSAGE].encode("utf-8", "replace").decode("utf-8")
        with self._lock:
            if not words and self._held is not None:
                words = self._held.message  # it goes on; without it, the message sent before would
            self._held = Progressed(job=self._job, fraction=min(1.0, max(0.0, fraction)), message=words, kept=kept)
        if time.monotonic() - self._sent >= PROGRESS_INTERVAL:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            if (held := self._held) is not None:
                self._held = None
                self._sent = time.monotonic()
                self._outbox.send(held)


def _interrupt_main() -> None:
    """Raise ``KeyboardInterrupt`` in the main thread, also where it waits in a system call."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _peak_memory() -> int | None:
    """The most that was ever resident, for platforms that do not tell what is."""
    peak: int | None = None
    if sys.platform != "win32":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return peak
