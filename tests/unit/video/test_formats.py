from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.stages.results import Chapter
from enrich_tui.stages.vision import formats


def chapters(*starts: float, end: float, title: str = "Part") -> list[Chapter]:
    return [
        Chapter(index=i, start=start, end=stop, title=f"{title} {i}")
        for i, (start, stop) in enumerate(zip(starts, [*starts[1:], end], strict=True), 1)
    ]


def unescape(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)


@given(st.text().filter(lambda text: "\0" not in text and "\r" not in text))
def test_metadata_escapes_can_be_undone_and_leave_nothing_bare(text: str) -> None:
    escaped = formats.escape_meta(text)
    assert unescape(escaped) == text
    assert not re.search(r"(?<!\\)[=;#\n]", escaped.replace("\\\\", ""))


@given(st.floats(0, 400_000))
def test_vtt_times_say_what_they_were_made_from(seconds: float) -> None:
    shown = formats.vtt_time(seconds)
    match = re.fullmatch(r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})", shown)
    assert match
    hours, minutes, whole, milli = (int(part) for part in match.groups())
    assert abs(hours * 3600 + minutes * 60 + whole + milli / 1000 - seconds) <= 0.0006


@given(st.floats(0, 400_000))
def test_youtube_times_are_cut_to_seconds(seconds: float) -> None:
    parts = [int(part) for part in formats.youtube_time(seconds).split(":")]
    total = 0
    for part in parts:
        total = total * 60 + part
    assert total == int(seconds)


@given(st.text())
def test_no_title_breaks_a_vtt_file(title: str) -> None:
    written = formats.vtt([Chapter(index=1, start=0, end=5, title=title)])
    assert written.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:05.000\n")
    assert written.count("-->") == 1
    assert "\n\n" not in written.split("\n", 4)[4].rstrip("\n")


def test_vtt_chapters_never_end_before_they_start() -> None:
    assert "00:00:03.000 --> 00:00:03.001" in formats.vtt([Chapter(index=1, start=3, end=3, title="x")])


def test_metadata_is_what_ffmpeg_reads() -> None:
    written = formats.ffmeta([Chapter(index=1, start=0, end=14.5, title="a=b; #c\\d\ne")])
    assert written == (";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=14500\ntitle=a\\=b\\; \\#c\\\\d\\\ne\n")


def test_youtube_starts_at_zero_and_knows_its_rule() -> None:
    fine = chapters(0, 15, 70, end=3700)
    assert formats.youtube(fine).splitlines() == ["0:00 Part 1", "0:15 Part 2", "1:10 Part 3"]
    assert formats.youtube_accepts(fine)
    assert not formats.youtube_accepts(chapters(0, 15, end=60))
    assert not formats.youtube_accepts(chapters(0, 15, 20, end=60))
    assert formats.youtube_time(3661) == "1:01:01"
