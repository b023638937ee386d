from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media import open as opening
from enrich_tui.media.magic import container_of, id3_size
from enrich_tui.media.open import audio_streams, open_media, video_stream
from enrich_tui.media.probe import probe
from tests.unit.media.making import PICTURE, RATES, SOUND, make, name_other_file, tone

PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "hls with a mark": "\ufeff#EXTM3U\n#EXTINF:9,\n{url}\n",
    "concat": "ffconcat version 1.0\nfile '{other}'\n",
    "dash": '<?xml version="1.0"?>\n<MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>\n',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "smil": '<smil><body><video src="{url}"/></body></smil>',
    "pls": "[playlist]\nFile1={url}\n",
}


def problem(path: Path) -> Problem:
    with pytest.raises(StageError) as caught, open_media(path):
        pass
    return caught.value.problem


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_every_kind_of_recording_opens(tmp_path: Path, kind: str) -> None:
    info = probe(make(tmp_path / f"recording.{kind}", seconds=1.0))
    assert info.duration == pytest.approx(1.0, abs=0.25)
    assert [track.channels for track in info.audio] == [1]
    assert [(picture.width, picture.height, picture.fps) for picture in info.video] == (
        [(64, 48, RATES.get(kind, 10))] if kind in PICTURE else []
    )
    assert info.size == (tmp_path / f"recording.{kind}").stat().st_size


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = make(tmp_path / "sound.flac", seconds=0.5)
    assert probe(path.rename(tmp_path / "sound.mp4")).format == "flac"


def test_cameras_put_a_time_before_each_packet_of_a_transport_stream(tmp_path: Path) -> None:
    plain = make(tmp_path / "a.ts", seconds=1.0).read_bytes()
    timed = tmp_path / "a.mts"
    timed.write_bytes(b"".join(b"\0\0\0\1" + plain[at : at + 188] for at in range(0, len(plain), 188)))
    info = probe(timed)
    assert (info.format, [track.codec for track in info.audio], len(info.video)) == ("mpegts", ["aac"], 1)


