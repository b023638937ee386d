"""Records real batches with the product, small enough to be kept: what the estimator heard, and when.

Run ``python -m tests.benchmarks.eta_record [NAME ...]``; without names all of :data:`BATCHES`. A recording is one JSON
file in ``tests/data/eta``. It holds no content and no path: sessions are numbers, with their bytes and media seconds.

``events`` are ``[t, kind, session, ...]``, in seconds since the run began:

- ``[t, "measured", session, {stage: media seconds or null}]``
- ``[t, "started", session, stage]``
- ``[t, "progressed", session, stage, fraction]``, thinned; last, where it is told, the fraction that was kept
- ``[t, "finished", session, stage, outcome, engine]``
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from enrich_tui.demo import make_library

DATA = Path(__file__).parents[1] / "data" / "eta"
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
SPEECH = ("memo_librivox.mp3", "memo_two_cities.m4a", "speech_jfk.flac", "memo_spanish.opus", "session_short.mkv")
VIDEOS = ("clip_bikes_noaudio.mp4", "screen_real_joined.mp4", "screen_textual_60fps.mp4", "session_short.mkv")
THIN_SECONDS, THIN_FRACTION = 0.25, 0.02
"""Between two reports of a stage that are kept lies at least this much."""
LONGEST = 300.0
"""Seconds that a recorded batch may take."""


def corpus(folder: Path, times: int = 1, seed: int | None = None) -> None:
    """The whole corpus, broken files and all, so many times; shuffled with a seed."""
    files = sorted(path.name for path in CORPUS.iterdir() if path.suffix not in {".md", ".json"})
    put(folder, files * times, seed)


def put(folder: Path, names: Iterable[str], seed: int | None = None) -> None:
    """Copies of files of the corpus, in this order or shuffled."""
    listed = list(names)
    if seed is not None:
        random.Random(seed).shuffle(listed)
    for number, name in enumerate(listed):
        shutil.copyfile(CORPUS / name, folder / f"{number:03}_{name}")


def speech(folder: Path, name: str, seconds: float) -> None:
    """One recording of so many seconds, put together from the corpus's English speech."""
    inputs = [part for file in SPEECH[:3] for part in ("-i", str(CORPUS / file))]
    once = folder / "once.wav"
    join = ["-filter_complex", "[0:a][1:a][2:a]concat=n=3:v=0:a=1", "-ar", "16000", "-ac", "1"]
    ffmpeg(*inputs, *join, str(once))
    ffmpeg("-stream_loop", "-1", "-i", str(once), "-t", str(seconds), str(folder / name))
    once.unlink()


def screen(folder: Path, name: str, times: int) -> None:
    """A minute of screen and speech, so many times in a row."""
    ffmpeg("-stream_loop", str(times - 1), "-i", str(CORPUS / "session_short.mkv"), "-c", "copy", str(folder / name))


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments], check=True, timeout=120)


def long_ones(folder: Path) -> None:
    speech(folder, "a.mp3", 200.0)
    speech(folder, "b.flac", 320.0)
    screen(folder, "c.mkv", 4)


def long_then_short(folder: Path) -> None:
    speech(folder, "000_long.mp3", 360.0)
    screen(folder, "000_screen.mkv", 3)
    put(folder / "more", SPEECH * 2, 3)


def short_then_long(folder: Path) -> None:
    put(folder, SPEECH, 4)
    speech(folder, "900_long.mp3", 90.0)
    speech(folder, "901_long.m4a", 150.0)


def one_long(folder: Path) -> None:
    speech(folder, "long.mp3", 600.0)


def demo(folder: Path) -> None:
    make_library(folder)


