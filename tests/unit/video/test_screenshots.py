from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import video
from enrich_tui.stages.results import Chapters
from tests.unit.video.made import page


def run(folder: Path, files: list[Path]) -> tuple[StageOutput, Chapters]:
    output = folder / "enriched"
    session = Session(id="s", title="s", source=folder, output=output, screenshots=tuple(files))
    told: list[float] = []
    result = video.run(
        StageTask(session=session, stage=Stage.VIDEO), lambda fraction, message="": told.append(fraction)
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
    return result, Chapters.model_validate_json((output / "chapters.json").read_text())


def shots(folder: Path, *names: str) -> list[Path]:
    files = []
    for seed, name in enumerate(names):
        files.append(folder / name)
        page(seed, (640, 400)).save(files[-1])
        os.utime(files[-1], (1_700_000_000 + 40 * seed, 1_700_000_000 + 40 * seed))
    return files


def bomb(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))
    return path


def test_screenshots_become_chapters_by_their_files_times(tmp_path: Path) -> None:
    files = shots(tmp_path, "c.png", "a.jpg", "b.webp")
    result, chapters = run(tmp_path, files[::-1])
    assert [chapter.start for chapter in chapters.chapters] == [0, 40, 80]
    assert [chapter.title for chapter in chapters.chapters] == ["Screenshot 1", "Screenshot 2", "Screenshot 3"]
    assert chapters.video is None
    assert (chapters.width, chapters.height) == (640, 400)
    assert chapters.duration == 81
    assert result.facts["screenshots"] == 3
    assert result.notices == ()
    for chapter in chapters.chapters:
        assert chapter.thumbnail is not None
        with Image.open(tmp_path / "enriched" / chapter.thumbnail) as picture:
            assert picture.size == (480, 300)


def test_names_with_times_are_believed_before_the_files_times(tmp_path: Path) -> None:
    names = ("Screenshot 2025-03-01 at 10.20.30.png", "Screenshot_20250301-102000.png", "2025-03-01 10.25.00 shot.png")
    _, chapters = run(tmp_path, shots(tmp_path, *names))
    assert [chapter.start for chapter in chapters.chapters] == [0, 30, 300]


def test_what_is_written_in_the_image_is_believed_first(tmp_path: Path) -> None:
    files = shots(tmp_path, "20250301-102000.jpg", "20250301-103000.jpg")
    for file, taken in zip(files, ("2025:03:01 10:00:09", "2025:03:01 10:00:02"), strict=True):
        exif = Image.Exif()
        exif[306] = taken
        page(1).save(file, exif=exif)
    _, chapters = run(tmp_path, files)
    assert [chapter.start for chapter in chapters.chapters] == [0, 7]


def test_equal_times_stay_in_the_order_of_names(tmp_path: Path) -> None:
    files = shots(tmp_path, "a.png", "b.png", "c.png")
    for file in files:
        os.utime(file, (1_700_000_000, 1_700_000_000))
    _, chapters = run(tmp_path, files)
    assert [chapter.start for chapter in chapters.chapters] == [0, 1, 2]
    assert all(chapter.end > chapter.start for chapter in chapters.chapters)


def test_a_damaged_one_is_told_and_the_others_count(tmp_path: Path) -> None:
    files = shots(tmp_path, "a.png", "b.png", "c.png", "d.png")
    files[1].write_bytes(files[1].read_bytes()[:900])
    result, chapters = run(tmp_path, files)
    assert len(chapters.chapters) == 3
    assert [(notice.problem, notice.facts) for notice in result.notices] == [(Problem.DAMAGED, {"lost": 25.0})]


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (100_000, 100_000)])
def test_a_bomb_is_not_decoded(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(StageError) as caught:
        run(tmp_path, [bomb(tmp_path / "a.png", width, height)])
    assert caught.value.problem is Problem.TOO_LARGE


def test_what_is_no_image_or_no_regular_file(tmp_path: Path) -> None:
    text = tmp_path / "a.png"
    text.write_text("not an image")
    with pytest.raises(StageError) as caught:
        run(tmp_path, [text])
    assert caught.value.problem is Problem.NOT_MEDIA
    link = tmp_path / "b.png"
    link.symlink_to(shots(tmp_path, "real.png")[0])
    with pytest.raises(StageError) as caught:
        run(tmp_path, [link])
    assert caught.value.problem is Problem.UNSAFE_CONTAINER


def test_transparent_palette_and_deep_images(tmp_path: Path) -> None:
    files = []
    for mode in ("RGBA", "P", "L", "LA", "1", "I;16", "CMYK"):
        files.append(tmp_path / f"{mode.replace(';', '')}.tiff")
        (Image.new("I;16", (50, 40)) if mode == "I;16" else page(1, (50, 40)).convert(mode)).save(files[-1])
    result, chapters = run(tmp_path, files)
    assert len(chapters.chapters) == len(files)
    assert result.notices == ()
