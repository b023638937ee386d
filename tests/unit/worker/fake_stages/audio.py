"""Does what the session's title says."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.stages import KeepingReport
from enrich_tui.store.outputs import write_with
from enrich_tui.worker.process import WARM_MODULES

Act = Callable[[StageTask, KeepingReport], dict[str, object]]
ACTS: dict[str, Act] = {}


def act(function: Act) -> Act:
    ACTS[function.__name__] = function
    return function


def run(task: StageTask, report: KeepingReport) -> StageOutput:
    facts = ACTS[task.session.title](task, report)
    return StageOutput(outputs={"said": "said.txt"}, engine="fake 1", media_seconds=1.5, facts=facts)


@act
def succeed(task: StageTask, report: KeepingReport) -> dict[str, object]:
    report(0.25, "a quarter")
    report(1.0)
    return {"pid": os.getpid(), "threads": task.threads}


@act
def go_on(task: StageTask, report: KeepingReport) -> dict[str, object]:
    """Waits half way to be killed, the first time; then goes on from there."""
    half = task.session.output / "half"
    if half.exists():
        report(0.5, kept=0.5)
    else:
        half.parent.mkdir(parents=True, exist_ok=True)
        half.touch()
        report(0.5, str(os.getpid()), kept=0.0)
        time.sleep(60)
    (task.session.output / "said.txt").write_text("all of it")
    return {}


@act
def report_much(task: StageTask, report: KeepingReport) -> dict[str, object]:
    for number in range(20_000):
        report(number / 20_000)
    report(float("nan"))
    report(0.75, "held back \udcff")
    time.sleep(0.6)
    return {}


@act
def make_noise(task: StageTask, report: KeepingReport) -> dict[str, object]:
    print("printed", flush=True)
    os.write(1, b"\0\0\0\1written")
    library = ctypes.CDLL(None)
    library.puts(b"put by native code")
    library.fflush(None)
    os.read(0, 10)
    return {}


@act
def fail(task: StageTask, report: KeepingReport) -> dict[str, object]:
    raise StageError(Problem.MODEL_MISSING, facts={"install": "x", "n": 3}, detail="d", retry_after=2.5, status=429)


@act
def surprise(task: StageTask, report: KeepingReport) -> dict[str, object]:
    secret = "local value"
    raise KeyError(f"surprise of {len(secret)} \udcff")


@act
def miss_file(task: StageTask, report: KeepingReport) -> dict[str, object]:
    Path("/nowhere/at all").read_bytes()
    return {}


@act
def meet_damage(task: StageTask, report: KeepingReport) -> dict[str, object]:
    import av

    raise av.error.PermissionError(1, "Operation not permitted")


@act
def want_memory(task: StageTask, report: KeepingReport) -> dict[str, object]:
    bytearray(64 * 1024**3)
    return {}


@act
def return_much(task: StageTask, report: KeepingReport) -> dict[str, object]:
    return {"much": "x" * (9 * 1024**2)}


@act
def crash(task: StageTask, report: KeepingReport) -> dict[str, object]:
    ctypes.string_at(0)
    return {}


@act
def abort(task: StageTask, report: KeepingReport) -> dict[str, object]:
    os.abort()


@act
def run_out_of_memory(task: StageTask, report: KeepingReport) -> dict[str, object]:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


@act
def leave(task: StageTask, report: KeepingReport) -> dict[str, object]:
    os._exit(3)


@act
def exit_politely(task: StageTask, report: KeepingReport) -> dict[str, object]:
    sys.exit(4)


@act
def talk_nonsense(task: StageTask, report: KeepingReport) -> dict[str, object]:
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff\xff\xff\xffnonsense")
        except OSError:
            continue
    return wait(task, report)


@act
def use_engines(task: StageTask, report: KeepingReport) -> dict[str, object]:
    for module in WARM_MODULES:
        importlib.import_module(module)
    return {"pid": os.getpid()}


@act
def burn_a_second(task: StageTask, report: KeepingReport) -> dict[str, object]:
    report(0.1, str(os.getpid()))
    while time.process_time() < 1.0:
        pass
    return {}


@act
def burn(task: StageTask, report: KeepingReport) -> dict[str, object]:
    report(0.1, str(os.getpid()))
    while True:
        pass


@act
def burn_natively(task: StageTask, report: KeepingReport) -> dict[str, object]:
    """Holds the interpreter's lock for a minute or so, as a bad native library would."""
    report(0.1, str(os.getpid()))
    return {"digits": len(str(pow(7, 9_000_000) % pow(10, 3_000_000)))}


@act
def wait(task: StageTask, report: KeepingReport) -> dict[str, object]:
    report(0.1, str(os.getpid()))
    threading.Event().wait(60)
    return {}


@act
def write(task: StageTask, report: KeepingReport) -> dict[str, object]:
    def slowly(stream: object) -> None:
        report(0.1, "writing")
        while True:
            time.sleep(0.01)

    write_with(task.session.output / "result.bin", slowly)
    return {}


@act
def start_others(task: StageTask, report: KeepingReport) -> dict[str, object]:
    other = subprocess.Popen(["sleep", "60"])
    report(0.1, str(other.pid))
    return wait(task, report)


@act
def stop(task: StageTask, report: KeepingReport) -> dict[str, object]:
    report(0.1, str(os.getpid()))
    os.kill(os.getpid(), signal.SIGSTOP)
    return {}


@act
def look_around(task: StageTask, report: KeepingReport) -> dict[str, object]:
    import resource

    return {
        "environment": dict(os.environ),
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "file": resource.getrlimit(resource.RLIMIT_FSIZE)[0],
        "nice": os.nice(0),
        "session": os.getsid(0),
        "pid": os.getpid(),
        "path": sys.path,
    }


@act
def fill_log(task: StageTask, report: KeepingReport) -> dict[str, object]:
    for _ in range(60):
        os.write(2, b"x" * 99_999 + b"\n")
        time.sleep(0.01)
    return {}
