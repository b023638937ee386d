"""The dashboard on a real terminal: it paints, it leaves, and it leaves the terminal as it was."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

if os.name == "nt":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from enrich_tui.signals import ending_signals
from tests.terminal.terminal import Terminal

SIMULATED = ["-m", "enrich_tui.testing.simulated", "--sessions", "20", "--workers", "2", "--fail-rate", "0"]


def test_it_paints_and_quits() -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("1-")
        terminal.until("RUNNING ▶")
        assert "SIMULATED" in terminal.text
        assert terminal.screen.display[-1].startswith(" ? help  / filter")
        terminal.send("q")
        terminal.until("Drain and quit")
        terminal.send("s")
        assert terminal.end() == 0
        assert terminal.restored()


@pytest.mark.parametrize("number", ending_signals(), ids=lambda number: signal.Signals(number).name)
def test_signals_end_it_with_the_terminal_restored(number: int) -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("RUNNING ▶")
        terminal.signal(signal.Signals(number))
        assert terminal.end() == 128 + number
        assert terminal.restored()


def test_no_signal_that_can_be_caught_is_forgotten() -> None:
    harmless = {"SIGCHLD", "SIGCLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGINFO", "SIGPIPE", "SIGXFSZ"}
    stopping = {"SIGTSTP", "SIGTTIN", "SIGTTOU"}
    own_faults = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGEMT"}
    out_of_reach = {"SIGKILL", "SIGSTOP"}
    left = {number.name for number in signal.Signals if number not in ending_signals()}
    left -= {name for name in left if name.startswith("SIGRT")}
    assert left <= harmless | stopping | own_faults | out_of_reach


def test_ctrl_c_twice_stops_at_once() -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("RUNNING ▶")
        terminal.send("\x03")
        terminal.until("Stop now")
        terminal.send("\x03")
        assert terminal.end() == 130
        assert terminal.restored()


def test_a_terminal_that_is_gone_ends_the_run() -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("RUNNING ▶")
        terminal.hang_up()
        assert terminal.process.wait(20) == 129


def test_suspending_gives_the_terminal_back_and_coming_back_paints_again() -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("RUNNING ▶")
        terminal.send("\x1a")
        terminal.until_stopped()
        assert terminal.restored()
        terminal.signal(signal.SIGCONT)
        terminal.until("RUNNING ▶")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert terminal.restored()


def without_clock(terminal: Terminal) -> list[str]:
    """The screen but for the time of day."""
    return [re.sub(r"\d\d:\d\d:\d\d", "hh:mm:ss", line) for line in terminal.screen.display]


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (40, 6)])
def test_after_a_storm_of_sizes_the_screen_is_that_of_a_fresh_start(size: tuple[int, int]) -> None:
    over = ["-m", "tests.terminal.still"]
    with Terminal(over, size=(100, 30)) as dragged, Terminal(over, size=size) as fresh:
        dragged.until("30/30")
        for step in range(40):
            dragged.resize(20 + step * 37 % 150, 1 + step * 13 % 50)
            dragged.read(0.0)
        dragged.resize(*size)
        fresh.until("30/30")
        fresh.settle()
        dragged.until_true(lambda: without_clock(dragged) == without_clock(fresh), what="\n".join(without_clock(fresh)))


def test_a_terminal_that_nobody_reads_does_not_halt_the_run(tmp_path: Path) -> None:
    over = tmp_path / "over"
    with Terminal(["-m", "tests.terminal.still", "--busy", str(over)]) as terminal:
        terminal.until("session 0")
        terminal.until_true(over.exists, what="the run to go on", reading=False)
        terminal.until("30/30")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert terminal.restored()


def test_a_copy_reaches_the_terminal_as_osc_52() -> None:
    with Terminal(SIMULATED) as terminal:
        terminal.until("RUNNING ▶")
        terminal.send("y")
        terminal.until("Copied")
        sent = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.written)
        assert sent is not None
        assert "interview 0000" in base64.b64decode(sent[1]).decode()


def test_standard_output_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "report"
    with target.open("wb") as file, Terminal(SIMULATED, stdout=file.fileno()) as terminal:
        terminal.until("RUNNING ▶")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert terminal.restored()
    assert target.read_bytes() == b""


def test_a_crash_restores_the_terminal_and_shows_no_values() -> None:
    program = (
        "import asyncio; from enrich_tui.config import UiConfig; from enrich_tui.tui.app import Dashboard\n"
        "class Broken:\n"
        "    async def run(self, sink):\n"
        "        secret = 'hunter2'; raise RuntimeError(secret)\n"
        "app = Dashboard(Broken(), None, ui=UiConfig()); asyncio.run(app.run_async())\n"
        "raise SystemExit(app.return_code)"
    )
    with Terminal(["-c", program]) as terminal:
        assert terminal.end() == 70
        assert terminal.restored()
        assert b"hunter2" not in terminal.written
        assert b"Traceback" not in terminal.written
        assert "met an error of its own" in terminal.text


def test_no_color_paints_no_colours() -> None:
    with Terminal(SIMULATED, environ={"NO_COLOR": "1"}) as terminal:
        terminal.until("RUNNING ▶")
        assert {character.fg for line in terminal.screen.buffer.values() for character in line.values()} == {"default"}
        assert b"\x1b[38" not in terminal.written


def test_a_locale_without_utf8_is_drawn_in_ascii() -> None:
    with Terminal(SIMULATED, environ={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}) as terminal:
        terminal.until("RUNNING >")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 143
        assert terminal.restored()


def test_the_services_import_no_textual() -> None:
    program = "import sys, enrich_tui.display.view, enrich_tui.display.report\n"
    program += "assert not {'textual', 'rich'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", program], check=True)
