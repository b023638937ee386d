"""Where a key comes from, and what is not taken for one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from enrich_tui.config import SummaryConfig
from enrich_tui.errors import describe
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.stages.llm import keys
from enrich_tui.stages.llm.keys import find_key, key_file
from enrich_tui.worker.environment import child_environment

SECRET = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keys, "config_path", lambda: tmp_path / "config.toml")
    return tmp_path


def settings(url: str = "https://models.example/v1", **more: str) -> SummaryConfig:
    return SummaryConfig.model_validate({"base_url": url, **more})


def put(host: str, text: str = SECRET + "\n", mode: int = 0o600) -> Path:
    path = key_file(host)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_usual_variable_and_a_configured_one() -> None:
    environment = {"OPENAI_API_KEY": SECRET, "MY_KEY": "mine"}
    usual = find_key(settings(), environment)
    assert usual is not None
    assert (usual.secret.get_secret_value(), usual.where) == (SECRET, "OPENAI_API_KEY")
    mine = find_key(settings(key_variable="MY_KEY"), environment)
    assert mine is not None
    assert mine.secret.get_secret_value() == "mine"
    assert SECRET not in f"{usual}{usual!r}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "http://localhost:1234", "http://[::1]:8000/v1"])
def test_a_server_on_this_machine_gets_no_key_unless_it_is_named(url: str) -> None:
    environment = {"OPENAI_API_KEY": SECRET}
    assert find_key(settings(url), environment) is None
    assert find_key(settings(url, key_variable="OPENAI_API_KEY"), environment) is not None


def test_a_file_of_the_host_s_own() -> None:
    path = put("models.example")
    found = find_key(settings(), {})
    assert found is not None
    assert (found.secret.get_secret_value(), found.where) == (SECRET, str(path))
    assert find_key(settings("https://other.example/v1"), {}) is None
    preferred = find_key(settings(), {"OPENAI_API_KEY": "other"})
    assert preferred is not None
    assert preferred.where == "OPENAI_API_KEY"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_not_used(mode: int) -> None:
    path = put("models.example", mode=mode)
    with pytest.raises(StageError) as caught:
        find_key(settings(), {})
    told = describe(caught.value.problem, caught.value.facts)
    assert told.message == f"The key for the service was not used: others can read {path}."
    assert told.advice.startswith("make it yours alone (chmod 600 ")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_what_is_no_file_is_not_read() -> None:
    path = key_file("models.example")
    path.parent.mkdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(StageError):
        find_key(settings(), {})
    path.unlink()
    path.symlink_to(put("other.example"))
    with pytest.raises(StageError):
        find_key(settings(), {})


@pytest.mark.parametrize("value", ["two words", "line\nline", "ключ", "x" * 5000, "\x1b[31m"])
def test_what_cannot_be_sent_is_not_quoted_by_anybody(value: str) -> None:
    with pytest.raises(StageError) as caught:
        find_key(settings(), {"OPENAI_API_KEY": value})
    assert caught.value.problem is Problem.KEY_UNUSABLE
    assert value not in f"{caught.value}{caught.value.detail}{caught.value.facts}"
    put("models.example", value)
    with pytest.raises(StageError):
        find_key(settings(), {})


def test_no_name_that_can_be_configured_is_one_that_workers_get() -> None:
    given = child_environment(dict.fromkeys(os.environ, "value"), 1)
    for name in [*given, "LC_KEY", "PATH", "my_key"]:
        with pytest.raises(ValueError, match="capitals"):
            settings(key_variable=name)
    for name in ("OPENAI_API_KEY", "MY_KEY", "HF_TOKEN", "KEY"):
        assert settings(key_variable=name).key_variable == name
        assert SECRET not in child_environment({name: SECRET}, 1).values()
