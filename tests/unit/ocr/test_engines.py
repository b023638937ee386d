from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from enrich_tui import doctor
from enrich_tui.config import VideoConfig
from enrich_tui.demo import scenes
from enrich_tui.stages.ocr import engine, tesseract

SHOWN = ["def total(rows):", "ZeroDivisionError: division by zero", "connection refused on port 5432"]

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def test_auto_is_rapidocr_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "rapidocr_version", lambda: None)
    assert (engine.chosen(VideoConfig()), engine.identity(VideoConfig())) == (None, "")
    monkeypatch.setattr(engine, "rapidocr_version", lambda: "3.10.0")
    assert (engine.chosen(VideoConfig()), engine.identity(VideoConfig())) == ("rapidocr", "rapidocr 3.10.0")
    assert (engine.chosen(VideoConfig(ocr="off")), engine.identity(VideoConfig(ocr="off"))) == (None, "")


def test_installing_what_was_asked_for_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = VideoConfig(ocr="tesseract")
    monkeypatch.setattr(tesseract, "program", lambda: None)
    before = engine.identity(asked)
    monkeypatch.setattr(tesseract, "program", lambda: "/usr/bin/tesseract")
    assert before != engine.identity(asked)


def test_words_become_lines_from_above_and_unsure_ones_go() -> None:
    rows = [
        HEAD,
        "4\t1\t1\t1\t1\t0\t0\t300\t90\t20\t-1\t",
        "5\t1\t1\t1\t1\t1\t0\t300\t40\t20\t96.1\tsecond",
        '5\t1\t1\t1\t1\t2\t50\t302\t40\t18\t91\t"line',
        "5\t1\t2\t1\t1\t1\t0\t100\t40\t24\t88\tfirst",
        "5\t1\t2\t1\t1\t2\t0\t100\t40\t90\t12\tnoise",
        "5\t1\t3\t1\t1\t1\t0\t10\t40\t24\t95\t ",
    ]
    assert tesseract.parse("\n".join(rows), 400) == [("first", 0.25, 0.06), ('second "line', 0.75, 0.05)]


@pytest.mark.parametrize("language", ["eng --psm 0", "-l", "../x", "eng+"])
def test_a_language_is_a_name(language: str) -> None:
    with pytest.raises(ValueError, match="ocr_language"):
        VideoConfig(ocr_language=language)


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for the program")
def test_tesseract_is_called_with_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "tesseract"
    script.write_text(
        f'#!/bin/sh\ncat > /dev/null\nprintf "{HEAD}\\n"\n'
        'printf "5\\t1\\t1\\t1\\t1\\t1\\t0\\t8\\t9\\t4\\t99\\t$OMP_THREAD_LIMIT$*\\n"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (line,) = tesseract.Tesseract("eng+deu").read(Image.new("L", (40, 16)))
    assert line == ("1- - -l eng+deu --psm 11 tsv", 0.5, 0.25)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["rapidocr", "tesseract"])
def test_a_real_engine_reads_a_window(name: str) -> None:
    config = VideoConfig.model_validate({"ocr": name})
    if engine.identity(config).endswith("missing"):
        pytest.skip(f"{name} is not installed")
    reader = engine.load(config, 1)
    assert reader is not None
    lines = reader.read(scenes.draw(scenes.EDITOR, SHOWN).convert("L"))
    text = [line.text for line in lines]
    assert text[-3:] == SHOWN
    assert all(0 < line.top < 1 and 0.01 < line.height < 0.1 for line in lines)


def test_doctor_tells_of_the_reader_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "program", lambda: None)
    assert list(doctor._reader(VideoConfig(ocr="off"))) == []
    (found,) = doctor._reader(VideoConfig(ocr="tesseract"))
    assert (found.name, found.ready, found.needed) == ("tesseract", False, True)
    monkeypatch.setattr(doctor, "_version", lambda package: None)
    (found,) = doctor._reader(VideoConfig())
    assert (found.name, found.ready, found.needed) == ("rapidocr", False, False)
