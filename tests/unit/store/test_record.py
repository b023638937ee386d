from __future__ import annotations

import os
from pathlib import Path

import pytest

from enrich_tui.model import Session, Stage, StageOutcome
from enrich_tui.store import record
from enrich_tui.store.record import FileRecord, SessionRecord, StageRecord, file_record, load_record, save_record


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(id="a", title="a", source=tmp_path / "a.wav", output=tmp_path / "a.wav.enriched")


def test_a_record_comes_back_as_it_was(session: Session) -> None:
    done = StageRecord(
        key="k",
        status=StageOutcome.COMPLETED,
        outputs={"transcript": FileRecord(path=Path("transcript.json"), size=2, mtime_ns=3, sha256="ab")},
        facts={"words": 7},
    )
    kept = SessionRecord(program="enrich-tui 1", id="a", title="a", stages={Stage.AUDIO: done})
    save_record(session, kept)
    assert load_record(session.output) == kept


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 99, "program": "x", "id": "a", "title": "a"}']
)
def test_a_record_that_cannot_be_used_counts_as_none(session: Session, text: str) -> None:
    session.output.mkdir()
    (session.output / record.RECORD).write_text(text)
    assert load_record(session.output) is None


def test_bytes_are_only_read_again_where_size_or_time_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"one")
    known = file_record(file, file)
    reads: list[Path] = []
    digest = record.digest

    def counted(path: Path) -> str:
        reads.append(path)
        return digest(path)

    monkeypatch.setattr(record, "digest", counted)
    assert file_record(file, file, known) == known
    assert known.still(file)
    assert reads == []
    os.utime(file, ns=(1, 1))
    assert known.still(file)
    assert len(reads) == 1
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert not known.still(file)
    file.write_bytes(b"three")
    assert not known.still(file)
    file.unlink()
    assert not known.still(file)