@pytest.mark.parametrize("playlist", sorted(PLAYLISTS))
def test_a_playlist_reaches_neither_the_network_nor_another_file(tmp_path: Path, playlist: str) -> None:
    other = make(tmp_path / "other.mp4", seconds=0.5)
    os.utime(other, (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
        wicked = tmp_path / "wicked.mp4"
        wicked.write_text(PLAYLISTS[playlist].format(url=url, other=other), encoding="utf-8")
        began = time.monotonic()
        assert problem(wicked) is Problem.UNSAFE_CONTAINER
        assert time.monotonic() - began < 1
        with pytest.raises(TimeoutError):
            server.accept()
    assert other.stat().st_atime == 1


def test_samples_in_another_file_are_not_fetched(tmp_path: Path) -> None:
    other = make(tmp_path / "other.mov", seconds=0.5)
    os.utime(other, (1, 1))
    wicked = make(tmp_path / "wicked.mov", picture=False, seconds=0.5)
    name_other_file(wicked, str(other))
    assert problem(wicked) is Problem.UNSAFE_CONTAINER
    assert other.stat().st_atime == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_is_refused_but_a_linked_folder_is_not(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = make(tmp_path / "real" / "a.wav", seconds=0.2)
    (tmp_path / "link.wav").symlink_to(path)
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    assert problem(tmp_path / "link.wav") is Problem.UNSAFE_CONTAINER
    assert probe(tmp_path / "folder" / "a.wav").format == "wav"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_ends_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.mp4").mkdir()
    found: list[Problem] = []
    thread = threading.Thread(target=lambda: found.append(problem(tmp_path / "pipe.wav")), daemon=True)
    thread.start()
    thread.join(2)
    assert found == [Problem.NOT_MEDIA]
    assert problem(tmp_path / "folder.mp4") is Problem.NOT_MEDIA


def test_each_way_of_not_being_a_recording(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("minutes of the meeting\n" * 20)
    (tmp_path / "cut.mp4").write_bytes(make(tmp_path / "a.mp4", seconds=0.5).read_bytes()[:600])
    (tmp_path / "tag.mp3").write_bytes(b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(40))
    assert problem(tmp_path / "none.mp4") is Problem.FILE_MISSING
    assert problem(tmp_path / "empty.mp4") is Problem.EMPTY_FILE
    assert problem(tmp_path / "text.mp4") is Problem.NOT_MEDIA
    assert problem(tmp_path / "cut.mp4") is Problem.NOT_MEDIA
    (tmp_path / "noise.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\x93\x1c\x07\xf2" * 999)
    assert problem(tmp_path / "noise.mp4") is Problem.NOT_MEDIA
    assert problem(tmp_path / "tag.mp3") is Problem.NOT_MEDIA


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.wav", seconds=0.2)
    path.chmod(stat.S_IWUSR)
    assert problem(path) is Problem.PERMISSION


def test_streams_outside_the_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mkv", seconds=0.5)
    with open_media(path) as container:
        assert (video_stream(container).width, len(audio_streams(container))) == (64, 1)
        monkeypatch.setattr(opening, "MAX_PIXELS", 64 * 48 - 1)
        with pytest.raises(StageError) as caught:
            video_stream(container)
        assert caught.value.problem is Problem.TOO_LARGE
        monkeypatch.setattr(opening, "VIDEO_DECODERS", frozenset({"vp9"}))
        with pytest.raises(StageError) as caught:
            video_stream(container)
        assert (caught.value.problem, caught.value.facts) == (Problem.CODEC, {"codec": "h264"})
        monkeypatch.setattr(opening, "AUDIO_DECODERS", frozenset({"flac"}))
        with pytest.raises(StageError) as caught:
            audio_streams(container)
        assert caught.value.problem is Problem.CODEC


def test_too_many_streams_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mkv", sound=[tone(0.2)] * 3, picture=False)
    assert problem(make(tmp_path / "b.m4a", sound=[tone(0.1)] * 65)) is Problem.TOO_LARGE
    monkeypatch.setattr(opening, "MAX_STREAMS", 2)
    assert problem(path) is Problem.TOO_LARGE


def test_a_place_that_no_file_reaches_is_no_fault_of_the_disk(tmp_path: Path) -> None:
    data = bytearray(make(tmp_path / "a.wma", seconds=0.5).read_bytes())
    header = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")  # the object that tells of the file
    struct.pack_into("<Q", data, data.index(header) + 16, 2**62)
    (tmp_path / "a.wma").write_bytes(data)
    assert problem(tmp_path / "a.wma") is Problem.NOT_MEDIA


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    with open_media(make(tmp_path / "a.m4a", seconds=0.2)) as container:
        with pytest.raises(StageError) as caught:
            video_stream(container)
        assert (caught.value.problem, caught.value.facts) == (Problem.NO_STREAM, {"what": "picture"})


def test_first_bytes() -> None:
    assert container_of(b"\xff\xfb\x90\x64") == "mp3"
    assert container_of(b"\0\0\0\xff\xfb\x90\x64") == "mp3"
    assert container_of(b"\xff\xf1\x50\x80") == "aac"
    assert container_of(b"\xff\xff\xff\xff") is None
    assert container_of(b"\xff\xfe\x41\x00") is None
    assert container_of(b"") is None
    assert container_of(b"RIFF\0\0\0\0WEBP") is None
    assert container_of(b"FORM\0\0\0\x0eAIFC") == "aiff"
    assert container_of(b"FORM\0\0\0\x0eILBM") is None
    assert container_of(b"#!AMR-WB\n") == "amr"
    assert container_of((b"G" + bytes(187)) * 4) == "mpegts"
    assert container_of((b"G" + bytes(187)) * 3) is None
    assert id3_size(b"ID3\4\0\0\0\0\1\1" + bytes(20)) == 10 + 129
