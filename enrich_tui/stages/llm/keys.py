"""The key for a server: from the environment, else from a file that nobody else can read. No message holds it."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import SecretStr

from enrich_tui.config import SummaryConfig, config_path
from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.store.outputs import PLAIN

USUAL = "OPENAI_API_KEY"
"""The variable that is looked at where none is configured."""

_LONGEST = 4096
_KEY = re.compile(rf"[\x21-\x7e]{{1,{_LONGEST}}}")


class Key(NamedTuple):
    """A key, and where it was found."""

    secret: SecretStr
    where: str


def find_key(config: SummaryConfig, environment: Mapping[str, str] = os.environ) -> Key | None:
    """The key for the server, or None where there is none, which a server on this machine does not need.

    Raises ``StageError(KEY_UNUSABLE)`` where others can read its file, or what is there cannot be a key.
    """
    host = host_of(config)
    variable = config.key_variable or ("" if is_here(host) else USUAL)
    if value := environment.get(variable, "").strip():
        return Key(_checked(value), variable)
    path = key_file(host)
    try:
        return Key(_checked(_read(path)), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StageError(Problem.KEY_UNUSABLE, detail=f"{path}: {error.strerror}") from None


def host_of(config: SummaryConfig) -> str:
    """The server's host, without its port."""
    return urlsplit(config.base_url or "").hostname or ""


def is_here(host: str) -> bool:
    """True for an address of this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def key_file(host: str) -> Path:
    """Where the key for this host may lie; each host has its own, so that none gets another one's."""
    return config_path().parent / "keys" / host.replace(":", "_")


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | PLAIN | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        there = os.fstat(descriptor)
        # Windows has no such bits; what lies in a user's own folder there is the user's own
        private = sys.platform == "win32" or (there.st_uid == os.geteuid() and not there.st_mode & 0o077)
        if not (private and stat.S_ISREG(there.st_mode)):
            raise StageError(Problem.KEY_UNUSABLE, facts={"file": str(path)})
        return stream.read(_LONGEST + 2).decode("ascii", "replace").strip()


def _checked(value: str) -> SecretStr:
    """The key, provided that it can stand in a header: a client that refuses it would quote it."""
    if not _KEY.fullmatch(value):
        raise StageError(Problem.KEY_UNUSABLE)
    return SecretStr(value)
