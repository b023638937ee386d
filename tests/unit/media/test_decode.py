from __future__ import annotations

import random
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.decode import RATE, decode_audio
from enrich_tui.media.probe import probe
from tests.unit.media.making import SOUND, make, tone


def samples(path: Path, track: int = 0) -> NDArray[np.float32]:
    return np.concatenate(list(decode_audio(path, track=track)))


def problem(path: Path) -> Problem:
    with pytest.raises(StageError) as caught:
        list(decode_audio(path))
    return caught.value.problem


def pitch(sound: NDArray[np.float32]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * RATE / len(sound))


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_every_kind_becomes_samples(tmp_path: Path, kind: str) -> None:
    path = make(tmp_path / f"a.{kind}", seconds=2.5)
    told: list[float] = []
    decoding = decode_audio(path, report=told.append)
    blocks = list(decoding)
    sound = np.concatenate(blocks)
    assert sound.dtype == np.float32
    assert len(sound) / RATE == pytest.approx(2.5, abs=0.1)
    assert decoding.seconds == len(sound) / RATE
    assert pitch(sound) == pytest.approx(440, abs=2)
    assert max(map(len, blocks)) < 2 * RATE
    assert told == sorted(told)
    assert told[-1] == decoding.fraction == 1
    assert decoding.notices == ()


def test_tracks_are_told_apart(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", sound=[tone(1, pitch=300), tone(1, pitch=900)])
    assert pitch(samples(path, 0)) == pytest.approx(300, abs=2)
    assert pitch(samples(path, 1)) == pytest.approx(900, abs=2)
    with pytest.raises(StageError) as caught:
        samples(path, 2)
    assert caught.value.facts == {"what": "sound"}


def test_a_picture_alone_has_no_sound(tmp_path: Path) -> None:
    assert problem(make(tmp_path / "a.mp4", sound=[], seconds=1)) is Problem.NO_STREAM


def test_a_header_alone_has_no_samples(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.wav", seconds=1).read_bytes()
    (tmp_path / "b.wav").write_bytes(whole[: whole.index(b"data") + 8])
    assert problem(tmp_path / "b.wav") is Problem.NO_SAMPLES


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "aif"])
def test_a_recording_that_breaks_off_says_so(tmp_path: Path, kind: str) -> None:
    whole = make(tmp_path / f"a.{kind}", seconds=10)
    (tmp_path / f"b.{kind}").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    decoding = decode_audio(tmp_path / f"b.{kind}")
    read = sum(map(len, decoding)) / RATE
    assert read == pytest.approx(5, abs=0.8)
    notice = decoding.notices[0]
    assert notice.problem == Problem.TRUNCATED
    assert notice.facts == {"read": round(read, 1), "announced": 10.0}


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "opus", "ogg", "aac"])
def test_damage_costs_only_what_it_hits(tmp_path: Path, kind: str) -> None:
    path = make(tmp_path / f"a.{kind}", seconds=10)
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data) // 2, 997):
        data[at : at + 8] = b"\xa5" * 8
    path.write_bytes(data)
    decoding = decode_audio(path)
    seconds = sum(map(len, decoding)) / RATE
    assert 7 < seconds < 11


@pytest.mark.parametrize("behind", [b"\0", b"some program's remark"])
def test_what_hangs_behind_the_sound_is_no_damage(tmp_path: Path, behind: bytes) -> None:
    path = make(tmp_path / "a.mp3", seconds=2)
    path.write_bytes(path.read_bytes() + behind)
    decoding = decode_audio(path)
    assert sum(map(len, decoding)) / RATE == pytest.approx(2, abs=0.1)
    assert decoding.lost == 1
    assert decoding.notices == ()


def test_a_hole_becomes_silence_so_that_times_stay_true(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(path, "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        for start in (0, 1, 4):
            frame = av.AudioFrame.from_ndarray(
                (tone(1, RATE) * 32767).astype(np.int16)[None, :], format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, start * RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = samples(path)
    assert len(sound) / RATE == pytest.approx(5, abs=0.05)
    assert np.abs(sound[int(2.3 * RATE) : int(3.7 * RATE)]).max() < 1e-3
    assert np.abs(sound[int(4.3 * RATE) :]).max() > 0.1


def test_samples_that_are_no_numbers_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE)
        stream.layout = "mono"
        wild = tone(1, RATE)
        wild[::7], wild[1::7] = np.nan, np.inf
        frame = av.AudioFrame.from_ndarray(wild[None, :], format="flt", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
    sound = samples(path)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1


def test_protected_sound_is_not_decoded(tmp_path: Path) -> None:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    assert problem(make(tmp_path / "a.m4a", options=options)) is Problem.ENCRYPTED


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_whatever_is_in_a_file_it_ends_in_samples_or_in_a_known_problem(tmp_path: Path, kind: str) -> None:
    chance = random.Random(kind)
    whole = make(tmp_path / f"a.{kind}", seconds=0.5).read_bytes()
    path = tmp_path / f"b.{kind}"
    for _ in range(25):
        data = bytearray(whole)
        near = chance.choice([200, 2000, len(data)])
        for _ in range(chance.choice([1, 5, 50])):
            data[chance.randrange(12, min(near, len(data)))] = chance.choice([0, 127, 255, chance.randrange(256)])
        path.write_bytes(data[: chance.choice([len(data), chance.randrange(20, len(data))])])
        try:
            probe(path)
            for block in decode_audio(path):
                assert len(block) <= 2 * RATE
                assert np.isfinite(block).all()
        except StageError:
            pass


def test_a_recording_without_a_length_reports_by_its_bytes(tmp_path: Path) -> None:
    path = make(tmp_path / "a.webm", sound=[tone(20)], picture=False, options={"live": "1"})
    assert probe(path).duration is None
    told: list[float] = []
    assert sum(map(len, decode_audio(path, report=told.append))) / RATE == pytest.approx(20, abs=0.1)
    assert told == sorted(told)
    assert len(told) > 10
    assert 0.3 < told[len(told) // 2] < 0.7
