from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from enrich_tui.demo import scenes
from enrich_tui.demo.recording import Scene, make_recording
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import video
from enrich_tui.stages.ocr import screens
from enrich_tui.stages.ocr.lines import Line
from enrich_tui.stages.results import Chapters


class Shades:
    """An engine that says how light a picture is, with a heading in it."""

    name = "shades"

    def read(self, picture: Image.Image) -> list[Line]:
        light = sum(picture.resize((16, 9)).tobytes()) // 144 > 127
        word = "Slides" if light else "Terminal"
        return [Line(f"{word} here", 0.3, 0.08), *[Line(f"{word.lower()} {n}", 0.5, 0.03) for n in "abc"]]


def chapters_of(session: Session) -> Chapters:
    told: list[float] = []
    video.run(StageTask(session=session, stage=Stage.VIDEO), lambda fraction, message="": told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    return Chapters.model_validate_json((session.output / "chapters.json").read_text())


@pytest.fixture
def session(tmp_path: Path) -> Session:
    recording, shot = tmp_path / "a.mp4", tmp_path / "shot.png"
    parts = [Scene(scenes.TERMINAL, ["$ make", "done"], 6), Scene(scenes.SLIDES, ["Plan", "one", "two"], 6)]
    make_recording(recording, parts)
    scenes.draw(scenes.SLIDES, ["Questions"]).save(shot)
    return Session(id="s", title="s", source=tmp_path, output=tmp_path / "out", video=(recording,), screenshots=(shot,))


def test_chapters_and_screenshots_have_their_text_and_headings(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens, "engine_of", lambda task: Shades())
    result = chapters_of(session)
    assert result.text_engine == "shades"
    assert [chapter.title for chapter in result.chapters] == ["Terminal here", "Slides here"]
    assert [chapter.text[-1] for chapter in result.chapters] == ["terminal c", "slides c"]
    assert result.screenshots == (("Slides here", "slides a", "slides b", "slides c"),)
    alone = chapters_of(session.model_copy(update={"video": ()}))
    assert [(chapter.title, chapter.text) for chapter in alone.chapters] == [("Slides here", result.screenshots[0])]


def test_without_an_engine_nothing_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "engine_of", lambda task: None)
    result = chapters_of(session)
    assert (result.text_engine, result.screenshots) == ("", ())
    assert [(chapter.title, chapter.text) for chapter in result.chapters] == [("Part 1", ()), ("Part 2", ())]


def test_an_engine_that_cannot_be_had_leaves_the_chapters(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(config: object, threads: int) -> None:
        raise OSError("a library is missing")

    monkeypatch.setattr(screens, "load", broken)
    result = chapters_of(session)
    assert [chapter.title for chapter in result.chapters] == ["Part 1", "Part 2"]
    assert "a library is missing" in caplog.text
