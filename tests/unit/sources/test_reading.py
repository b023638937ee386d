from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui import events as ev
from enrich_tui.display.view import RunView
from enrich_tui.sources import reading
from enrich_tui.sources.reading import LineError, UnknownKindError, event_of
from enrich_tui.sources.recording import Recording, RecordingError, read_recording
from tests.unit.sources.streams import STARTED, finished, lines, run

RUN = lines(run())


def read(data: bytes) -> Recording:
    return read_recording(io.BytesIO(data))


def events(recording: Recording) -> list[ev.Event]:
    return [recording.event(index) for index in range(len(recording))]


def test_a_recording_gives_back_what_was_told() -> None:
    recording = read(RUN)
    assert events(recording) == run()
    assert recording.length == 10.0
    assert recording.remarks == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"# Report\n", "Line 1 was left out: it is not JSON"),
        (b"\x89PNG\r\n\x1a\n" * 100, "Line 1 was left out: it is not JSON"),
        (b'{"name": "package"}\n', "Line 1 was left out: it is not an event"),
        (b"[1, 2]\n", "it is not an event"),
        (b"[" * 100_000, "it is"),
        (b'{"type": "telepathy"}\n', "no event in it that this version knows"),
        (lines([STARTED.model_copy(update={"version": 2})]), "line 1 cannot be read: it is of stream version 2"),
        (b'{"type": "run-started", "version": "\x1b]0;x\\u0007"}\n', "Line 1"),
    ],
)
def test_what_is_no_recording_is_said_with_its_line(data: bytes, says: str) -> None:
    with pytest.raises(RecordingError) as told:
        read(data)
    assert says in str(told.value)
    assert "\x1b" not in str(told.value)


def test_faulty_lines_are_left_out_and_named() -> None:
    whole = RUN.splitlines(keepends=True)
    recording = read(b"".join([whole[0], b"{oops\n", *whole[1:4], b"null\n", *whole[4:-1], whole[-1][:30]]))
    assert events(recording) == run()[:-1]
    assert recording.remarks == [
        "Line 2 was left out: it is not JSON.",
        "Line 6 was left out: it is not an event.",
        f"Line {len(whole) + 2} was left out: it is cut off.",
    ]


def test_many_faulty_lines_are_counted() -> None:
    recording = read(lines([STARTED]) + b"x\n" * 40)
    assert len(recording.remarks) == 6
    assert recording.remarks[-1] == "35 more lines were left out."


def test_what_a_newer_program_tells_besides_is_left_out() -> None:
    newer = json.dumps({**STARTED.model_dump(mode="json"), "mood": "calm"}) + '\n{"type": "aura", "t": 1}\n'
    recording = read(newer.encode() + lines([finished(3)]))
    assert events(recording) == [STARTED, finished(3)]
    assert recording.remarks == ["1 events of kinds that this version does not know were left out: aura."]


def test_a_line_that_makes_no_sense_is_a_note_in_its_place() -> None:
    recording = read(lines([STARTED]) + b'{"type": "worker", "t": 2, "worker": "x", "status": "idle"}\n')
    note = recording.event(1)
    assert isinstance(note, ev.Noted)
    assert note.message == "Line 2 was left out: its 'worker' makes no sense."


def test_a_stream_without_a_start_gets_one() -> None:
    recording = read(lines(run()[1:]))
    assert isinstance(recording.event(0), ev.RunStarted)
    assert recording.remarks == ["The start of this recording is missing."]


def test_a_line_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 1000)
    long = lines([STARTED, ev.Noted(t=1, message="x" * 5000), finished(2)])
    recording = read(long)
    assert events(recording) == [STARTED, finished(2)]
    assert "Line 2 was left out: it is longer than" in recording.remarks[0]


@pytest.mark.parametrize("t", ["NaN", "Infinity", "-1e999", '"soon"', "null", "-5", "true"])
def test_a_time_that_is_none_is_that_of_the_event_before(t: str) -> None:
    odd = f'{{"type": "note", "message": "x", "t": {t}}}\n'.encode()
    recording = read(lines([STARTED, ev.Noted(t=2, message="y")]) + odd + lines([finished(3)]))
    assert [recording.at(index) for index in range(4)] == [0.0, 2.0, 2.0, 3.0]


def test_two_runs_in_one_recording_follow_each_other() -> None:
    recording = read(lines([*run(10), *run(4)]))
    assert recording.length == 14.0
    view = RunView()
    for event in events(recording):
        view.apply(event)
    assert (view.now, view.state, len(view.rows)) == (4.0, "done", 2)


def test_outside_text_is_cleaned() -> None:
    evil = "\x1b]52;c;x\x07tit\u202ele\x9b2J"
    event = event_of(json.dumps({"type": "note", "message": evil}).encode())
    assert isinstance(event, ev.Noted)
    assert event.message == "title"
    raw = event_of(json.dumps({"type": "note", "message": evil}, ensure_ascii=False).encode())
    assert raw == event


@given(st.binary(max_size=200))
def test_no_bytes_do_any_harm(data: bytes) -> None:
    with contextlib.suppress(LineError):
        event_of(data)


def test_an_unknown_kind_is_told_from_a_faulty_line() -> None:
    with pytest.raises(UnknownKindError, match="aura"):
        event_of(b'{"type": "aura"}')
