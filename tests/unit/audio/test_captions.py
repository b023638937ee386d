from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.speech.captions import Caption, choose, language_of, parse_captions, read_captions

VTT = """WEBVTT - made by hand

STYLE
::cue { color: red }

NOTE 00:01.000 --> 00:02.000 is no cue

intro
00:01.000 --> 00:02.500 align:start position:0%
<v Ann>Hello <b>there</b> &amp; welcome</v>
to the &lt;demo&gt;

01:00:00.000 --> 01:00:01.000
\u202elate\x1b[31m
"""


def test_vtt() -> None:
    one, two = parse_captions(VTT)
    assert one == Caption(1.0, 2.5, "Hello there & welcome to the <demo>")
    assert (two.start, two.text) == (3600.0, "late")


def test_srt_with_windows_ends_and_positions() -> None:
    text = (
        '1\n00:00:05,5 --> 00:00:06,250 X1:1\n{\\an8}<font color="red">Second</font>\n\n'
        "2\n00:00:01,000 --> 00:00:02,000\nFirst\n"
    ).replace("\n", "\r\n")
    assert parse_captions(text) == (Caption(1.0, 2.0, "First"), Caption(5.5, 6.25, "Second"))


def test_rolling_captions_say_everything_once() -> None:
    text = "\n\n".join(
        f"00:0{a}.000 --> 00:0{b}.000\n{body}"
        for a, b, body in [(1, 2, "one"), (2, 3, "one\ntwo"), (3, 4, "two"), (4, 5, "two\nthree")]
    )
    assert [caption.text for caption in parse_captions(text)] == ["one", "two", "three"]
    apart = "00:01.000 --> 00:02.000\nNo.\n\n00:05.000 --> 00:06.000\nNo."
    assert [caption.text for caption in parse_captions(apart)] == ["No.", "No."]


def test_nonsense_is_left_out() -> None:
    assert (
        parse_captions("00:02.000 --> 00:01.000\nbackwards\n\n9999:00:00.000 --> 9999:00:01.000\nfar\n\nx --> y\nz")
        == ()
    )


@given(st.text(max_size=400))
def test_no_text_does_harm(text: str) -> None:
    for caption in parse_captions(text.replace("a", "00:01.000 --> 00:02.000\n")):
        assert caption.start <= caption.end
        assert caption.text.isprintable()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nCañón für Zoë\n".encode(encoding))
    assert read_captions(path)[0].text == "Cañón für Zoë"


def test_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "real.vtt").write_text(VTT)
    (tmp_path / "a.vtt").symlink_to(tmp_path / "real.vtt")
    with pytest.raises(StageError) as caught:
        read_captions(tmp_path / "a.vtt")
    assert caught.value.problem is Problem.UNSAFE_CONTAINER


def test_which_captions_are_taken_over() -> None:
    recordings = [Path("talk.mp4")]
    other, plain, spanish = Path("intro.vtt"), Path("talk.vtt"), Path("talk.es.srt")
    assert choose([], recordings, None) is None
    assert choose([other, plain, spanish], recordings, None) == plain
    assert choose([other, plain, spanish], recordings, "es") == spanish
    assert choose([other], recordings, "es") == other
    assert (language_of(spanish), language_of(plain), language_of(Path("v1.2024.vtt"))) == ("es", None, None)
