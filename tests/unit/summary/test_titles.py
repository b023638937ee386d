"""Titles of chapters: what is said there and not elsewhere, or none at all."""

from __future__ import annotations

import random

from enrich_tui.stages.results import Chapter, Segment, Transcript, Word
from enrich_tui.stages.summarize.titles import LONGEST, titles
from tests.unit.summary.meeting import LINES, transcript


def equal_parts(duration: float, count: int) -> list[Chapter]:
    step = duration / count
    return [Chapter(index=i + 1, start=i * step, end=(i + 1) * step, title=f"Part {i + 1}") for i in range(count)]


def said(*paragraphs: str, probability: float = 1.0) -> tuple[list[Chapter], Transcript]:
    """A chapter of a minute for each paragraph."""
    segments = []
    for number, text in enumerate(paragraphs):
        words = tuple(
            Word(start=number * 60 + i * 0.2, end=number * 60 + i * 0.2 + 0.1, text=word, probability=probability)
            for i, word in enumerate(text.split())
        )
        segments.append(Segment(id=number, start=number * 60, end=number * 60 + 50, text=text, words=words))
    duration = 60.0 * len(paragraphs)
    return equal_parts(duration, len(paragraphs)), Transcript(duration=duration, segments=tuple(segments))


ENGINE = (
    "So the fuel pump is what we look at now. You take the fuel pump out like this, and then the hose comes off. "
    "When the fuel pump is out, clean the hose and put the hose back."
)
PAINT = (
    "Now for the paint. The paint has to dry for a day, so we put the paint on in the evening. After that we have a "
    "look at it, and where it is thin, another layer of paint goes on."
)
TALK = (
    "And then I said to them, well, come on, you know what it is like. We went there, we came back, and that was it, "
    "really. So there we are, and what will be will be, as they say."
)


def test_a_meeting() -> None:
    heard = transcript()
    made = titles(equal_parts(heard.duration, 4), heard)
    assert made == ["Recognition library, camera page", "Reminder, bank transfer", "Progress bar", "Identity check"]


def test_a_meeting_without_a_comma_or_a_capital() -> None:
    heard = transcript(punctuated=False)
    made = titles(equal_parts(heard.duration, 4), heard)
    assert made[2] == "Progress bar"


def test_words_without_times_of_their_own_count_where_their_segment_is() -> None:
    heard = transcript(words=False)
    made = titles(equal_parts(heard.duration, 4), heard)
    assert made[2] == "Progress bar"


def test_where_nothing_in_particular_is_said_there_is_no_title() -> None:
    assert titles(*said(ENGINE, TALK, PAINT)) == ["Fuel pump, hose", None, "Paint"]


def test_what_is_said_everywhere_is_no_title() -> None:
    assert titles(*said(ENGINE, ENGINE, ENGINE)) == [None, None, None]


def test_one_chapter_is_the_whole_session() -> None:
    assert titles(*said(ENGINE + PAINT)) == [None]


def test_a_few_words_are_not_enough() -> None:
    assert titles(*said("The pump, the pump, the pump.", PAINT))[0] is None


def test_words_that_the_engine_was_not_sure_of_are_no_title() -> None:
    assert titles(*said(ENGINE, PAINT, probability=0.3)) == [None, None]


def test_verbs_are_no_title() -> None:
    text = "They ran and ran until they could not, and when they ran again they all ran home and ran on, then ran more."
    assert titles(*said(text, PAINT))[0] is None


def test_other_languages() -> None:
    spanish = (
        "La bomba de agua está aquí. Primero quitamos la bomba de agua, y luego limpiamos la bomba con un trapo. "
        "Si la bomba no funciona, hay que cambiar la bomba entera."
    )
    german = (
        "Jetzt kommt die Lackierung. Die Lackierung muss einen Tag trocknen, also machen wir die Lackierung abends. "
        "Danach sehen wir uns die Lackierung noch einmal an."
    )
    assert titles(*said(spanish, "Y luego nos vamos a casa, porque ya es muy tarde y no hay nada más que hacer. " * 2))[
        0
    ] in {"Bomba", "Bomba, agua"}
    assert titles(*said(german, "Und dann gehen wir alle nach Hause, weil es schon so spät ist und nichts mehr. " * 2))[
        0
    ] == ("Lackierung")
    japanese = "カメラのページはとても遅いです。カメラのページを直します。カメラのページ。" * 4
    assert titles(*said(japanese, japanese)) == [None, None]


def test_titles_are_short_and_never_the_same() -> None:
    rng = random.Random(7)
    words = [word for line in LINES for word in line.split()]
    for _ in range(50):
        paragraphs = [" ".join(rng.choices(words, k=rng.randrange(200))) for _ in range(rng.randrange(1, 9))]
        chapters, heard = said(*paragraphs)
        made = titles(chapters, heard)
        assert len(made) == len(chapters)
        told = [title for title in made if title is not None]
        assert len(set(told)) == len(told)
        assert all(0 < len(title) <= LONGEST and title[0] == title[0].upper() for title in told)


def test_nothing_was_said() -> None:
    chapters = equal_parts(100.0, 3)
    assert titles(chapters, Transcript(duration=100.0)) == [None, None, None]
    assert titles([], transcript()) == []
