"""The widgets, each alone in an app that has nothing but its service."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from enrich_tui import enrich_batch
from enrich_tui import events as ev
from enrich_tui.errors import ErrorContext, ErrorHandler, Problem, StageError
from enrich_tui.model import Stage, StageOutcome
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.testing import Crash, Fail, fake_services, make_session
from enrich_tui.tui.themes import THEMES
from enrich_tui.widgets import BatchProgress, EnrichmentProgress, ErrorPanel, PoolHealth
from enrich_tui.widgets.drawing import Row, ends, flow, paragraph
from enrich_tui.widgets.panel import Panel


class Bare(App[None]):
    """Any app."""

    def __init__(self, *widgets: Widget, ansi: bool = False) -> None:
        super().__init__(ansi_color=ansi)
        self._widgets = widgets

    def compose(self) -> ComposeResult:
        yield from self._widgets


def shown(app: App[None]) -> str:
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> str:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain; on the screen:\n{shown(pilot.app)}"
        await pilot.pause(0.02)
    return shown(pilot.app)


async def until_shown(pilot: Pilot[None], text: str) -> str:
    return await until(pilot, lambda: text in shown(pilot.app))


def listeners(service: ProgressService) -> int:
    return sum(map(len, service._bus._listeners.values())) + len(service._bus._subscriptions)


async def fail(handler: ErrorHandler, session: str, error: Exception, attempt: int = 3) -> None:
    await handler.handle_error(error, ErrorContext(session, "audio-review", attempt))


# -- one session -------------------------------------------------------------------------------------------------------


async def test_a_session_is_followed_from_before_its_start_to_its_end() -> None:
    service = ProgressService()
    done: list[str] = []
    async with Bare(EnrichmentProgress("talk", service, lambda: done.append("talk"))).run_test(size=(60, 12)) as pilot:
        await until_shown(pilot, "not started")
        service.start_progress("talk", include_canvas=False)
        service.update_progress("talk", stage="audio", progress=40, message="Listening")
        screen = await until_shown(pilot, " 40%  0:0")
        assert "Listening" in screen
        assert "audio    ████▊·······  40%" in screen
        assert "canvas   – skipped" in screen
        service.update_stage("talk", "audio", status="failed", error="The sound could not be read.")
        screen = await until_shown(pilot, "The sound could not be read.")
        assert "audio    ✖ failed" in screen
        service.complete_progress("talk", success=True)
        screen = await until_shown(pilot, "100%")
        await until(pilot, lambda: done)
        assert "✔ talk" in screen
        service.start_progress("talk")
        service.complete_progress("talk", success=True)
        await pilot.pause(0.05)
    assert done == ["talk"]


async def test_on_complete_is_called_where_the_session_was_complete_before_and_may_raise_a_toast() -> None:
    service = ProgressService()
    service.start_progress("talk")
    service.complete_progress("talk", success=True)
    app = Bare(EnrichmentProgress("talk", service, lambda: app.notify("Session enriched!")))
    async with app.run_test(notifications=True, size=(60, 12)) as pilot:
        await until_shown(pilot, "Session enriched!")
        assert len(app._notifications) == 1


async def test_a_failed_session_is_told_by_message_and_never_called_complete() -> None:
    service = ProgressService()
    ended: list[tuple[str, bool]] = []

    class Listening(Bare):
        def on_enrichment_progress_ended(self, message: EnrichmentProgress.Ended) -> None:
            ended.append((message.control.session_id, message.success))

    def never() -> None:
        raise AssertionError

    async with Listening(EnrichmentProgress("talk", service, never)).run_test() as pilot:
        service.start_progress("other")
        service.complete_progress("other", success=True)
        service.start_progress("talk")
        service.complete_progress("talk", success=False)
        await until(pilot, lambda: ended)
        await until_shown(pilot, "✖ talk")
    assert ended == [("talk", False)]


# -- the batch ---------------------------------------------------------------------------------------------------------


async def test_the_batch_counts_and_estimates() -> None:
    service = ProgressService()
    async with Bare(BatchProgress(service)).run_test(size=(80, 8)) as pilot:
        await until_shown(pilot, "No batch yet")
        service.start_batch(["a", "b", "c", "d"])
        for ident in ("a", "b", "c"):
            service.start_progress(ident)
        service.complete_progress("a", success=True)
        service.complete_progress("b", success=False)
        screen = await until_shown(pilot, "1 of 4 sessions done, 1 failed")
        for text in ("2/4 sessions", "✔ 1 done", "✖ 1 failed", "● 1 running", "○ 1 queued", "ETA", "50%"):
            assert text in screen
        service.complete_progress("c", success=True)
        service.start_progress("d")
        service.complete_progress("d", success=True)
        screen = await until_shown(pilot, "4/4 sessions")
        assert "ETA" not in screen
        assert "Ended: 3 of 4 sessions done, 1 failed" in screen


# -- the pool ----------------------------------------------------------------------------------------------------------


async def test_the_pool_tells_its_figures_and_warns_by_a_sign() -> None:
    pool = WorkerPool(max_workers=2, error_threshold=9)
    async with Bare(PoolHealth(pool)).run_test(size=(80, 6)) as pilot:
        screen = await until_shown(pilot, "active      0 of 2")
        assert "error rate  0.0%" in screen
        assert "▲" not in screen
        worker = await pool.acquire_worker()
        await until_shown(pilot, "active      1 of 2")
        await pool.release_worker(worker, ValueError("no"))
        await until_shown(pilot, "error rate  ▲100.0%")
        await pool.shutdown()
        await until_shown(pilot, "No workers in service")


async def test_a_pool_that_was_down_is_below_its_target() -> None:
    pool = WorkerPool(max_workers=1, error_threshold=1, enable_auto_restart=False)
    await pool.release_worker(await pool.acquire_worker(), ValueError("no"))
    async with Bare(PoolHealth(pool), PoolHealth(pool, compact=True)).run_test(size=(80, 6)) as pilot:
        screen = await until_shown(pilot, "uptime      ▲")
        assert "in error    1" in screen
        assert "✖ 1 error" in screen
        assert "▲ up " in screen
    await pool.shutdown()


# -- errors ------------------------------------------------------------------------------------------------------------


async def test_an_error_handler_is_enough_for_the_error_panel() -> None:
    handler = ErrorHandler()
    await fail(handler, "early", StageError(Problem.CODEC))
    async with Bare(ErrorPanel(handler, title_of=str.capitalize)).run_test(size=(80, 16)) as pilot:
        await until_shown(pilot, "Early")
        await fail(handler, "late", StageError(Problem.CODEC))
        screen = await until_shown(pilot, "×2")
        assert "Early +1" in screen
        assert "→ convert it" in screen
        assert "press" not in screen  # the dashboard's keys mean nothing here
        await fail(handler, "other", TimeoutError(), attempt=1)
        await until_shown(pilot, "↻ ×1")
        await fail(handler, "other", TimeoutError(), attempt=3)
        screen = await until(pilot, lambda: "↻" not in shown(pilot.app))
        assert "✖ ×1" in screen
        panel = pilot.app.query_one(ErrorPanel)
        assert panel.count == 2
        panel.clear()
        await until_shown(pilot, "No errors")


async def test_the_runs_events_bring_errors_and_take_back_what_was_mended() -> None:
    panel = ErrorPanel(limit=1)
    async with Bare(panel).run_test(size=(60, 12)) as pilot:
        for problem, stage in (("codec", Stage.AUDIO), ("empty-file", Stage.VIDEO)):
            panel.feed(
                ev.ErrorRaised(
                    problem=problem, category="x", message=f"No {problem}.", advice="", session="a", stage=stage
                )
            )
        panel.feed(ev.ErrorRaised(problem="crash", category="x", message="Down.", advice="", worker=1))
        await until_shown(pilot, "and 2 more kinds")
        panel.feed(ev.WorkerChanged(worker=1, status="idle"))
        screen = await until_shown(pilot, "and 1 more kind")
        assert "No empty-file." in screen
        panel.feed(ev.StageFinished(session="a", stage=Stage.CANVAS, outcome=StageOutcome.COMPLETED))
        assert panel.count == 2
        panel.feed(ev.StageFinished(session="a", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED))
        assert panel.count == 1
        panel.feed(ev.SessionRequeued(session="a", stages=(Stage.VIDEO,)))
        await until_shown(pilot, "No errors")


def test_an_error_panel_shows_at_least_one_entry() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ErrorPanel(limit=0)


# -- all of them -------------------------------------------------------------------------------------------------------


async def test_nothing_is_left_behind() -> None:
    service, pool, handler = ProgressService(), WorkerPool(max_workers=1), ErrorHandler()
    service.on("started", print)
    before = listeners(service), len(pool._roster.listeners), len(handler._listeners)
    widgets = [EnrichmentProgress("a", service), BatchProgress(service), PoolHealth(pool), ErrorPanel(handler)]
    async with Bare(*widgets).run_test() as pilot:
        await pilot.pause()
        assert listeners(service) == before[0] + 6
        assert (len(pool._roster.listeners), len(handler._listeners)) == (1, 1)
        timers = [timer for widget in widgets for timer in widget._timers]
        assert len(timers) == 4
        await pilot.app.query("Live").remove()
        assert (listeners(service), len(pool._roster.listeners), len(handler._listeners)) == before
        assert not any(widget._timers for widget in widgets)
        service.start_progress("a")
        service.complete_progress("a", success=True)
        await pilot.pause()
    assert (listeners(service), len(pool._roster.listeners), len(handler._listeners)) == before
    await pool.shutdown()


async def test_a_hundred_changes_are_a_few_paintings_and_no_change_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    service = ProgressService()
    service.start_progress("a")
    paintings: list[float] = []
    refresh = EnrichmentProgress.refresh

    def counted(self: EnrichmentProgress, *regions: Region, **options: bool) -> EnrichmentProgress:
        paintings.append(time.monotonic())
        return refresh(self, *regions, **options)

    monkeypatch.setattr(EnrichmentProgress, "refresh", counted)
    async with Bare(EnrichmentProgress("a", service)).run_test() as pilot:
        await pilot.pause(0.25)
        paintings.clear()
        for step in range(100):
            service.update_progress("a", stage="audio", progress=step, message=f"step {step}")
            await pilot.pause(0.002)
        await until_shown(pilot, "step 99")
        # each look at most paints the head, the bar, the stage and the message
        assert len(paintings) <= 4 * ((paintings[-1] - paintings[0]) / 0.1 + 2)
        service.complete_progress("a", success=True)
        await until_shown(pilot, "100%")
        paintings.clear()
        await pilot.pause(0.3)
        assert paintings == []


async def test_a_batch_that_runs_outside_of_the_app_is_followed_by_all(tmp_path: Path) -> None:
    done: list[str] = []
    async with fake_services() as services:
        sessions = [make_session(tmp_path, name) for name in ("good", "bad")]
        services.stages.script("bad", "audio", then=Fail(StageError(Problem.NETWORK)))
        services.stages.script("bad", "video", Crash(), then=Fail(StageError(Problem.CODEC)))
        panel = ErrorPanel()
        widgets: list[Widget] = [
            *(
                EnrichmentProgress(name, services.progress_service, partial(done.append, name))
                for name in ("good", "bad")
            ),
            BatchProgress(services.progress_service),
            PoolHealth(services.worker_pool),
            panel,
        ]
        async with Bare(*widgets).run_test(size=(80, 50)) as pilot:
            batch = enrich_batch(
                sessions,
                worker_pool=services.worker_pool,
                progress_service=services.progress_service,
                error_handler=services.error_handler,
                runner=services.runner,
                sink=panel.feed,
            )
            await asyncio.create_task(batch, context=contextvars.Context())
            for text in ("✔ good", "✖ bad", "✔ 1 done", "✖ 1 failed", "restarts    1", "audio    ✖ failed", "✖ ×1"):
                await until_shown(pilot, text)
            assert panel.count == 2  # no longer that the worker crashed, or that there would be another attempt
            await until(pilot, lambda: done)
    assert done == ["good"]


async def full_of(text: str) -> tuple[list[Widget], WorkerPool]:
    service, pool, handler = ProgressService(), WorkerPool(max_workers=1), ErrorHandler()
    service.start_batch([text])
    service.start_progress(text)
    service.update_progress(text, stage="audio", progress=50, message=text)
    service.update_stage(text, "video", status="failed", error=text)
    await fail(handler, text, StageError(Problem.CODEC, facts={"codec": text}))
    panel = ErrorPanel(handler)
    panel.feed(ev.ErrorRaised(problem="x", category="x", message=text, advice=text * 4, session=text))
    widgets: list[Widget] = [EnrichmentProgress(text, service), BatchProgress(service), PoolHealth(pool), panel]
    return widgets, pool


async def test_money_is_never_shown() -> None:
    widgets, pool = await full_of("a")
    panel = widgets[-1]
    assert isinstance(panel, ErrorPanel)
    panel.feed(ev.ErrorRaised(problem="y", category="x", message="It broke. It cost $2.", advice="Pay the bill."))
    async with Bare(*widgets).run_test(size=(80, 40)) as pilot:
        screen = await until_shown(pilot, "It broke.")
        assert "$" not in screen
        assert "bill" not in screen
    await pool.shutdown()


@pytest.mark.parametrize("width", [20, 21, 33, 59, 60, 80, 140, 200])
async def test_every_line_fits_every_width(width: int) -> None:
    widgets, pool = await full_of("a long name of a session 漢字漢字漢字漢字 " * 3)
    async with Bare(*widgets).run_test(size=(width, 60)) as pilot:
        await pilot.pause()
        for widget in widgets:
            assert isinstance(widget, Panel)
            lines = widget.rows(width)
            assert widget.size.height == len(lines)
            for line in lines:
                assert line.width == line.strip(line.width, Style()).cell_length <= width
        screen = shown(pilot.app)
        for text in ("50%", "audio", "0 of 1", "1 running"):
            assert text in screen
    await pool.shutdown()


async def test_a_change_of_the_width_is_followed() -> None:
    service = ProgressService()
    service.start_progress("talk")
    service.update_stage("talk", "audio", status="failed", error="The sound of this recording could not be read.")
    async with Bare(EnrichmentProgress("talk", service)).run_test(size=(80, 12)) as pilot:
        await until_shown(pilot, "summary")
        widget = pilot.app.query_one(EnrichmentProgress)
        height = widget.size.height
        await pilot.resize_terminal(20, 20)
        await until(pilot, lambda: widget.size.width == 20 and widget.size.height > height)
        assert "canvas   ○ pending" in shown(pilot.app)
        await pilot.resize_terminal(120, 20)
        await until(pilot, lambda: widget.size.height == height)


async def test_without_colour_everything_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    widgets, pool = await full_of("talk")
    app = Bare(*widgets)
    assert app.no_color
    async with app.run_test(size=(80, 40)) as pilot:
        screen = await until_shown(pilot, "video    ✖ failed")
        for text in ("50%", "active      0 of 1", "● 1 running", "✖ ×1", "summary  ○ pending"):
            assert text in screen
    await pool.shutdown()


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "enrich-dark", "ansi"])
async def test_states_follow_the_apps_theme(theme: str) -> None:
    widgets, pool = await full_of("talk")
    app = Bare(*widgets, ansi=theme == "ansi")
    for own in THEMES:
        app.register_theme(own)
    async with app.run_test(size=(80, 40)) as pilot:
        app.theme = theme
        await pilot.pause()
        await until_shown(pilot, "video    ✖ failed")
        strips = app.screen._compositor.render_strips()
        colours = {
            segment.text.strip(): segment.style.color
            for strip in strips
            for segment in strip
            if segment.style and segment.text.strip() in {"✖", "●"}
        }
        assert colours["✖"] != colours["●"]
    await pool.shutdown()


async def test_plain_signs_for_plain_terminals() -> None:
    service = ProgressService()
    service.start_progress("talk")
    service.update_progress("talk", stage="audio", progress=50)
    async with Bare(EnrichmentProgress("talk", service, ascii_only=True)).run_test(size=(60, 8)) as pilot:
        screen = await until_shown(pilot, "* talk")
        assert "#" in screen
        assert screen.isascii()


# -- lines -------------------------------------------------------------------------------------------------------------


def test_lines_are_cut_by_cells() -> None:
    plain = Style()
    assert Row().add("ab").add("漢字").cut(5, "…").text == "ab漢…"
    assert Row().add("abc").add("def").cut(3, "…").text == "ab…"
    assert Row().add("abc").cut(3, "…").text == "abc"
    assert ends(Row().add("left side"), Row().add("100%"), 10, "…").text == "left… 100%"
    assert [line.text for line in flow([Row().add(word) for word in ("one", "two", "six")], 8, "…")] == [
        "one  two",
        "six",
    ]
    assert [line.text for line in paragraph(Row().add("- "), "a few words more", plain, 8, "…", most=2)] == [
        "- a few",
        "  words…",
    ]
