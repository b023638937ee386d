"""The main job on real recordings: every file of the corpus ends as its ground truth says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jiwer
import pytest

from enrich_tui.stages.speech.models import available

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real recordings is not beside the project"),
]

COMPLETE = {
    "clip_bikes_noaudio.mp4",
    "memo_librivox.mp3",
    "memo_two_cities.m4a",
    "screen_real_joined.mp4",
    "screen_textual_60fps.mp4",
    "session_short.mkv",
    "silence.wav",
    "speech_jfk.flac",
}
PARTLY = {"truncated.mp3", "corrupt_bytes.mp4"}
BROKEN = {"header_only.wav", "text_renamed.mp4", "zero.mp4", "zero.wav"}
ENGLISH = ("speech_jfk.flac", "memo_librivox.mp3", "memo_two_cities.m4a", "session_short.mkv")

plain_words = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"\bmr\.": "mister", r"\bmr\b": "mister", r"[-–—]": " "}),
        jiwer.SubstituteRegexes({r"[^\w\s]": ""}),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)


class Enriched:
    """The corpus after one run: its results, and what was said about it."""

    def __init__(self, output: Path, code: int, stream: list[dict[str, Any]]) -> None:
        self.output = output
        self.code = code
        self.ended = {event["session"]: event for event in stream if event["type"] == "session-finished"}
        self.stream = stream

    def read(self, session: str, name: str) -> dict[str, Any]:
        """A JSON result of a session."""
        data: dict[str, Any] = json.loads((self.output / f"{session}.enriched" / name).read_text(encoding="utf-8"))
        return data


def enrich(output: Path, home: Path) -> Enriched:
    told = subprocess.run(
        [sys.executable, "-m", "enrich_tui", "run", str(CORPUS), "--display", "json", "--output", str(output)],
        env=os.environ | {"XDG_STATE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Enriched(output, told.returncode, [json.loads(line) for line in told.stdout.splitlines()])


@pytest.fixture(scope="module")
def enriched(tmp_path_factory: pytest.TempPathFactory) -> Enriched:
    before = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in CORPUS.iterdir()}
    result = enrich(tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("home"))
    assert {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in CORPUS.iterdir()} == before
    return result


def test_every_file_ends_as_it_should(enriched: Enriched) -> None:
    assert enriched.code == 1
    assert enriched.ended.keys() == COMPLETE | PARTLY | BROKEN | {"memo_spanish.opus"}
    for session, event in enriched.ended.items():
        if session in COMPLETE:
            assert (session, event["status"], event["message"]) == (session, "complete", None)
        elif session in PARTLY:
            assert (session, event["status"]) == (session, "partial")
        elif session in BROKEN:
            assert event["status"] in {"failed", "skipped"}, session
        if session in PARTLY | BROKEN:
            assert event["message"]
            assert event["advice"]


def test_words_are_right(enriched: Enriched) -> None:
    truth = json.loads((CORPUS / "truth.json").read_text(encoding="utf-8"))
    heard = []
    for session in ENGLISH:
        transcript = enriched.read(session, "transcript.json")
        heard.append(" ".join(segment["text"].strip() for segment in transcript["segments"]))
    rate = jiwer.wer(
        [truth[session]["text"] for session in ENGLISH],
        heard,
        reference_transform=plain_words,
        hypothesis_transform=plain_words,
    )
    assert rate <= 0.06


def test_another_language_is_transcribed_or_skipped_with_what_mends_it(enriched: Enriched) -> None:
    event = enriched.ended["memo_spanish.opus"]
    if any(model.name == "base" and model.ready for model in available()):
        transcript = enriched.read("memo_spanish.opus", "transcript.json")
        assert transcript["language"] == "es"
        assert "carlos" in " ".join(segment["text"] for segment in transcript["segments"]).lower()
    else:
        assert event["status"] == "skipped"
        assert "multilingual" in event["advice"]
        assert not (enriched.output / "memo_spanish.opus.enriched" / "transcript.json").exists()


def test_silence_stays_silent(enriched: Enriched) -> None:
    assert enriched.read("silence.wav", "transcript.json")["segments"] == []


def test_a_second_run_redoes_nothing_that_is_done(enriched: Enriched, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = [enriched.output / f"{session}.enriched" for session in COMPLETE | PARTLY | {"memo_spanish.opus"}]
    results = {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert results
    again = enrich(enriched.output, tmp_path_factory.mktemp("home"))
    assert again.code == 1
    done = {
        (event["session"], event["stage"])
        for event in enriched.stream
        if event["type"] == "stage-finished" and event["outcome"] == "completed"
    }
    started = {(event["session"], event["stage"]) for event in again.stream if event["type"] == "stage-started"}
    assert not started & done
    assert {path: path.stat().st_mtime_ns for path in results} == results
