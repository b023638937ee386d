from __future__ import annotations

from pathlib import Path

from enrich_tui.errors.problems import Problem
from enrich_tui.model import Notice, Session, Stage, StageOutcome
from enrich_tui.pipeline.outcome import completed
from enrich_tui.store.record import StageRecord

SESSION = Session(id="s", title="s", source=Path("/r/s.wav"), output=Path("/r/s.wav.enriched"))
SHORT = Notice(problem=Problem.TRUNCATED, facts={"read": 10.0, "announced": 60.0})
DAMAGED = Notice(problem=Problem.DAMAGED, facts={"lost": 9.1})
FULL = Notice(problem=Problem.DISK_FULL)


def noticed(*notices: Notice) -> tuple[str | None, str | None]:
    record = StageRecord(key="k", status=StageOutcome.COMPLETED, notices=notices)
    result = completed(SESSION, Stage.AUDIO, record, cached=False)
    return result.message, result.advice


def test_what_is_to_be_done_is_said_once() -> None:
    message, advice = noticed(SHORT, DAMAGED)
    assert message == "The recording ends early: 0:10 of 1:00 could be read. 9.1% of the recording is damaged."
    assert advice == "copy the file again if the original is whole, then run it again"


def test_two_things_to_do_are_told_apart() -> None:
    message, advice = noticed(SHORT, FULL)
    assert message is not None
    assert advice is not None
    assert advice.startswith("copy the file again if the original is whole, then run it again; ")


def test_nothing_noticed_is_nothing_said() -> None:
    assert noticed() == (None, None)
