"""Results that were given other names say what they would say had they been made under them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from enrich_tui.demo.recording import Scene, make_recording
from enrich_tui.demo.scenes import FORM, LIST, TERMINAL, draw
from enrich_tui.discovery import discover
from enrich_tui.model import STAGES, Session, StageTask
from enrich_tui.pipeline.cache import sources_of
from enrich_tui.pipeline.verdict import has_input
from enrich_tui.stages import load
from enrich_tui.stages.renaming import Names, renamed
from tests.unit.media.making import make, tone

CAPTIONS = """WEBVTT

00:00.500 --> 00:02.000
We decided to ship "a.mp4" on Friday.

00:02.500 --> 00:04.000
Who writes the notes for the release?
"""


def enriched(folder: Path) -> Session:
    """Run all stages of the one session in this library."""
    (session,) = discover(folder).sessions
    for stage in STAGES:
        if has_input(session, stage):
            load(stage).run(StageTask(session=session, stage=stage), lambda _fraction, _message="", kept=None: None)
    return session


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def film(folder: Path) -> None:
    make_recording(folder / "a.mp4", [Scene(TERMINAL, ["$ make"], 3), Scene(LIST, ["one", "two"], 3)])
    (folder / "a.vtt").write_text(CAPTIONS)


def strange(folder: Path) -> None:
    film(folder)
    (folder / "a.mp4").rename(folder / "50% <b> & 'c' \"d\".mp4")
    (folder / "a.vtt").rename(folder / "50% <b> & 'c' \"d\".vtt")


def tracks(folder: Path) -> None:
    folder = folder / "call"
    folder.mkdir()
    make(folder / "a.wav", sound=[tone(2.0)])
    make(folder / "b.wav", sound=[tone(3.0, pitch=300)])
    (folder / "b.vtt").write_text(CAPTIONS)
    (folder / "x.md").write_text("One note.")
    (folder / "y.md").write_text("Another note.")
    draw(FORM, ["Name"]).save(folder / "shot.png")
    (folder / "session.toml").write_text("")


def rename(folder: Path, names: dict[str, str]) -> None:
    for old, new in names.items():
        (folder / old).rename(folder / f"{new}.new")
    for new in names.values():
        (folder / f"{new}.new").rename(folder / new)


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        (film, {"a.mp4": "b.mp4", "a.vtt": "b.vtt"}),
        (film, {"a.mp4": "sp ace & <i>.mp4", "a.vtt": "sp ace & <i>.vtt"}),
        (strange, {"50% <b> & 'c' \"d\".mp4": "a.mp4", "50% <b> & 'c' \"d\".vtt": "a.vtt"}),
        (tracks, {"call": "talk"}),
        (tracks, {"call/a.wav": "call/b.wav", "call/b.wav": "call/c.wav", "call/b.vtt": "call/c.vtt"}),
        (tracks, {"call/shot.png": "call/form.png", "call/x.md": "call/note.md"}),
    ],
)
def test_a_name_is_put_right_wherever_it_is_told(tmp_path: Path, layout: object, names: dict[str, str]) -> None:
    old_root, new_root = tmp_path / "old", tmp_path / "new"
    old_root.mkdir()
    layout(old_root)  # type: ignore[operator]
    shutil.copytree(old_root, new_root)
    rename(new_root, names)
    old, new = enriched(old_root), enriched(new_root)
    back = {new_root / name: old_root / was for was, name in names.items()}

    def was(path: Path) -> Path:
        if path in back:
            return back[path]
        above = next((folder for folder in path.parents if folder in back), None)
        return back[above] / path.relative_to(above) if above else old_root / path.relative_to(new_root)

    paths = sources_of(new)
    assert list(map(was, paths)) == list(sources_of(old))
    changed = renamed(
        old.output,
        Names(old.title, tuple(map(was, paths)), old.output),
        Names(new.title, paths, new.output),
    )
    made = files(old.output) | changed
    expected = files(new.output)
    assert set(made) == set(expected)
    assert {name: made[name] for name in expected} == expected
    assert changed


def test_nothing_is_touched_where_no_name_differs(tmp_path: Path) -> None:
    film(tmp_path)
    session = enriched(tmp_path)
    names = Names(session.title, sources_of(session), session.output)
    assert renamed(session.output, names, names) == {}


def test_what_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a.enriched"
    folder.mkdir()
    for name in ("transcript.json", "chapters.json", "summary.json", "canvas.html"):
        (folder / name).write_bytes(b"\xff{")
    old, new = Names("a", (tmp_path / "a.mp4",), folder), Names("b", (tmp_path / "b.mp4",), folder)
    assert renamed(folder, old, new) == {}
    assert renamed(tmp_path / "nowhere", old, new) == {}
