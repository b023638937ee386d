"""A scripted folder and a clock that the test turns."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.discovery import Found
from enrich_tui.discovery.stillness import Looked, Stillness
from enrich_tui.model import Rejected, Session


def at(name: str, size: int, mtime_ns: int = 7) -> Found:
    path = Path("/lib") / name
    session = Session(id=name, title=name, source=path, output=path, audio=(path,), size=size)
    return Found(session, ((path, size, mtime_ns),))


def names(found: list[Found]) -> list[str]:
    return [one.path.name for one in found]


def taken(stillness: Stillness, looked: Looked) -> list[str]:
    """Take what is still, as one does that finds it whole."""
    for one in (*looked.still, *looked.overdue):
        stillness.take(one)
    return names([*looked.still, *looked.overdue])


def test_a_recording_is_taken_once_when_it_has_been_still_for_long_enough() -> None:
    stillness = Stillness(settle=6, patience=60)
    first = stillness.look([at("a", 10)], 100.0)
    assert [(one.session.id, one.growing) for one in first.arriving] == [("a", False)]
    assert taken(stillness, first) == []
    assert taken(stillness, stillness.look([at("a", 10)], 105.9)) == []
    assert taken(stillness, stillness.look([at("a", 10)], 106.0)) == ["a"]
    for now in (107.0, 200.0, 9000.0):
        looked = stillness.look([at("a", 10)], now)
        assert looked == Looked([], [], [], [])


def test_each_change_begins_the_wait_anew_also_of_the_time_alone_and_backwards() -> None:
    stillness = Stillness(settle=6, patience=60)
    stillness.look([at("a", 10, 1000)], 0.0)
    for now, found in ((5.0, at("a", 20, 1000)), (10.0, at("a", 20, 2**62)), (15.0, at("a", 20, 3))):
        looked = stillness.look([found], now)
        assert [one.growing for one in looked.arriving] == [True]
        assert taken(stillness, looked) == []
    assert taken(stillness, stillness.look([at("a", 20, 3)], 20.9)) == []
    assert taken(stillness, stillness.look([at("a", 20, 3)], 21.0)) == ["a"]


def test_what_is_not_whole_waits_for_a_change_or_for_the_end_of_patience() -> None:
    stillness = Stillness(settle=6, patience=60)
    stillness.look([at("a", 10)], 0.0)
    (one,) = stillness.look([at("a", 10)], 6.0).still
    told = stillness.refuse(one)
    assert told is not None
    assert told.growing
    assert stillness.look([at("a", 10)], 59.0) == Looked([], [], [], [])
    assert taken(stillness, stillness.look([at("a", 10)], 60.0)) == ["a"]
    stillness.look([at("a", 11)], 61.0)
    assert names(stillness.look([at("a", 11)], 67.0).still) == ["a"]


def test_one_that_is_not_whole_is_looked_into_again_when_it_has_grown() -> None:
    stillness = Stillness(settle=6, patience=60)
    stillness.look([at("a", 10)], 0.0)
    stillness.refuse(stillness.look([at("a", 10)], 6.0).still[0])
    stillness.look([at("a", 20)], 30.0)
    (again,) = stillness.look([at("a", 20)], 36.0).still
    assert stillness.refuse(again) is None
    assert names(stillness.look([at("a", 20)], 90.0).overdue) == ["a"]


def test_a_recording_that_grows_later_is_taken_again_when_it_is_still() -> None:
    stillness = Stillness(settle=6, patience=60)
    stillness.look([at("a", 10)], 0.0)
    assert taken(stillness, stillness.look([at("a", 10)], 6.0)) == ["a"]
    looked = stillness.look([at("a", 12)], 8.0)
    assert [one.growing for one in looked.arriving] == [True]
    assert taken(stillness, looked) == []
    assert taken(stillness, stillness.look([at("a", 12)], 14.0)) == ["a"]


def test_gone_is_what_stays_away_and_what_comes_back_is_new() -> None:
    stillness = Stillness(settle=6, patience=60)
    stillness.look([at("a", 10), at("b", 1)], 0.0)
    assert taken(stillness, stillness.look([at("a", 10), at("b", 1)], 6.0)) == ["a", "b"]
    assert stillness.look([at("b", 1)], 7.0).gone == []
    assert stillness.look([at("a", 10), at("b", 1)], 8.0) == Looked([], [], [], [])
    stillness.look([at("b", 1)], 9.0)
    assert [session.id for session in stillness.look([at("b", 1)], 15.0).gone] == ["a"]
    assert stillness.look([at("b", 1)], 30.0).gone == []
    assert [one.session.id for one in stillness.look([at("a", 10), at("b", 1)], 31.0).arriving] == ["a"]
    assert taken(stillness, stillness.look([at("a", 10), at("b", 1)], 37.0)) == ["a"]


def test_what_cannot_be_a_session_is_told_once_for_each_reason() -> None:
    stillness = Stillness(settle=6, patience=60)
    path = Path("/lib/a.md")

    def note(reason: str) -> Found:
        return Found(Rejected(path=path, reason=reason))

    assert stillness.look([note("alone")], 0.0).arriving == []
    assert taken(stillness, stillness.look([note("alone")], 6.0)) == ["a.md"]
    assert taken(stillness, stillness.look([note("alone")], 50.0)) == []
    stillness.look([note("worse")], 51.0)
    assert taken(stillness, stillness.look([note("worse")], 57.0)) == ["a.md"]
    assert stillness.look([], 58.0).gone == stillness.look([], 80.0).gone == []


@given(
    st.lists(st.tuples(st.floats(0.1, 9.0), st.one_of(st.none(), st.integers(0, 3))), max_size=60),
)
def test_whatever_happens_nothing_is_taken_that_moved_and_nothing_is_forgotten(
    script: list[tuple[float, int | None]],
) -> None:
    stillness = Stillness(settle=6, patience=60)
    now, state, since = 0.0, None, 0.0
    done: int | None = None
    for step, following in [
        *script,
        (6.0, script[-1][1] if script else None),
        (6.1, script[-1][1] if script else None),
    ]:
        now += step
        if following != state:
            state, since = following, now
        looked = stillness.look([at("a", state)] if state is not None else [], now)
        for one in looked.still:
            assert now - since >= 6
            assert isinstance(one.item, Session)
            assert one.item.size == state != done
            stillness.take(one)
            done = state
        if looked.gone:
            done = None
    assert done == state or (state is None and now - since < 6)
