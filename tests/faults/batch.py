"""A small library, a real batch over it in a process of its own, and what must be true of it at any moment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil

from enrich_tui.demo.recording import Scene, make_recording, speech_path
from enrich_tui.demo.scenes import FORM, LIST, TERMINAL, draw
from enrich_tui.media.decode import RATE, Samples, decode_audio
from enrich_tui.model import StageOutcome
from enrich_tui.stages.speech.memory import HEARD
from enrich_tui.store.outputs import PARTIAL_PREFIX
from enrich_tui.store.record import RECORD, SPARE, SessionRecord, load_record
from tests.unit.media.making import make

VOLATILE = {"duration", "finished_at", "attempts", "mtime_ns", "speed", "path", "output", "first_seen"}
"""What may differ between two records of the same work."""

LOOK = 0.02
"""Seconds between two looks at the results while a batch runs."""


def make_sources(
    folder: Path, *, reviews: int = 4, video: bool = True, speech: bool = True, long: bool = False
) -> Path:
    """A library of a few short sessions: spoken words, a silent screen recording, and screenshots with notes.

    ``long``: a recording of two minutes as well, which is heard in many stretches.
    """
    folder.mkdir(parents=True)
    if long:
        make(folder / "talk.wav", sound=[talk()], rate=RATE, picture=False)
    if speech:
        shutil.copyfile(speech_path("garden-gate"), folder / "garden.opus")
    if video:
        make_recording(folder / "clip.mp4", [Scene(TERMINAL, ["$ make", "done"], 3), Scene(LIST, ["one", "two"], 3)])
    for number in range(reviews):
        review = folder / f"review {number}"
        review.mkdir()
        (review / "notes.md").write_text("# Review\n\nThe button is too small. We decided to make it larger.\n")
        for step in range(2):
            draw(FORM, [f"Name {number}", f"step {step}"]).save(review / f"step-{step}.png")
    return folder


def talk() -> Samples:
    """Two minutes of talk."""
    names = ("garden-gate", "release-plan", "report-walkthrough", "dashboard-tour", "support-call")
    pause = np.zeros(RATE, np.float32)
    return np.concatenate([part for name in names for part in (*decode_audio(speech_path(name)), pause)])


def heard(library: Path) -> dict[str, list[bytes]]:
    """What was heard of each recording so far, by the place of its file; whole lines only."""
    return {
        path.relative_to(library).as_posix(): [
            line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n") and line.strip()
        ]
        for path in library.rglob(HEARD)
    }


def results(library: Path) -> dict[str, Path]:
    """All files among the results, by their place in the library."""
    found: dict[str, Path] = {}
    for folder, _, names in os.walk(library):
        if "enriched" in Path(folder).name or "enriched" in Path(folder).parent.name:
            for name in {*names} - {SPARE, HEARD}:  # copies, and what grows line by line
                path = Path(folder, name)
                found[path.relative_to(library).as_posix()] = path
    return found


def outputs(library: Path) -> dict[str, SessionRecord]:
    """The records of a library, by the place of their folder."""
    told = {name: load_record(path.parent) for name, path in results(library).items() if path.name == RECORD}
    return {name: record for name, record in told.items() if record is not None}


def steady(value: Any) -> Any:
    """A record without what may differ."""
    if isinstance(value, dict):
        return {name: steady(below) for name, below in value.items() if name not in VOLATILE}
    return [steady(below) for below in value] if isinstance(value, list) else value


def content(path: Path) -> object:
    """What a result says; records without what may differ."""
    data = path.read_bytes()
    return steady(json.loads(data)) if path.name == RECORD else data


def everything(library: Path) -> dict[str, object]:
    """What all results say."""
    return {name: content(path) for name, path in results(library).items()}


def finished(library: Path) -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
    """The stages that are on record as completed, with inode and time of each of their files."""
    stages: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for name, record in outputs(library).items():
        folder = (library / name).parent
        for stage, entry in record.stages.items():
            if entry.status is StageOutcome.COMPLETED:
                status = {str(file.path): (folder / file.path).stat() for file in entry.outputs.values()}
                stages[record.id, stage.value] = {file: (at.st_ino, at.st_mtime_ns) for file, at in status.items()}
    return stages


class Watch:
    """Looks at all results again and again: whatever stands under a final name must be whole at any time."""

    def __init__(self, library: Path, reference: dict[str, object]) -> None:
        self.faults: list[str] = []
        self.looks = 0
        self._library = library
        self._reference = reference
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            self.look()

    def look(self) -> None:
        """Look once."""
        self.looks += 1
        for name, path in results(self._library).items():
            if path.name.startswith(PARTIAL_PREFIX):
                continue
            try:
                status = path.stat()
                mark = status.st_ino, status.st_mtime_ns, status.st_size
                if self._seen.get(name) != mark:
                    self._check(name, path)
                    self._seen[name] = mark
            except FileNotFoundError:
                continue

    def _check(self, name: str, path: Path) -> None:
        if path.name == RECORD:
            try:
                SessionRecord.model_validate_json(path.read_bytes())
            except ValueError as error:
                self.faults.append(f"{name} cannot be read: {error}")
        elif content(path) != self._reference.get(name):
            self.faults.append(f"{name} is not what it will be")


@dataclass
class Batch:
    """One run of the program over a library, as a person starts it."""

    library: Path
    state: Path
    """The user's state folder; it also tells the processes of this batch from all others."""
    arguments: tuple[str, ...] = ("--workers", "2")
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in {"ENRICH_DISPLAY", "XDG_CONFIG_HOME"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "enrich_tui", "run", str(self.library), "--display", "json", *self.arguments],
            env=kept | {"XDG_STATE_HOME": str(self.state)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self, lines: int | None = None) -> bool:
        """Take so many events, or all; False where the stream ended."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.events.append(json.loads(line))
            if lines is not None and (lines := lines - 1) <= 0:
                return True
        return False

    def end(self, seconds: float = 120) -> int:
        """Read to the end; returns the exit code."""
        self.read()
        return self.process.wait(seconds)

    def started(self) -> list[tuple[str, str]]:
        """The stages that were started, as (session, stage)."""
        return [(event["session"], event["stage"]) for event in self.events if event["type"] == "stage-started"]

    def living(self) -> Iterator[psutil.Process]:
        """All processes that belong to this batch."""
        for process in psutil.process_iter():
            try:
                if process.environ().get("XDG_STATE_HOME") == str(self.state):
                    yield process
            except psutil.Error:
                continue
