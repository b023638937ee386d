"""The real engine on real recordings; skipped where the recordings or the models are absent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jiwer
import pytest

from enrich_tui.config import AudioConfig, StageConfig
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import audio
from enrich_tui.stages.results import AudioReview, Transcript
from enrich_tui.stages.speech.models import available

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
ENGLISH = ("speech_jfk.flac", "memo_two_cities.m4a", "memo_librivox.mp3", "session_short.mkv")
READY = {model.name for model in available() if model.ready}

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of recordings is not beside the repository"),
    pytest.mark.skipif({"base", "tiny.en"} != READY, reason="the speech models are not installed"),
]

Run = Callable[..., tuple[StageOutput, Transcript]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(name: str, model: str = "tiny.en") -> tuple[StageOutput, Transcript]:
        path = CORPUS / name
        video = path.suffix in {".mp4", ".mkv"}
        session = Session(
            id=name,
            title=name,
            source=path,
            output=tmp_path / name,
            audio=() if video else (path,),
            video=(path,) if video else (),
        )
        config = StageConfig(audio=AudioConfig(model=model))
        told: list[float] = []
        task = StageTask(session=session, stage=Stage.AUDIO, config=config)
        output = audio.run(task, lambda fraction, message="", kept=None: told.append(fraction))
        assert told == sorted(told)
        assert told[-1] == 1
        return output, Transcript.model_validate_json((tmp_path / name / "transcript.json").read_bytes())

    return run


@cache
def truth() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((CORPUS / "truth.json").read_bytes())
    return found


def plain(text: str) -> str:
    """Lower case, no punctuation, and one spelling where the truth and the engine only spell differently."""
    text = re.sub(r"[^\w\s']", " ", text.lower())
    return " ".join("mr" if word == "mister" else word for word in text.split())


def told(transcript: Transcript) -> str:
    return plain(" ".join(segment.text for segment in transcript.segments))


@pytest.mark.parametrize("model", ["tiny.en", "base"])
def test_english_is_heard(run: Run, model: str) -> None:
    found = [run(name, model) for name in ENGLISH]
    rate = jiwer.wer([plain(truth()[name]["text"]) for name in ENGLISH], [told(transcript) for _, transcript in found])
    assert rate <= 0.06
    for output, transcript in found:
        assert transcript.language == "en"
        assert output.engine.endswith(model)
        assert output.notices == ()
        assert [segment.start for segment in transcript.segments] == sorted(s.start for s in transcript.segments)
        for segment in transcript.segments:
            assert 0 <= segment.start < segment.end <= transcript.duration + 0.01
            assert segment.words
            assert all(segment.start - 0.5 <= word.start <= word.end <= segment.end + 0.5 for word in segment.words)
            assert all(word.text.strip() == word.text for word in segment.words)


def test_words_are_where_they_are_said(run: Run, tmp_path: Path) -> None:
    """The speeches of this recording start at 0, 13.5 and 42 seconds, with silence between."""
    _, transcript = run("session_short.mkv")
    starts = {word.text.strip(".,").lower(): word.start for s in transcript.segments for word in s.words}
    assert starts["acoustic"] == pytest.approx(14.5, abs=1)
    assert starts["quilter"] == pytest.approx(42.6, abs=1)
    found = AudioReview.model_validate_json((tmp_path / "session_short.mkv" / "audio.json").read_bytes())
    assert [round(silence.start) for silence in found.silences] == [11, 38]


def test_spanish_needs_the_multilingual_model(run: Run, tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        run("memo_spanish.opus")
    assert caught.value.problem is Problem.MODEL_LANGUAGE
    assert caught.value.facts["install"] == 'pip install "enrich-tui[multilingual]"'
    assert not (tmp_path / "memo_spanish.opus" / "transcript.json").exists()
    output, transcript = run("memo_spanish.opus", "auto")
    assert output.facts["language"] == "es"
    assert jiwer.wer(plain(truth()["memo_spanish.opus"]["text"]), told(transcript)) <= 0.3


@pytest.mark.parametrize("model", ["tiny.en", "base"])
def test_silence_has_no_words(run: Run, model: str) -> None:
    output, transcript = run("silence.wav", model)
    assert output.facts["words"] == 0
    assert transcript.segments == ()


def test_a_recording_that_breaks_off_is_read_as_far_as_it_goes(run: Run) -> None:
    output, transcript = run("truncated.mp3")
    (notice,) = output.notices
    assert notice.problem == Problem.TRUNCATED
    assert notice.facts == {"read": 13.3, "announced": 26.7}
    assert "john dashwood" in told(transcript)


def test_damaged_sound_is_told(run: Run) -> None:
    output, _ = run("corrupt_bytes.mp4")
    assert [notice.problem for notice in output.notices] == [Problem.DAMAGED]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("header_only.wav", Problem.NO_SAMPLES),
        ("zero.wav", Problem.EMPTY_FILE),
        ("zero.mp4", Problem.EMPTY_FILE),
        ("text_renamed.mp4", Problem.NOT_MEDIA),
        ("clip_bikes_noaudio.mp4", Problem.NO_STREAM),
    ],
)
def test_what_is_no_sound(run: Run, name: str, problem: Problem) -> None:
    with pytest.raises(StageError) as caught:
        run(name)
    assert caught.value.problem is problem


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of address space")
def test_the_limits_of_a_worker_are_enough(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3,) * 2)
from enrich_tui.config import AudioConfig, StageConfig
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import audio
path, output = map(Path, sys.argv[1:])
session = Session(id="s", title="s", source=path, output=output, audio=(path,))
task = StageTask(session=session, stage=Stage.AUDIO, config=StageConfig(audio=AudioConfig(model="base")))
print(audio.run(task, lambda fraction, message="", kept=None: None).facts["words"])
"""
    command = [sys.executable, "-c", program, str(CORPUS / "speech_jfk.flac"), str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "22\n"
