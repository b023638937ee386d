"""What a worker tells of a job under way."""

from __future__ import annotations

import io
import math

import pytest

from enrich_tui.worker import serve
from enrich_tui.worker.protocol import FrameWriter, Progressed, encode
from enrich_tui.worker.serve import Reporter


def test_words_that_were_held_back_stay_with_the_numbers_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "PROGRESS_INTERVAL", math.inf)  # only the first report goes at once
    sent = io.BytesIO()
    report = Reporter(1, FrameWriter(sent))
    report(0.0, "loading the model")
    report(0.0, "listening")
    report(0.2)
    report(0.4, kept=0.3)
    report.flush()
    frames = [Progressed(job=1, message="loading the model", fraction=0.0)]
    frames.append(Progressed(job=1, message="listening", fraction=0.4, kept=0.3))
    assert sent.getvalue() == b"".join(map(encode, frames))
