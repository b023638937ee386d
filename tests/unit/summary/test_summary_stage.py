"""The summary stage over every subset of what a session may have left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import summary
from enrich_tui.stages.results import Chapter, Chapters, Summary, Transcript, numbered
from enrich_tui.store.outputs import write_text
from tests.unit.summary.meeting import transcript

CHAPTERS = Chapters(
    video="talk.mp4",
    duration=95.0,
    chapters=tuple(
        Chapter(index=i, start=s, end=e, title=t)
        for i, (s, e, t) in enumerate([(0.0, 30.0, "Terminal"), (30.0, 60.0, "Browser"), (60.0, 95.0, "Editor")])
    ),
)


def session(folder: Path, *notes: Path) -> Session:
    output = folder / "enriched"
    output.mkdir(exist_ok=True)
    return Session(id="s", title="Tuesday", source=folder, output=output, notes=notes)


def run(given: Session) -> tuple[Summary, StageOutput]:
    seen: list[float] = []
    task = StageTask(session=given, stage=Stage.SUMMARY)
    output = summary.run(task, lambda fraction, message="": seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    made = Summary.model_validate_json((given.output / output.outputs["summary"]).read_bytes())
    assert (given.output / output.outputs["summary-text"]).read_text(encoding="utf-8").startswith("# ")
    return made, output


def test_audio_only(tmp_path: Path) -> None:
    given = session(tmp_path)
    write_text(given.output / "transcript.json", transcript().model_dump_json())
    made, output = run(given)
    assert made.method == "extractive"
    assert made.title == "Tuesday"
    assert len(made.points) == 7
    assert [p.start for p in made.points] == sorted(p.start or 0.0 for p in made.points)
    assert "extractive" in (given.output / "summary.md").read_text(encoding="utf-8")
    assert output.facts["points"] == 7
    assert not output.notices


def test_video_only_tells_what_there_is_and_when(tmp_path: Path) -> None:
    given = session(tmp_path)
    write_text(given.output / "chapters.json", CHAPTERS.model_dump_json())
    made, _ = run(given)
    assert made.method == "basic"
    assert [(p.text, p.start, p.source) for p in made.points] == [
        ("Terminal", 0.0, "chapter"),
        ("Browser", 30.0, "chapter"),
        ("Editor", 60.0, "chapter"),
    ]
    assert "3 chapters" in made.overview


def test_notes_only(tmp_path: Path) -> None:
    note = tmp_path / "notes.md"
    note.write_text(
        "# Launch of the water sensor\n\nThe water sensor reports every ten minutes over radio. "
        "Radio range in the valley was far better than the data sheet promised.\n\n"
        "- [ ] Order twenty antennas from the second supplier\n- [x] Charge the batteries\n"
        "- Batteries lost half their capacity below zero degrees\n"
    )
    made, _ = run(session(tmp_path, note))
    assert made.title == "Launch of the water sensor"
    assert [a.text for a in made.actions] == ["Order twenty antennas from the second supplier"]
    assert made.points
    assert all(p.source == "note" and p.start is None for p in made.points)
    assert "Charge" not in " ".join([made.overview, *(p.text for p in (*made.points, *made.actions))])


def test_notes_add_their_tasks_and_their_heading_to_what_was_said(tmp_path: Path) -> None:
    note = tmp_path / "todo.txt"
    note.write_bytes("# Notes\n# Onboarding review\n- [ ] Book the café for the workshop\n".encode("cp1252"))
    given = session(tmp_path, note)
    write_text(given.output / "transcript.json", transcript().model_dump_json())
    made, _ = run(given)
    assert made.title == "Onboarding review"
    assert made.actions[-1].text == "Book the café for the workshop"
    assert made.actions[-1].source == "note"


def test_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        run(session(tmp_path))
    assert caught.value.problem is Problem.NOTHING_TO_TELL


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 99}', '{"segments": 3}', "\x00\xff"])
def test_a_damaged_result_counts_as_absent(tmp_path: Path, damage: str) -> None:
    given = session(tmp_path)
    (given.output / "transcript.json").write_text(damage, encoding="latin-1")
    write_text(given.output / "chapters.json", CHAPTERS.model_dump_json())
    made, output = run(given)
    assert made.method == "basic"
    assert [notice.facts["file"] for notice in output.notices] == ["transcript.json"]


def test_a_few_courtesies_are_told_rather_than_nothing(tmp_path: Path) -> None:
    given = session(tmp_path)
    write_text(
        given.output / "transcript.json", transcript(["Hello everyone.", "Thank you, goodbye."]).model_dump_json()
    )
    made, _ = run(given)
    assert made.method == "basic"
    assert made.points[0].text.startswith("Hello")


def test_an_empty_transcript_alone_is_nothing(tmp_path: Path) -> None:
    given = session(tmp_path)
    write_text(given.output / "transcript.json", transcript([]).model_dump_json())
    with pytest.raises(StageError):
        run(given)


def test_the_files_say_the_same_every_time(tmp_path: Path) -> None:
    given = session(tmp_path)
    write_text(given.output / "transcript.json", transcript().model_dump_json())
    first, _ = run(given)
    again, _ = run(given)
    assert first == again
    assert json.loads((given.output / "summary.json").read_text())["format"] == 1


def parts(duration: float, count: int = 4, video: str | None = "talk.mp4") -> Chapters:
    step = duration / count
    return Chapters(
        video=video,
        duration=duration,
        chapters=tuple(
            Chapter(index=i, start=(i - 1) * step, end=i * step, title=numbered(i)) for i in range(1, count + 1)
        ),
    )


def test_chapters_get_titles_in_every_format_and_keep_them(tmp_path: Path) -> None:
    given, heard = session(tmp_path), transcript()
    write_text(given.output / "transcript.json", heard.model_dump_json())
    write_text(given.output / "chapters.json", parts(heard.duration).model_dump_json())
    for _ in range(2):  # done again, it comes out the same
        _, output = run(given)
        assert {role for role in output.outputs if role.startswith("chapters")} == {
            "chapters",
            "chapters_vtt",
            "chapters_ffmeta",
            "chapters_youtube",
        }
        made = Chapters.model_validate_json((given.output / "chapters.json").read_bytes())
        assert [chapter.title for chapter in made.chapters][2] == "Progress bar"
        assert [chapter.start for chapter in made.chapters] == [one.start for one in parts(heard.duration).chapters]
        for name in ("chapters.vtt", "chapters.ffmeta", "chapters.youtube.txt"):
            assert "Progress bar" in (given.output / name).read_text(encoding="utf-8")


def test_chapters_lose_titles_that_nobody_says_any_more(tmp_path: Path) -> None:
    given, heard = session(tmp_path), transcript()
    write_text(given.output / "chapters.json", parts(heard.duration).model_dump_json())
    write_text(given.output / "transcript.json", heard.model_dump_json())
    run(given)
    write_text(given.output / "transcript.json", Transcript(duration=heard.duration).model_dump_json())
    run(given)
    made = Chapters.model_validate_json((given.output / "chapters.json").read_bytes())
    assert made == parts(heard.duration)


@pytest.mark.parametrize("video", ["talk.mp4", None])
def test_chapters_without_words_and_screenshots_are_left_alone(tmp_path: Path, video: str | None) -> None:
    given, heard = session(tmp_path), transcript()
    chapters = parts(heard.duration, video=video)
    write_text(given.output / "chapters.json", chapters.model_dump_json())
    words = Transcript(duration=heard.duration) if video else heard
    write_text(given.output / "transcript.json", words.model_dump_json())
    before = (given.output / "chapters.json").stat().st_mtime_ns
    _, output = run(given)
    assert set(output.outputs) == {"summary", "summary-text"}
    assert (given.output / "chapters.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(("count", "what"), [(1, "One screenshot"), (3, "A series of 3 screenshots")])
def test_screenshots_alone_are_no_recording(tmp_path: Path, count: int, what: str) -> None:
    given = session(tmp_path)
    shown = CHAPTERS.chapters[:count]
    chapters = Chapters(video=None, duration=float(count), chapters=shown)
    write_text(given.output / "chapters.json", chapters.model_dump_json())
    made, _ = run(given)
    assert made.overview.startswith(what)
    assert "audio" not in made.overview
