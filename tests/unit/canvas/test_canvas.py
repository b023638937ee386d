"""The canvas page: whole, closed to the network, and made of text wherever text goes in."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from enrich_tui.config import CanvasConfig, StageConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import canvas
from enrich_tui.stages.page.blocks import blocks
from enrich_tui.stages.page.links import address
from enrich_tui.stages.page.pictures import data_uri
from enrich_tui.stages.results import (
    AudioReview,
    Chapter,
    Chapters,
    Moment,
    Point,
    Segment,
    Span,
    Summary,
    Transcript,
    Word,
)
from enrich_tui.store.outputs import write_text
from tests.unit.summary.meeting import transcript

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[@click=app.quit()]x[/]",
    "a\u202egnp.exe",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; ' ` \x1b]52;c;AAAA\x07 <!--",
)
VOID = {"meta", "link", "img", "input", "br"}


class Reader(HTMLParser):
    """Takes a page apart and notices what is not balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            self.scripts.append((self.tags[-1][1], data))
        elif inside == "style":
            self.styles.append(data)
        else:
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


def session(folder: Path, **parts: object) -> Session:
    output = folder / "enriched"
    output.mkdir(exist_ok=True)
    given_ = {"id": "s", "title": "Tuesday", "source": folder, "output": output, **parts}
    return Session.model_validate(given_)


def draw(given_: Session, **config: bool) -> tuple[str, StageOutput]:
    seen: list[float] = []
    task = StageTask(session=given_, stage=Stage.CANVAS, config=StageConfig(canvas=CanvasConfig.model_validate(config)))
    output = canvas.run(task, lambda fraction, message="": seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    return (given_.output / output.outputs["canvas"]).read_text(encoding="utf-8"), output


def fill(output: Path, *, word: str = "harbour", only: str | None = None) -> None:
    """Results of every kind, each holding ``word``; or of one kind only."""
    made = {
        "transcript.json": Transcript(
            duration=20,
            language="en",
            tracks=(word, "other.wav"),
            segments=(
                Segment(
                    id=0, start=1, end=3, text=f"Said {word} now", words=(Word(start=1, end=1.5, text="Said"),) * 1
                ),
                Segment(id=1, start=4, end=6, text="And then some more", track=1),
            ),
        ),
        "audio.json": AudioReview(
            duration=20,
            speech_seconds=4,
            silence_seconds=16,
            silences=(Span(start=6, end=20),),
            words=9,
            words_per_minute=135.0,
            pace=((5.0, 100.0), (10.0, 140.0), (15.0, 90.0)),
            level_dbfs=-20.0,
            peak_dbfs=-1.0,
            moments=(Moment(start=12, end=13, kind="decision", text=f"Decided {word}", score=1),),
        ),
        "chapters.json": Chapters(
            video="talk.mp4",
            duration=20,
            chapters=(
                Chapter(
                    index=0,
                    start=0,
                    end=8,
                    title=f"Shows {word}",
                    thumbnail="thumbnails/0.png",
                    text=(f"Error {word}",),
                ),
                Chapter(index=1, start=8, end=20, title="Ends", thumbnail="../../secret.png"),
            ),
            text_engine="reader",
            screenshots=((f"Window {word}", "more"),),
        ),
        "summary.json": Summary(
            title=f"Title {word}",
            overview=f"Overview {word}",
            points=(Point(text=f"Point {word}", start=1.0),),
            keywords=(word,),
            actions=(Point(text=f"Do {word}"),),
            questions=(Point(text=f"Why {word}?", start=4.0),),
        ),
    }
    for name, result in made.items():
        if only in {None, name}:
            write_text(output / name, result.model_dump_json())


@pytest.fixture
def full(tmp_path: Path) -> Session:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"not really a film")
    note = tmp_path / "notes.md"
    note.write_text("# Plan\n\n- [ ] buy harbour maps\n\n```\n<b>code</b>\n```\n")
    shot = tmp_path / "shot one.png"
    Image.new("RGB", (900, 400), "teal").save(shot)
    given_ = session(tmp_path, video=(video,), notes=(note,), screenshots=(shot,))
    (given_.output / "thumbnails").mkdir()
    Image.new("RGB", (64, 36), "red").save(given_.output / "thumbnails" / "0.png")
    Image.new("RGB", (64, 36), "red").save(tmp_path.parent / "secret.png")
    fill(given_.output)
    return given_


