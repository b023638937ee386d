"""The configuration file: what it may say, what is said where it cannot be used, and one with all settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enrich_tui import cli, settings
from enrich_tui.config import Config, ConfigError, load_config
from enrich_tui.tui import keys

KEYS = [(one.id or "", one.key, one.tooltip) for one in keys.ALL]


def wrong(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    return str(caught.value).replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("theme = 'ansi'", "In FILE, there is no setting 'theme'; perhaps 'ui.theme' is meant."),
        ("[limits]\nmemmory = 1", "In FILE, there is no setting 'limits.memmory'; perhaps 'limits.memory' is meant."),
        ("[ui]\ncoffee = 1", "In FILE, there is no setting 'ui.coffee'."),
        ("workers = 'two'", "In FILE, the setting 'workers' cannot be used: it is a whole number."),
        ("workers = 1.5", "In FILE, the setting 'workers' cannot be used: it is a whole number."),
        ("[watch]\nevery = []", "In FILE, the setting 'watch.every' cannot be used: it is a number."),
        ("[ui]\nascii = 'maybe'", "In FILE, the setting 'ui.ascii' cannot be used: it is true or false."),
        ("[ui]\ntheme = 1", "In FILE, the setting 'ui.theme' cannot be used: it is a text, in quotes."),
        ("stages = 'audio'", "In FILE, the setting 'stages' cannot be used: it is a list, in [ ]."),
        (
            "workers = 65",
            "In FILE, the setting 'workers' cannot be used: input should be less than or equal to 64.",
        ),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    assert wrong(tmp_path, text) == reason


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no configuration file at"):
        load_config(tmp_path / "config.toml")


def test_the_file_with_all_settings_changes_nothing_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("\n".join(settings.lines(KEYS)), encoding="utf-8")
    assert load_config(file) == Config()


def test_the_file_with_all_settings_says_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    said = [re.sub(r"^#(?=[a-z_0-9-]+ = )", "", line) for line in settings.lines(KEYS)]
    file.write_text("\n".join(said), encoding="utf-8")
    assert load_config(file) == Config(keys={ident: bound for ident, bound, _ in KEYS})


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["config"]) == 0
    assert capsys.readouterr().out.splitlines() == list(settings.lines(KEYS))


def test_every_setting_is_explained() -> None:
    told = list(settings.lines(KEYS))
    plain = [number for number, line in enumerate(told) if re.match(r"#[a-z_]+ =", line)]
    assert len(plain) > 20
    assert [told[number] for number in plain if " = " not in told[number] and "Not set:" not in told[number - 1]] == []
    assert [
        told[number] for number in plain if not told[number - 1].startswith("# ") and "  # " not in told[number]
    ] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_as_the_editors_and_shells_of_windows_write_it(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text("# Jörg\nworkers = 3\n", encoding=encoding)
    assert load_config(file).workers == 3


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes("workers = 3 # Jörg".encode("cp1252"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(file)
