from __future__ import annotations

import os
import stat
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.discovery import Found, Library, Search, check, discover, manifest
from enrich_tui.discovery.draft import Draft
from enrich_tui.discovery.folder import is_link
from enrich_tui.discovery.kinds import MEDIA, date_in_name, natural_key
from enrich_tui.model import Session
from enrich_tui.text import clean


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def reasons(library: Library) -> dict[str, str]:
    return {rejected.path.name: rejected.reason for rejected in library.rejected}


@pytest.mark.parametrize("ending", sorted(MEDIA - {".ts", ".mts"}))
def test_a_lone_media_file_is_a_session(tmp_path: Path, ending: str) -> None:
    file = put(tmp_path / f"talk{ending.upper()}")
    (session,) = discover(tmp_path).sessions
    assert session.title == "talk"
    assert session.recordings == (file,)
    assert session.output == tmp_path / f"talk{ending.upper()}.enriched"
    assert session.size == 1


@pytest.mark.parametrize("ending", ["ts", "mts"])
def test_programs_with_the_ending_of_a_video_are_told_apart(tmp_path: Path, ending: str) -> None:
    put(tmp_path / f"main.{ending}", "import { run } from './run';\n" * 20)
    put(tmp_path / f"short.{ending}", "G")
    (tmp_path / f"talk.{ending}").write_bytes((b"G" + bytes(187)) * 3)
    (tmp_path / f"walk.{ending}").write_bytes((bytes(4) + b"G" + bytes(187)) * 3)
    library = discover(tmp_path)
    assert [session.title for session in library.sessions] == ["talk", "walk"]
    assert set(reasons(library)) == {f"main.{ending}", f"short.{ending}"}


def test_folders_may_be_text(tmp_path: Path) -> None:
    put(tmp_path / "library" / "talk.wav")
    library = discover(str(tmp_path / "library"), str(tmp_path / "results"))
    assert library == discover(tmp_path / "library", tmp_path / "results")
    assert library.sessions[0].output == tmp_path / "results" / "talk.wav.enriched"


def test_one_recording_can_be_named_itself(tmp_path: Path) -> None:
    file = put(tmp_path / "a.wav")
    put(tmp_path / "b.wav")
    notes = put(tmp_path / "a.md")
    (session,) = discover(file).sessions
    assert session.audio == (file,)
    assert session.notes == (notes,)


def test_sidecars_of_the_same_stem_belong_to_the_recording(tmp_path: Path) -> None:
    put(tmp_path / "talk.mp4")
    sidecars = {put(tmp_path / name) for name in ("talk.vtt", "Talk.srt", "talk.txt", "talk.md")}
    library = discover(tmp_path)
    (session,) = library.sessions
    assert {*session.captions, *session.notes} == sidecars
    assert library.rejected == ()


def test_an_accent_may_be_a_character_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / f"{unicodedata.normalize('NFD', 'Café')}.mp4")
    captions = put(tmp_path / f"{unicodedata.normalize('NFC', 'Café')}.srt")
    library = discover(tmp_path)
    assert library.sessions[0].captions == (captions,)
    assert library.rejected == ()


def test_a_folder_with_a_manifest_is_one_session(tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    audio, shot = put(folder / "mic.wav"), put(folder / "shots" / "1.png")
    put(folder / "other.wav")
    put(
        folder / "session.toml",
        'id = "m1"\ntitle = "Monday"\nstarted_at = 2026-01-02T03:04:05Z\n'
        'audio = ["mic.wav"]\nscreenshots = ["shots/1.png"]\n',
    )
    (session,) = discover(tmp_path).sessions
    assert (session.id, session.title) == ("m1", "Monday")
    assert (session.audio, session.screenshots) == ((audio,), (shot,))
    assert session.started_at is not None
    assert session.started_at.year == 2026
    assert session.output == folder / "enriched"


def test_a_manifest_without_lists_takes_what_fits(tmp_path: Path) -> None:
    put(tmp_path / "s" / "session.json", '{"title": "All of it"}')
    video, note = put(tmp_path / "s" / "screen.webm"), put(tmp_path / "s" / "n.md")
    (session,) = discover(tmp_path).sessions
    assert (session.video, session.notes) == ((video,), (note,))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("session.toml", 'audio = ["../secret.wav"]', "not inside its folder"),
        ("session.toml", 'audio = ["/etc/passwd"]', "not inside its folder"),
        ("session.toml", 'audio = ["gone.wav"]', "not there"),
        ("session.toml", "audio = [", "not valid TOML"),
        ("session.json", "{", "not valid JSON (line 1)"),
        ("session.json", "[" * 100_000, "not valid JSON"),
        ("session.toml", "audio = " + "[" * 100_000, "not valid TOML"),
        ("session.json", '{"take": ' + "1" * 5000 + "}", "not valid JSON"),
        ("session.toml", "take = " + "1" * 5000, "not valid TOML"),
        ("session.json", '{"audio": 7}', "'audio'"),
        ("session.toml", 'title = "empty"', "names no files"),
    ],
)
def test_a_bad_manifest_is_told_and_stops_nobody(tmp_path: Path, name: str, text: str, says: str) -> None:
    put(tmp_path / "secret.wav")
    put(tmp_path / "bad" / name, text)
    library = discover(tmp_path)
    assert [session.title for session in library.sessions] == ["secret"]
    assert says in reasons(library)[name]


