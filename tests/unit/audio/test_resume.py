"""With the real engine: what was heard is not heard again, and the result is what it would have been.

Counted in seconds of sound that the engine was given.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from enrich_tui.config import AudioConfig, StageConfig
from enrich_tui.demo.recording import speech_path
from enrich_tui.errors.problems import StageError
from enrich_tui.media.decode import RATE, Samples, decode_audio
from enrich_tui.model import Session, Stage, StageTask
from enrich_tui.stages import audio, memory_identity
from enrich_tui.stages.speech.engine import warm
from enrich_tui.stages.speech.memory import HEARD, Memory, kept
from enrich_tui.stages.speech.models import locate
from tests.unit.media.making import make

CONFIG = StageConfig(audio=AudioConfig(model="tiny.en", window=30.0, beam_size=1))
STRETCH = 30.0
"""Longest stretch that the engine hears at once, in seconds."""


def _installed() -> bool:
    try:
        locate(CONFIG.audio)
    except StageError:
        return False
    return True


pytestmark = [pytest.mark.engine, pytest.mark.skipif(not _installed(), reason="needs the extra 'offline'")]


@pytest.fixture(scope="module")
def talk() -> Samples:
    """Most of a minute of talk in a room that is not silent."""
    pause = np.zeros(RATE, np.float32)
    parts = [
        part for name in ("garden-gate", "report-walkthrough") for part in (*decode_audio(speech_path(name)), pause)
    ]
    joined = np.concatenate(parts)
    noise = np.random.default_rng(1).normal(0, 0.01, len(joined))
    return (joined + noise).astype(np.float32)


class Killed(BaseException):
    pass


def hear(
    recording: Path,
    output: Path,
    *,
    until: float = 2.0,
    fresh: bool = False,
    config: StageConfig = CONFIG,
    told: list[tuple[float, float]] | None = None,
) -> float:
    """Run the stage until so much of it is done; returns the seconds that the engine was given.

    ``told`` gets the fractions that are done and that were kept.
    """

    def report(fraction: float, message: str = "", kept: float | None = None) -> None:
        if told is not None and kept is not None:
            told.append((fraction, kept))
        if fraction >= until:
            raise Killed

    session = Session(id="a", title="a", source=recording, output=output, audio=(recording,))
    engine = warm(locate(config.audio), 1)
    before = engine.heard
    try:
        audio.run(StageTask(session=session, stage=Stage.AUDIO, config=config, fresh=fresh), report)
    except Killed:
        assert until <= 1.0
    return engine.heard - before


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_stage_that_is_killed_again_and_again_goes_on(tmp_path: Path, talk: Samples) -> None:
    recording = make(tmp_path / "a.wav", sound=[talk], rate=RATE)
    whole = hear(recording, tmp_path / "whole")
    assert whole >= len(talk) / RATE
    assert hear(recording, tmp_path / "whole") == 0
    chance = random.Random(3)
    given, kills = 0.0, 0
    for until in sorted(chance.uniform(0.05, 0.98) for _ in range(4)):
        given += hear(recording, tmp_path / "killed", until=until)
        kills += 1
        if kills % 2:  # the line that was being written is torn
            heard = tmp_path / "killed" / HEARD
            heard.write_bytes(heard.read_bytes()[: -chance.randrange(1, 40)])
    given += hear(recording, tmp_path / "killed")
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert given - whole <= STRETCH * kills
    assert hear(recording, tmp_path / "killed", fresh=True) == whole
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


def test_it_tells_where_its_work_begins(tmp_path: Path, talk: Samples) -> None:
    recording = make(tmp_path / "a.wav", sound=[talk], rate=RATE)
    told: dict[str, list[tuple[float, float]]] = {name: [] for name in ("first", "second", "third", "fresh")}
    hear(recording, tmp_path / "out", until=0.6, told=told["first"])
    hear(recording, tmp_path / "out", told=told["second"])
    hear(recording, tmp_path / "out", told=told["third"])
    hear(recording, tmp_path / "out", fresh=True, told=told["fresh"])
    for name in ("first", "fresh"):
        assert {kept for _, kept in told[name]} == {0.0}
    begin = told["second"][-1][1]
    assert told["first"][-1][0] <= begin < 1.0  # the stretch may have been longer than what was told of it
    assert [(fraction, kept) for fraction, kept in told["second"] if kept not in {fraction, begin}] == []
    assert max(fraction for fraction, kept in told["second"] if kept == fraction) == begin
    assert [(fraction, kept) for fraction, kept in told["third"] if kept != fraction] == []
    assert told["third"][-1] == (1.0, 1.0)


def test_its_file_says_about_where_that_will_be(tmp_path: Path, talk: Samples) -> None:
    recording = make(tmp_path / "a.wav", sound=[talk], rate=RATE)
    identity, stretch = memory_identity(Stage.AUDIO, CONFIG), STRETCH / (len(talk) / RATE)
    told: list[tuple[float, float]] = []
    hear(recording, tmp_path / "out", until=0.6)
    guess = kept(tmp_path / "out" / HEARD, identity)
    hear(recording, tmp_path / "out", told=told)
    begin = told[-1][1]
    assert 0.0 < guess <= begin <= guess + stretch
    assert kept(tmp_path / "out" / HEARD, identity) >= 1.0 - stretch


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a", "mkv"])
def test_of_a_recording_that_grew_only_what_follows_is_heard(tmp_path: Path, talk: Samples, kind: str) -> None:
    recording = tmp_path / f"a.{kind}"
    part = int(len(talk) * 0.8)
    make(recording, sound=[talk[:part]], rate=16_000, picture=False)
    first = hear(recording, tmp_path / "grown")
    make(recording, sound=[talk], rate=16_000, picture=False)
    more = hear(recording, tmp_path / "grown")
    whole = hear(recording, tmp_path / "anew")
    assert content(tmp_path / "grown") == content(tmp_path / "anew")
    assert 0 < more <= whole - STRETCH  # at least the first window is as it was
    assert first >= part / RATE


def test_another_setting_or_engine_hears_it_again(
    tmp_path: Path, talk: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make(tmp_path / "a.wav", sound=[talk[: 20 * RATE]], rate=RATE)
    hear(recording, tmp_path / "out")
    assert hear(recording, tmp_path / "out") == 0
    wider = StageConfig(audio=CONFIG.audio.model_copy(update={"beam_size": 2}))
    assert hear(recording, tmp_path / "out", config=wider) >= 20
    monkeypatch.setattr(audio, "memory_identity", lambda *_: "another")
    assert hear(recording, tmp_path / "out") >= 20


def test_a_guess_does_not_depend_on_what_was_heard_before(tmp_path: Path, talk: Samples) -> None:
    """In this much noise the engine has to guess."""
    noise = np.random.default_rng(2).normal(0, 0.2, 20 * RATE).astype(np.float32)
    hard = talk[: 20 * RATE] + noise
    engine = warm(locate(CONFIG.audio), 1)
    guesses: list[float] = []
    sampling = engine._model.model
    generate: Callable[..., object] = sampling.generate

    def counted(*arguments: object, **settings: object) -> object:
        guesses.append(float(settings.get("sampling_temperature", 0.0)))  # type: ignore[arg-type]
        return generate(*arguments, **settings)

    sampling.generate = counted
    try:
        told = [
            list(engine.transcribe(hard, "en", 5, Memory(tmp_path / str(number) / HEARD, "engine")))
            for number in range(2)
        ]
    finally:
        del sampling.generate
    assert any(guesses)
    assert told[0] == told[1]
