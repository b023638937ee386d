from __future__ import annotations

import errno
import hashlib
import importlib.util
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import pytest

from enrich_tui.config import AudioConfig
from enrich_tui.errors.messages import describe
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.pipeline.verdict import NEEDS_MENDING
from enrich_tui.stages.speech import keeping, models
from enrich_tui.stages.speech.models import Packaged, available, identity, locate

HALVES = (b"first half, " * 1000, b"second half" * 1000)
DIGEST = hashlib.sha256(b"".join(HALVES)).hexdigest()


def small_files(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_text(name)


@pytest.fixture(autouse=True)
def _nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Model packages of our own making, an empty hub cache and an empty cache folder."""
    site = tmp_path / "site"
    for name in ("one_half", "other_half", "whole_model"):
        (site / f"made_{name}").mkdir(parents=True)
        (site / f"made_{name}" / "__init__.py").write_text("raise RuntimeError('the code of a model package was run')")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(keeping, "models_folder", lambda: tmp_path / "cache")
    parts = (("made_one_half", "data/model.bin.part1"), ("made_other_half", "data/model.bin.part2"))
    base = Packaged("base", "99 languages", DIGEST, parts, models.MULTILINGUAL)
    tiny = Packaged("tiny.en", "English", DIGEST, (("made_whole_model", "model/model.bin"),), models.OFFLINE)
    monkeypatch.setattr(models, "PACKAGED", {"base": base, "tiny.en": tiny})


def install_base(tmp_path: Path) -> None:
    for package, name, half in (("one_half", "part1", HALVES[0]), ("other_half", "part2", HALVES[1])):
        folder = tmp_path / "site" / f"made_{package}" / "data"
        folder.mkdir()
        (folder / f"model.bin.{name}").write_bytes(half)
    small_files(tmp_path / "site" / "made_one_half" / "data")


def install_tiny(tmp_path: Path, content: bytes = b"".join(HALVES)) -> Path:
    folder = tmp_path / "site" / "made_whole_model" / "model"
    small_files(folder)
    (folder / "model.bin").write_bytes(content)
    return folder


def problem(model: str = "auto") -> StageError:
    with pytest.raises(StageError) as caught:
        locate(AudioConfig(model=model))
    return caught.value


def test_without_a_model_the_command_is_told() -> None:
    assert problem().problem is Problem.MODEL_MISSING
    assert problem().facts == {"install": 'pip install "enrich-tui[offline]"'}
    assert problem("base").facts == {"install": 'pip install "enrich-tui[multilingual]"'}
    assert identity(AudioConfig()) == ""
    assert [(model.name, model.ready) for model in available()] == [("base", False), ("tiny.en", False)]


def test_auto_takes_the_best_that_is_installed(tmp_path: Path) -> None:
    folder = install_tiny(tmp_path)
    assert locate(AudioConfig()) == ("tiny.en", folder)
    before = identity(AudioConfig())
    install_base(tmp_path)
    assert locate(AudioConfig()).name == "base"
    assert locate(AudioConfig(model="tiny.en")).folder == folder
    assert identity(AudioConfig()) != before
    assert all(model.ready for model in available())
    assert not any(name.startswith("made_") for name in sys.modules)


def test_parts_are_put_together_once(tmp_path: Path) -> None:
    install_base(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: locate(AudioConfig()).folder, range(8)))
    (folder,) = found
    assert (folder / "model.bin").read_bytes() == b"".join(HALVES)
    assert {path.name for path in folder.iterdir()} == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    made = (folder / "model.bin").stat().st_mtime_ns
    assert locate(AudioConfig()).folder == folder
    assert (folder / "model.bin").stat().st_mtime_ns == made
    assert not list(folder.parent.glob(".partial-*"))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_place_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """It is no fault of the disk, and does not go away by trying again."""
    install_base(tmp_path)

    def refuse(_path: Path) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(keeping, "_only_one", refuse)
    error = problem()
    assert error.problem is Problem.MODEL_PLACE
    assert error.problem in NEEDS_MENDING
    assert describe(error.problem, error.facts).message == (
        f"The speech model cannot be kept in {keeping.models_folder()}, which may not be written to."
    )


def test_only_one_process_puts_them_together(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"".join(HALVES))
    # begun anew: a fork of a process with threads may stand still
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(_put_together, tmp_path / "kept", part) for _ in range(4)]
    assert len({job.result() for job in jobs}) == 1


def _put_together(folder: Path, part: Path) -> tuple[Path, int]:
    keeping.models_folder = lambda: folder
    kept = keeping.put_together("base", (part,), (), DIGEST, "install")
    return kept, (kept / "model.bin").stat().st_ino


def test_a_damaged_model_is_not_used(tmp_path: Path) -> None:
    install_tiny(tmp_path, b"something else")
    found = problem("tiny.en")
    assert found.problem is Problem.MODEL_DAMAGED
    assert found.facts == {"install": models.OFFLINE}
    install_base(tmp_path)
    (tmp_path / "site" / "made_other_half" / "data" / "model.bin.part2").write_bytes(b"cut")
    assert problem("base").problem is Problem.MODEL_DAMAGED
    assert not (tmp_path / "cache" / f"base-{DIGEST[:12]}").exists()


def test_a_digest_is_taken_once_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = install_tiny(tmp_path) / "model.bin"
    taken: list[object] = []
    digest = hashlib.file_digest

    def counted(stream: object, name: str) -> object:
        taken.append(stream)
        return digest(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", counted)
    locate(AudioConfig())
    locate(AudioConfig())
    assert len(taken) == 1
    weights.write_bytes(b"X" + weights.read_bytes()[1:])
    assert problem().problem is Problem.MODEL_DAMAGED


def test_a_configured_folder_must_be_whole(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    small_files(mine)
    assert problem(str(mine)).problem is Problem.MODEL_MISSING
    (mine / "model.bin").write_bytes(b"anything")
    assert locate(AudioConfig(model=str(mine))) == ("mine", mine)
    assert "mine" in identity(AudioConfig(model=str(mine)))


def test_the_hub_cache_is_used_as_it_is(tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--Systran--faster-whisper-small"
    assert problem("small").problem is Problem.MODEL_MISSING
    snapshot = repository / "snapshots" / "abc123"
    small_files(snapshot)
    (snapshot / "model.bin").write_bytes(b"anything")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    assert locate(AudioConfig(model="small")) == ("small", snapshot)
    assert locate(AudioConfig(model="Systran/faster-whisper-small")).folder == snapshot
    (repository / "refs" / "main").write_text("../../..")
    assert problem("small").problem is Problem.MODEL_MISSING
    assert problem("../small").problem is Problem.MODEL_MISSING


def test_a_known_model_from_the_hub_cache_is_checked_too(tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--Systran--faster-whisper-tiny.en"
    small_files(repository / "snapshots" / "abc")
    (repository / "snapshots" / "abc" / "model.bin").write_bytes(b"not it")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    assert problem("tiny.en").problem is Problem.MODEL_DAMAGED


def test_identity_is_empty_without_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_tiny(tmp_path)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faster_whisper" else find(name))
    assert identity(AudioConfig()) == ""