def test_the_policy_names_exactly_this_script_and_this_style(full: Session) -> None:
    reader = read(draw(full)[0])
    policy = next(a["content"] for t, a in reader.tags if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    data, script = reader.scripts
    assert data[0]["type"] == "application/json"

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert f"script-src {digest(script[1])};" in policy
    assert f"style-src {digest(reader.styles[0])};" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_on_the_page_points_to_the_network_or_acts_inline(full: Session) -> None:
    page, _ = draw(full)
    assert "http://" not in page
    assert "https://" not in page
    for tag, attributes in read(page).tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style"
            if name in {"src", "href", "poster", "action"}:
                assert re.match(r"(data:|#|\.\./)", value or ""), value


def test_everything_there_is_gets_told_once(full: Session) -> None:
    page, output = draw(full)
    text = " ".join(" ".join(read(page).text).split())
    for told in (
        "Title harbour", "Overview harbour", "Point harbour", "Do harbour", "Why harbour?", "Decided harbour",
        "Shows harbour", "Said harbour now", "buy harbour maps", "<b>code</b>", "words a minute", "shot one",
        "Error harbour", "Window harbour", "by reader.",
    ):  # fmt: skip
        assert told in text, told
    assert not output.notices


def test_pictures_are_inside_and_only_from_the_sessions_own_folder(full: Session) -> None:
    images = [a for t, a in read(draw(full)[0]).tags if t == "img"]
    assert len(images) == 2  # a chapter's and a screenshot's, but not the one outside
    assert all((a["src"] or "").startswith("data:image/webp;base64,") for a in images)
    assert images[1]["width"] == "720"


def test_times_are_links_into_the_recording_for_readers_without_scripts(full: Session) -> None:
    links = [a for t, a in read(draw(full)[0]).tags if t == "a" and "data-t" in a]
    assert {a["href"] for a in links} >= {"../talk.mp4#t=1.0", "../talk.mp4#t=8.0"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(full: Session, text: str) -> None:
    fill(full.output, word=text)
    page, _ = draw(full.model_copy(update={"title": text}))
    reader = read(page)
    assert len(reader.scripts) == 2
    assert [t for t, _ in reader.tags].count("img") == 2
    assert not any(name.startswith("on") for _, a in reader.tags for name in a)
    assert "\u202e" not in page
    assert "\x1b" not in page
    if text.isprintable():
        assert f"Said {text} now" in reader.text


@pytest.mark.parametrize("only", ["transcript.json", "audio.json", "chapters.json", "summary.json", "none"])
@pytest.mark.parametrize("recorded", [True, False])
def test_any_part_alone_makes_a_page(tmp_path: Path, only: str, recorded: bool) -> None:
    audio = tmp_path / "memo.wav"
    audio.write_bytes(b"")
    given_ = session(tmp_path, audio=(audio,) if recorded else ())
    fill(given_.output, only=only)
    if only == "none" and not recorded:
        with pytest.raises(StageError) as caught:
            draw(given_)
        assert caught.value.problem is Problem.NOTHING_TO_TELL
        return
    reader = read(draw(given_)[0])
    assert ("audio" in [t for t, _ in reader.tags]) is recorded
    ids = [a["id"] for _, a in reader.tags if "id" in a]
    assert len(ids) == len(set(ids))
    anchors = [a["href"] for t, a in reader.tags if t == "a" and (a["href"] or "").startswith("#")]
    assert {(anchor or "")[1:] for anchor in anchors} <= set(ids)


def test_a_damaged_result_is_left_out_with_a_notice(full: Session) -> None:
    (full.output / "audio.json").write_text('{"duration": NaN}')
    (full.output / "chapters.json").write_text('{"duration": 1e999, "chapters": []}')
    page, output = draw(full)
    assert {n.facts["file"] for n in output.notices} == {"audio.json", "chapters.json"}
    assert "Said harbour now" in page


def test_a_screenshot_that_is_none_is_left_out_with_a_notice(full: Session, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG but no more")
    _, output = draw(full.model_copy(update={"screenshots": (bad,)}))
    assert [n.facts["file"] for n in output.notices] == ["bad.png"]


def test_the_copy_for_browsers_is_played_where_there_is_one(full: Session) -> None:
    made = Chapters.model_validate_json((full.output / "chapters.json").read_bytes())
    (full.output / "talk #1.mp4").write_bytes(b"")
    write_text(full.output / "chapters.json", made.model_copy(update={"playable": "talk #1.mp4"}).model_dump_json())
    assert 'src="talk%20%231.mp4"' in draw(full)[0]
    write_text(full.output / "chapters.json", made.model_copy(update={"playable": "/etc/hosts"}).model_dump_json())
    assert 'src="../talk.mp4"' in draw(full)[0]


def test_the_copy_of_a_sound_recording_is_played_where_there_is_one(full: Session) -> None:
    sounds = (full.output.parent / "one.mp3", full.output.parent / "two.wma")
    heard = full.model_copy(update={"audio": sounds, "video": ()})
    made = AudioReview.model_validate_json((full.output / "audio.json").read_bytes())
    made = made.model_copy(update={"playable": (None, "playable-2.m4a")})
    write_text(full.output / "audio.json", made.model_dump_json())
    assert "two.wma" in draw(heard)[0].split("<select")[1]
    assert "../two.wma" in draw(heard)[0]
    (full.output / "playable-2.m4a").write_bytes(b"")
    page = draw(heard)[0]
    assert "playable-2.m4a" in page
    assert "../two.wma" not in page
    assert "../one.mp3" in page


def test_a_recording_can_be_put_into_the_page(full: Session) -> None:
    page, _ = draw(full, embed_media=True)
    assert f'src="data:video/mp4;base64,{base64.b64encode(b"not really a film").decode()}"' in page
    assert "media-src data:;" in html.unescape(page)
    assert "talk.mp4#t=" not in page


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a b.mp4", "../a%20b.mp4"),
        ("50% #1?.mp4", "../50%25%20%231%3F.mp4"),
        ("a:b&c.mp4", "../a%3Ab%26c.mp4"),
        ("é.mp4", "../%C3%A9.mp4"),
        ("\udcff.mp4", "../%FF.mp4"),
    ],
)
def test_addresses(tmp_path: Path, name: str, url: str) -> None:
    assert address(tmp_path / name, tmp_path / "enriched") == url


def test_pictures_have_limits(tmp_path: Path) -> None:
    text = tmp_path / "a.png"
    text.write_text("#EXTM3U")
    assert data_uri(text, 100) is None
    assert data_uri(tmp_path, 100) is None
    assert data_uri(tmp_path / "missing.png", 100) is None
    tall = tmp_path / "tall.png"
    Image.new("LA", (50, 3000)).save(tall)
    made = data_uri(tall, 100)
    assert made is not None
    assert made[1:] == (7, 400)


def test_the_shape_of_a_note() -> None:
    made = blocks("# A\ntext\nmore\n- [x] b\n* c\n\n1. d\n```\n e\n```\nf")
    assert [(b.kind, [text for _, text in b.lines]) for b in made] == [
        ("heading", ["A"]),
        ("text", ["text", "more"]),
        ("list", ["b", "c"]),
        ("list", ["d"]),
        ("code", [" e"]),
        ("text", ["f"]),
    ]


def test_word_offsets_count_as_browsers_count(tmp_path: Path) -> None:
    given_ = session(tmp_path)
    words = (Word(start=1, end=2, text=" 😀"), Word(start=2, end=3, text=" well"), Word(start=3, end=4, text="-made"))
    made = Transcript(duration=9, segments=(Segment(id=0, start=1, end=4, text="😀 well-made", words=words),))
    write_text(given_.output / "transcript.json", made.model_dump_json())
    data = json.loads(read(draw(given_)[0]).scripts[0][1])
    assert data["words"] == {"0": [0, 2, 1.0, 3, 12, 2.0]}


def test_three_hours_stay_a_reasonable_page(tmp_path: Path) -> None:
    given_ = session(tmp_path)
    long = transcript()
    copies = [
        s.model_copy(update={"start": s.start + n * 300, "end": s.end + n * 300, "words": ()})
        for n in range(36)
        for s in long.segments
    ]
    write_text(
        given_.output / "transcript.json",
        long.model_copy(update={"segments": tuple(copies), "duration": 10800.0}).model_dump_json(),
    )
    page, _ = draw(given_)
    assert len(copies) > 3000
    assert len(page) < 1_500_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.floats(-5, 1e6), st.floats(-5, 1e6))
def test_any_text_and_any_time(tmp_path: Path, text: str, start: float, end: float) -> None:
    given_ = session(tmp_path, title=text)
    segment = Segment(id=0, start=start, end=end, text=text, words=(Word(start=start, end=end, text=text[:3]),))
    write_text(
        given_.output / "transcript.json",
        Transcript(duration=abs(end), segments=(segment,), tracks=(text,)).model_dump_json(),
    )
    reader = read(draw(given_)[0])
    assert len(reader.scripts) == 2
    json.loads(reader.scripts[0][1])


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
def test_every_text_has_enough_contrast(scheme: int) -> None:
    css = resources.files("enrich_tui.stages.page").joinpath("canvas.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
    pairs = [("ink", "paper"), ("ink", "tint"), ("ink", "raised"), ("quiet", "paper"), ("quiet", "raised")]
    pairs += [("quiet", "tint"), ("accent", "paper"), ("accent", "tint"), ("paper", "accent"), ("mark-ink", "mark")]
    for text, ground in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
