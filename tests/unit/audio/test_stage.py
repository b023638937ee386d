"""The stage with an engine that says what it is told; the real one is in test_engine.py."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from enrich_tui.config import AudioConfig, StageConfig
from enrich_tui.errors.messages import describe
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.decode import RATE, Samples
from enrich_tui.media.probe import probe
from enrich_tui.model import Session, Stage, StageOutput, StageTask
from enrich_tui.stages import audio
from enrich_tui.stages.results import AudioReview, Span, Transcript
from enrich_tui.stages.speech import playable, transcribe
from enrich_tui.stages.speech.engine import Heard, HeardWord, is_made_up
from enrich_tui.stages.speech.memory import Memory
from enrich_tui.stages.speech.models import Model
from enrich_tui.store import outputs
from tests.unit.media.making import make, tone


class Teller:
    """An engine that hears ``hello there`` for the first second of every window."""

    english_only = False
    languages = frozenset({"en", "es"})

    def __init__(self, sureness: float = -0.2) -> None:
        self.sureness = sureness
        self.asked: list[str] = []
        self.found = [("es", 0.4), ("en", 0.9), ("en", 0.95)]

    def language(self, samples: Samples, speech: Sequence[Span], memory: Memory) -> tuple[str, float]:
        return self.found.pop(0)

    def transcribe(self, samples: Samples, language: str, beam_size: int, memory: Memory) -> Iterator[Heard]:
        self.asked.append(language)
        words = tuple(HeardWord(n / 10, n / 10 + 0.1, f" word{n}", 0.9 + self.sureness / 2) for n in range(10))
        yield Heard(0.0, 1.0, " hello\x1b[31m there ", words, 0.1, self.sureness)
        yield Heard(1.0, 1.5, " ", (), 0.1, self.sureness)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Teller:
    teller = Teller()

    def everywhere(samples: Samples, threshold: float, *, pause: float, margin: float) -> tuple[Span, ...]:
        return (Span(start=0.0, end=len(samples) / RATE),) if np.abs(samples).max() > 0.01 else ()

    monkeypatch.setattr(audio, "warm", lambda model, threads: teller)
    monkeypatch.setattr(audio, "locate", lambda config: Model("told", Path("nowhere")))
    monkeypatch.setattr(transcribe, "voice", everywhere)
    return teller


def run(
    folder: Path,
    *,
    audio_files: tuple[Path, ...] = (),
    video: tuple[Path, ...] = (),
    captions: tuple[Path, ...] = (),
    config: AudioConfig | None = None,
) -> tuple[StageOutput, list[float]]:
    session = Session(
        id="s", title="s", source=folder, output=folder / "out", audio=audio_files, video=video, captions=captions
    )
    told: list[float] = []
    task = StageTask(session=session, stage=Stage.AUDIO, config=StageConfig(audio=config or AudioConfig()))
    return audio.run(task, lambda fraction, message="", kept=None: told.append(fraction)), told


def problem(folder: Path, *, audio_files: tuple[Path, ...] = (), video: tuple[Path, ...] = ()) -> StageError:
    with pytest.raises(StageError) as caught:
        run(folder, audio_files=audio_files, video=video)
    return caught.value


def transcript(folder: Path) -> Transcript:
    return Transcript.model_validate_json((folder / "out" / "transcript.json").read_bytes())


def review(folder: Path) -> AudioReview:
    return AudioReview.model_validate_json((folder / "out" / "audio.json").read_bytes())


def test_everything_is_written(tmp_path: Path, engine: Teller) -> None:
    output, told = run(tmp_path, audio_files=(make(tmp_path / "a.wav", seconds=70),), config=AudioConfig(window=30))
    assert all((tmp_path / "out" / name).is_file() for name in output.outputs.values())
    assert set(output.outputs) == {"transcript", "transcript_vtt", "transcript_srt", "transcript_txt", "review"}
    assert json.loads((tmp_path / "out" / "transcript.json").read_text())["format"] == 1
    assert output.media_seconds == pytest.approx(70, abs=0.1)
    assert output.engine.endswith(" told")
    assert output.facts["words"] == 6
    found = transcript(tmp_path)
    assert [segment.text for segment in found.segments] == ["hello there"] * 3
    assert [segment.id for segment in found.segments] == [0, 1, 2]
    assert found.segments[1].start == pytest.approx(30, abs=1)
    assert found.segments[1].words[0].start == found.segments[1].start
    assert found.segments[0].words[0].text == "word0"
    assert told == sorted(told)
    assert told[-1] == 1
    assert len({round(fraction, 2) for fraction in told}) > 5
    assert review(tmp_path).duration == found.duration


def test_a_sure_language_is_kept_and_an_unsure_one_is_asked_again(tmp_path: Path, engine: Teller) -> None:
    output, _ = run(tmp_path, audio_files=(make(tmp_path / "a.wav", seconds=100),), config=AudioConfig(window=30))
    assert engine.asked == ["es", "en", "en", "en"]
    assert engine.found == [("en", 0.95)]
    assert output.facts["language"] == "en"


def test_a_language_beyond_the_model_is_refused_at_once(tmp_path: Path, engine: Teller) -> None:
    path = make(tmp_path / "a.wav", seconds=1)
    with pytest.raises(StageError) as caught:
        run(tmp_path, audio_files=(path,), config=AudioConfig(language="fi"))
    assert caught.value.problem is Problem.MODEL_LANGUAGE
    assert engine.asked == []


def test_an_english_model_that_is_unsure_writes_nothing(tmp_path: Path, engine: Teller) -> None:
    engine.english_only, engine.sureness = True, -1.4
    found = problem(tmp_path, audio_files=(make(tmp_path / "a.wav", seconds=3),))
    assert found.problem is Problem.MODEL_LANGUAGE
    assert found.facts["install"] == 'pip install "enrich-tui[multilingual]"'
    assert not (tmp_path / "out").exists()


def test_a_window_without_a_voice_is_not_transcribed(tmp_path: Path, engine: Teller) -> None:
    silence = np.zeros(3 * 48_000, np.float32)
    output, _ = run(tmp_path, audio_files=(make(tmp_path / "a.wav", sound=[silence]),))
    assert engine.asked == []
    assert output.facts["words"] == 0
    assert transcript(tmp_path).segments == ()
    assert transcript(tmp_path).language is None
    assert (tmp_path / "out" / "transcript.vtt").read_text() == "WEBVTT\n"


def test_tracks_share_a_time_line(tmp_path: Path, engine: Teller) -> None:
    engine.found = [("en", 0.9)]
    loud = np.concatenate([tone(2), 0.1 * tone(2)])
    paths = (make(tmp_path / "ann.ogg", sound=[loud]), make(tmp_path / "bob.ogg", sound=[loud[::-1].copy()]))
    output, told = run(tmp_path, audio_files=paths)
    found = transcript(tmp_path)
    assert found.tracks == ("ann.ogg", "bob.ogg")
    assert [(segment.start, segment.track) for segment in found.segments] == [(0.0, 0), (0.0, 1)]
    assert output.media_seconds == pytest.approx(8, abs=0.1)
    assert found.duration == pytest.approx(4, abs=0.1)
    assert told == sorted(told)


def test_the_same_sound_beside_its_video_is_heard_once(tmp_path: Path, engine: Teller) -> None:
    sound = tone(8) * np.repeat(np.random.default_rng(3).uniform(0.05, 1, 16), 24_000).astype(np.float32)
    video = make(tmp_path / "call.mp4", sound=[sound], seconds=8)
    run(tmp_path, video=(video,), audio_files=(make(tmp_path / "call.m4a", sound=[sound]),))
    assert transcript(tmp_path).tracks == ("call.mp4",)


def test_a_video_without_sound_adds_nothing(tmp_path: Path, engine: Teller) -> None:
    mute = make(tmp_path / "mute.mp4", sound=[], seconds=1)
    found = problem(tmp_path, video=(mute,))
    assert (found.problem, found.facts) == (Problem.NO_STREAM, {"what": "sound"})
    output, _ = run(tmp_path, video=(mute,), audio_files=(make(tmp_path / "a.wav", seconds=2),))
    assert output.notices == ()
    assert transcript(tmp_path).tracks == ("a.wav",)


def test_a_broken_recording_does_not_take_the_others_with_it(tmp_path: Path, engine: Teller) -> None:
    (tmp_path / "zero.wav").touch()
    header = make(tmp_path / "h.wav", seconds=1).read_bytes()
    (tmp_path / "head.wav").write_bytes(header[: header.index(b"data") + 8])
    broken = (tmp_path / "zero.wav", tmp_path / "head.wav")
    assert problem(tmp_path, audio_files=broken[:1]).problem is Problem.EMPTY_FILE
    assert problem(tmp_path, audio_files=broken[1:]).problem is Problem.NO_SAMPLES
    output, _ = run(tmp_path, audio_files=(*broken, make(tmp_path / "a.wav", seconds=2)))
    assert [notice.problem for notice in output.notices] == [Problem.EMPTY_FILE, Problem.NO_SAMPLES]


def test_captions_are_taken_over(tmp_path: Path, engine: Teller) -> None:
    captions = tmp_path / "a.es.vtt"
    captions.write_text("WEBVTT\n\n00:00.500 --> 00:01.500\nHola a todos\n\n00:02.000 --> 00:03.000\nEmpezamos\n")
    output, _ = run(tmp_path, audio_files=(make(tmp_path / "a.wav", seconds=4),), captions=(captions,))
    found = transcript(tmp_path)
    assert (found.origin, found.language, output.engine) == ("captions", "es", "captions")
    assert [segment.text for segment in found.segments] == ["Hola a todos", "Empezamos"]
    assert engine.asked == []
    assert review(tmp_path).peak_dbfs == pytest.approx(-12, abs=1)
    assert review(tmp_path).words == 4


def test_captions_need_no_engine(tmp_path: Path, engine: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(samples: Samples, threshold: float, *, pause: float, margin: float) -> tuple[Span, ...]:
        raise StageError(Problem.ENGINE_MISSING)

    monkeypatch.setattr(transcribe, "voice", missing)
    path = make(tmp_path / "a.wav", seconds=4)
    with pytest.raises(StageError) as caught:
        run(tmp_path, audio_files=(path,))
    assert caught.value.problem is Problem.ENGINE_MISSING
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.500 --> 00:01.500\nHello to everybody\n")
    run(tmp_path, audio_files=(path,), captions=(tmp_path / "a.vtt",))
    assert review(tmp_path).speech_seconds == 1


def test_captions_of_a_video_without_sound(tmp_path: Path, engine: Teller) -> None:
    (tmp_path / "mute.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nLook at the table.\n")
    run(tmp_path, video=(make(tmp_path / "mute.mp4", sound=[], seconds=2),), captions=(tmp_path / "mute.srt",))
    assert transcript(tmp_path).duration == 1.5
    assert review(tmp_path).level_dbfs is None


@pytest.mark.parametrize("content", [b"nothing of the kind", b"", bytes(range(256)), None])
def test_captions_that_cannot_be_read_are_no_captions(tmp_path: Path, engine: Teller, content: bytes | None) -> None:
    """It is they that are told of, not the recording; None: far too many."""
    captions = tmp_path / "a.srt"
    captions.write_bytes(content or b"")
    if content is None:
        os.truncate(captions, 1 << 30)
    output, _ = run(tmp_path, audio_files=(make(tmp_path / "a.wav", seconds=2),), captions=(captions,))
    assert transcript(tmp_path).origin == "speech"
    (notice,) = output.notices
    assert describe(Problem(notice.problem), notice.facts).message == "The captions in a.srt could not be read."


def test_what_is_made_up() -> None:
    def heard(doubt: float, sureness: float = -0.5) -> Heard:
        return Heard(10.0, 20.0, "Thank you.", (), doubt, sureness)

    assert is_made_up(heard(0.9), ())
    assert is_made_up(heard(0.9), (Span(start=19.1, end=30),))
    assert not is_made_up(heard(0.9), (Span(start=18.5, end=30),))
    assert not is_made_up(heard(0.5), ())
    voice = (Span(start=0, end=30),)
    assert is_made_up(heard(0.5, -0.9), voice)
    assert not is_made_up(heard(0.5, -0.75), voice)  # speech under noise that is nearly twice as loud
    assert not is_made_up(heard(0.34, -0.9), voice)  # speech among other voices


def test_what_browsers_do_not_play_gets_a_copy_that_they_do(tmp_path: Path, engine: Teller) -> None:
    memo, talk, call = make(tmp_path / "memo.aif"), make(tmp_path / "talk.mp3"), make(tmp_path / "call.wma", seconds=3)
    result, told = run(tmp_path, audio_files=(memo, talk, call))
    assert review(tmp_path).playable == ("playable.m4a", None, "playable-3.m4a")
    assert {"playable_1": "playable.m4a", "playable_3": "playable-3.m4a"}.items() <= result.outputs.items()
    assert (told[-1], told) == (1.0, sorted(told))
    copy = probe(tmp_path / "out" / "playable-3.m4a")
    assert [track.codec for track in copy.audio] == ["aac"]
    assert copy.duration == pytest.approx(3, abs=0.2)
    result, _ = run(tmp_path, audio_files=(talk,))
    assert review(tmp_path).playable == ()
    assert not list((tmp_path / "out").glob("playable*"))
    assert not any(role.startswith("playable") for role in result.outputs)


def test_a_copy_that_finds_no_room_is_not_made(tmp_path: Path, engine: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "SPARE", 2**63)
    result, _ = run(tmp_path, audio_files=(make(tmp_path / "memo.caf"),))
    assert review(tmp_path).playable == ()
    assert "playable_1" not in result.outputs


@pytest.mark.parametrize(
    ("kind", "played"),
    [
        *((kind, True) for kind in ("mp3", "m4a", "wav", "flac", "opus", "aac", "mka")),
        *((kind, False) for kind in ("aif", "caf", "wma")),
    ],
)
def test_what_browsers_play(tmp_path: Path, kind: str, played: bool) -> None:
    source = make(tmp_path / f"a.{'mkv' if kind == 'mka' else kind}", picture=False, seconds=0.5)
    assert playable.is_played(source) is played
