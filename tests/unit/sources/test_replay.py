from __future__ import annotations

import asyncio
import io
import math

import pytest

from enrich_tui import events as ev
from enrich_tui.display.view import RunView
from enrich_tui.sources.playhead import SPEEDS, Playhead
from enrich_tui.sources.recording import read_recording
from enrich_tui.sources.replay import Replay
from enrich_tui.testing.clock import FakeClock
from tests.unit.sources.streams import lines, run


def replay(speed: float, clock: FakeClock, *, keep_open: bool = True) -> Replay:
    return Replay(read_recording(io.BytesIO(lines(run(100)))), speed, keep_open=keep_open, clock=clock)


class Playing:
    """A replay that is being played, and what came of it so far."""

    def __init__(self, source: Replay, clock: FakeClock) -> None:
        self.source = source
        self.clock = clock
        self.events: list[ev.Event] = []
        self.task = asyncio.create_task(source.run(self.events.append))

    async def settle(self) -> list[ev.Event]:
        """What came since the last call, once all that is due has come."""
        self.source._wake.set()
        for _ in range(20):
            await asyncio.sleep(0)
        came = self.events[:]
        self.events.clear()
        return came

    async def after(self, seconds: float) -> list[ev.Event]:
        self.clock.advance(seconds)
        return await self.settle()

    async def over(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_events_come_by_their_own_time() -> None:
    clock = FakeClock()
    playing = Playing(replay(1.0, clock), clock)
    assert {event.t for event in await playing.settle()} == {0.0}
    assert await playing.after(0.9) == []
    assert [event.type for event in await playing.after(0.2)] == ["stage-started"]
    assert [event.t for event in await playing.after(50)] == [25.5, 50.0, 50.0, 50.0, 50.0]
    await playing.over()


@pytest.mark.parametrize("speed", [0.25, 10.0, 1000.0])
async def test_at_any_speed(speed: float) -> None:
    clock = FakeClock()
    playing = Playing(replay(speed, clock), clock)
    await playing.settle()
    assert await playing.after(0.99 / speed) == []
    assert len(await playing.after(0.02 / speed)) == 1
    await playing.over()


async def test_at_once_gives_the_same_events_and_ends() -> None:
    came: list[ev.Event] = []
    assert await replay(math.inf, FakeClock(), keep_open=False).run(came.append) == 0
    assert came == run(100)


async def test_pausing_and_going_on() -> None:
    clock = FakeClock()
    playing = Playing(replay(1.0, clock), clock)
    await playing.settle()
    await playing.after(0.5)
    playing.source.pause()
    assert await playing.after(1000) == []
    assert playing.source.paused
    playing.source.pause()
    assert await playing.after(0.4) == []
    assert len(await playing.after(0.2)) == 1
    await playing.over()


async def test_stepping_stands_still_at_the_next_event() -> None:
    clock = FakeClock()
    playing = Playing(replay(1.0, clock), clock)
    await playing.settle()
    playing.source.step()
    assert [event.t for event in await playing.settle()] == [1.0]
    assert await playing.after(1000) == []
    playing.source.step()
    assert [event.t for event in await playing.settle()] == [25.5]
    await playing.over()


async def test_going_back_starts_over_and_shows_what_was_then() -> None:
    clock = FakeClock()
    playing = Playing(replay(1.0, clock), clock)
    view, fresh = RunView(), RunView()
    for event in [*await playing.settle(), *await playing.after(80)]:
        view.apply(event)
    assert view.rows["a"].state == "done"
    playing.source.seek(-40)
    for event in await playing.settle():
        view.apply(event)
        fresh.apply(event)
    assert playing.source.position == 40.0
    assert (view.rows["a"].state, view.now, view.counts) == ("running", 25.5, fresh.counts)
    assert view.stage_counts == fresh.stage_counts
    assert list(view.log) == list(fresh.log)
    playing.source.seek(-1000)
    assert {event.t for event in await playing.settle()} == {0.0}
    playing.source.seek(1000)
    assert (await playing.settle())[-1].type == "run-finished"
    await playing.over()


async def test_at_its_end_it_stays_and_can_be_played_again() -> None:
    clock = FakeClock()
    playing = Playing(replay(1.0, clock), clock)
    await playing.settle()
    await playing.after(1000)
    assert not playing.task.done()
    playing.source.pause()
    assert (await playing.settle())[0].type == "run-started"
    assert playing.source.position == 0.0
    await playing.over()


async def test_at_once_can_still_be_looked_through() -> None:
    clock = FakeClock()
    playing = Playing(replay(math.inf, clock), clock)
    await playing.settle()
    playing.source.seek(-50)
    assert playing.source.paused
    assert (await playing.settle())[-1].t == 50.0
    playing.source.slower()
    playing.source.pause()
    assert playing.source.speed == 1000.0
    assert (await playing.after(1.0))[-1].type == "run-finished"
    await playing.over()


def test_speeds_go_up_and_down_and_end() -> None:
    head = Playhead(10, 3.0, FakeClock())
    head.faster()
    assert head.speed == 4.0
    head.slower()
    head.slower()
    assert head.speed == 1.0
    for _ in SPEEDS:
        head.slower()
    assert head.speed == 0.25
    for _ in SPEEDS:
        head.faster()
    assert math.isinf(head.speed)


def test_a_change_of_speed_does_not_move_it() -> None:
    clock = FakeClock()
    head = Playhead(1000, 2.0, clock)
    clock.advance(10)
    head.faster()
    assert head.position == 20.0
    clock.advance(1)
    assert head.position == 24.0
    assert head.wait(34.0) == 2.5
