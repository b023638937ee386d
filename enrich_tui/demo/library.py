"""The demo's sessions: one of each kind that people record, and one file that is broken on purpose."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from enrich_tui.demo.recording import Scene, make_recording, speech_path
from enrich_tui.demo.scenes import EDITOR, FORM, LIST, SLIDES, TERMINAL, draw
from enrich_tui.store.outputs import rename

_ORDERS = [f"2026-{month:02d}-{day:02d}   {name:<22} {hours:>3} h" for month, day, name, hours in (
    (9, 3, "Harbour museum", 12), (9, 8, "City library", 31), (9, 14, "Botanic garden", 7), (9, 21, "Old theatre", 18),
    (10, 2, "Harbour museum", 22), (10, 9, "Music school", 9), (10, 17, "City library", 40), (10, 28, "Zoo", 4),
)]  # fmt: skip
_CODE = [
    "def hours_by_project(orders):",
    "    totals = {}",
    "    for order in orders:",
    "        if not order.hours:",
    "            continue  # empty rows are left out",
    "        name = order.project",
    "        totals[name] = totals.get(name, 0) + order.hours",
    "    return totals",
    "",
    "",
    "def write_report(path, totals):",
    "    rows = sorted(totals.items())",
    "    path.write_text(render(rows))",
]
_SHELL = [
    "$ python report.py --month 2026-10",
    "reading orders ............ 8 rows",
    "adding up hours ........... done",
    "writing report-2026-10.html",
    "5 projects, 75 hours",
    "$ _",
]
_BUILD = [
    "$ make nightly",
    "[ 1/9] collect folders",
    "[ 2/9] read documents",
    "[ 3/9] split words",
    "[ 4/9] count words",
    "[ 5/9] sort",
    "[ 6/9] write blocks",
    "[ 7/9] merge blocks",
    "[ 8/9] check",
    "[ 9/9] publish",
    "index of 41,207 documents, 0 errors",
]
_NOTES = """# Sign-in page review

We looked at the new sign-in page with three people who had never seen it.

- Two of them did not find the link for a forgotten password.
- The error text says "invalid input"; it should say what is wrong and how to mend it.
- We decided to put the link right under the password field.
- TODO: ask Mara for shorter labels by Friday.
- Should the page remember the last name that was used?
"""
_MANIFEST = """title = "Support call: camera stops"
started_at = 2026-11-19T09:30:00
audio = ["call.m4a"]
notes = ["ticket.txt"]
"""
_TICKET = "Camera stops after ten minutes. Power saving was on. Send a new one next week if it happens again.\n"


def make_library(folder: Path) -> Path:
    """Make the sample sessions below ``folder``, which is made where it is not there; returns ``folder``.

    What is there already is kept: a second call makes only what is missing. Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _once(folder / "2026-11-18 Release plan.m4a", lambda path: make_recording(path, speech="release-plan"))
    _once(folder / "Garden gate.opus", lambda path: shutil.copyfile(speech_path("garden-gate"), path))
    _once(folder / "Report walkthrough.mkv", _walkthrough)
    _once(folder / "Dashboard tour.webm", _tour)
    _once(folder / "Nightly build.mp4", _nightly)
    _once(folder / "Broken camera clip.mp4", _broken)
    _once(folder / "Support call", _call)
    _once(folder / "Sign-in page review", _review)
    return folder


def _once(path: Path, make: Callable[[Path], object]) -> None:
    """Make a file or folder under a hidden name and rename it, so that a half-made one is never taken for whole."""
    if path.exists():
        return
    temporary = path.with_name(f".making-{path.name}")
    if temporary.is_dir():
        shutil.rmtree(temporary)
    temporary.unlink(missing_ok=True)
    make(temporary)
    rename(temporary, path)


def _walkthrough(path: Path) -> None:
    make_recording(
        path, [Scene(LIST, _ORDERS, 9.5), Scene(EDITOR, _CODE, 9.5), Scene(TERMINAL, _SHELL, 9.0)], "report-walkthrough"
    )


def _tour(path: Path) -> None:
    lines = ["One line a session", "", "A bar for each stage", "", "Errors in plain words", "", "r runs it again"]
    make_recording(path, [Scene(SLIDES, lines, 15.5)], "dashboard-tour")


def _nightly(path: Path) -> None:
    make_recording(
        path, [Scene(TERMINAL, _BUILD, 16), Scene(LIST, _ORDERS[::-1], 12), Scene(SLIDES, ["All is well"], 12)]
    )


def _broken(path: Path) -> None:
    noise = random.Random(7).randbytes(48_000)  # noqa: S311 - not a secret
    path.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + noise)


def _call(folder: Path) -> None:
    folder.mkdir()
    make_recording(folder / "call.m4a", speech="support-call")
    (folder / "ticket.txt").write_text(_TICKET, encoding="utf-8")
    (folder / "session.toml").write_text(_MANIFEST, encoding="utf-8")


def _review(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.md").write_text(_NOTES, encoding="utf-8")
    steps = (["Name", "Password", "[ Sign in ]"], ["Name", "Password", "! invalid input"], ["Forgotten password?"])
    for number, lines in enumerate(steps, 1):
        draw(FORM, lines).save(folder / f"step-{number}.png")
