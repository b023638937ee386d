"""What gets into a summary, and what does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrich_tui.stages.material import Material, Note
from enrich_tui.stages.results import Segment, Summary, Transcript
from enrich_tui.stages.summarize import cues
from enrich_tui.stages.summarize.extractive import summarize
from enrich_tui.stages.summarize.language import guess_language, tokens
from enrich_tui.stages.summarize.markdown import escape, markdown
from enrich_tui.stages.summarize.sentences import spoken, written
from tests.unit.summary.meeting import LINES, transcript


def told(given: Transcript, count: int = 7) -> Summary:
    made = summarize(Material(transcript=given), "A meeting", count)
    assert made is not None
    return made


@pytest.mark.parametrize("punctuated", [True, False])
@pytest.mark.parametrize("words", [True, False])
def test_the_meeting(punctuated: bool, words: bool) -> None:
    made = told(transcript(punctuated=punctuated, words=words or not punctuated))
    everything = " ".join([made.overview, *(p.text for p in (*made.points, *made.actions, *made.questions))]).lower()
    for courtesy in ("good morning", "hear me", "bye", "nice day", "share my screen", " um", " uh", "the the"):
        assert courtesy not in everything
    assert "bank transfer" in everything
    assert "reminder email after one day" in everything
    actions = " | ".join(p.text.lower() for p in made.actions)
    for task in ("by thursday", "by friday", "check with legal", "release plan", "rewrite the progress bar"):
        assert task in actions
    questions = " | ".join(p.text.lower() for p in made.questions)
    assert "take so long to load" in questions
    assert "measure the result" in questions
    assert {"progress bar", "identity check", "camera page"} <= set(made.keywords)


def test_no_two_points_say_the_same() -> None:
    lines = LINES[:20] + ["So the main problem is the loading time of the camera page, not the form itself."] * 4
    made = told(transcript(lines), 10)
    sets = [frozenset(tokens(p.text)) for p in made.points]
    for index, one in enumerate(sets):
        for other in sets[:index]:
            assert len(one & other) / len(one | other) < 0.6


def test_points_have_the_times_of_their_words() -> None:
    given_ = transcript()
    starts = {word.start for segment in given_.segments for word in segment.words}
    for point in told(given_).points:
        assert point.start in starts
        assert point.end is not None
        assert point.end > point.start


def test_sentences_are_rejoined_across_segments() -> None:
    texts = [sentence.text for sentence in spoken(transcript())]
    assert "Two rounds of interviews are possible, one before and one after the changes." in texts
    assert len(texts) >= len(LINES) - 2


def test_abbreviations_end_no_sentence() -> None:
    lines = ["Dr. Smith met Mr. Jones at 4.5 km, i.e. far away.", "Then they left."]
    assert [sentence.text for sentence in spoken(transcript(lines))] == lines


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Um, so, uh, we shipped the the parser.", "We shipped the parser."),
        ("And, you know, the build is green again.", "The build is green again."),
        ("Okay, and I need to call the landlord.", "I need to call the landlord."),
        ("She had had enough of it.", "She had had enough of it."),
        ("Äh, also, wir haben den Termin verschoben.", "Wir haben den Termin verschoben."),
        ("Umbrellas, uh, sell well.", "Umbrellas sell well."),
        ("今日は天気がいいです。", "今日は天気がいいです。"),
    ],
)
def test_fillers_go_and_words_stay(said: str, kept: str) -> None:
    assert cues.polish(said) == kept


@pytest.mark.parametrize(
    ("text", "action", "question"),
    [
        ("We need to order new cables.", True, False),
        ("Let's publish it on Monday.", True, False),
        ("Maria will send the list.", True, False),
        ("Could you send me the list?", True, True),
        ("It will rain.", False, False),
        ("I'm going to show you a picture.", False, False),
        ("Let's talk about the emails.", False, False),
        ("On va parler de la sauvegarde.", False, False),
        ("Let's see.", False, False),
        ("Where do we put the logs?", False, True),
        ("Right?", False, False),
        ("Tenemos que llamar al banco.", True, False),
        ("Wir müssen den Vertrag kündigen.", True, False),
        ("Il faut appeler la banque.", True, False),
        ("The round table was heavy.", False, False),
    ],
)
def test_cues(text: str, action: bool, question: bool) -> None:
    assert (cues.is_action(text) or cues.is_request(text)) is action
    assert cues.is_question(text) is question


SPANISH = """Buenos días a todos.
La migración de la base de datos empezó el lunes y todavía no ha terminado.
El problema principal de la migración es la tabla de pedidos, que tiene cuarenta millones de filas.
La tabla de pedidos bloquea las consultas del almacén durante la mañana.
Hemos decidido mover la tabla de pedidos por la noche.
Tenemos que avisar al almacén antes del viernes.
¿Cuánto tiempo tarda la copia de la tabla de pedidos?
La copia de seguridad de la base de datos tarda tres horas.
Muchas gracias a todos."""
GERMAN = """Guten Morgen zusammen.
Die Messung der Brücke hat gezeigt, dass der dritte Pfeiler sich um zwei Zentimeter gesenkt hat.
Der dritte Pfeiler der Brücke steht auf weichem Boden.
Wir haben beschlossen, die Brücke für schwere Lastwagen zu sperren.
Die Lastwagen fahren dann über die alte Straße am Fluss.
Wir müssen die Gemeinde bis Freitag über die Sperrung der Brücke informieren.
Wer schreibt den Bericht über den dritten Pfeiler?
Der Bericht geht danach an das Ministerium.
Vielen Dank und auf Wiedersehen."""


@pytest.mark.parametrize(("text", "code", "word"), [(SPANISH, "es", "tabla"), (GERMAN, "de", "pfeiler")])
def test_other_languages_without_being_told_which(text: str, code: str, word: str) -> None:
    lines = text.splitlines()
    assert guess_language(tokens(text)) == code
    made = told(transcript(lines).model_copy(update={"language": None}), 4)
    assert word in " ".join(made.keywords).lower()
    assert len(made.actions) == 1
    assert len(made.questions) == 1
    assert lines[0] not in [p.text for p in made.points]
    assert lines[-1] not in [p.text for p in made.points]


def test_a_language_without_a_list() -> None:
    lines = ["Il gatto nero dorme sulla sedia della cucina.", "La sedia della cucina è rotta da giorni."] * 3
    lines += [f"Il tavolo numero {n} arriva con il camion grande." for n in range(4)]
    made = told(transcript(lines).model_copy(update={"language": "it"}), 3)
    assert made.points
    japanese = Transcript(
        language="ja",
        duration=30,
        segments=tuple(
            Segment(id=i, start=i * 5, end=i * 5 + 5, text=text)
            for i, text in enumerate(
                ["今日は新しい倉庫の話をします。", "倉庫は東京の北にあります。", "いつ開きますか？"]
            )
        ),
    )
    assert [p.text for p in told(japanese).points]


def test_markup_in_notes_is_not_text() -> None:
    note = "# Head\n\nSee [the **plan**](http://x) and `code`.\n\n```\nnot.this()\n```\n* one\n1. two\n---\n"
    assert [s.text for s in written(note)] == ["See the plan and code.", "one", "two"]


def test_markdown_keeps_hostile_text_as_text() -> None:
    made = summarize(
        Material(notes=(Note("n.md", "# <script>x</script> [a](b)\n- TODO: *buy* <b>milk</b> & bread"),)), "t", 3
    )
    assert made is not None
    page = markdown(made)
    assert "<script" not in page
    assert "<b>" not in page
    assert escape("1. a\n# b") == "1\\. a \\# b"


def test_three_hours_in_seconds() -> None:
    words = sorted({word.strip(".,?!") for line in LINES for word in line.split()})
    lines = [
        " ".join(words[(i * 7 + j * j * 13 + i * j) % len(words)] for j in range(4 + i % 17)) + "." for i in range(2500)
    ]
    given_ = transcript(lines)
    began = time.process_time()
    told(given_)
    assert sum(len(line.split()) for line in lines) > 29_000
    assert time.process_time() - began < 3.0


segments = st.builds(
    Segment,
    id=st.integers(0, 99),
    start=st.floats(0, 1e4),
    end=st.floats(0, 1e4),
    text=st.text(max_size=120) | st.sampled_from([*LINES, "ok", "", "？", "a" * 500]),
    track=st.integers(0, 2),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(segments, max_size=25), st.text(max_size=200), st.integers(1, 12))
def test_any_text_makes_a_summary_or_none(given_: list[Segment], note: str, count: int) -> None:
    made = summarize(
        Material(transcript=Transcript(segments=tuple(given_), duration=100), notes=(Note("n", note),) if note else ()),
        "Title",
        count,
    )
    if made is not None:
        starts = [p.start for p in made.points if p.start is not None]
        assert starts == sorted(starts)
        assert len(made.points) <= max(count, 1)
        assert all(p.text for p in made.points)
        assert markdown(made).startswith("# ")
