from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import av
import pytest
from PIL import Image

from enrich_tui.config import StageConfig, VideoConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import video
from enrich_tui.stages.results import Chapters
from enrich_tui.stages.vision.rewrap import container_for
from enrich_tui.store import outputs
from tests.unit.video import made
from tests.unit.video.made import page, scenes, write

LENGTHS = (4.0, 3.0, 5.0)
CUTS = (4.0, 7.0)


def task(output: Path, *videos: Path, config: VideoConfig | None = None) -> StageTask:
    session = Session(id="s", title="s", source=videos[0], output=output, video=videos)
    return StageTask(session=session, stage=Stage.VIDEO, config=StageConfig(video=config or VideoConfig()))


def run(output: Path, *videos: Path, config: VideoConfig | None = None) -> tuple[StageOutput, Chapters]:
    told: list[float] = []

    def report(fraction: float, message: str = "") -> None:
        told.append(fraction)

    result = video.run(task(output, *videos, config=config), report)
    assert told == sorted(told)
    assert all(0 <= fraction <= 1 for fraction in told)
    assert told[-1] == 1.0
    return result, Chapters.model_validate_json((output / "chapters.json").read_text())


def starts(chapters: Chapters) -> list[float]:
    return [chapter.start for chapter in chapters.chapters]


def whole(chapters: Chapters) -> None:
    """Chapters follow each other without a gap, from 0 to the end."""
    edges = [0.0, *(chapter.end for chapter in chapters.chapters)]
    assert starts(chapters) == edges[:-1]
    assert edges[-1] == chapters.duration
    assert [chapter.index for chapter in chapters.chapters] == list(range(1, len(edges)))


@pytest.mark.parametrize(
    ("name", "form", "codec", "audio", "playable"),
    [
        ("a.mp4", "mp4", "libx264", "aac", None),
        ("a.m4v", "mp4", "libx264", None, None),
        ("a.mov", "mov", "libx264", "aac", "playable.mp4"),
        ("a.mkv", "matroska", "libx264", "libopus", "playable.mp4"),
        ("b.mkv", "matroska", "libvpx", "libopus", "playable.webm"),
        ("a.webm", "webm", "libvpx-vp9", "libopus", None),
        ("a.avi", "avi", "mpeg4", "libmp3lame", None),
        ("b.avi", "avi", "mjpeg", None, None),
        ("c.avi", "avi", "libx264", "libmp3lame", "playable.mp4"),
        ("a.wmv", "asf", "wmv2", "wmav2", None),
        ("a.flv", "flv", "libx264", "aac", "playable.mp4"),
        ("b.flv", "flv", "flv", None, None),
        ("a.mts", "mpegts", "libx264", "aac", "playable.mp4"),
        ("a.ts", "mpegts", "mpeg2video", "mp2", None),
        ("a.mpg", "mpeg", "mpeg2video", "mp2", None),
        ("a.3gp", "3gp", "libx264", "aac", "playable.mp4"),
    ],
)
def test_every_container_gives_the_same_chapters(
    tmp_path: Path, name: str, form: str, codec: str, audio: str | None, playable: str | None
) -> None:
    source = write(tmp_path / name, scenes(LENGTHS), codec=codec, audio=audio, form=form)
    before = source.read_bytes()
    output = tmp_path / "out"
    result, chapters = run(output, source)
    assert starts(chapters) == pytest.approx([0.0, *CUTS], abs=0.15)
    whole(chapters)
    assert chapters.duration == pytest.approx(sum(LENGTHS), abs=0.3)
    assert (chapters.width, chapters.height, chapters.video) == (320, 180, name)
    assert chapters.playable == playable == result.outputs.get("playable")
    assert result.notices == ()
    assert result.media_seconds == chapters.duration
    assert all((output / file).is_file() for file in result.outputs.values())
    assert source.read_bytes() == before
    if playable is not None:
        with av.open(str(output / playable)) as copy:
            assert {stream.type for stream in copy.streams} == ({"video", "audio"} if audio else {"video"})
            assert sum(1 for _ in copy.decode(video=0)) == 120
            assert (copy.duration or 0) / av.time_base == pytest.approx(12, abs=0.3)


