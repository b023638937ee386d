"""Text from outside is text, on every screen of the dashboard and in every widget."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from enrich_tui import events as ev
from enrich_tui.errors import ErrorHandler, Problem, StageError
from enrich_tui.model import SessionStatus, Stage, StageOutcome
from enrich_tui.pool import WorkerPool
from enrich_tui.progress import ProgressService
from enrich_tui.stages.results import CHAPTERS, SUMMARY, TRANSCRIPT
from enrich_tui.tui import outward
from enrich_tui.tui.app import Dashboard
from enrich_tui.widgets import BatchProgress, EnrichmentProgress, ErrorPanel, PoolHealth
from tests.pilot.hostile import HOSTILE, check_clean
from tests.pilot.scripted import STARTED, Scripted, dashboard, until, until_shown
from tests.pilot.test_widgets import Bare, fail
from tests.unit.view.feeding import batch, error, queued, started

SCREENS = ("enter", "e", "L", "W", "s", "E", "X", "question_mark", "q", "ctrl+p")


def script(texts: Sequence[str], folder: Path) -> list[ev.Event]:
    """A run in which everything that can come from outside is one of these texts, or all of them."""
    whole = " ".join(texts)
    events: list[ev.Event] = [
        STARTED.model_copy(update={"library": whole, "program": whole, "at": whole}),
        *[queued(f"h{number}", text) for number, text in enumerate(texts)],
    ]
    for number, text in enumerate(texts):
        ident, said = f"h{number}", text or "nothing"
        events += [
            queued(ident, text).model_copy(update={"source": text, "output": str(folder)}),
            queued(text, text),
            ev.SourceRejected(path=text, reason=text),
            started(ident, Stage.AUDIO),
            ev.StageProgressed(session=ident, stage=Stage.AUDIO, fraction=0.5, message=text),
            started(ident, Stage.VIDEO),
            ev.StageRetrying(
                session=ident, stage=Stage.VIDEO, attempt=2, attempts=3, delay=9, problem=text, message=text
            ),
            ev.StageFinished(
                session=ident, stage=Stage.SUMMARY, outcome=StageOutcome.FAILED, engine=text, outputs=(text,),
                problem=text, message=text, advice=text, word=text,
            ),
            error(said, ident, advice=text, problem=text, category=text),
            error(f"{said}!", text),
            ev.WorkerChanged(worker=number, status="error", session=ident, stage=Stage.AUDIO, last_error=text),
            ev.Noted(message=text),
        ]  # fmt: skip
    first = {"session": "h0", "status": SessionStatus.FAILED, "duration": 1, "message": whole, "advice": whole}
    return [
        *events,
        ev.SessionFinished.model_validate(first),
        ev.Noted(message=whole),
        batch(t=1.0, progress=12, eta_reason=whole),
    ]


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outward, "takes_osc52", lambda: True)


def outward_files(folder: Path) -> set[str]:
    """What was written besides the results."""
    return {path.name for path in folder.iterdir()} - {CHAPTERS, SUMMARY, TRANSCRIPT}


async def test_what_is_not_clean_is_noticed() -> None:
    for text in ("\x1b[2J", "\u202eabc", "a\u200bb"):
        async with Bare(Static(Content(text))).run_test(size=(20, 3)) as pilot:
            await pilot.pause()
            with pytest.raises(AssertionError):
                check_clean(pilot.app)
    async with Bare(Static(HOSTILE["action"])).run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        with pytest.raises(AssertionError):
            check_clean(pilot.app)


async def test_every_screen_shows_it_as_text(tmp_path: Path) -> None:
    texts = list(HOSTILE.values())
    for name in (CHAPTERS, SUMMARY, TRANSCRIPT):
        (tmp_path / name).write_bytes("".join(texts).encode("utf-8", "surrogatepass"))
    app = dashboard(Scripted(script(texts, tmp_path)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        check_clean(app)
        for opened in SCREENS:
            await pilot.press(opened)
            check_clean(app)
            await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        for _ in texts:
            await pilot.press("enter")
            check_clean(app)
            await pilot.press("escape", "r", "down")
            check_clean(app)
        for key in ("x", "y", "m", "asterisk", "U", "tab", "down", "y", "enter", "end"):
            await pilot.press(key)
            check_clean(app)
        await pilot.press("escape")
        for size in ((80, 24), (40, 6), (12, 2)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            check_clean(app)
    assert not outward_files(tmp_path)


async def test_it_can_be_typed_and_searched_for(tmp_path: Path) -> None:
    app = dashboard(Scripted(script([HOSTILE["action"]], tmp_path)))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        await pilot.press("slash", *"[@click=app.bell]press[", "slash", "right_square_bracket", "enter")
        await until_shown(pilot, "filter: [@click=app.bell]press[/]")
        check_clean(app)
        await pilot.press("slash")
        for text in HOSTILE.values():
            app.main.filter.value = text  # as if it were pasted
            await pilot.pause()
            check_clean(app)
        await pilot.press("escape")
        await pilot.press("ctrl+p", *"click")
        await until_shown(pilot, "go to [@click=app.bell]press[/]")
        check_clean(app)


async def test_every_widget_shows_it_as_text() -> None:
    app = Bare()
    async with app.run_test(size=(80, 50)) as pilot:
        for text in HOSTILE.values():
            service, pool, handler = ProgressService(), WorkerPool(max_workers=1), ErrorHandler()
            service.start_batch([text])
            service.start_progress(text)
            service.update_progress(text, stage="audio", progress=50, message=text)
            service.update_stage(text, "video", status="failed", error=text)
            await fail(handler, text, StageError(Problem.CODEC, facts={"codec": text}))
            panel = ErrorPanel(handler)
            panel.feed(ev.ErrorRaised(problem=text, category=text, message=text, advice=text, session=text))
            widgets: list[Widget] = [
                EnrichmentProgress(text, service),
                EnrichmentProgress("other", service, title=text),
                BatchProgress(service),
                BatchProgress(service, compact=True, label="batch"),
                PoolHealth(pool),
                PoolHealth(pool, compact=True),
                panel,
            ]
            await app.mount(*widgets)
            for width in (80, 47, 20):
                await pilot.resize_terminal(width, 50)
                await pilot.pause()
                check_clean(app)
            await app.query("Live").remove()
            await pool.shutdown()


async def test_a_recording_shows_it_as_text(tmp_path: Path) -> None:
    from enrich_tui.config import UiConfig
    from enrich_tui.sources.recording import read_recording
    from enrich_tui.sources.replay import Replay

    said = script([HOSTILE["screen"]], tmp_path)
    written = "\n".join(ev.EVENT.dump_json(event).decode() for event in said).encode()
    source = Replay(read_recording(io.BytesIO(written)), keep_open=True)
    app = Dashboard(source, None, ui=UiConfig(), player=source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "12%")
        check_clean(app)
        await pilot.press("e")
        check_clean(app)