BATCHES: dict[str, tuple[int, Callable[[Path], None]]] = {
    "corpus-2": (2, corpus),
    "corpus-1": (1, corpus),
    "demo-2": (2, demo),
    "demo-1": (1, demo),
    "speech-20": (2, lambda folder: put(folder, SPEECH * 4, 1)),
    "long-ones": (2, long_ones),
    "one-long": (1, one_long),
    "long-then-short": (2, long_then_short),
    "short-then-long": (1, short_then_long),
    "videos-16": (2, lambda folder: put(folder, VIDEOS * 4, 2)),
    "corpus-shuffled": (2, lambda folder: corpus(folder, 1, 5)),
    "speech-short-16": (2, lambda folder: put(folder, SPEECH[2:4] * 8, 6)),
    "mixed-by-name": (2, lambda folder: put(folder, sorted(SPEECH + VIDEOS))),
    "demo-again": (2, demo),
    "memos-12": (2, lambda folder: put(folder, SPEECH[:3] * 4, 7)),
    "videos-8": (1, lambda folder: put(folder, VIDEOS * 2, 8)),
    "mixed-18": (2, lambda folder: put(folder, (SPEECH + VIDEOS) * 2, 9)),
    "screens-6": (2, lambda folder: put(folder, SPEECH[-1:] * 6)),
    "speech-10": (1, lambda folder: put(folder, SPEECH * 2, 10)),
    "corpus-twice": (2, lambda folder: corpus(folder, 2, 11)),
}
"""Name: workers, and what fills the library."""


def record(name: str) -> dict[str, Any]:
    """Run a batch and reduce its stream."""
    workers, fill = BATCHES[name]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        library = folder / "library"
        (library / "more").mkdir(parents=True)
        fill(library)
        if not any((library / "more").iterdir()):
            (library / "more").rmdir()
        command = [sys.executable, "-m", "enrich_tui", "run", str(library), "--display", "json", "--fresh"]
        command += ["--workers", str(workers), "--output", str(folder / "results")]
        state = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
        ran = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, **state}, timeout=LONGEST, check=False)
    return reduced(name, [json.loads(line) for line in ran.stdout.decode().splitlines()])


def reduced(name: str, stream: list[dict[str, Any]]) -> dict[str, Any]:
    """What the estimator heard in a stream of events."""
    numbers: dict[str, int] = {}
    batch: dict[str, Any] = {"name": name, "sessions": [], "events": []}
    tell = batch["events"].append
    last: dict[tuple[int, str], tuple[float, float]] = {}
    for event in stream:
        at = round(event["t"], 3)
        number = numbers.get(event.get("session") or "", -1)
        match event["type"]:
            case "run-started":
                batch |= {"workers": event["workers"], "cpu_slots": event["cpu_slots"]}
            case "session-queued":
                numbers[event["session"]] = len(numbers)
                batch["sessions"].append({"size": event["size"], "stages": event["stages"]})
            case "session-measured":
                tell([at, "measured", number, event["media"]])
            case "stage-started":
                tell([at, "started", number, event["stage"]])
                last[number, event["stage"]] = (at - 1.0, -1.0)
            case "stage-progressed":
                moment, fraction = last[number, event["stage"]]
                if at - moment >= THIN_SECONDS or event["fraction"] - fraction >= THIN_FRACTION:
                    last[number, event["stage"]] = at, event["fraction"]
                    kept = [] if event["kept"] is None else [round(event["kept"], 4)]
                    tell([at, "progressed", number, event["stage"], round(event["fraction"], 4), *kept])
            case "stage-retrying":
                tell([at, "finished", number, event["stage"], "retry", ""])
            case "stage-finished" if event["stage"] in batch["sessions"][number]["stages"]:
                outcome = "cached" if event["cached"] else event["outcome"]
                tell([at, "finished", number, event["stage"], outcome, event["engine"]])
            case "run-finished":
                batch["duration"] = at
    return batch


def write(batch: dict[str, Any]) -> Path:
    """Keep a batch: one line for each session and event."""
    lines = [f'"{key}": {json.dumps(batch[key])}' for key in ("name", "workers", "cpu_slots", "duration")]
    for key in ("sessions", "events"):
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in batch[key])
        lines.append(f'"{key}": [\n{rows}\n]')
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / f"{batch['name']}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BATCHES))
    for name in parser.parse_args().names or BATCHES:
        batch = record(name)
        path = write(batch)
        print(f"{name:20}{len(batch['sessions']):4} sessions{batch['duration']:8.1f} s{path.stat().st_size:8} bytes")


if __name__ == "__main__":
    main()
