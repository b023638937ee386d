from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from enrich_tui import events as ev
from enrich_tui.display.view import RunView
from enrich_tui.model import SessionStatus, Stage, StageOutcome
from enrich_tui.sources import compaction
from enrich_tui.sources.compaction import compact
from enrich_tui.sources.reading import event_of
from enrich_tui.testing.simulated import SimulatedSource
from tests.unit.sources.streams import STARTED, batch, lines, run, session


def view_of(told: list[bytes]) -> RunView:
    view = RunView()
    for line in told:
        view.apply(event_of(line))
    return view


def seen(view: RunView) -> dict[str, Any]:
    """What a display would show of a run, but for what was said on the way."""
    cells = {
        (row.id, stage): (
            cell.state,
            cell.fraction if cell.state == "processing" else 0.0,
            cell.worker,
            cell.attempt,
            cell.spent,
            cell.started,
        )
        for row in view.rows.values()
        for stage, cell in row.cells.items()
    }
    return {
        "rows": {row.id: (row.state, row.order, row.title, row.message, row.media) for row in view.rows.values()},
        "cells": cells,
        "counts": +view.counts,
        "stages": {stage: +counts for stage, counts in view.stage_counts.items()},
        "workers": {worker.id: (worker.status, worker.session, worker.restarts) for worker in view.workers.values()},
        "troubles": {(one.problem, one.message): tuple(sorted(one.sessions)) for one in view.troubles.newest_first},
        "batch": view.batch,
        "pool": view.pool,
        "state": view.state,
        "now": view.now,
    }


async def simulated(seed: int) -> list[ev.Event]:
    """A stormy run: failures, retries, moves, cancelled sessions, worker restarts."""
    source = SimulatedSource(sessions=12, workers=3, events_per_second=2000, speed=2000, fail_rate=0.3, seed=seed)
    events: list[ev.Event] = []
    chance = random.Random(seed)
    playing = asyncio.create_task(source.run(events.append))
    for _ in range(6):
        await asyncio.sleep(0.03)
        ids = [event.session for event in events if isinstance(event, ev.SessionQueued)]
        if ids:
            source.retry_failed()
            source.move(chance.choice(ids), chance.choice((-2, 2)))
            source.cancel([chance.choice(ids)])
            source.restart_errored_workers()
    source.stop()
    await playing
    return events


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_left_gives_the_same_view(seed: int) -> None:
    events = await simulated(seed)
    for end in (len(events), len(events) // 2, len(events) // 3):
        whole = lines(events[:end]).splitlines(keepends=True)
        shorter = compact(whole)
        assert seen(view_of(shorter)) == seen(view_of(whole))
        assert compact(shorter) == shorter


def test_progress_and_figures_go_and_the_rest_stays() -> None:
    progress = [
        ev.StageProgressed(t=2 + n / 1000, session="a", stage=Stage.AUDIO, fraction=n / 1000) for n in range(999)
    ]
    told = [
        STARTED,
        *session("a", 1.0, 5.0)[:2],
        *progress,
        *[batch(3 + n / 10_000) for n in range(5000)],
    ]
    shorter = [event_of(line) for line in compact(lines(told).splitlines(keepends=True))]
    assert [event.type for event in shorter if event.type != "batch"] == [
        "run-started",
        "session-queued",
        "stage-started",
        "stage-progressed",
    ]
    assert shorter[3] == progress[-1]
    assert shorter[-1] == told[-1]
    assert len(shorter) < compaction.FIGURES


def test_a_session_that_runs_again_has_only_its_last_run() -> None:
    told: list[ev.Event] = [STARTED, *session("a", 1, 2)]
    for n in range(50):
        told += [ev.SessionRequeued(t=n + 3, session="a", stages=(Stage.AUDIO,)), *session("a", n + 3, n + 4)[1:]]
    whole = lines(told).splitlines(keepends=True)
    assert len(compact(whole)) < 10
    assert seen(view_of(compact(whole))) == seen(view_of(whole))


def test_what_cannot_be_read_is_left_out() -> None:
    whole = lines(run()).splitlines(keepends=True)
    assert compact([b"\n", b"{x\n", *whole, whole[-1][:9]]) == compact(whole)


def test_ten_thousand_sessions_stay_small() -> None:
    told: list[ev.Event] = [STARTED]
    for n in range(2000):
        told += session(f"s{n}", n, n + 1)
    done = ev.StageFinished(t=9999, session="s1", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED)
    end = ev.SessionFinished(t=9999, session="s1", status=SessionStatus.COMPLETE, duration=1)
    whole = lines([*told, done, end]).splitlines(keepends=True)
    assert sum(map(len, compact(whole))) / 2000 < 1200
