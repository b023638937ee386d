"""The log keeps everything but secrets."""

from __future__ import annotations

import logging
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich_tui.errors import RedactingFormatter, redact

SECRET = "s3cretValue99"
LOCAL = "a local variable"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"'authorization': 'Bearer {SECRET}'",
        f"Authorization: Basic {SECRET}",
        f"Authorization: {SECRET}",
        f"x-api-key: {SECRET}",
        f'{{"api_key": "{SECRET}"}}',
        f"api_key='{SECRET} with spaces'",
        f"OPENAI_API_KEY={SECRET}",
        f"--token={SECRET}",
        f"password: {SECRET}",
        f"https://user:{SECRET}@host/path",
        f"https://{SECRET}@host/path",
        f"https://host/path?a=1&access_token={SECRET}&b=2",
        f"https://host/?key=1&sig={SECRET}",
        f"Cookie: a=b; session={SECRET}",
        f"bearer {SECRET}",
        f"sk-proj-{SECRET}",
        f"hf_{SECRET}",
        f"ghp_{SECRET}",
        f"AIza{SECRET}{SECRET}",
        f"eyJhbGciOiJI.{SECRET}.x",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_do_not_get_into_the_log(text: str) -> None:
    assert SECRET not in redact(f"before {text} after")
    assert redact(f"before {text}").startswith("before ")


@pytest.mark.parametrize(
    "text",
    ["the tokenizer of talk.mp4", "3 tokens used", "mail@host", "https://host/path?page=2", "the secretary said: no"],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text() | st.text(st.sampled_from("abc:=@/ \"'&;tokenkeybearer-_")))
def test_redaction_is_idempotent(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_redaction_takes_linear_time() -> None:
    started = time.process_time()
    for text in ("a_", "token_", "sk-", "key='", "http://", "authorization:", "-----BEGIN PRIVATE KEY-----"):
        redact(text * 10_000)
    assert time.process_time() - started < 2


def test_foreign_text_does_not_get_to_stderr_where_nobody_set_up_a_log() -> None:
    code = (
        "import asyncio; from enrich_tui.errors import ErrorContext, ErrorHandler\n"
        "from enrich_tui.text import gate; gate('It costs 5 $.')\n"
        "asyncio.run(ErrorHandler().handle_error(RuntimeError('5 $'), ErrorContext('s', 'audio-review')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""


def _fail(local: str) -> None:
    raise RuntimeError(f"api_key={SECRET} \x1b[2J {len(local)}")


def test_the_formatter_leaves_nothing_that_a_terminal_obeys() -> None:
    with pytest.raises(RuntimeError) as raised:
        _fail(LOCAL)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "told %s", (f"token={SECRET}",), raised._excinfo)
    line = RedactingFormatter("%(message)s").format(record)
    assert SECRET not in line
    assert "\x1b" not in line
    assert LOCAL not in line
    assert "Traceback" in line
    assert "\n" in line