def test_a_recording_that_a_manifest_names_twice_is_taken_once(tmp_path: Path) -> None:
    audio = put(tmp_path / "s" / "a.wav")
    put(tmp_path / "s" / "session.toml", 'audio = ["a.wav", "./a.wav", "a.wav"]')
    (session,) = discover(tmp_path).sessions
    assert session.audio == (audio,)


def test_a_folder_that_cannot_be_made_sense_of_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a" / "one.wav")
    put(tmp_path / "b" / "session.toml")
    put(tmp_path / "c" / "two.wav")

    def unforeseen(_folder: Path, _file: Path) -> Draft:
        raise ArithmeticError("nobody has thought of this")

    monkeypatch.setattr(manifest, "read", unforeseen)
    library = discover(tmp_path)
    assert [session.title for session in library.sessions] == ["one", "two"]
    assert reasons(library) == {"b": "This folder could not be looked at; the log says why."}


def test_a_link_out_of_the_folder_is_no_way_out(tmp_path: Path) -> None:
    put(tmp_path / "secret.wav")
    put(tmp_path / "s" / "session.toml", 'audio = ["in.wav"]')
    (tmp_path / "s" / "in.wav").symlink_to(tmp_path / "secret.wav")
    assert "not inside" in reasons(discover(tmp_path))["session.toml"]


def test_screenshots_with_notes_are_one_session(tmp_path: Path) -> None:
    shots = [put(tmp_path / "review" / f"shot {number}.png") for number in (1, 2, 10)]
    notes = put(tmp_path / "review" / "notes.md")
    (session,) = discover(tmp_path).sessions
    assert session.screenshots == tuple(shots)
    assert session.notes == (notes,)
    assert session.title == "review"


def test_results_and_hidden_things_are_ignored(tmp_path: Path) -> None:
    put(tmp_path / "a.mp4")
    for place in ("a.mp4.enriched", "enriched", ".hidden"):
        put(tmp_path / place / "session.json", "{}")
        put(tmp_path / place / "copy.mp4")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        put(tmp_path / name)
    put(tmp_path / "System Volume Information" / "b.mp4")
    library = discover(tmp_path)
    assert [session.id for session in library.sessions] == ["a.mp4"]
    assert library.rejected == ()


def test_what_cannot_be_a_session_is_listed_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path / "a.mp4")
    put(tmp_path / "table.csv")
    put(tmp_path / "lonely.md")
    put(tmp_path / "lonely.vtt")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    told = reasons(discover(tmp_path))
    assert "not a recording" in told["table.csv"]
    assert "without a recording" in told["lonely.md"]
    assert "without a recording" in told["lonely.vtt"]
    assert "not followed" in told["link.mp4"]


def test_a_loop_of_folders_ends(tmp_path: Path) -> None:
    put(tmp_path / "deep" / "a.mp4")
    (tmp_path / "deep" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(discover(tmp_path).sessions) == 1


@pytest.mark.parametrize(("tag", "link"), [(0xA0000003, True), (0x9000001A, False), (0, False)])
def test_a_junction_of_windows_is_a_link_and_a_file_in_the_cloud_is_none(
    monkeypatch: pytest.MonkeyPatch, tag: int, *, link: bool
) -> None:
    entry = Mock(spec=os.DirEntry)
    entry.is_symlink.return_value = False
    entry.stat.return_value = SimpleNamespace(st_reparse_tag=tag)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003, raising=False)
    assert is_link(entry) is link


