"""The page that lists a library: what it says, that text in it is text, and that it takes no other file's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from enrich_tui.discovery import discover
from enrich_tui.index import Card, build, card, is_ours
from enrich_tui.indexing import index
from enrich_tui.search import Place
from enrich_tui.stages.results import CHAPTERS, SUMMARY, Chapter, Chapters, Point, Summary
from tests.unit.canvas.test_canvas import HOSTILE, Reader
from tests.unit.search.making import enriched


def read(folder: Path, title: str = "talk") -> Card:
    made = card(Place("talk", title, folder))
    assert made is not None
    return made


def told(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    return " ".join(" ".join(reader.text).split())


def test_a_card_says_what_a_session_is(tmp_path: Path) -> None:
    said = ["We begin.", "The budget is due."]
    folder = enriched(tmp_path / "2026-11-18 talk.mp4", said, chapters=[("Start", []), ("Costs", [])])
    points = tuple(Point(text=text, start=at * 4.0, score=at) for at, text in enumerate(said))
    summary = Summary(title="Money for spring", overview="A recording.", points=points, keywords=("budget",))
    (folder / SUMMARY).write_text(summary.model_dump_json())
    made = read(folder)
    assert (made.title, made.name, made.seconds) == ("Money for spring", "talk", 20.0)
    assert made.started is not None
    assert made.started.day == 18
    assert made.sentence == "The budget is due."
    assert made.words == ("budget", "Start", "Costs")
    assert made.canvas == folder / "canvas.html"
    assert made.picture is None


def test_screenshots_have_no_length_and_a_long_sentence_is_cut(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "shots.mp4", overview="word, " * 100)
    shots = Chapters(video=None, duration=3, chapters=(Chapter(index=1, start=0, end=1, title="Screenshot 1"),))
    (folder / CHAPTERS).write_text(shots.model_dump_json())
    made = read(folder)
    assert made.seconds == 0
    assert made.sentence.endswith("word…")
    assert len(made.sentence) <= 240


def test_newest_first_with_links_that_hold_wherever_the_page_is(tmp_path: Path) -> None:
    old = read(enriched(tmp_path / "lib" / "2025-01-01 old.mp4"), "old")
    new = read(enriched(tmp_path / "lib" / "2026-01-01 new #1 ü.mp4"), "new")
    Image.new("RGB", (640, 360), "red").save(tmp_path / "lib" / "one.png")
    page = build("Talks", [old, new], tmp_path / "pages")
    assert page.index(">new<") < page.index(">old<")
    assert 'href="../lib/2026-01-01%20new%20%231%20%C3%BC.mp4.enriched/canvas.html"' in page
    assert "1 January 2026" in told(page)
    assert "2 sessions" in told(page)


def test_a_thumbnail_is_put_into_the_page(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4")
    Image.new("RGB", (640, 360), "red").save(folder / "1.jpg")
    chapters = tuple(
        Chapter(index=at, start=at, end=at + 1, title="x", thumbnail=name)
        for at, name in enumerate(("../../secret.jpg", "none.jpg", "1.jpg"))
    )
    (folder / CHAPTERS).write_text(Chapters(video="talk.mp4", chapters=chapters).model_dump_json())
    page = build("Talks", [read(folder)], tmp_path)
    assert page.count('<img src="data:image/webp;base64,') == 1
    assert 'width="320" height="180"' in page


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_text(tmp_path: Path, text: str) -> None:
    folder = enriched(tmp_path / "talk.mp4", chapters=[(text, [])])
    (folder / SUMMARY).write_text(Summary(title=text, overview=text, keywords=(text,)).model_dump_json())
    page = build(text, [read(folder, text)], tmp_path)
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert not [tag for tag, _ in reader.tags if tag == "img"]
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert "\x1b" not in page
    assert "\u202e" not in page
    policy = next(dict(a)["content"] for t, a in reader.tags if t == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in str(policy)


def test_it_goes_to_the_results_and_takes_only_its_own_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, output = tmp_path / "lib", tmp_path / "out"
    enriched(root / "talk.mp4", ["Hello."], folder=output / "talk.mp4.enriched")
    library = discover(root, output)
    before = sorted(root.iterdir())
    assert index(library, output, None) == 0
    assert capsys.readouterr().out == f"1 session in {output / 'index.html'}\n"
    assert sorted(root.iterdir()) == before
    assert index(library, output, None) == 0
    assert index(library, output, tmp_path) == 0
    assert is_ours(tmp_path / "index.html")
    (tmp_path / "mine.html").write_text("<title>mine</title>")
    capsys.readouterr()
    assert index(library, output, tmp_path / "mine.html") == 2
    assert "is something else" in capsys.readouterr().err
    assert (tmp_path / "mine.html").read_text() == "<title>mine</title>"
    assert index(library, output, tmp_path / "mine.html" / "below.html") == 2
    assert "no page could be written" in capsys.readouterr().err


def test_nothing_to_list_and_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.mp4").write_bytes(b"new")
    assert index(discover(tmp_path), None, None) == 1
    assert "no session has results yet" in capsys.readouterr().err
    assert not os.path.lexists(tmp_path / "index.html")
    folder = enriched(tmp_path / "talk.mp4")
    (folder / SUMMARY).write_text("{")
    assert index(discover(tmp_path), None, None) == 0
    assert str(folder / SUMMARY) in capsys.readouterr().err
    assert "talk" in told((tmp_path / "index.html").read_text(encoding="utf-8"))
