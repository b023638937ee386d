"""Where in the results of a session is looked, what is told once, and in which order sessions come."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enrich_tui.model import StageOutcome
from enrich_tui.search import Found, Kind, Place, Query, by_merit, search_place
from enrich_tui.stages.results import CHAPTERS, SUBTITLES, SUMMARY, Point, Summary
from tests.unit.search.making import enriched


def look(folder: Path, words: str, most: int | None = None, title: str = "talk") -> Found:
    found = search_place(Place("talk", title, folder), Query.parse(words), most)
    assert found is not None
    return found


def told(found: Found) -> list[tuple[Kind, float | None, str]]:
    return [(hit.kind, hit.time, hit.text) for hit in found.hits]


def test_everything_that_was_made_is_looked_through(tmp_path: Path) -> None:
    folder = enriched(
        tmp_path / "talk.mp4",
        ["We begin.", "The budget is small."],
        overview="A talk of the budget for all.",
        chapters=[("Start", ["File", "budget.xlsx"]), ("Our budget", [])],
        note="# Plan\n- [ ] ask for the budget\n",
    )
    assert told(look(folder, "budget", title="Budget talk")) == [
        (Kind.TITLE, None, "Budget talk"),
        (Kind.SUMMARY, None, "A talk of the budget for all."),
        (Kind.CHAPTER, 10.0, "Our budget"),
        (Kind.SPEECH, 4.0, "The budget is small."),
        (Kind.NOTE, None, "ask for the budget"),
        (Kind.SCREEN, 0.0, "File budget.xlsx"),
    ]


def test_what_the_summary_says_is_told_once_first_and_with_the_time_of_the_words(tmp_path: Path) -> None:
    said = ["A budget.", "The budget is small.", "The end."]
    folder = enriched(tmp_path / "talk.mp4", said, points=[1], overview="The budget is small.")
    found = look(folder, "budget")
    assert told(found) == [(Kind.SPEECH, 4.0, said[1]), (Kind.SPEECH, 0.0, said[0])]
    assert found.total == 2


def test_what_a_model_wrote_is_told_beside_what_was_said(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["The budget is small."])
    point = Point(text="They have little budget.", start=0.0, end=4.0)
    summary = Summary(method="model", title="talk", overview="", points=(point,))
    (folder / SUMMARY).write_text(summary.model_dump_json())
    assert told(look(folder, "budget")) == [
        (Kind.SUMMARY, 0.0, "They have little budget."),
        (Kind.SPEECH, 0.0, "The budget is small."),
    ]


def test_only_the_best_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["A budget."] * 5, chapters=[("Budget", [])])
    found = look(folder, "budget", 2)
    assert [hit.kind for hit in found.hits] == [Kind.CHAPTER, Kind.SPEECH]
    assert found.total == 6


def test_sessions_that_tell_most_come_first_then_the_newest(tmp_path: Path) -> None:
    libraries = {"2026-01-01 once": 1, "2026-03-01 once": 1, "2025-01-01 often": 2, "undated": 1}
    founds = [
        look(enriched(tmp_path / f"{name}.mp4", ["A budget."] * count), "budget", title=name)
        for name, count in libraries.items()
    ]
    written = (tmp_path / "undated.mp4").stat().st_mtime
    assert founds[3].recorded == pytest.approx(written)
    founds[3] = founds[3]._replace(recorded=datetime(2026, 2, 1, tzinfo=UTC).timestamp())
    assert [found.place.title for found in sorted(founds, key=by_merit)] == [
        "2025-01-01 often",
        "2026-03-01 once",
        "undated",
        "2026-01-01 once",
    ]


def test_notes_are_found_where_they_were_moved_with_their_session(tmp_path: Path) -> None:
    enriched(tmp_path / "before" / "talk.mp4", note="The budget.")
    (tmp_path / "before").rename(tmp_path / "after")
    assert [hit.kind for hit in look(tmp_path / "after" / "talk.mp4.enriched", "budget").hits] == [Kind.NOTE]


@pytest.mark.parametrize("name", [SUMMARY, CHAPTERS, SUBTITLES])
@pytest.mark.parametrize(
    "data", [b"\xff\xfe budget", b"budget", b'{"format": 1, "budget"', b'{"budget": 1}', b"1\nbudget"]
)
def test_what_cannot_be_read_is_said_and_passed_over(tmp_path: Path, name: str, data: bytes) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["The budget."], note="A budget.")
    (folder / name).write_bytes(data)
    found = look(folder, "budget")
    assert found.unreadable == (str(folder / name),)
    assert Kind.NOTE in {hit.kind for hit in found.hits}


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes among files")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["The budget."])
    (folder / SUMMARY).unlink()
    os.mkfifo(folder / SUMMARY)
    assert look(folder, "budget").unreadable == (str(folder / SUMMARY),)


def test_results_that_are_missing_are_no_error(tmp_path: Path) -> None:
    folder = enriched(tmp_path / "talk.mp4", ["The budget."], note="A budget.")
    for name in (SUMMARY, CHAPTERS, SUBTITLES):
        (folder / name).unlink()
    (tmp_path / "talk.md").unlink()
    found = look(folder, "budget")
    assert (found.hits, found.unreadable) == ((), ())


def test_a_session_without_results_is_not_searched(tmp_path: Path) -> None:
    assert search_place(Place("talk", "Budget", tmp_path / "none"), Query.parse("budget")) is None
    failed = enriched(tmp_path / "talk.mp4", outcome=StageOutcome.FAILED)
    assert search_place(Place("talk", "Budget", failed), Query.parse("budget")) is None