def test_a_browsers_recording_with_one_key_frame(tmp_path: Path) -> None:
    options = {"deadline": "realtime", "cpu-used": "8", "g": "100000"}
    source = write(tmp_path / "a.webm", scenes(LENGTHS), codec="libvpx", audio="libopus", options=options, live=True)
    with av.open(str(source)) as container:
        assert container.duration is None
    result, chapters = run(tmp_path / "out", source)
    assert starts(chapters) == pytest.approx([0.0, *CUTS], abs=0.15)
    assert chapters.duration == pytest.approx(12, abs=0.3)
    assert result.notices == ()


def test_a_stream_that_was_cut_out_of_another_begins_with_half_a_picture(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "g": "80", "keyint_min": "80", "sc_threshold": "0"}
    whole = write(tmp_path / "a.ts", scenes(LENGTHS), audio="aac", form="mpegts", options=options).read_bytes()
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    source = tmp_path / "b.ts"
    source.write_bytes(b"".join(packets[:2] + packets[40:]))  # the tables, and the picture from its middle on
    _, chapters = run(tmp_path / "out", source)
    assert (chapters.width, chapters.height, chapters.playable) == (320, 180, "playable.mp4")


def test_sound_before_the_beginning_of_a_transport_stream_does_not_make_it_a_day_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "CONTAINERS", {})
    source = write(tmp_path / "a.ts", scenes(LENGTHS), audio="aac", form="mpegts")
    with av.open(str(source)) as container:
        assert container.duration is not None
        assert container.duration / av.time_base > 24 * 3600
    _, chapters = run(tmp_path / "out", source)
    assert starts(chapters) == pytest.approx([0.0, *CUTS], abs=0.15)
    assert chapters.duration == pytest.approx(12, abs=0.3)


def test_b_frames_in_avi_are_not_wrapped_wrongly(tmp_path: Path) -> None:
    source = write(tmp_path / "a.avi", scenes(LENGTHS), options={"preset": "fast", "bf": "2"})
    _, chapters = run(tmp_path / "out", source)
    assert starts(chapters) == pytest.approx([0.0, *CUTS], abs=0.5)
    assert chapters.playable is None


def test_pictures_show_their_own_chapter(tmp_path: Path) -> None:
    output = tmp_path / "out"
    _, chapters = run(output, write(tmp_path / "a.mp4", scenes(LENGTHS)), config=VideoConfig(thumbnail_width=160))
    for seed, chapter in enumerate(chapters.chapters):
        assert chapter.thumbnail == f"thumbnails/{seed + 1:03d}.jpg"
        with Image.open(output / chapter.thumbnail) as picture:
            assert picture.size == (160, 90)
            small = picture.convert("L").resize((16, 9))
        differences = [
            sum(
                abs(a - b)
                for a, b in zip(small.tobytes(), page(other).convert("L").resize((16, 9)).tobytes(), strict=True)
            )
            for other in range(len(LENGTHS))
        ]
        assert differences.index(min(differences)) == seed


def test_long_still_groups_are_not_decoded_and_nothing_is_lost(tmp_path: Path) -> None:
    lengths = (14.0, 13.0, 14.0)
    source = write(tmp_path / "a.mp4", scenes(lengths), options={"preset": "ultrafast", "g": "50"})
    _, chapters = run(tmp_path / "out", source, config=VideoConfig(min_chapter=8))
    assert starts(chapters) == pytest.approx([0.0, 14.0, 27.0], abs=0.15)


