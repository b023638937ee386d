"""Killed between the titles that a summary gives to chapters and its record: the video is not done again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from enrich_tui.config import StageConfig
from enrich_tui.discovery import discover
from enrich_tui.model import EnrichmentOptions, Session, Stage, StageOutput, StageTask
from enrich_tui.pipeline.plan import plan_run
from enrich_tui.pipeline.untitle import Untitled
from enrich_tui.stages.results import CHAPTERS, Chapter, Chapters
from enrich_tui.stages.vision import formats
from enrich_tui.store.outputs import write_text
from enrich_tui.store.record import load_record
from tests.unit.pipeline.harness import FakeRunner, make_sessions, run, write_result

OPTIONS = EnrichmentOptions(audio_review=False)
VIDEO_ONLY = EnrichmentOptions(audio_review=False, generate_summary=False, generate_canvas=False)
MADE = Chapters(
    video="a.mp4",
    chapters=(
        Chapter(index=1, start=0.0, end=12.345, title="Part 1"),
        Chapter(index=2, start=12.345, end=60.0, title="Budget", heading="Budget", text=("Budget", "Ä")),
    ),
)
FILES = tuple(formats.texts(MADE))


def titled(*titles: str) -> Chapters:
    pairs = zip(MADE.chapters, titles, strict=True)
    return MADE.model_copy(update={"chapters": tuple(one.model_copy(update={"title": title}) for one, title in pairs)})


def script(task: StageTask) -> StageOutput:
    made = write_result(task)
    files: dict[str, str] = {}
    if task.stage is Stage.VIDEO:
        write_text(task.session.output / "thumbnail.jpg", "a picture")
        files = {"thumbnail": "thumbnail.jpg", **formats.write(task.session.output, MADE)}
    elif task.stage is Stage.SUMMARY:
        files = formats.write(task.session.output, titled("Welcome", "What it costs"))
    return made.model_copy(update={"outputs": {**made.outputs, **files}})


def killed(session: Session, titles: Chapters, written: int) -> None:
    """A summary came so far with its titles."""
    for name, text in list(formats.texts(titles).items())[:written]:
        write_text(session.output / name, text)


def to_run(session: Session) -> set[Stage]:
    (one,) = plan_run([session], OPTIONS, StageConfig(), workers=1, cpu_slots=1, history=None).sessions
    return set(one.to_run)


async def again(session: Session) -> set[Stage]:
    """What a run does then; the plan must have said so, and another run must have nothing to do."""
    planned, runner = to_run(session), FakeRunner(script)
    _, _, code = await run([session], runner, options=OPTIONS)
    assert code == 0
    done = {stage for _, stage in runner.runs}
    assert done == planned
    assert to_run(session) == set()
    assert (session.output / CHAPTERS).read_text() == formats.texts(titled("Welcome", "What it costs"))[CHAPTERS]
    return done


@pytest.mark.parametrize("written", range(len(FILES) + 1))
async def test_only_the_summary_is_done_again(tmp_path: Path, written: int) -> None:
    (session,) = make_sessions(tmp_path, ["a.mp4"])
    await run([session], FakeRunner(script), options=VIDEO_ONLY)
    killed(session, titled("An older title", "Another"), written)
    assert await again(session) == {Stage.SUMMARY, Stage.CANVAS}


@pytest.mark.parametrize("written", range(len(FILES) + 1))
async def test_the_titles_of_an_earlier_summary_may_have_been_there(tmp_path: Path, written: int) -> None:
    (session,) = make_sessions(tmp_path, ["a.mp4"])
    await run([session], FakeRunner(script), options=OPTIONS)
    (tmp_path / "a.md").write_text("Something to summarize that was not there before.")
    (session,) = discover(tmp_path).sessions
    killed(session, titled("Newer", "Newest"), written)
    assert await again(session) == {Stage.SUMMARY, Stage.CANVAS}


@pytest.mark.parametrize("what", ["times", "picture", "nothing", "no chapters"])
async def test_what_else_was_changed_is_made_again(tmp_path: Path, what: str) -> None:
    (session,) = make_sessions(tmp_path, ["a.mp4"])
    await run([session], FakeRunner(script), options=VIDEO_ONLY)
    killed(session, titled("An older title", "Another"), len(FILES))
    match what:
        case "times":
            moved = MADE.chapters[0].model_copy(update={"end": 13.0})
            formats.write(session.output, MADE.model_copy(update={"chapters": (moved, MADE.chapters[1])}))
        case "picture":
            (session.output / "thumbnail.jpg").write_text("another")
        case "nothing":
            (session.output / CHAPTERS).unlink()
        case "no chapters":
            (session.output / CHAPTERS).write_text("{}")
    assert await again(session) == {Stage.VIDEO, Stage.SUMMARY, Stage.CANVAS}


async def test_what_holds_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (session,) = make_sessions(tmp_path, ["a.mp4"])
    await run([session], FakeRunner(script), options=OPTIONS)
    monkeypatch.setattr(Untitled, "find", None)
    runner = FakeRunner(script)
    await run([session], runner, options=OPTIONS)
    assert not runner.runs


async def test_a_disk_that_fails_meanwhile_ends_the_session_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = make_sessions(tmp_path, ["a.mp4", "b.mp4"])
    await run(sessions[:1], FakeRunner(script), options=VIDEO_ONLY)
    killed(sessions[0], titled("An older title", "Another"), len(FILES))

    def full(_self: Untitled) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as now:
        now.setattr(Untitled, "restore", full)
        batch, _, _ = await run(sessions, FakeRunner(script), options=OPTIONS)
    video = batch.result_of("a.mp4").stages[Stage.VIDEO]
    assert (video.status, video.problem) == ("failed", "disk-full")
    assert batch.result_of("b.mp4").status == "complete"
    record = load_record(sessions[0].output)
    assert record is not None