@pytest.mark.parametrize("told", ["0001-01-01", "0001-01-01T00:00:00"])
def test_a_date_that_no_clock_knows_is_left_out(tmp_path: Path, told: str) -> None:
    put(tmp_path / "review" / "session.toml", f"started_at = {told}")
    put(tmp_path / "review" / "a.mp4")
    (session,) = discover(tmp_path).sessions
    assert session.started_at is None


def test_results_can_go_to_another_tree(tmp_path: Path) -> None:
    put(tmp_path / "in" / "deep" / "a.mp4")
    put(tmp_path / "in" / "s" / "session.json", "{}")
    put(tmp_path / "in" / "s" / "b.wav")
    library = discover(tmp_path / "in", tmp_path / "out")
    assert {session.output.relative_to(tmp_path).as_posix() for session in library.sessions} == {
        "out/deep/a.mp4.enriched",
        "out/s.enriched",
    }


@pytest.mark.parametrize("letter", ["a", "é", "語"])
@pytest.mark.parametrize("output", [None, "out"])
def test_results_of_the_longest_names_have_a_place_of_their_own(
    tmp_path: Path, letter: str, output: str | None
) -> None:
    longest = letter * ((255 - len("1.mp4")) // len(letter.encode()))
    for number in (1, 2):
        put(tmp_path / f"{longest}{number}.mp4")
    places = [session.output for session in discover(tmp_path, output and tmp_path / output).sessions]
    for place in places:
        place.mkdir(parents=True)
        assert place.name.startswith(letter * 40)
    assert len(set(places)) == 2
    again = discover(tmp_path, output and tmp_path / output)
    assert [session.output for session in again.sessions] == places
    assert again.rejected == ()


def test_files_that_differ_in_their_ending_only_do_not_share_results(tmp_path: Path) -> None:
    put(tmp_path / "zero.mp4")
    put(tmp_path / "zero.wav")
    library = discover(tmp_path)
    assert len({session.output for session in library.sessions}) == 2
    assert len({session.id for session in library.sessions}) == 2
    assert [session.title for session in library.sessions] == ["zero.mp4", "zero.wav"]


def test_equal_ids_are_kept_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put(tmp_path / name / "session.toml", 'id = "same"')
        put(tmp_path / name / "a.wav")
    assert len({session.id for session in discover(tmp_path).sessions}) == 2


def test_nothing_there_is_said_at_once(tmp_path: Path) -> None:
    for look in (check, discover):
        with pytest.raises(FileNotFoundError):
            look(tmp_path / "nowhere")
    check(tmp_path)
    assert discover(tmp_path).sessions == ()


@pytest.mark.parametrize("name", ["a.mp4.part", "a.mp4.crdownload", "A.MP4.TMP", "b.wav.download"])
def test_what_is_still_on_its_way_here_is_left_alone(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    assert discover(tmp_path) == Library(root=tmp_path)


def test_folders_and_files_come_in_natural_order(tmp_path: Path) -> None:
    for name in ("s2/b.wav", "s10.wav", "s2/a.wav", "s1.wav", "s3/session.json", "s3/x.wav"):
        put(tmp_path / name, "{}")
    found = [session.id for session in discover(tmp_path).sessions]
    assert found == ["s1.wav", "s2/a.wav", "s2/b.wav", "s3", "s10.wav"]


def look(search: Search) -> dict[str, Found]:
    return {found.path.name: found for found in search.look()}


def test_a_second_look_sees_what_is_new_and_what_has_changed(tmp_path: Path) -> None:
    put(tmp_path / "a.wav")
    put(tmp_path / "deep" / "b.wav")
    search = Search(tmp_path)
    first = look(search)
    assert look(search) == first
    put(tmp_path / "a.wav", "longer")
    put(tmp_path / "deep" / "b.md", "a note")
    put(tmp_path / "c.wav")
    second = look(search)
    assert second.keys() == {"a.wav", "b.wav", "c.wav"}
    for name in ("a.wav", "b.wav"):
        assert second[name].mark != first[name].mark
        assert isinstance(second[name].item, Session)
        assert second[name].item.id == first[name].item.id  # type: ignore[union-attr]
    (tmp_path / "a.wav").unlink()
    assert look(search).keys() == {"b.wav", "c.wav"}


def test_only_what_has_one_of_the_texts_in_its_name(tmp_path: Path) -> None:
    put(tmp_path / "Stand-up 1.wav")
    put(tmp_path / "Memos" / "idea.wav")
    put(tmp_path / "Memos" / "idea.xyz")
    put(tmp_path / "talk.wav")
    assert look(Search(tmp_path, only=["memos/", "STAND"])).keys() == {"Stand-up 1.wav", "idea.wav", "idea.xyz"}
    assert look(Search(tmp_path, only=["nowhere"])) == {}
    assert look(Search(tmp_path / "talk.wav", only=["talk"])).keys() == {"talk.wav"}


def test_a_file_that_a_manifest_names_in_a_folder_below_is_looked_at_again(tmp_path: Path) -> None:
    put(tmp_path / "s" / "session.toml", 'audio = ["deep/a.wav"]')
    search = Search(tmp_path)
    assert "not there" in look(search)["session.toml"].item.reason  # type: ignore[union-attr]
    put(tmp_path / "s" / "deep" / "a.wav")
    before = look(search)["s"]
    put(tmp_path / "s" / "deep" / "a.wav", "longer")
    assert look(search)["s"].mark != before.mark


def test_a_session_keeps_its_id_when_another_comes_or_it_comes_back(tmp_path: Path) -> None:
    for name in ("two", "one"):
        put(tmp_path / name / "session.toml", 'id = "same"')
        put(tmp_path / name / "a.wav")
    search = Search(tmp_path)
    ids = {name: found.item.id for name, found in look(search).items()}  # type: ignore[union-attr]
    manifest = (tmp_path / "one" / "session.toml").rename(tmp_path / "away")
    assert "a.wav" in look(search)
    manifest.rename(tmp_path / "one" / "session.toml")
    assert {name: found.item.id for name, found in look(search).items()} == ids  # type: ignore[union-attr]


def test_what_is_known_stays_while_a_drive_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "deep" / "a.wav")
    search = Search(tmp_path)
    before = look(search)

    def away(_folder: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", away)
        assert look(search) == before
    (tmp_path / "deep" / "a.wav").unlink()
    assert look(search) == {}


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")
@given(name=st.binary(min_size=1, max_size=40).filter(lambda raw: not set(raw) & {0, 47}))
def test_any_name_a_file_can_have_is_clean_in_id_and_title(
    name: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("names")
    path = folder / os.fsdecode(b"r" + name + b".wav")
    path.write_bytes(b"x")
    (session,) = discover(folder).sessions
    assert session.audio == (path,)
    for shown in (session.id, session.title):
        shown.encode("utf-8")
        assert not any(unicodedata.category(character) == "Cc" for character in shown)
        assert clean(shown) == shown


def test_dates_in_names() -> None:
    found = date_in_name("Screen Recording 2026-11-20 at 14.32.07.mov")
    assert found is not None
    assert (found.day, found.hour, found.minute, found.second) == (20, 14, 32, 7)
    day = date_in_name("2026-11-20 plan.m4a")
    assert day is not None
    assert day.month == 11
    assert date_in_name("2026-99-99.mp4") is None
    assert date_in_name("plain.mp4") is None


def test_ten_comes_after_nine() -> None:
    assert sorted(["s10", "s9", "S1"], key=natural_key) == ["S1", "s9", "s10"]


def test_one_recording_may_be_away_for_a_moment(tmp_path: Path) -> None:
    file = put(tmp_path / "a.wav")
    search = Search(file)
    before = look(search)
    file.rename(tmp_path / "away")
    assert look(search) == {}
    (tmp_path / "away").rename(file)
    assert look(search) == before


def test_notes_beside_the_only_recording_of_a_folder_belong_to_it_whatever_they_are_called(tmp_path: Path) -> None:
    put(tmp_path / "monday" / "screen.mkv")
    notes = [put(tmp_path / "monday" / name) for name in ("agenda.txt", "notes.md")]
    put(tmp_path / "tuesday" / "mic.wav")
    put(tmp_path / "tuesday" / "screen.mkv")
    put(tmp_path / "tuesday" / "notes.md")
    library = discover(tmp_path)
    assert [session.notes for session in library.sessions] == [tuple(notes), (), ()]
    assert reasons(library) == {"notes.md": "A note without a recording of the same name."}


def test_notes_in_the_library_itself_need_the_name_of_their_recording(tmp_path: Path) -> None:
    put(tmp_path / "talk.wav")
    put(tmp_path / "todo.md")
    library = discover(tmp_path)
    assert [session.notes for session in library.sessions] == [()]
    assert reasons(library).keys() == {"todo.md"}
