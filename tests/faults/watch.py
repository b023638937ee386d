"""Writes recordings slowly while a library is watched: ``python -m tests.faults.watch [SEEDS]``.

Each is written in pieces of random size with rests in between, one of them far longer than what counts as still; some
under another name until they are whole, some twice. Whatever the moments are, each is taken up once for each time it
was finished, and every attempt reads what was finished and nothing less.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import tempfile
from collections import Counter
from contextlib import aclosing
from functools import partial
from pathlib import Path

from enrich_tui import events as ev
from enrich_tui.config import Limits, WatchConfig
from enrich_tui.discovery import Search
from enrich_tui.model import Stage, StageOutput, StageTask
from enrich_tui.pipeline.finding import watch, wholeness
from enrich_tui.worker.lengths import LengthFinder
from tests.unit.media.making import make
from tests.unit.pipeline.harness import FakeRunner, Watcher, prepared, write_result

SETTINGS = WatchConfig(every=0.1, settle=0.5, patience=60.0)
ENDINGS = ("mp4", "mkv", "wav", "webm", "ogg", "avi", "m4a", "mov")
"""Formats that tell whether they are whole, so that a rest in the middle says nothing."""
BUSY = 120.0
"""Seconds that a busy machine may take."""
LONG_REST = 1.2
"""Seconds; more than twice of what counts as still."""


def digest(data: bytes) -> str:
    """The bytes in short."""
    return hashlib.sha256(data).hexdigest()


class Writer:
    """Writes one recording as a recorder, a copy or a download does."""

    def __init__(
        self, folder: Path, ending: str, chance: random.Random, versions: list[bytes], watcher: Watcher
    ) -> None:
        self._watcher = watcher
        self.path = folder / f"{ending} talk.{ending}"
        self._chance = chance
        self._versions = versions
        self.finished: list[str] = []
        """What was whole, in the order in which it was so."""

    async def write(self) -> None:
        """All versions, one after the other; the second one when the first has been taken up."""
        for number, data in enumerate(self._versions):
            if number:
                await self._watcher.until(lambda _: self.is_done(), BUSY)
            hidden = self._chance.random() < 0.25
            await self._pieces(self.path.with_name(f"{self.path.name}.part") if hidden else self.path, data)
            if hidden:
                self.path.with_name(f"{self.path.name}.part").replace(self.path)

    def is_done(self) -> bool:
        """True where the session has ended as often as its recording was whole."""
        ends = [event for event in self._watcher.events if isinstance(event, ev.SessionFinished)]
        return sum(event.session == self.path.name for event in ends) >= len(self.finished)

    async def _pieces(self, path: Path, data: bytes) -> None:
        await asyncio.sleep(self._chance.random())
        place, long_rests = 0, self._chance.sample(range(1, 8), 1)
        with path.open("wb", buffering=0) as stream:
            for piece in range(8):
                if piece in long_rests:
                    await asyncio.sleep(LONG_REST)
                end = len(data) if piece == 7 else self._chance.randint(place, len(data) - 1)
                if end == len(data):
                    self.finished.append(digest(data))
                stream.write(data[place:end])
                place = end
                await asyncio.sleep(self._chance.random() * 0.3)


async def one(seed: int, folder: Path) -> list[str]:
    """One library with these random moments; returns what went wrong."""
    chance = random.Random(seed)
    library, made = folder / "library", folder / "made"
    library.mkdir()
    made.mkdir()
    watcher = Watcher()
    recordings = [make(made / f"{number}.{ending}", seconds=1 + number / 10).read_bytes()
                  for number, ending in enumerate(ENDINGS)]  # fmt: skip
    longer = [make(made / f"longer.{ending}", seconds=3).read_bytes() for ending in ENDINGS]
    writers = [
        Writer(library, ending, chance, [whole, more] if chance.random() < 0.3 else [whole], watcher)
        for ending, whole, more in zip(ENDINGS, recordings, longer, strict=True)
    ]
    read: dict[tuple[str, Stage], list[str]] = {}

    def script(task: StageTask) -> StageOutput | Exception:
        read.setdefault((task.session.id, task.stage), []).append(digest(task.session.recordings[0].read_bytes()))
        return write_result(task)

    async with aclosing(LengthFinder(Limits())) as finder:
        feed = partial(_watched, Search(library), wholeness(finder))
        async with prepared([], FakeRunner(script), feed=feed) as batch:
            task = asyncio.create_task(batch.run(watcher))
            await asyncio.gather(*(writer.write() for writer in writers))
            await watcher.until(lambda _: all(writer.is_done() for writer in writers), BUSY)
            await asyncio.sleep(SETTINGS.settle * 3)
            batch.controls.drain()
            code = await task
    wrong = [f"exit code {code}"] if code else []
    queued = Counter(event.session for event in watcher.events if isinstance(event, ev.SessionQueued))
    for writer in writers:
        name = writer.path.name
        if read.get((name, Stage.AUDIO)) != writer.finished:
            wrong.append(f"{name}: {len(writer.finished)} times whole, read as {read.get((name, Stage.AUDIO))}")
        if queued[name] != len(writer.finished):
            wrong.append(f"{name}: taken up {queued[name]} times")
    return wrong


async def _watched(search: Search, is_whole: object, inbox: object) -> None:
    await watch(search, inbox, SETTINGS, is_whole)  # type: ignore[arg-type]


def main() -> int:
    """The command."""
    wrong = 0
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        with tempfile.TemporaryDirectory(prefix="watch-") as folder:
            told = asyncio.run(one(seed, Path(folder)))
        print(f"seed {seed}: {'; '.join(told) or 'well'}", flush=True)
        wrong += bool(told)
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
