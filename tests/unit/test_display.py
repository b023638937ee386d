from __future__ import annotations

import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.display.json_lines import JsonDisplay, schema
from enrich_tui.display.overview import status_lines
from enrich_tui.display.plain import HEARTBEAT, PlainDisplay
from enrich_tui.display.summary import summary_lines
from enrich_tui.events import (
    EVENT,
    BatchChanged,
    Eta,
    Event,
    RunFinished,
    RunStarted,
    SessionArriving,
    SessionFinished,
    SessionQueued,
    SourceRejected,
    StageFinished,
    StageProgressed,
    StageRetrying,
    StageStarted,
    WorkerChanged,
)
from enrich_tui.model import SessionResult, SessionStatus, Stage, StageOutcome
from enrich_tui.pipeline.plan import SessionStanding
from enrich_tui.sources.reading import event_of

BATCH = BatchChanged(state="running", total=2, pending=1, processing=1, completed=0, failed=0, progress=40.0)
STARTED = RunStarted(
    program="enrich-tui 1", library="/r", at="2026-01-01T00:00:00+00:00", workers=1, cpu_slots=1, stages=()
)
QUEUED = SessionQueued(
    session="a.mp4", title="A talk about budgets", source="/r/a.mp4", output="/r/o", stages=(Stage.AUDIO,)
)

OVER = RunFinished(complete=0, partial=0, failed=0, skipped=0, cancelled=0, duration=0.1, exit_code=0, t=0.1)


def plain(*events: object) -> list[str]:
    stream = io.StringIO()
    display = PlainDisplay(stream)
    for event in events:
        display(event)  # type: ignore[arg-type]
    return stream.getvalue().splitlines()


def test_an_empty_library_is_said_to_be_empty() -> None:
    assert plain(STARTED, OVER)[-1] == "    0:00  there are no recordings here"
    assert plain(STARTED, QUEUED, OVER) == plain(STARTED, QUEUED)
    why = SourceRejected(path=STARTED.library, reason="No recording here has that in its name.")
    assert plain(STARTED, why, OVER) == plain(STARTED, why)


def test_one_line_a_state_change() -> None:
    lines = plain(
        STARTED,
        SourceRejected(path="/r/x.csv", reason="This kind of file is not a recording."),
        QUEUED,
        StageStarted(t=1, session="a.mp4", stage=Stage.AUDIO, attempt=1, attempts=3, worker=1),
        StageProgressed(t=2, session="a.mp4", stage=Stage.AUDIO, fraction=0.5),
        StageRetrying(
            t=3, session="a.mp4", stage=Stage.AUDIO, attempt=2, attempts=3, delay=2, problem="x", message="It broke."
        ),
        StageFinished(t=9, session="a.mp4", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=5),
        SessionFinished(t=9, session="a.mp4", status=SessionStatus.COMPLETE, duration=5),
    )
    assert [line.split()[1] for line in lines] == ["/r", "left", "started", "again", "finished", "done"]
    assert "A talk about budgets: audio on worker 1" in lines[2]
    assert "in 2 s (attempt 2 of 3). It broke." in lines[3]


def test_a_session_without_a_title_goes_by_its_id() -> None:
    lines = plain(
        STARTED,
        QUEUED.model_copy(update={"title": "\x1b[2J "}),
        StageStarted(t=1, session="a.mp4", stage=Stage.AUDIO, attempt=1, attempts=3, worker=1),
        SessionArriving(t=2, session="b.mp4", title="", source="/r/b.mp4"),
    )
    assert [line.split("  ", 2)[-1].split(": ")[0].split()[-1] for line in lines[1:]] == ["a.mp4", "b.mp4"]


def test_what_stands_in_for_the_last_attempt_is_not_told_as_that_again() -> None:
    last = StageStarted(t=1, session="a.mp4", stage=Stage.SUMMARY, attempt=3, attempts=3, worker=1)
    lines = plain(STARTED, QUEUED, last, last.model_copy(update={"stand_in": True}))
    assert [line.partition(": ")[2] for line in lines[1:]] == [
        "summary on worker 1, attempt 3 of 3",
        "summary on worker 1, without the language model",
    ]


def test_what_takes_less_than_a_second_is_not_said_to_take_none() -> None:
    lines = plain(
        STARTED,
        QUEUED,
        StageFinished(t=1, session="a.mp4", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=0.4),
        SessionFinished(t=1, session="a.mp4", status=SessionStatus.COMPLETE, duration=0.4),
    )
    assert [line.rpartition(" in ")[2] for line in lines[1:]] == ["<1s", "<1s."]
    assert summary_lines([], 0.4) == ["DONE 0 ok, 0 failed in <1s"]


def test_a_heartbeat_when_nothing_else_happens() -> None:
    late = BATCH.model_copy(update={"t": HEARTBEAT + 1, "eta": Eta(low=50, mid=60, high=70)})
    assert plain(STARTED, BATCH, late)[1:] == plain(STARTED, late)[1:]
    (line,) = plain(STARTED, late)[1:]
    assert "40%, 0 done, 0 failed, 1 in work, 1 queued, ETA ~" in line


