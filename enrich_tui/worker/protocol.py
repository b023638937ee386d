"""What parent and child tell each other: JSON frames, each behind its length in four bytes, most significant first.

The parent sends :class:`Run` and :class:`Warm`, and closes the pipe to make the child leave. Nothing is unpickled, and
every frame is validated where it arrives: a child that reads recordings is not to be trusted more than they are.
Big results go by file, so a frame has a cap.
"""

from __future__ import annotations

import asyncio
import struct
import threading
from typing import Annotated, BinaryIO, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Frozen, StageOutput, StageTask

MAX_FRAME = 8 * 1024**2
"""Longest frame in bytes, without its length."""

_LENGTH = struct.Struct(">I")
_T = TypeVar("_T")


class FrameError(Exception):
    """A frame is too long, or is none. The stream cannot be read any further."""


class Run(Frozen):
    """Parent to child: run this stage."""

    type: Literal["run"] = "run"
    job: int
    task: StageTask


class Warm(Frozen):
    """Parent to child: import these modules while there is nothing else to do."""

    type: Literal["warm"] = "warm"
    modules: tuple[str, ...]


class Ready(Frozen):
    """Child to parent: jobs can come."""

    type: Literal["ready"] = "ready"
    pid: int


class Progressed(Frozen):
    """Child to parent: this fraction of the job is done, 0 to 1."""

    type: Literal["progress"] = "progress"
    job: int
    fraction: Annotated[float, Field(ge=0, le=1)]
    message: str = ""
    kept: Annotated[float, Field(ge=0, le=1)] | None = None
    """The fraction at which its work began, from a stage that goes on from what earlier attempts kept."""


class Heartbeat(Frozen):
    """Child to parent, once an interval: the process breathes."""

    type: Literal["heartbeat"] = "heartbeat"
    cpu_seconds: float
    memory: int | None
    """Resident bytes, where the platform tells."""


class Done(Frozen):
    """Child to parent: the job is done."""

    type: Literal["done"] = "done"
    job: int
    output: StageOutput


class Failed(Frozen):
    """Child to parent: the job is not done; the fields are those of a ``StageError``."""

    type: Literal["failed"] = "failed"
    job: int
    problem: Problem
    facts: dict[str, str | int | float] = Field(default_factory=dict)
    detail: str = ""
    trace: str = ""
    retry_after: float | None = None
    status: int | None = None


ToChild = Run | Warm
ToParent = Ready | Progressed | Heartbeat | Done | Failed

_LATER = ConfigDict(defer_build=True)
_to_child: TypeAdapter[ToChild] = TypeAdapter(Annotated[ToChild, Field(discriminator="type")], config=_LATER)
_to_parent: TypeAdapter[ToParent] = TypeAdapter(Annotated[ToParent, Field(discriminator="type")], config=_LATER)


def encode(frame: ToChild | ToParent) -> bytes:
    """The frame with its length. Raises :class:`FrameError` where it would be longer than :data:`MAX_FRAME`."""
    body = frame.model_dump_json().encode()
    if len(body) > MAX_FRAME:
        raise FrameError(f"a {frame.type} frame of {len(body)} bytes; at most {MAX_FRAME} are sent")
    return _LENGTH.pack(len(body)) + body


async def read_from_child(stream: asyncio.StreamReader) -> ToParent | None:
    """The next frame; None at the end, also where it comes in the middle of a frame. Raises :class:`FrameError`."""
    try:
        body = await stream.readexactly(_length(await stream.readexactly(_LENGTH.size)))
    except asyncio.IncompleteReadError:
        return None
    return _decode(_to_parent, body)


def read_from_parent(stream: BinaryIO) -> ToChild | None:
    """The next frame, waiting for it; None at the end, as above. Raises :class:`FrameError`."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _length(head)
    body = stream.read(length)
    return _decode(_to_child, body) if len(body) == length else None


class FrameWriter:
    """Writes whole frames to a stream, from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, frame: ToParent) -> None:
        """Write one frame. Raises :class:`FrameError` where it is too long, ``OSError`` where nobody reads any more."""
        data = encode(frame)
        with self._lock:
            self._stream.write(data)
            self._stream.flush()


def _length(head: bytes) -> int:
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME:
        raise FrameError(f"a frame of {length} bytes is announced; at most {MAX_FRAME} are read")
    return int(length)


def _decode(kind: TypeAdapter[_T], body: bytes) -> _T:
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise FrameError(f"not a frame of this protocol: {first['msg']}") from None