def test_a_slide_deck_recorded_only_when_it_changes(tmp_path: Path) -> None:
    """Frames come seconds apart: what is on the screen stays until the next one."""
    source = write(tmp_path / "a.mp4", scenes((4.0,) * 6, rate=1)[::4], rate=1)
    with av.open(str(source)) as plain, av.open(str(tmp_path / "b.mkv"), "w") as spread:
        stream = spread.add_stream_from_template(plain.streams.video[0])
        for packet in plain.demux(video=0):
            if packet.size:
                assert packet.pts is not None
                assert packet.dts is not None
                packet.pts, packet.dts, packet.duration = packet.pts * 20, packet.dts * 20, (packet.duration or 0) * 20
                packet.stream = stream
                spread.mux(packet)
    output = tmp_path / "out"
    result, chapters = run(output, tmp_path / "b.mkv")
    assert starts(chapters) == pytest.approx([0, 20, 40, 60, 80, 100], abs=0.1)
    assert result.notices == ()
    with Image.open(output / "thumbnails/002.jpg") as picture:
        assert list(picture.resize((1, 1)).tobytes()) == pytest.approx(list(page(1).resize((1, 1)).tobytes()), abs=8)


def test_what_an_earlier_run_left_goes(tmp_path: Path) -> None:
    output = tmp_path / "out"
    (output / "thumbnails").mkdir(parents=True)
    for name in ("002.jpg", "117.jpg", "mine.jpg", "notes.txt"):
        (output / "thumbnails" / name).write_bytes(b"old")
    (output / "playable.webm").write_bytes(b"old")
    run(output, write(tmp_path / "a.mp4", scenes((3.0,))))
    assert sorted(path.name for path in (output / "thumbnails").iterdir()) == ["001.jpg", "mine.jpg", "notes.txt"]
    assert not (output / "playable.webm").exists()


def test_old_chapters_stay_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, output = write(tmp_path / "a.mp4", scenes((3.0,))), tmp_path / "out"
    run(output, source)
    before = (output / "chapters.json").read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(outputs, "write_bytes", full)
    with pytest.raises(StageError) as caught:
        video.run(task(output, source), lambda fraction, message="": None)
    assert caught.value.problem is Problem.DISK_FULL
    assert (output / "chapters.json").read_bytes() == before


def test_further_videos_are_told(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mp4", scenes((3.0,)))
    result, chapters = run(tmp_path / "out", source, source)
    assert result.facts["further_videos"] == 1
    assert chapters.video == "a.mp4"


def test_a_shorter_video_than_a_second(tmp_path: Path) -> None:
    _, chapters = run(tmp_path / "out", write(tmp_path / "a.mp4", scenes((0.1,))))
    assert len(chapters.chapters) == 1
    assert chapters.chapters[0].thumbnail is not None
    whole(chapters)


def test_a_cut_off_recording_keeps_what_there_is(tmp_path: Path) -> None:
    frames = scenes((8.0, 8.0))
    source = write(tmp_path / "a.mkv", frames, options={"preset": "ultrafast", "g": "20"})
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * 0.7)])
    result, chapters = run(tmp_path / "out", source)
    whole(chapters)
    notice = next(notice for notice in result.notices if notice.problem == Problem.TRUNCATED)
    assert notice.facts["announced"] == pytest.approx(16, abs=0.3)
    assert notice.facts["read"] == pytest.approx(chapters.duration, abs=0.1)
    assert chapters.duration < 14