def test_a_worker_in_trouble_is_told_once() -> None:
    bad = WorkerChanged(worker=2, status="error")
    assert len(plain(WorkerChanged(worker=2, status="active"), bad, bad)) == 1


@given(text=st.text())
def test_no_display_of_events_mentions_money_or_breaks_a_line(text: str) -> None:
    event = StageFinished(
        session="a.mp4", stage=Stage.AUDIO, outcome=StageOutcome.FAILED, message=f"It would cost $0.50. {text}"
    )
    (line,) = plain(QUEUED, event)
    assert "$0.50" not in line


def test_the_json_stream_can_be_read_again() -> None:
    stream = io.StringIO()
    display = JsonDisplay(stream)
    events: list[Event] = [STARTED, QUEUED, BATCH]
    for event in events:
        display(event)
    lines = stream.getvalue().splitlines()
    assert [EVENT.validate_json(line) for line in lines] == events
    assert all(json.loads(line)["type"] for line in lines)


def test_json_says_where_the_work_of_a_stage_that_goes_on_began() -> None:
    stream = io.StringIO()
    JsonDisplay(stream)(StageProgressed(t=2, session="a.mp4", stage=Stage.AUDIO, fraction=0.7, kept=0.6))
    told = json.loads(stream.getvalue())
    assert (told["fraction"], told["kept"]) == (0.7, 0.6)
    described = schema()["$defs"]["StageProgressed"]
    assert "kept" in described["properties"]
    assert "kept" not in described["required"]
    del told["kept"]  # as an older program writes it
    event = event_of(json.dumps(told).encode())
    assert isinstance(event, StageProgressed)
    assert event.kept is None


def test_the_schema_names_every_kind_of_event() -> None:
    assert {"run-started", "batch", "run-finished"} <= set(schema()["discriminator"]["mapping"])


def test_plain_tells_sessions_of_the_same_title_apart() -> None:
    first, second = (QUEUED.model_copy(update={"session": ident, "title": "talk"}) for ident in ("a/talk", "b/talk"))
    ends = [SessionFinished(session=ident, status=SessionStatus.COMPLETE, duration=1) for ident in ("a/talk", "b/talk")]
    told = plain(first, second, first, *ends)
    assert "a/talk in" in told[0]
    assert "b/talk in" in told[1]


def test_plain_counts_what_it_does_not_name() -> None:
    reason = "This kind of file is not a recording."
    files = [SourceRejected(path=f"/r/{number}.ts", reason=reason) for number in range(8)]
    note = SourceRejected(path="/r/a.md", reason="A note without a recording.")
    told = [line.strip().removeprefix("0:00  ") for line in plain(STARTED, *files, note, QUEUED, OVER)]
    assert told[1:] == [
        *(f"left out  /r/{number}.ts: {reason}" for number in range(5)),
        "left out  /r/a.md: A note without a recording.",
        f"left out  3 more files: {reason}",
    ]


def test_plain_tells_once_that_a_recording_is_still_being_written() -> None:
    coming = SessionArriving(session="a.mp4", title="talk", source="/r/a.mp4")
    growing = coming.model_copy(update={"growing": True})
    told = plain(coming, growing, growing, coming.model_copy(update={"gone": True}))
    assert [line.split(maxsplit=1)[1] for line in told] == [
        "arriving  talk: it is taken up when it is finished",
        "arriving  talk: it is still being written",
        "gone      talk",
    ]


def test_a_summary_counts_what_it_does_not_name() -> None:
    ended = [
        SessionResult(session_id=f"{status}{number}", status=status, stages={}, output=Path("/r"))
        for status in (SessionStatus.COMPLETE, SessionStatus.FAILED)
        for number in range(5)
    ]
    assert len(summary_lines(ended, 12.0)) == 11
    assert [line.split()[1] for line in summary_lines(ended, 12.0, most=2)[1:]] == [
        *("complete0", "complete1", "3"),
        *("failed0:", "failed1:", "3"),
    ]
    assert summary_lines(ended, 12.0, most=5) == summary_lines(ended, 12.0)


def test_a_session_has_the_same_sign_at_the_end_and_in_its_status() -> None:
    signs = {"complete": "✔", "partial": "◐", "failed": "✖", "skipped": "–", "cancelled": "⊘"}
    ended = [
        SessionResult(session_id=f"{status}.wav", status=status, stages={}, output=Path("/r"))
        for status in SessionStatus
    ]
    told = summary_lines(ended, 12.0)
    assert told[0] == "DONE 1 ok, 1 partial, 1 failed, 1 skipped, 1 cancelled in 0:12"
    standings = [
        SessionStanding(session_id=one.session_id, result=one, begun=True, output=one.output, finished_at="")
        for one in ended
    ]
    for lines in (told, list(status_lines(standings))):
        for status, sign in signs.items():
            assert any(line.startswith(f"  {sign} {status}.wav") for line in lines)
