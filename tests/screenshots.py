"""The pictures in screenshots/, from a real run over the demo's sessions and two weeks of others made from their sound.

    python -m tests.screenshots [FOLDER]

Writes each view as SVG and, where a Chromium is found, as PNG. A worker is killed on the way, as a person would see it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import wave
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from textual.pilot import Pilot

from enrich_tui.config import Config, Limits, UiConfig
from enrich_tui.demo import make_library
from enrich_tui.demo.recording import speech_path
from enrich_tui.display.rows import CellState, SessionRow
from enrich_tui.launch import live_run
from enrich_tui.model import EnrichmentOptions
from enrich_tui.tui.app import Dashboard
from tests.browser.devtools import Browser, find_chromium

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = ((80, 24), (140, 40))
THEMES = {"dark": "enrich-dark", "light": "enrich-light"}
PATIENCE = 600.0
"""Seconds to wait for a state of the run."""


WEEKS = (
    ("Budget talk 4 Nov", 2),
    ("Customer call 5 Nov", 4),
    ("Customer call 11 Nov", 3),
    ("Demo rehearsal", 2),
    ("Idea on the way home", 1),
    ("Interview Harbour Museum", 4),
    ("Interview Old Theatre", 4),
    ("Onboarding Mara", 3),
    ("Planning 2 Nov", 3),
    ("Planning 9 Nov", 3),
    ("Retrospective 6 Nov", 3),
    ("Retrospective 13 Nov", 3),
    ("Stand-up 2 Nov", 1),
    ("Stand-up 3 Nov", 1),
    ("Stand-up 4 Nov", 2),
    ("Stand-up 9 Nov", 1),
    ("Stand-up 10 Nov", 2),
    ("Voice memo", 1),
)
"""Recordings, and how many pieces of speech each is made of."""
RATE = 16_000


def make_weeks(library: Path) -> None:
    """Recordings of different lengths, each a different series of what is said in the demo."""
    names = ("release-plan", "garden-gate", "report-walkthrough", "dashboard-tour", "support-call")
    spoken = [_samples(speech_path(name)) for name in names]
    for number, (title, pieces) in enumerate(WEEKS):
        parts = [spoken[(number + step * (number % 3 + 1)) % len(spoken)] for step in range(pieces)]
        with wave.open(str(library / f"{title}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.concatenate([*parts, np.zeros(number * 100, np.int16)]).tobytes())


def _samples(path: Path) -> NDArray[np.int16]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as sound:
        frames = [frame for decoded in sound.decode(audio=0) for frame in resampler.resample(decoded)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


class Photographer:
    """Takes the pictures of one dashboard."""

    def __init__(self, app: Dashboard, pilot: Pilot[int], folder: Path) -> None:
        self._app = app
        self._pilot = pilot
        self._folder = folder

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for a state of the run."""
        async with asyncio.timeout(PATIENCE):
            while not reached():
                await self._pilot.pause(0.05)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they have had their effect."""
        await self._pilot.press(*keys)
        await self._pilot.pause(0.3)

    async def take(self, name: str, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
        """Take the view in all sizes and themes."""
        for columns, rows in sizes:
            for theme, full in THEMES.items():
                self._app.theme = full
                await self._pilot.resize_terminal(columns, rows)
                await self._pilot.pause(0.3)
                picture = self._app.export_screenshot(title="enrich")
                (self._folder / f"{name}-{columns}x{rows}-{theme}.svg").write_text(picture, encoding="utf-8")


async def photograph(library: Path, folder: Path) -> None:
    """Run the dashboard over the library and take its pictures."""
    config = Config(limits=Limits(auto_restart=False), workers=2)
    async with live_run(library, EnrichmentOptions(), config, keep_open=True) as batch:
        app = Dashboard(batch, batch.controls, ui=UiConfig())
        async with app.run_test(size=SIZES[1]) as pilot:
            camera = Photographer(app, pilot, folder)
            view = app.board.view
            await camera.until(
                lambda: (
                    view.batch is not None
                    and view.batch.completed >= 6
                    and any(worker.pid and worker.session for worker in view.workers.values())
                )
            )
            victim = next(worker for worker in view.workers.values() if worker.pid and worker.session)
            os.kill(victim.pid or 0, signal.SIGKILL)
            await camera.until(lambda: any(worker.status == "error" for worker in view.workers.values()))
            await camera.until(lambda: any(map(_half_way, view.rows.values())))
            await camera.take("dashboard")
            await camera.press("w")
            await camera.until(lambda: view.state == "done")
            await camera.take("done")
            await camera.press("question_mark")
            await camera.take("help", SIZES[1:])
            await camera.press("escape", "e")
            await camera.take("errors", SIZES[1:])
            await camera.press("escape", "slash", *"walk", "enter", "enter")
            await camera.take("details", SIZES[1:])
            await camera.press("4")
            await camera.take("transcript", SIZES[1:])
            batch.controls.drain()


def _half_way(row: SessionRow) -> bool:
    return any(cell.state is CellState.PROCESSING and 0.3 < cell.fraction < 0.7 for cell in row.cells.values())


def to_png(folder: Path) -> None:
    """Make a PNG of each SVG, twice its size in points."""
    program = find_chromium()
    if program is None:
        sys.exit("There is no Chromium here: only SVG files were written.")
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, Path(profile))
        try:
            for picture in sorted(folder.glob("*.svg")):
                browser.open(picture.resolve().as_uri())
                box = browser.value(
                    "(() => { const v = document.documentElement.viewBox.baseVal; return [v.width, v.height]; })()"
                )
                clip = {"x": 0, "y": 0, "width": box[0], "height": box[1], "scale": 1}
                browser.call(
                    "Emulation.setDeviceMetricsOverride",
                    width=int(box[0]),
                    height=int(box[1]),
                    deviceScaleFactor=1,
                    mobile=False,
                )
                browser.open(picture.resolve().as_uri())
                image = browser.call("Page.captureScreenshot", format="png", clip=clip)["data"]
                picture.with_suffix(".png").write_bytes(b64decode(image))
        finally:
            browser.close()


def main(folder: Path) -> None:
    """Take all pictures anew."""
    folder.mkdir(exist_ok=True)
    for old in (*folder.glob("*.svg"), *folder.glob("*.png")):
        old.unlink()
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOME"] = place  # the pictures show ~/Recordings, and know nothing of this user
        library = make_library(Path(place) / "Recordings")
        make_weeks(library)
        asyncio.run(photograph(library, folder))
    to_png(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
