"""Reports in their formats."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from enrich_tui import events as ev
from enrich_tui.display.export import FORMATS
from enrich_tui.display.view import RunView
from enrich_tui.model import SessionStatus, Stage, StageOutcome
from tests.unit.view.feeding import error, fed, queued, started

TITLE = '<script>alert("1")</script> & \x1b[2Jmore'


def run() -> RunView:
    return fed(
        queued("a", TITLE),
        started("a", Stage.AUDIO),
        ev.StageFinished(
            session="a", stage=Stage.AUDIO, outcome=StageOutcome.FAILED, duration=3, attempts=2, message="No <sound>."
        ),
        error("No <sound>. It cost $2.", "a", advice="listen & see"),
        ev.SessionFinished(session="a", status=SessionStatus.FAILED, duration=3, message="No <sound>."),
        queued("b", "Second"),
    )


def test_json_holds_what_is_known() -> None:
    told = json.loads(FORMATS["json"](run()))
    first, second = told["sessions"]
    assert first["title"] == '<script>alert("1")</script> & more'
    assert (first["state"], second["state"]) == ("failed", "queued")
    assert first["stages"]["audio"] == {
        "state": "failed", "seconds": 3.0, "attempts": 2, "engine": "", "message": "No <sound>.", "code": "",
    }  # fmt: skip
    assert told["errors"][0]["sessions"] == [first["title"]]
    assert told["counts"]["failed"] == 1


def test_html_is_well_formed_and_runs_nothing() -> None:
    page = FORMATS["html"](run())
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            opened.append(tag)

    Reader().feed(page)
    assert "script" not in opened
    assert {"html", "table", "h1", "h2"} <= set(opened)
    assert "&lt;script&gt;" in page
    assert "listen &amp; see" in page


def test_markdown_makes_nothing_of_what_names_hold() -> None:
    title = '<img src=x onerror="go()"> [here](javascript:go) &lt;b&gt; a < b & c'
    told = FORMATS["md"](fed(queued("a", title)))
    assert '- &lt;img src=x onerror="go()"> [here]\\(javascript:go) &amp;lt;b&amp;gt; a < b & c: queued' in told


def test_what_takes_less_than_a_second_is_not_said_to_take_none() -> None:
    view = fed(
        queued("a", "First"),
        started("a", Stage.AUDIO),
        ev.StageFinished(session="a", stage=Stage.AUDIO, outcome=StageOutcome.COMPLETED, duration=0.04),
        ev.SessionFinished(session="a", status=SessionStatus.COMPLETE, duration=0.04),
    )
    assert view.log[-1].text == "First: done in <1s"
    assert "- First: done in <1s" in FORMATS["md"](view)
    assert "<td>&lt;1s</td>" in FORMATS["html"](view)


@pytest.mark.parametrize("ending", list(FORMATS))
def test_no_format_says_what_must_not_be_said(ending: str) -> None:
    told = FORMATS[ending](run())
    assert "$2" not in told
    assert "\x1b" not in told
    assert FORMATS[ending](fed())
