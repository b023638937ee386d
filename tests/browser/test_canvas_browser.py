"""The canvas in a real browser, from disk: it plays, seeks, follows, finds, and asks nobody for anything."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import av
import numpy as np
import pytest

from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import canvas, summary
from enrich_tui.stages.results import Chapter, Chapters, Segment, Transcript, Word
from enrich_tui.store.outputs import write_text

from .devtools import Browser, find_chromium

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the search path"),
]

SENTENCES = (
    "Welcome to the harbour tour in spring.",
    "The northern crane lifts forty tonnes of gravel.",
    "We need to paint the lighthouse before autumn.",
    "Señora Muñoz keeps the keys of the boathouse.",
)
SECONDS = 24


def film(path: Path) -> None:
    """A short film with one colour a chapter."""
    with av.open(str(path), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=5, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        stream.gop_size = 5
        for index in range(SECONDS * 5):
            shade = np.full((90, 160, 3), 40 * (index // 30), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(shade, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 5)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


SHOWN = tuple(f"line {number} of a long listing" for number in range(30))
"""What is on the screen before the line that is looked for."""


def segments() -> tuple[Segment, ...]:
    made = []
    for number, text in enumerate(SENTENCES * 6):
        start = number * 1.0
        step = 0.9 / len(text.split())
        words = tuple(
            Word(start=start + step * i, end=start + step * (i + 1), text=f" {word}")
            for i, word in enumerate(text.split())
        )
        made.append(Segment(id=number, start=start, end=start + 0.95, text=text, words=words))
    return tuple(made)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("été #1 100%")
    video = folder / "tour #2 50%? ü.webm"
    film(video)
    output = folder / "enriched"
    output.mkdir()
    write_text(
        output / "transcript.json",
        Transcript(language="en", duration=SECONDS, segments=segments(), tracks=(video.name,)).model_dump_json(),
    )
    chapters = tuple(
        Chapter(index=i, start=i * 6, end=i * 6 + 6, title=f"Part {i + 1}", text=(*SHOWN, f"page {i + 1}"))
        for i in range(4)
    )
    write_text(
        output / "chapters.json", Chapters(video=video.name, duration=SECONDS, chapters=chapters).model_dump_json()
    )
    with wave.open(str(folder / "voice.wav"), "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(bytes([128]) * 8000 * SECONDS)
    session = Session(
        id="tour",
        title="Harbour </script> tour",
        source=folder,
        output=output,
        video=(video,),
        audio=(folder / "voice.wav",),
    )
    for stage, module in ((Stage.SUMMARY, summary), (Stage.CANVAS, canvas)):
        module.run(StageTask(session=session, stage=stage), lambda _fraction, _message="": None)
    assert CHROMIUM is not None
    driven = Browser(CHROMIUM, tmp_path_factory.mktemp("profile"))
    try:
        driven.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        driven.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        driven.open(f"file://{quote(str(output / 'canvas.html'))}")
        driven.until("document.querySelector('#player').readyState >= 1")
        yield driven
    finally:
        driven.close()


def now(browser: Browser) -> float:
    return float(browser.value("document.querySelector('#player').currentTime"))


def still(browser: Browser) -> None:
    browser.value("document.querySelector('#player').pause()")


def test_the_recording_beside_the_page_is_playable(browser: Browser) -> None:
    assert browser.value("document.querySelector('#player').duration") == pytest.approx(SECONDS, abs=0.5)
    assert browser.value("document.querySelector('#unplayable').hidden") is True


def test_a_click_on_a_chapter_goes_there(browser: Browser) -> None:
    browser.click("document.querySelectorAll('[data-chapter]')[2]")
    browser.until("document.querySelector('#player').currentTime >= 12")
    assert now(browser) < 15
    still(browser)
    browser.until("document.querySelectorAll('[data-chapter]')[2].classList.contains('now')")


def test_a_click_on_a_word_goes_to_the_word_and_the_transcript_follows(browser: Browser) -> None:
    find = (
        "(() => { const text = document.querySelectorAll('.line p')[6].firstChild;"
        "const range = new Range(); const at = text.data.indexOf('lighthouse');"
        "range.setStart(text, at); range.setEnd(text, at + 10); return range; })()"
    )
    word = segments()[6].words[5]
    assert word.text.strip() == "lighthouse"
    browser.click(find)
    browser.until(f"document.querySelector('#player').currentTime >= {word.start - 0.02}")
    still(browser)
    assert now(browser) < word.start + 2
    browser.value(f"document.querySelector('#player').currentTime = {word.start + 0.01}")
    browser.until("document.querySelector('.line.now') === document.querySelectorAll('.line')[6]")
    spoken = "[...CSS.highlights.get('spoken')].join()"
    browser.until(f"CSS.highlights.has('spoken') && {spoken} === 'lighthouse'")
    browser.value("document.querySelector('#player').currentTime = 22.5")
    browser.until(
        "(() => { const line = document.querySelector('.line.now').getBoundingClientRect();"
        "const pane = document.querySelector('.transcript').getBoundingClientRect();"
        "return line.top >= pane.top && line.bottom <= pane.bottom && line.height > 0; })()"
    )


def test_a_click_on_a_time_of_the_summary_goes_there(browser: Browser) -> None:
    place = "document.querySelector('.points a.at')"
    time = float(browser.value(f"{place}.dataset.t"))
    browser.value("document.querySelector('#player').currentTime = 20")
    browser.click(place)
    browser.until(f"Math.abs(document.querySelector('#player').currentTime - {time}) < 2")
    still(browser)
    assert browser.value("location.href").endswith("canvas.html")


def test_search_finds_counts_and_steps(browser: Browser) -> None:
    browser.press("/")
    assert browser.value("document.activeElement.id") == "query"
    for key in "munoz":
        browser.press(key)
    browser.until("document.querySelector('#count').textContent.endsWith('found')")
    found = int(browser.value("document.querySelector('#count').textContent.split(' ')[0]"))
    assert found >= 6
    assert browser.value("[...CSS.highlights.get('found')][0].toString()") == "Muñoz"
    browser.press("Enter")
    assert browser.value("document.querySelector('#count').textContent") == f"1 of {found}"
    browser.click("document.querySelector('#next')")
    assert browser.value("document.querySelector('#count').textContent") == f"2 of {found}"
    browser.click("document.querySelector('#previous')")
    browser.click("document.querySelector('#previous')")
    assert browser.value("document.querySelector('#count').textContent") == f"{found} of {found}"


def test_a_hit_on_the_screen_unfolds_its_chapter_while_the_search_stands_on_it(browser: Browser) -> None:
    unfolded = "[...document.querySelectorAll('.screened')].map((box) => Number(box.open)).join('')"
    browser.value("document.querySelector('#query').value = ''")
    browser.press("/")
    for key in "page 3":
        browser.press(key)
    browser.press("Enter")
    assert browser.value("document.querySelector('#count').textContent") == "1 of 1"
    assert browser.value(unfolded) == "0010"
    browser.until(
        "(() => { const line = [...CSS.highlights.get('here')][0].getBoundingClientRect();"
        "const list = document.querySelector('.chapters.list').getBoundingClientRect();"
        "return line.height > 0 && line.top >= list.top && line.bottom <= list.bottom; })()"
    )
    browser.press("Escape")
    assert browser.value(unfolded) == "0000"


def test_what_a_person_unfolds_stays_so_and_does_not_move_the_recording(browser: Browser) -> None:
    still(browser)
    browser.value("document.querySelector('#player').currentTime = 1")
    browser.click("document.querySelectorAll('.screened summary')[1]")
    browser.until("document.querySelectorAll('.screened')[1].open")
    assert now(browser) == 1
    browser.value("document.querySelector('#query').value = ''")
    browser.press("/")
    for key in "page 2":
        browser.press(key)
    browser.press("Enter")
    browser.press("Escape")
    assert browser.value("document.querySelectorAll('.screened')[1].open") is True
    browser.click("document.querySelectorAll('.screened summary')[1]")


def test_a_silent_film_is_heard_through_the_track_beside_it(browser: Browser) -> None:
    browser.value("document.querySelector('#player').currentTime = 9")
    browser.until("Math.abs(document.querySelector('.voice').currentTime - 9) < 0.3")
    browser.value("document.querySelector('#player').play()")
    browser.until("!document.querySelector('.voice').paused && document.querySelector('.voice').currentTime > 9.1")
    still(browser)
    browser.until("document.querySelector('.voice').paused")
    assert browser.value("document.querySelectorAll('#track option').length") == 2


def test_keys_play_pause_and_move_by_lines(browser: Browser) -> None:
    browser.value("document.activeElement.blur()")
    still(browser)
    browser.value("document.querySelector('#player').currentTime = 3")
    browser.press("j")
    browser.until("document.querySelector('#player').currentTime === 4")
    browser.press("k")
    browser.until("document.querySelector('#player').currentTime === 3")
    browser.press(" ")
    browser.until("!document.querySelector('#player').paused")
    browser.press(" ")
    browser.until("document.querySelector('#player').paused")


def test_a_person_who_scrolls_is_not_pulled_back_until_asked(browser: Browser) -> None:
    browser.value("document.querySelector('#player').currentTime = 1")
    browser.until("document.querySelector('.line.now')")
    box = browser.value(
        "(() => { const pane = document.querySelector('.transcript'); pane.scrollIntoView({block: 'center'});"
        "const box = pane.getBoundingClientRect(); return [box.x + 40, box.y + 60]; })()"
    )
    browser.call("Input.dispatchMouseEvent", type="mouseWheel", x=box[0], y=box[1], deltaX=0, deltaY=400)
    browser.until("!document.querySelector('#follow').hidden")
    browser.click("document.querySelector('#follow')")
    assert browser.value("document.querySelector('#follow').hidden") is True


IN_SIGHT = (
    "(() => { const line = document.querySelector('.line.now').getBoundingClientRect();"
    "const pane = document.querySelector('.transcript').getBoundingClientRect();"
    "return line.height > 0 && line.top >= pane.top && line.bottom <= pane.bottom && line.bottom <= innerHeight; })()"
)


def test_a_link_to_a_moment_goes_there_and_plays_nothing(browser: Browser) -> None:
    page = browser.value("location.href")
    try:
        browser.open("about:blank")
        browser.open(f"{page}#t=17.5")
        browser.until("document.querySelector('.line.now') === document.querySelectorAll('.line')[17]")
        browser.until("Math.abs(document.querySelector('#player').currentTime - 17.5) < 0.3")
        browser.until(IN_SIGHT)
        assert browser.value("document.querySelector('#player').paused") is True
        browser.value("location.hash = '#t=3'")
        browser.until("document.querySelector('.line.now') === document.querySelectorAll('.line')[3]")
        browser.until(IN_SIGHT)
        for strange in ("#t=1e9", "#t=-1", "#t=4&x", "#t=<img src=x>", "#transcript"):
            browser.value(f"location.hash = '{strange}'")
            assert browser.value("document.querySelector('#player').currentTime") == 3
    finally:
        browser.value("history.replaceState(null, '', location.pathname)")
        browser.until("document.querySelector('#player').readyState >= 1")


def test_the_page_has_no_sideways_scroll_on_a_phone(browser: Browser) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    assert browser.value("document.documentElement.scrollWidth") <= 360
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong(browser: Browser) -> None:
    asked = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    folder = browser.value("location.href").rsplit("/", 2)[0]
    assert any(url.startswith("file:") for url in asked)
    assert [url for url in asked if not url.startswith((f"{folder}/", "data:"))] == []
    bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert [event for event in browser.events if event["method"] in bad] == []
