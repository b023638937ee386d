"""Frames: they survive the way, and what is no frame, or too long, is refused."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.worker.protocol import (
    MAX_FRAME,
    Done,
    Failed,
    FrameError,
    FrameWriter,
    Heartbeat,
    Progressed,
    Ready,
    Run,
    ToParent,
    Warm,
    encode,
    read_from_child,
    read_from_parent,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
FRAMES: st.SearchStrategy[ToParent] = st.one_of(
    st.builds(Ready, pid=st.integers(0)),
    st.builds(Progressed, job=st.integers(0), fraction=st.floats(0, 1), message=TEXT),
    st.builds(Heartbeat, cpu_seconds=st.floats(0, 1e6), memory=st.none() | st.integers(0)),
    st.builds(
        Done, job=st.integers(0), output=st.builds(StageOutput, outputs=st.dictionaries(TEXT, TEXT), engine=TEXT)
    ),
    st.builds(
        Failed,
        job=st.integers(0),
        problem=st.sampled_from(Problem),
        facts=st.dictionaries(TEXT, TEXT | st.integers()),
        detail=TEXT,
        trace=TEXT,
    ),
)


def read(data: bytes) -> list[ToParent]:
    async def all_of_it() -> list[ToParent]:
        stream = asyncio.StreamReader(limit=16)
        stream.feed_data(data)
        stream.feed_eof()
        frames = list[ToParent]()
        while (frame := await read_from_child(stream)) is not None:
            frames.append(frame)
        return frames

    return asyncio.run(all_of_it())


@given(st.lists(FRAMES, max_size=5), st.integers(0, 10))
def test_frames_arrive_as_they_were_sent_and_a_cut_off_one_not_at_all(frames: list[ToParent], cut: int) -> None:
    stream = io.BytesIO()
    writer = FrameWriter(stream)
    for frame in frames:
        writer.send(frame)
    data = stream.getvalue()
    assert read(data) == frames
    if frames and cut:
        assert read(data[:-cut]) == frames[:-1]


def test_tasks_arrive_as_they_were_sent() -> None:
    odd = Path("/r/\udcff\n.wav")
    task = StageTask(
        session=Session(id="a", title="Ä", source=odd, output=Path("/r/out"), audio=(odd,)), stage=Stage.AUDIO
    )
    stream = io.BytesIO(encode(Warm(modules=("numpy",))) + encode(Run(job=1, task=task)) + b"\0\0")
    assert read_from_parent(stream) == Warm(modules=("numpy",))
    assert read_from_parent(stream) == Run(job=1, task=task)
    assert read_from_parent(stream) is None


def test_too_long_frames_are_neither_sent_nor_read() -> None:
    with pytest.raises(FrameError, match="at most"):
        encode(Progressed(job=1, fraction=0, message="x" * MAX_FRAME))
    with pytest.raises(FrameError, match="at most"):
        read((MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(FrameError, match="at most"):
        read_from_parent(io.BytesIO(b"\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"type": "run"}',
        b'{"type": "ready", "pid": "many"}',
        b'{"type": "progress", "job": 1, "fraction": 1.5}',
        b'{"type": "progress", "job": 1, "fraction": NaN}',
        b'{"type": "failed", "job": 1, "problem": "made up"}',
        b'{"type": "ready", "pid": 1, "more": 1}',
    ],
)
def test_nonsense_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        read(len(body).to_bytes(4, "big") + body)
    assert "made up" not in str(caught.value)
