"""The run of another program in the dashboard: it is only shown, until its work can be taken over."""

from __future__ import annotations

from enrich_tui import events as ev
from enrich_tui.config import UiConfig
from enrich_tui.controls import Controls
from enrich_tui.tui.app import Dashboard
from tests.pilot.scripted import STARTED, Scripted, shown, until, until_shown
from tests.unit.view.feeding import batch, queued

SCRIPT: list[ev.Event] = [
    STARTED,
    *[queued(f"s{number}", f"session {number}") for number in range(3)],
    batch(t=4.0, elapsed=4.0),
]


class Foreign(Scripted):
    """A run that another program works on, as the program follows it."""

    def __init__(self, *events: ev.Event) -> None:
        super().__init__(events or SCRIPT)
        self.controls: Controls | None = None
        self.free = False
        self.process: int | None = 4711

    def take_over(self) -> None:
        self.asked.append(("take_over",))

    def is_gone(self) -> None:
        self.free = True
        self.emit(ev.OwnerSeen(t=5.0, state="gone"))

    def goes_on(self) -> None:
        """The work goes on here."""
        self.controls = self
        self.emit(STARTED, queued("s1", "session 1"), batch(t=1.0))


def foreign(source: Foreign) -> Dashboard:
    return Dashboard(source, None, ui=UiConfig(), handover=source)


async def test_while_the_other_works_it_is_only_shown() -> None:
    source = Foreign()
    app = foreign(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await until_shown(pilot, "session 2")
        assert "READ-ONLY" in screen
        assert "take over" not in screen
        await pilot.press("space")
        await until_shown(pilot, "Another program works here. Its run is only shown")
        await pilot.press("T")
        await until_shown(pilot, "The other program (process 4711) still works here.")
        assert source.asked == []
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_the_smallest_screen_says_so_too() -> None:
    source = Foreign()
    app = foreign(source)
    async with app.run_test(size=(40, 6), notifications=True) as pilot:
        screen = await until_shown(pilot, "session 2")
        assert screen.startswith("READ-ONLY 0% 0/3")
        source.goes_on()
        await until(pilot, lambda: "READ-ONLY" not in shown(app))


async def test_a_silent_one_is_named() -> None:
    source = Foreign()
    app = foreign(source)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until_shown(pilot, "session 2")
        source.emit(ev.OwnerSeen(t=5.0, state="silent"))
        await until_shown(pilot, "SILENT ?")
        await pilot.press("T")
        await until_shown(pilot, "(process 4711) does not")
        source.emit(ev.OwnerSeen(t=6.0, state="working"))
        await until_shown(pilot, "RUNNING ▶")


async def test_when_it_is_gone_one_key_takes_over() -> None:
    source = Foreign()
    app = foreign(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "session 2")
        source.is_gone()
        screen = await until_shown(pilot, " T take over ")
        assert "STOPPED ■" in screen
        assert "ETA" not in screen
        assert "worker" not in screen.splitlines()[0]
        assert "● 0 running" in screen
        await pilot.press("r")
        await until_shown(pilot, "Nobody works here any more.")
        await pilot.press("T")
        assert source.asked == [("take_over",)]
        source.goes_on()
        await until(pilot, lambda: "READ-ONLY" not in shown(app))
        screen = await until_shown(pilot, "RUNNING ▶")
        assert "session 0" not in screen
        assert "take over" not in screen.splitlines()[-1]
        await pilot.press("space")
        assert source.asked[-1] == ("pause",)
        await pilot.press("T")
        await until_shown(pilot, "The work is done here already.")


async def test_a_click_and_the_palette_take_over_too() -> None:
    source = Foreign()
    app = foreign(source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "session 2")
        source.is_gone()
        line = (await until_shown(pilot, " T take over ")).splitlines()[-1]
        await pilot.click(offset=(line.index("take over"), 29))
        await until(pilot, lambda: source.asked == [("take_over",)])
        await pilot.press("ctrl+p", *"take over")
        await until_shown(pilot, "Take over")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: len(source.asked) == 2)


async def test_the_help_names_the_key_only_where_there_is_something_to_take_over() -> None:
    for app, named in ((foreign(Foreign()), True), (Dashboard(Scripted(SCRIPT), None, ui=UiConfig()), False)):
        async with app.run_test(size=(100, 80), notifications=True) as pilot:
            await until_shown(pilot, "session 2")
            await pilot.press("question_mark")
            assert ("Go on here with the work" in await until_shown(pilot, "Cancel everything")) is named


async def test_the_end_of_another_programs_run_starts_no_command_of_its_own(tmp_path: object) -> None:
    source = Foreign(*SCRIPT, batch(t=6.0, state="done"))
    app = Dashboard(source, None, ui=UiConfig(on_complete=("false",)), handover=source)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await until_shown(pilot, "DONE")
        assert "enrich-report" not in screen
        assert not app.workers
