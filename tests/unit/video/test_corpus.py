"""What is found in real recordings. The figures are what is reached, with a little room."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import video
from enrich_tui.stages.results import Chapters

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not (CORPUS / "truth.json").exists(), reason="the corpus of recordings is not there"),
]


def chapters_of(name: str, output: Path) -> tuple[Chapters, list[str]]:
    session = Session(id="s", title="s", source=CORPUS / name, output=output, video=(CORPUS / name,))
    result = video.run(StageTask(session=session, stage=Stage.VIDEO), lambda fraction, message="": None)
    chapters = Chapters.model_validate_json((output / "chapters.json").read_text())
    for chapter in chapters.chapters:
        assert chapter.start < chapter.end
        assert chapter.thumbnail is not None
        assert (output / chapter.thumbnail).read_bytes().startswith(b"\xff\xd8")
    return chapters, [notice.problem for notice in result.notices]


def truth(name: str) -> list[float]:
    known: dict[str, Any] = json.loads((CORPUS / "truth.json").read_text(encoding="utf-8"))
    return [float(cut["t"]) for cut in known[name].get("cuts", [])]


@pytest.mark.parametrize(
    ("name", "least", "wrong"),
    [
        ("screen_real_joined.mp4", 7, 0),
        ("session_short.mkv", 2, 0),
        ("clip_bikes_noaudio.mp4", 3, 1),
        ("screen_textual_60fps.mp4", 0, 0),
    ],
)
def test_cuts_of_real_recordings(tmp_path: Path, name: str, least: int, wrong: int) -> None:
    chapters, problems = chapters_of(name, tmp_path / "out")
    found = [chapter.start for chapter in chapters.chapters]
    assert found.pop(0) == 0.0
    right = [cut for cut in truth(name) if any(abs(cut - moment) <= 1.0 for moment in found)]
    exact = [cut for cut in truth(name) if any(abs(cut - moment) <= 0.1 for moment in found)]
    assert len(right) >= least
    assert len(exact) >= least - 1
    assert len(found) - len(right) <= wrong
    assert problems == []


def test_flipped_bytes_end_with_chapters_and_a_word_about_it(tmp_path: Path) -> None:
    chapters, problems = chapters_of("corrupt_bytes.mp4", tmp_path / "out")
    assert 1 <= len(chapters.chapters) <= 3
    assert problems == [Problem.DAMAGED]
