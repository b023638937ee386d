"""What a person sees never mentions money; a person's own words pass untouched."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from enrich_tui import (
    EnrichmentOptions,
    ErrorContext,
    ErrorHandler,
    ProgressService,
    StageOutput,
    WorkerPool,
    discover,
    enrich_batch,
)
from enrich_tui.display.json_lines import JsonDisplay
from enrich_tui.display.plain import PlainDisplay
from enrich_tui.display.report import report
from enrich_tui.display.summary import summary_lines
from enrich_tui.display.view import RunView
from enrich_tui.worker.process import Progress
from tests.acceptance.conftest import Program
from tests.acceptance.making import captioned, noise, review

SAYINGS = (
    "Processing... Cost so far: $0.50",
    "You exceeded your current quota, please check your plan and billing details.",
    "Your credit balance is too low",
    "insufficient_quota",
    "1,200 tokens used",
    "tokens: 512",
    "It costs €3",
    "Preis: 4 EUR",
    "Monthly budget reached",
    "billing_hard_limit_reached",
    "payment required",
    "pay-as-you-go price 5 cents",
    "余额不足",
)
MONEY = re.compile(
    r"[$€£¥]|余额|\d\s*(?:eur|cents)\b|(?<![^\W_])(?:costs?|pric(?:e|es|ing)|budgets?|bill(?:ing|ed)?|quotas?|credits?"
    r"|pay(?:ment)?|tokens?|money|preis|insufficient.quota)(?![^\W_])",
    re.IGNORECASE,
)


@pytest.mark.parametrize("saying", SAYINGS)
def test_the_progress_service(saying: str) -> None:
    service = ProgressService()
    service.start_batch(["s"])
    service.start_progress("s")
    service.update_progress("s", stage="audio", message=saying)
    service.update_stage("s", "audio", status="failed", error=saying)
    service.complete_progress("s", False, f"It did not work. Why: {saying}.")
    progress = service.get_progress("s")
    assert progress is not None
    assert "It did not work." in progress.message
    assert not MONEY.search(f"{progress.model_dump_json()}{service.get_batch_progress()}")


@pytest.mark.parametrize("saying", SAYINGS)
async def test_the_error_handler(saying: str) -> None:
    for error in (RuntimeError(saying), ValueError(saying), TimeoutError(saying), OSError(5, saying)):
        found = await ErrorHandler().handle_error(error, ErrorContext("s", "summary-generation", 1, {"cost": 0.5}))
        shown = found.model_dump(exclude={"backend_details", "type"})
        assert not MONEY.search(json.dumps(shown)), shown


def test_what_is_held_back_goes_to_the_log_whole(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    service = ProgressService()
    service.start_progress("s")
    whole = f"Working. {'x' * 300} It cost $7.77."
    service.update_progress("s", message=whole)
    progress = service.get_progress("s")
    assert progress is not None
    assert "7.77" not in progress.message
    assert whole in caplog.text


async def test_every_display_of_a_run_whose_parts_talk_of_money(tmp_path: Path) -> None:
    """A runner that says money at every turn, through all displays; titles and file names about money stay."""
    review(tmp_path / "library" / "Budget meeting 2026")
    noise(tmp_path / "library" / "Quota review.mp4")
    (tmp_path / "library" / "bad").mkdir()
    (tmp_path / "library" / "bad" / "session.json").write_text('{"audio": ["../billing.wav"]}')
    library = discover(tmp_path / "library")
    plain, lines = io.StringIO(), io.StringIO()
    view, displays = RunView(), (PlainDisplay(plain), JsonDisplay(lines))

    def sink(event: Any) -> None:
        view.apply(event)
        for display in displays:
            display(event)

    async def runner(_worker: object, task: Any, on_event: Any) -> StageOutput:
        on_event(Progress(0.5, SAYINGS[0]))
        if task.stage == "canvas":
            raise RuntimeError(SAYINGS[1])
        if task.session.video:
            raise PermissionError(13, SAYINGS[2])
        return StageOutput(engine="mine")

    pool = WorkerPool(max_workers=2)
    errors = ErrorHandler(base_delay=0.01)
    results = await enrich_batch(
        library.sessions, EnrichmentOptions(), pool, ProgressService(), errors, runner=runner, sink=sink
    )
    await pool.shutdown()
    shown = "\n".join([plain.getvalue(), lines.getvalue(), report(view), *summary_lines(results, 1.0)])
    assert "Budget meeting 2026" in shown
    assert '"category":"service-refused"' in shown
    own = ("Budget meeting 2026", "budget-meeting-2026", "Quota review", "quota-review", "billing.wav")
    for words in own:
        shown = shown.replace(words, "")
    found = MONEY.search(shown)
    assert not found, shown[max(0, found.start() - 200) : found.end() + 100]
    assert all(result.message for result in results)


async def test_what_was_said_about_money_is_still_in_transcript_summary_and_page(tmp_path: Path) -> None:
    captioned(tmp_path / "library" / "Budget call")
    (session,) = discover(tmp_path / "library").sessions
    pool = WorkerPool(max_workers=1)
    await enrich_batch([session], EnrichmentOptions(), pool, ProgressService(), ErrorHandler())
    await pool.shutdown()
    assert "3,000 dollars" in (session.output / "transcript.txt").read_text()
    assert "invoice" in (session.output / "summary.md").read_text()
    page = (session.output / "canvas.html").read_text()
    assert "Budget call" in page
    assert "3,000 dollars" in page
    own = (session.output / "transcript.txt").read_text() + (session.output / "summary.md").read_text() + "Budget call"
    words = set(MONEY.findall(re.sub(r"(?s)<script.*?</script>|<style.*?</style>|<[^>]*>", " ", page)))
    assert all(word in own for word in words), words


def test_the_words_of_the_command_line(program: Program) -> None:
    for arguments in (["--help"], ["run", "--help"], ["demo", "--help"], ["doctor"]):
        told = program(*arguments)
        assert not MONEY.search(told.stdout + told.stderr)


def test_an_error_that_nobody_foresaw_keeps_its_text_from_the_screen(tmp_path: Path) -> None:
    code = (
        "import sys, enrich_tui.cli, enrich_tui.__main__ as program\n"
        "def run(arguments): raise RuntimeError('Your credit balance is $0.50\\x1b]52;c;x\\a')\n"
        "enrich_tui.cli.run = run\n"
        "sys.exit(program.main())\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("enrich-tui: something went wrong inside the program; ")
    assert told.stderr.count("\n") == 1
    assert not MONEY.search(told.stderr)
    assert "\x1b" not in told.stderr
    (log,) = (tmp_path / "state").rglob("enrich-tui.log")
    assert "Your credit balance is $0.50" in log.read_text()


def test_listeners_that_raise_write_nothing_to_stderr() -> None:
    code = (
        "from enrich_tui import ProgressService\n"
        "def listener(*_): raise RuntimeError('it costs $5')\n"
        "service = ProgressService(); service.on('started', listener); service.start_progress('s')\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert told.stderr == ""
