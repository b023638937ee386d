"""What can be found in the log again."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from enrich_tui import logs
from enrich_tui.logs import records_of


def record(second: int, words: str) -> str:
    return f"2026-01-01 10:00:{second:02},000 WARNING enrich_tui: {words}\n"


def test_the_latest_records_are_found_whole_and_in_order(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(record(3, "mine 3\n  second line") + record(4, "other") + record(5, "mine 5"))
    (tmp_path / "log.1").write_text(record(1, "mine 1") + record(2, "mine 2"))
    found = records_of(file, ["mine"], 3)
    assert [found_one.partition("enrich_tui: ")[2] for found_one in found] == [
        "mine 2",
        "mine 3\n  second line",
        "mine 5",
    ]
    assert records_of(file, ["mine"], 1) == found[-1:]
    assert records_of(file, ["nothing"], 3) == []
    assert records_of(file, [], 3) == []
    assert records_of(tmp_path / "missing", ["mine"], 3) == []


def test_a_log_that_another_program_has_open_goes_on_in_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError("another program has it open")

    monkeypatch.setattr(logs, "_BYTES", 100)
    monkeypatch.setattr(os, "rename", refuse)
    handler = logs._Rotating(tmp_path / "log", maxBytes=100, backupCount=2, encoding="utf-8")
    for number in range(20):
        handler.emit(logging.makeLogRecord({"msg": f"line {number}"}))
    handler.close()
    assert (tmp_path / "log").read_text().split() == " ".join(f"line {number}" for number in range(20)).split()
    assert capfd.readouterr().err == ""
