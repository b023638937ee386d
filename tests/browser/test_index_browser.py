"""The page that lists a library in a real browser, from disk: it filters, leads to canvases, and asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from enrich_tui.discovery import discover
from enrich_tui.indexing import index
from enrich_tui.stages.results import SUMMARY, Summary
from tests.unit.canvas.test_canvas import HOSTILE
from tests.unit.search.making import enriched

from .devtools import Browser, find_chromium

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the search path"),
]
SHOWN = "[...document.querySelectorAll('.session:not([hidden]) h2')].map((title) => title.textContent).join('|')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    root = tmp_path_factory.mktemp("été #1 100%")
    enriched(root / "2026-02-01 Plan #2 50%?.mp4", ["The budget."], points=[0], chapters=[("Señora Muñoz", [])])
    enriched(root / "2026-01-01 Walk.mp4", ["Trees."], points=[0])
    for number, text in enumerate(HOSTILE):
        folder = enriched(root / f"2025-01-{number + 1:02} hostile.mp4", chapters=[(text, [])])
        (folder / SUMMARY).write_text(Summary(title=text, overview=text, keywords=(text,)).model_dump_json())
    assert index(discover(root), None, None) == 0
    assert CHROMIUM is not None
    driven = Browser(CHROMIUM, tmp_path_factory.mktemp("profile"))
    try:
        driven.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        driven.open(f"file://{quote(str(root / 'index.html'))}")
        yield driven
    finally:
        driven.close()


def test_the_filter_shows_what_has_all_words_whatever_their_case_and_accents(browser: Browser) -> None:
    assert browser.value(SHOWN).startswith("2026-02-01 Plan #2 50%?|2026-01-01 Walk|")
    browser.press("/")
    assert browser.value("document.activeElement.id") == "query"
    for key in "MUNOZ bud":
        browser.press(key)
    browser.until(f"{SHOWN} === '2026-02-01 Plan #2 50%?'")
    assert browser.value("document.querySelector('#count').textContent") == f"1 of {len(HOSTILE) + 2}"
    browser.press("x")
    browser.until("!document.querySelector('#none').hidden")
    browser.press("Escape")
    browser.until(f"{SHOWN}.split('|').length >= {len(HOSTILE) + 2}")


def test_nothing_hostile_ran_and_nothing_was_asked_of_the_network(browser: Browser) -> None:
    bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Page.javascriptDialogOpening")
    assert [event for event in browser.events if event["method"] in bad] == []
    asked = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    page = browser.value("location.href")
    assert [url for url in asked if url != page and not url.startswith("data:")] == []
    assert browser.value("document.querySelectorAll('.session img, .session script').length") == 0


def test_the_page_has_no_sideways_scroll_on_a_phone(browser: Browser) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    assert browser.value("document.documentElement.scrollWidth") <= 360
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)


def test_a_click_leads_to_the_canvas(browser: Browser) -> None:
    browser.click("document.querySelector('.session')")
    browser.until("location.href.endsWith('/2026-02-01%20Plan%20%232%2050%25%3F.mp4.enriched/canvas.html')")
