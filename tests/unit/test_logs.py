"""What can be found in the log again."""

from __future__ import annotations

from pathlib import Path

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