def test_damaged_packets_are_counted_and_passed(tmp_path: Path) -> None:
    rng = random.Random(3)
    source = write(
        tmp_path / "a.mkv", scenes(LENGTHS), options={"preset": "ultrafast", "g": "10", "x264-params": "slices=4"}
    )
    data = bytearray(source.read_bytes())
    for _ in range(60):
        data[rng.randrange(len(data) // 3, len(data) * 2 // 3)] ^= 0xFF
    source.write_bytes(data)
    result, chapters = run(tmp_path / "out", source)
    whole(chapters)
    assert [notice.problem for notice in result.notices if notice.problem == Problem.DAMAGED] == [Problem.DAMAGED]
    assert all(0 < float(notice.facts.get("lost", 1)) <= 100 for notice in result.notices)


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", Problem.EMPTY_FILE), (b"text, not a film\n" * 60, Problem.NOT_MEDIA)]
)
def test_what_is_no_video(tmp_path: Path, content: bytes, problem: Problem) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(content)
    with pytest.raises(StageError) as caught:
        run(tmp_path / "out", source)
    assert caught.value.problem is problem


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mkv", scenes((1.0,)), audio="aac")
    with av.open(str(source)) as both, av.open(str(tmp_path / "a.m4a"), "w", format="mp4") as alone:
        stream = alone.add_stream_from_template(both.streams.audio[0])
        for packet in both.demux(audio=0):
            if packet.size:
                packet.stream = stream
                alone.mux(packet)
    with pytest.raises(StageError) as caught:
        run(tmp_path / "out", tmp_path / "a.m4a")
    assert (caught.value.problem, caught.value.facts) == (Problem.NO_STREAM, {"what": "picture"})


def test_a_codec_that_is_not_accepted_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "a.avi", scenes((1.0,)), codec="snow")
    with pytest.raises(StageError) as caught:
        run(tmp_path / "out", source)
    assert (caught.value.problem, caught.value.facts) == (Problem.CODEC, {"codec": "snow"})


def test_no_input_is_said(tmp_path: Path) -> None:
    session = Session(id="s", title="s", source=tmp_path, output=tmp_path / "out")
    with pytest.raises(StageError) as caught:
        video.run(StageTask(session=session, stage=Stage.VIDEO), lambda fraction, message="": None)
    assert caught.value.problem is Problem.NO_INPUT


def test_the_chapter_files_agree(tmp_path: Path) -> None:
    output = tmp_path / "out"
    result, _ = run(output, write(tmp_path / "a.mp4", scenes(LENGTHS)))
    assert set(result.outputs) == {"chapters", "chapters_vtt", "chapters_ffmeta", "chapters_youtube"}
    assert (output / "chapters.vtt").read_text().count("-->") == 3
    assert (output / "chapters.ffmeta").read_text().count("[CHAPTER]") == 3
    assert (output / "chapters.youtube.txt").read_text().splitlines()[0] == "0:00 Part 1"
    assert result.facts == {"chapters": 3, "youtube": False}
    assert json.loads((output / "chapters.json").read_text())["engine"] == result.engine == "screen 1"


def test_what_browsers_play() -> None:
    assert container_for("h264", "yuv420p", "aac") == "mp4"
    assert container_for("h264", "yuv444p", "aac") is None
    assert container_for("h264", "yuv420p", "pcm_s16le") is None
    assert container_for("vp8", "yuv420p", "vorbis") == "webm"
    assert container_for("vp8", "yuv420p", "aac") is None
    assert container_for("vp9", "yuv420p", "aac") == "mp4"
    assert container_for("av1", "yuv420p", None) == "webm"
    assert container_for("hevc", "yuv420p", "aac") is None


def test_a_telephone_held_upright(tmp_path: Path) -> None:
    source = write(tmp_path / "a.mp4", scenes((2.0,)))
    data = bytearray(source.read_bytes())
    matrix = data.index(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 180 << 16, 0, 1 << 30)
    source.write_bytes(data)
    _, chapters = run(tmp_path / "out", source)
    assert (chapters.width, chapters.height) == (180, 320)
    with Image.open(tmp_path / "out/thumbnails/001.jpg") as picture:
        assert picture.size == (180, 320)
        turned = page(0).rotate(-90, expand=True).resize((9, 16))
        found, expected = picture.convert("L").resize((9, 16)).tobytes(), turned.convert("L").tobytes()
    assert sum(abs(a - b) for a, b in zip(found, expected, strict=True)) / len(expected) < 12
