from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.closed import is_closed
from tests.unit.media.making import SOUND, box, make

TELLING = ("mp4", "m4a", "mov", "mkv", "webm", "wav", "avi", "ogg", "opus", "aif")


@pytest.mark.parametrize("ending", sorted(SOUND))
def test_a_finished_recording_is_closed(tmp_path: Path, ending: str) -> None:
    assert is_closed(make(tmp_path / f"a.{ending}"))


@pytest.mark.parametrize("ending", TELLING)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.95, 0.999])
def test_a_part_of_a_recording_is_not(tmp_path: Path, ending: str, share: float) -> None:
    path = make(tmp_path / f"a.{ending}")
    os.truncate(path, int(path.stat().st_size * share))
    assert not is_closed(path)


def test_an_mp4_that_begins_with_its_index_is_closed_when_its_samples_are_there(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", options={"movflags": "faststart"})
    assert is_closed(path)
    os.truncate(path, path.stat().st_size - 1)
    assert not is_closed(path)


def test_a_recorder_that_has_not_filled_in_the_sizes_yet_is_at_work(tmp_path: Path) -> None:
    sound = make(tmp_path / "a.wav").read_bytes()
    at = sound.index(b"data") + 4
    for size in (0, 0xFFFFFFFF):
        path = tmp_path / f"{size}.wav"
        path.write_bytes(sound[:at] + struct.pack("<I", size) + sound[at + 4 :])
        assert not is_closed(path)
    live = tmp_path / "live.mkv"
    video = make(tmp_path / "a.mkv").read_bytes()
    at = video.index(b"\x18\x53\x80\x67") + 4
    live.write_bytes(video[:at] + b"\x01" + b"\xff" * 7 + video[at + 8 :])
    assert not is_closed(live)


def test_a_wav_of_more_than_four_gigabytes_tells_its_size_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    head = b"RF64" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE"
    sizes = b"ds64" + struct.pack("<IQQQI", 28, 100, 40, 20, 0)
    samples = b"data" + struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(head + sizes + samples + bytes(40))
    assert is_closed(path)
    path.write_bytes(head + sizes + samples + bytes(39))
    assert not is_closed(path)


@pytest.mark.parametrize(
    ("data", "closed"),
    [
        (box(b"ftyp", b"isom"), False),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"moov"), True),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 3, b"moov") + bytes(9), False),
        (box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 17) + b"x", True),
        (box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 2**63), False),
        (b"\x1aE\xdf\xa3\x00", False),
        (b"\x1aE\xdf\xa3\x80" * 3, False),
        (b"RIFF\x24\0\0\0WAVE", False),
        (b"OggS", False),
    ],
)
def test_odd_bytes_are_read_without_harm(tmp_path: Path, data: bytes, closed: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    assert is_closed(path) is closed


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(StageError) as told:
        is_closed(tmp_path / "empty.wav")
    assert told.value.problem is Problem.EMPTY_FILE
