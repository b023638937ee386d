"""How long it takes to search a library of recordings of an hour: ``python -m tests.benchmarks.search [SESSIONS]``.

For each language, the seconds of the whole command by the clock and of processor: for a word that few sessions have,
for two words, for a phrase, for a word that all of them have, and for one that none has.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from enrich_tui.discovery import discover
from enrich_tui.model import Session, Stage, StageOutcome
from enrich_tui.stages.results import CHAPTERS, SUBTITLES, SUMMARY, Chapter, Chapters, Point, Segment, Summary
from enrich_tui.stages.results import Transcript as Told
from enrich_tui.stages.speech.formats import srt
from enrich_tui.store.record import RECORD, SessionRecord, StageRecord, file_record

WORDS_AN_HOUR = 9000
LETTERS = {
    "English": "etaoinshrdlucmfwypvbgkjqxz",
    "German": "enisratdhulcgmobwfkzpvüäößjyxq",
    "Russian": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё",
}
QUERIES = {"rare": ["budgetx"], "two": ["budgetx", "hotelx"], "phrase": ["budgetx and hotelx"], "none": ["zeppelinx"]}
"""Made of Latin letters, as names are; the time does not depend on it."""
EVERYWHERE = "allx"


def hour(rng: random.Random, vocabulary: list[str], *, rare: bool) -> list[Segment]:
    """Sentences of about ten words, six seconds each; where it is ``rare``, one of them has the words looked for."""
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    words = rng.choices(vocabulary, weights, k=WORDS_AN_HOUR)
    segments = []
    for number, at in enumerate(range(0, len(words), 10)):
        said = [*words[at : at + 10], EVERYWHERE] if number % 9 == 0 else words[at : at + 10]
        text = " ".join(said).capitalize() + "."
        if rare and number == 300:
            text = "We spoke of the budgetx and hotelx."
        segments.append(Segment(id=number, start=number * 4.0, end=number * 4.0 + 3.9, text=text))
    return segments


def finish(session: Session, segments: list[Segment]) -> None:
    """Leave what a search reads: the words with their times, chapters with screen text, a summary, the record."""
    session.output.mkdir()
    texts = [segment.text for segment in segments]
    points = tuple(Point(text=texts[at], start=at * 4.0, end=at * 4.0 + 3.9) for at in range(0, 700, 100))
    chapters = tuple(
        Chapter(index=at, start=at * 60.0, end=at * 60.0 + 60, title=texts[at][:40], text=tuple(texts[at : at + 30]))
        for at in range(60)
    )
    (session.output / SUBTITLES).write_text(srt(Told(segments=tuple(segments))))
    (session.output / CHAPTERS).write_text(Chapters(video="talk.mp4", chapters=chapters).model_dump_json(indent=2))
    (session.output / SUMMARY).write_text(
        Summary(title=session.title, overview=texts[0], points=points).model_dump_json(indent=1)
    )
    stages = {Stage.AUDIO: StageRecord(key="", status=StageOutcome.COMPLETED)}
    sources = (file_record(session.source, session.source),)
    record = SessionRecord(program="", id=session.id, title=session.title, sources=sources, stages=stages)
    (session.output / RECORD).write_text(record.model_dump_json(indent=1))


def timed(root: Path, words: list[str]) -> tuple[float, float, str]:
    """Seconds by the clock and of processor of the command, and the last line that it says."""
    clock, before = time.perf_counter(), os.times()
    told = subprocess.run(
        [sys.executable, "-m", "enrich_tui", "search", str(root), *words], capture_output=True, text=True, check=False
    )
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - clock, used, told.stdout.splitlines()[-1]


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for language, letters in LETTERS.items():
        rng = random.Random(language)
        vocabulary = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(4000)]
        with tempfile.TemporaryDirectory(prefix="library-") as base:
            root = Path(base)
            for number in range(count):
                (root / f"talk {number:04}.mp4").write_text(str(number))
            for number, session in enumerate(discover(root).sessions):
                finish(session, hour(rng, vocabulary, rare=number % 40 == 0))
            for name, words in {**QUERIES, "all": [EVERYWHERE]}.items():
                clock, used, says = timed(root, words)
                print(f"{language:<8} {name:<7} {clock:6.2f} s  {used:6.2f} s of processor   {says}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
