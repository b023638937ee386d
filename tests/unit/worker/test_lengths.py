from __future__ import annotations

import os
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from enrich_tui.config import Limits
from enrich_tui.demo.recording import Scene, make_recording
from enrich_tui.demo.scenes import SLIDES
from enrich_tui.worker.lengths import LengthFinder


async def test_lengths_of_sound_and_picture(tmp_path: Path) -> None:
    both, silent, broken = tmp_path / "both.mkv", tmp_path / os.fsdecode(b"s\xff.mp4"), tmp_path / "broken.mp4"
    make_recording(both, [Scene(SLIDES, ["a"], 2.0)], "garden-gate")
    make_recording(tmp_path / "silent.mp4", [Scene(SLIDES, ["a"], 3.0)])
    (tmp_path / "silent.mp4").rename(silent)
    broken.write_bytes(b"nothing")
    async with aclosing(LengthFinder(Limits())) as finder:
        told = await finder.find(both)
        assert told is not None
        assert told.sound == pytest.approx(14.6, abs=0.2)
        assert told.picture is not None
        nothing, mute = await finder.find(broken), await finder.find(silent)
        assert nothing is not None
        assert mute is not None
        assert (*nothing, mute.sound) == (None, None, False, None)
        assert both.exists()
        assert told.whole
        assert mute.whole
        assert mute.picture == pytest.approx(3.0, abs=0.3)


async def test_no_module_in_the_current_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a folder that somebody else filled."""
    make_recording(tmp_path / "a.m4a", speech="garden-gate")
    for name in ("av", "json", "enrich_tui"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    async with aclosing(LengthFinder(Limits())) as finder:
        assert await finder.find(tmp_path / "a.m4a")
    assert not (tmp_path / "run").exists()


async def test_a_killed_child_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    make_recording(tmp_path / "a.m4a", speech="garden-gate")
    (tmp_path / "a.m4a").rename(path)
    async with aclosing(LengthFinder(Limits())) as finder:
        first = await finder.find(path)
        assert finder._process is not None
        os.kill(finder._process.pid, signal.SIGKILL)
        await finder._process.wait()
        assert await finder.find(path) == first
