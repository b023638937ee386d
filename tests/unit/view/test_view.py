"""The view of a run: whatever comes, it adds up, and nothing dangerous gets into it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich_tui import events as ev
from enrich_tui.display.error_rate import ErrorRate
from enrich_tui.display.figures import PoolFigures
from enrich_tui.display.listing import Listing, Query, Sort
from enrich_tui.display.report import report
from enrich_tui.display.rows import CellState, SessionState
from enrich_tui.display.view import RunView
from enrich_tui.model import STAGES, SessionStatus, Stage, StageOutcome
from tests.unit.view.feeding import arriving, batch, error, fed, pool, queued, started

IDS = [f"s{number}" for number in range(5)]
some_id = st.sampled_from([*IDS, "never queued"])
some_stage = st.sampled_from(STAGES)
some_text = st.text(max_size=30)
some_number = st.floats(allow_nan=True, allow_infinity=True)
some_time = st.floats(min_value=-10, max_value=10_000) | some_number

EVENTS = st.one_of(
    st.builds(queued, some_id, some_text, st.sets(some_stage).map(tuple)),
    st.builds(started, some_id, some_stage, t=some_time, worker=st.integers(1, 4), attempt=st.integers(1, 3)),
    st.builds(
        ev.StageProgressed, t=some_time, session=some_id, stage=some_stage, fraction=some_number, message=some_text
    ),
    st.builds(
        ev.StageRetrying,
        t=some_time,
        session=some_id,
        stage=some_stage,
        attempt=st.integers(1, 3),
        attempts=st.just(3),
        delay=some_number,
        problem=some_text,
        message=some_text,
    ),
    st.builds(
        ev.StageFinished,
        t=some_time,
        session=some_id,
        stage=some_stage,
        outcome=st.sampled_from(StageOutcome),
        duration=some_number,
        cached=st.booleans(),
        word=some_text,
        message=some_text,
    ),
    st.builds(
        ev.SessionFinished, t=some_time, session=some_id, status=st.sampled_from(SessionStatus), duration=some_number
    ),
    st.builds(ev.SessionRequeued, t=some_time, session=some_id, stages=st.sets(some_stage).map(tuple)),
    st.builds(ev.SessionMeasured, session=some_id, media=st.dictionaries(some_stage, st.none() | some_number)),
    st.builds(ev.QueueOrder, sessions=st.permutations(IDS).map(tuple)),
    st.builds(error, some_text, some_id, worker=st.integers(1, 3), final=st.booleans()),
    st.builds(
        ev.WorkerChanged,
        t=some_time,
        worker=st.integers(1, 3),
        status=st.sampled_from(["idle", "active", "error", "restarting", "removed"]),
        session=some_id,
        stage=some_stage,
    ),
    st.builds(
        batch,
        t=some_time,
        progress=some_number,
        attempts=st.integers(),
        failed_attempts=st.integers(),
        etas=st.dictionaries(
            some_id, st.builds(ev.Eta, low=some_number, mid=some_number, high=some_number), max_size=3
        ),
    ),
    st.builds(ev.Noted, t=some_time, message=some_text),
    st.builds(ev.SourceRejected, path=some_text, reason=some_text),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(EVENTS, max_size=60),
    st.sampled_from(Sort),
    st.sampled_from(["", "s1", "state:fail", "stage:video worker:1"]),
)
def test_whatever_comes_it_adds_up(events: list[ev.Event], sort: Sort, query: str) -> None:
    view = RunView()
    listing = Listing(view)
    listing.sort, listing.query = sort, Query.parse(query)
    for event in events:
        before = view.now
        view.apply(event)
        assert view.now >= before
        assert math.isfinite(view.now)
        listing.update(view.take().rows)

    assert view.counts.total() == len(view.rows)
    for state in SessionState:
        assert view.counts[state] == sum(row.state is state for row in view.rows.values())
    for stage in STAGES:
        for cell_state in CellState:
            held = sum(row.cells[stage].state is cell_state for row in view.rows.values())
            assert view.stage_counts[stage][cell_state] == held
    assert 0 <= view.fraction <= 1
    assert all(0 <= rate <= 100 for rate in (view.error_rate.overall, view.error_rate.lately(view.now)) if rate)
    for row in view.rows.values():
        assert all(0 <= cell.fraction <= 1 for cell in row.cells.values())
        assert row.seconds(view.now) >= 0
    assert all(trouble.count >= 1 for trouble in view.troubles.newest_first)

    # what was kept up row by row is what sorting anew gives
    kept = listing.ids
    assert [listing.index(ident) for ident in kept] == list(range(len(kept)))
    listing.rebuild()
    assert listing.ids == kept
    assert set(kept) == {row.id for row in view.rows.values() if listing.query.matches(row)}
    assert report(view).endswith("\n")


def test_outside_text_is_cleaned_and_gated() -> None:
    view = fed(
        queued("a", "one\x1b]52;c;aGk=\x07 two\u202e\x9b31m"),
        error("It broke. Your credit balance is too low.", "a"),
        ev.Noted(message="fine\x1b[2J"),
    )
    assert view.rows["a"].title == "one two"
    assert [trouble.message for trouble in view.troubles.newest_first] == ["It broke."]
    assert view.log[-1].text == "fine"


def test_titles_about_money_stay_as_they_are() -> None:
    assert fed(queued("a", "Budget 2026: prices and costs")).rows["a"].title == "Budget 2026: prices and costs"


def test_the_same_cause_is_one_entry_until_it_is_mended() -> None:
    view = fed(*[queued(ident) for ident in IDS], *[error("Bad codec.", ident) for ident in IDS], error("Other.", "s0"))
    newest, oldest = view.troubles.newest_first
    assert (newest.message, newest.count) == ("Other.", 1)
    assert (oldest.message, oldest.count, list(oldest.sessions)) == ("Bad codec.", 5, IDS)

    view.apply(ev.SessionRequeued(session="s0", stages=(Stage.VIDEO,)))
    assert [(trouble.message, trouble.count) for trouble in view.troubles.newest_first] == [("Bad codec.", 4)]


def test_what_befell_a_stage_before_goes_with_its_next_error() -> None:
    again = error("A worker stopped. It will be tried again.", "a", stage=Stage.VIDEO, final=False)
    other = again.model_copy(update={"session": "b"})
    view = fed(queued("a"), queued("b"), again, other, again, error("It failed.", "a", stage=Stage.VIDEO))
    newest, oldest = view.troubles.newest_first
    assert (newest.message, list(newest.sessions)) == ("It failed.", ["a"])
    assert (oldest.times, list(oldest.sessions)) == (3, ["b"])


def test_the_log_says_what_befell_whom_and_says_it_once() -> None:
    def ended(session: str, status: SessionStatus) -> ev.SessionFinished:
        return ev.SessionFinished(session=session, status=status, duration=0, message="It broke.")

    view = fed(
        queued("a", "one"),
        queued("b", "two"),
        error("It broke.", "a", stage=Stage.AUDIO),
        ended("a", SessionStatus.SKIPPED),
        error("It broke.", "b", stage=Stage.AUDIO),
        ended("b", SessionStatus.PARTIAL),
    )
    assert [(line.text, line.session) for line in view.log] == [
        ("one: It broke.", "a"),
        ("two: It broke.", "b"),
        ("two: partial", "b"),
    ]


def test_a_session_of_which_another_stage_is_in_work_stays_running() -> None:
    view = fed(queued("a"), started("a", Stage.AUDIO), started("a", Stage.VIDEO, worker=2))
    view.apply(ev.SessionRequeued(session="a", stages=(Stage.VIDEO,)))
    row = view.rows["a"]
    assert (row.state, row.cells[Stage.AUDIO].state, row.cells[Stage.VIDEO].state) == (
        "running",
        "processing",
        "pending",
    )


def test_an_error_of_a_worker_goes_when_the_worker_is_back() -> None:
    view = fed(ev.WorkerChanged(worker=2, status="error"), error("Worker 2 ran out of memory.", worker=2))
    assert len(view.troubles) == 1
    view.apply(ev.WorkerChanged(worker=2, status="idle", restarts=1))
    assert len(view.troubles) == 0


def test_a_session_goes_through_its_states() -> None:
    view = fed(queued("a"))
    row = view.rows["a"]
    view.apply(started("a", Stage.AUDIO, t=1.0, worker=3))
    view.apply(ev.StageProgressed(t=2.0, session="a", stage=Stage.AUDIO, fraction=0.5))
    assert (row.state, row.cells[Stage.AUDIO].fraction, row.cells[Stage.AUDIO].worker) == ("running", 0.5, 3)
    retry = ev.StageRetrying(
        t=3.0, session="a", stage=Stage.AUDIO, attempt=2, attempts=3, delay=8, problem="network", message="Lost."
    )
    view.apply(retry)
    assert (row.state, row.cells[Stage.AUDIO].due, row.seconds(view.now)) == ("retrying", 11.0, 2.0)
    view.apply(started("a", Stage.AUDIO, t=11.0, attempt=2))
    view.apply(
        ev.StageFinished(
            t=12.0, session="a", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=3.0, attempts=2
        )
    )
    assert (row.state, row.seconds(view.now), row.cells[Stage.AUDIO].attempt) == ("running", 3.0, 2)
    view.apply(ev.SessionFinished(t=13.0, session="a", status=SessionStatus.PARTIAL, duration=3.0, message="No video."))
    assert (row.state, row.message) == ("partial", "No video.")


def test_the_error_rate_is_one_measure_over_two_spans() -> None:
    view = fed(pool(error_rate=0.0), batch(t=1.0))
    figures = PoolFigures.of_view(view)
    assert figures is not None
    assert (figures.error_rate, figures.error_rate_lately) == (None, None)
    view.apply(batch(t=300.0, attempts=8, failed_attempts=2))
    figures = PoolFigures.of_view(view)
    assert figures is not None
    assert figures.error_rate == figures.error_rate_lately == 25.0
    view.apply(ev.RunStarted(program="", library="", at="", workers=1, cpu_slots=1, stages=STAGES))
    view.apply(ev.RunStarted(program="", library="", at="", workers=1, cpu_slots=1, stages=STAGES))
    assert view.error_rate.overall is None


def test_errors_of_more_than_ten_minutes_ago_count_over_all_only() -> None:
    rate = ErrorRate()
    for second in range(1200):
        rate.tell(second, ended=second, failed=min(second, 600))
    assert rate.overall == pytest.approx(100 * 600 / 1199)
    assert rate.lately(1199) == pytest.approx(0, abs=2)
    assert rate.lately(1210) == 0
    assert rate.lately(5000) is None


def test_running_rows_become_outdated_every_second() -> None:
    view = fed(queued("a"), queued("b"), started("a", Stage.AUDIO, t=0.1))
    view.take()
    view.apply(batch(t=0.5))
    assert view.take().rows == frozenset()
    view.apply(batch(t=1.1))
    assert view.take().rows == {"a"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alpha", {"a"}),
        ("ALPH", {"a"}),
        ("state:fail", {"b"}),
        ("state:fail state:run", {"a", "b"}),
        ("stage:video", {"a"}),
        ("worker:2", {"a"}),
        ("worker:2 beta", set()),
        ("nonsense:1", set()),
        ("state:", {"a", "b", "c"}),
        ("", {"a", "b", "c"}),
    ],
)
def test_filters(text: str, found: set[str]) -> None:
    view = fed(
        queued("a", "Alpha"),
        queued("b", "Beta"),
        queued("c", "Gamma"),
        started("a", Stage.VIDEO, worker=2),
        ev.SessionFinished(session="b", status=SessionStatus.FAILED, duration=1),
    )
    listing = Listing(view)
    listing.query = Query.parse(text)
    listing.rebuild()
    assert set(listing.ids) == found


def test_sorting_by_name_counts_numbers_as_numbers() -> None:
    view = fed(queued("x", "part 10"), queued("y", "part 9"), queued("z", "Part 1"))
    listing = Listing(view)
    listing.sort = Sort.NAME
    listing.rebuild()
    assert listing.ids == ["z", "y", "x"]
    listing.reverse = True
    assert listing.ids == ["x", "y", "z"]
    assert [listing[0], listing.index("x")] == ["x", 0]


def test_sorting_by_a_column_puts_what_is_at_work_first() -> None:
    view = fed(
        *[queued(ident) for ident in IDS],
        started("s1", Stage.AUDIO, t=1, worker=2),
        ev.StageProgressed(t=2, session="s1", stage=Stage.AUDIO, fraction=0.2),
        started("s2", Stage.AUDIO, t=1, worker=1),
        ev.StageProgressed(t=2, session="s2", stage=Stage.AUDIO, fraction=0.7),
        started("s3", Stage.VIDEO, t=1, worker=3, attempt=2),
    )
    listing = Listing(view)

    def first(sort: Sort, count: int) -> list[str]:
        listing.sort = sort
        listing.rebuild()
        return listing.ids[:count]

    assert first(Sort.AUDIO, 3) == ["s2", "s1", "s0"]
    assert first(Sort.VIDEO, 2) == ["s3", "s0"]
    assert first(Sort.STAGE, 3) == ["s2", "s1", "s3"]
    assert first(Sort.TRY, 3) == ["s3", "s1", "s2"]
    assert first(Sort.WORKER, 4) == ["s2", "s1", "s3", "s0"]


def test_live_sessions_come_first_and_the_finished_can_be_hidden() -> None:
    view = fed(
        *[queued(ident) for ident in IDS],
        started("s3", Stage.AUDIO, t=1),
        ev.SessionFinished(t=2, session="s0", status=SessionStatus.COMPLETE, duration=1),
        ev.SessionFinished(t=3, session="s4", status=SessionStatus.FAILED, duration=1),
    )
    listing = Listing(view)
    listing.rebuild()
    assert listing.ids == ["s3", "s4", "s1", "s2", "s0"]
    listing.hide_finished = True
    listing.rebuild()
    assert listing.ids == ["s3", "s4", "s1", "s2"]


def test_sessions_of_the_same_title_are_told_apart_by_their_ids() -> None:
    view = fed(queued("a/talk.mp4", "talk"), queued("other.mp4", "other"))
    assert view.rows["a/talk.mp4"].title == "talk"
    view.take()
    view.apply(queued("b/talk.mp4", "talk"))
    assert [row.title for row in view.rows.values()] == ["a/talk.mp4", "other", "b/talk.mp4"]
    assert view.take().rows == {"a/talk.mp4", "b/talk.mp4"}
    view.apply(queued("a/talk.mp4", "talk"))
    assert view.rows["a/talk.mp4"].title == "a/talk.mp4"
    assert view.rows["b/talk.mp4"].needle == "b/talk.mp4 b/talk.mp4"


def test_a_recording_that_arrives_is_shown_but_not_counted_until_it_is_taken_up() -> None:
    view = fed(queued("a"), arriving("b", size=5), queued("c"), arriving("b", growing=True, size=9))
    row = view.rows["b"]
    assert (row.state, row.growing, row.size) == (SessionState.ARRIVING, True, 9)
    assert (view.total, view.ended, view.counts.total()) == (2, 0, 3)
    listing = Listing(view)
    listing.rebuild()
    assert listing.ids == ["a", "c", "b"]
    view.apply(queued("b"))
    assert (row.state, row.growing, row.order) == (SessionState.QUEUED, False, 2)
    assert view.total == view.counts.total() == 3
    assert set(row.cells) == set(STAGES)


def test_a_recording_that_goes_before_it_is_taken_up_leaves_no_row() -> None:
    view = fed(arriving("a"), arriving("b"), queued("c"))
    listing = Listing(view)
    listing.update(view.take().rows)
    view.apply(arriving("a", gone=True))
    listing.update(view.take().rows)
    assert sorted(listing.ids) == sorted(view.rows) == ["b", "c"]
    view.apply(arriving("c", gone=True))
    view.apply(arriving("a"))
    assert view.rows["a"].title == "a"
    assert view.rows["c"].state is SessionState.QUEUED
    assert view.counts == {SessionState.ARRIVING: 2, SessionState.QUEUED: 1}


def test_a_session_that_is_written_to_later_keeps_its_state_and_says_so_once() -> None:
    view = fed(queued("a"), started("a", Stage.AUDIO), arriving("a", growing=True), arriving("a", growing=True))
    assert view.rows["a"].state is SessionState.RUNNING
    assert sum("being written to" in line.text for line in view.log) == 1


def waits(view: RunView) -> float | None:
    return view.oldest_wait


def test_the_oldest_wait_is_that_of_the_session_that_waits_longest_for_a_worker() -> None:
    view = fed()
    assert waits(view) is None
    view.apply(queued("a"))
    view.apply(queued("b").model_copy(update={"t": 10.0}))
    view.apply(started("a", Stage.AUDIO, t=15.0))
    assert waits(view) == 5.0  # b, since it was queued
    view.apply(started("b", Stage.AUDIO, t=20.0))
    assert waits(view) is None
    done = ev.StageFinished(t=30.0, session="a", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED)
    view.apply(done)
    view.apply(batch(t=36.0))
    assert waits(view) == 6.0  # a, between two stages
    view.apply(ev.SessionFinished(t=37.0, session="a", status=SessionStatus.COMPLETE, duration=1))
    assert waits(view) is None
    view.apply(ev.SessionRequeued(t=40.0, session="a", stages=(Stage.AUDIO,)))
    view.apply(batch(t=42.0))
    assert waits(view) == 2.0
    retry = ev.StageRetrying(
        t=43.0, session="b", stage=Stage.AUDIO, attempt=2, attempts=3, delay=8, problem="network", message="Lost."
    )
    view.apply(started("a", Stage.AUDIO, t=43.0))
    view.apply(retry)
    assert waits(view) is None  # b waits for the time, not for a worker


def at_work(*more: ev.Event) -> RunView:
    return fed(
        queued("a"),
        queued("b"),
        queued("c"),
        pool(),
        ev.WorkerChanged(worker=1, status="active", session="a", stage=Stage.VIDEO),
        started("a", Stage.AUDIO),
        ev.StageFinished(session="a", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED),
        started("a", Stage.VIDEO),
        ev.StageProgressed(session="a", stage=Stage.VIDEO, fraction=0.5),
        started("b", Stage.AUDIO),
        ev.StageRetrying(
            session="b", stage=Stage.AUDIO, attempt=2, attempts=3, delay=9.0, problem="codec", message="Again."
        ),
        batch(total=3, processing=2, pending=1, etas={"a": ev.Eta(low=1.0, mid=2.0, high=3.0)}),
        *more,
    )


LEFT = ev.RunFinished(complete=0, partial=0, failed=0, skipped=0, cancelled=0, duration=9.0, exit_code=130)


@pytest.mark.parametrize("last", [ev.OwnerSeen(state="gone"), LEFT])
def test_where_nobody_works_any_more_nothing_is_shown_as_running(last: ev.Event) -> None:
    view = at_work(last)
    assert view.state == "stopped"
    assert {row.state for row in view.rows.values()} == {SessionState.QUEUED}
    assert view.counts[SessionState.QUEUED] == 3
    assert view.rows["a"].cells[Stage.AUDIO].state is CellState.COMPLETED
    assert view.rows["a"].cells[Stage.VIDEO].state is CellState.PENDING
    assert view.rows["a"].eta is None
    assert +view.stage_counts[Stage.AUDIO] == {CellState.COMPLETED: 1, CellState.PENDING: 2}
    assert not view.workers
    assert view.pool is not None
    assert (view.pool.total, view.pool.error_rate) == (0, 50.0)


@pytest.mark.parametrize("state", ["working", "silent"])
def test_what_a_silent_program_had_in_work_stays_in_work(state: str) -> None:
    view = at_work(ev.OwnerSeen.model_validate({"state": state}))
    assert view.counts[SessionState.RUNNING] == 1
    assert view.counts[SessionState.RETRYING] == 1
    assert set(view.workers) == {1}


def test_as_many_sessions_wait_as_are_queued_or_between_two_stages() -> None:
    view = at_work()
    assert view.waiting == 1
    view.apply(ev.StageFinished(session="a", stage=Stage.VIDEO, outcome=StageOutcome.COMPLETED))
    assert view.waiting == 2


def test_a_stage_that_no_session_has_is_not_shown_until_one_has() -> None:
    view = fed(queued("a", stages=(Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS)))
    assert view.stages == (Stage.AUDIO, Stage.SUMMARY, Stage.CANVAS)
    view.apply(queued("b", stages=STAGES))
    assert view.stages == STAGES
    assert RunView().stages == STAGES, "while no session is known"
