"""Results that came along with somebody else's recordings: their record may say anything, and be no file at all."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from enrich_tui.model import SessionStatus, Stage
from enrich_tui.pipeline import adopt
from enrich_tui.pipeline.adopt import Elsewhere
from enrich_tui.store.record import RECORD, SPARE, load_record, save_record
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")


@contextlib.contextmanager
def not_hanging(seconds: int) -> Iterator[None]:
    """Fail where the block waits for a pipe that nobody writes to."""

    def fail(_number: int, _frame: FrameType | None) -> NoReturn:
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", [RECORD, SPARE])
async def test_a_pipe_in_place_of_a_record(tmp_path: Path, name: str) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    session.output.mkdir()
    os.mkfifo(session.output / name)
    with not_hanging(5):
        assert load_record(session.output) is None
        assert Elsewhere(tmp_path).find(session) is None
    batch, _, _ = await run([session], FakeRunner(), library=tmp_path)
    assert [result.status for result in batch.results] == [SessionStatus.COMPLETE]


async def test_a_pipe_among_results_is_not_taken_over(tmp_path: Path) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    await run([session], FakeRunner(), library=tmp_path)
    files = set(adopt._files(session.output))
    assert Path("audio.json") in files
    os.mkfifo(session.output / "extra.txt")
    assert set(adopt._files(session.output)) == files


@pytest.mark.parametrize("where", ["../outside", "/dev/zero"])
async def test_a_record_speaks_of_its_own_folder_only(tmp_path: Path, where: str) -> None:
    (session,) = make_sessions(tmp_path, ["a.wav"])
    await run([session], FakeRunner(), library=tmp_path)
    told = load_record(session.output)
    assert told is not None
    audio = told.stages[Stage.AUDIO]
    outputs = {role: file.model_copy(update={"path": Path(where)}) for role, file in audio.outputs.items()}
    spoilt = audio.model_copy(update={"outputs": outputs})
    (session.output / SPARE).unlink()
    save_record(session, told.model_copy(update={"stages": {**told.stages, Stage.AUDIO: spoilt}}))
    assert load_record(session.output) is None


def test_a_size_of_thousands_of_digits_is_no_size(tmp_path: Path) -> None:
    sessions = make_sessions(tmp_path, ["a.wav"])
    foreign = tmp_path / "b.wav.enriched"
    foreign.mkdir()
    (foreign / RECORD).write_text(f'{{"sources": [{{"path": "b.wav", "size": {"1" * 5000}}}]}}')
    assert Elsewhere(tmp_path).find(sessions[0]) is None
