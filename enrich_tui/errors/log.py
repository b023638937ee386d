"""What may stand in a log file: everything but secrets and what a terminal would obey."""

from __future__ import annotations

import logging
import re

from enrich_tui.text import clean

HIDDEN = "[hidden]"

_NAMES_OF_KEYS = (
    r"(?:api[_-]?key|apikey|access[_-]?key|secret[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|pwd"
    r"|auth[_-]?token|access[_-]?token|refresh[_-]?token|client[_-]?secret|credentials?|session[_-]?id|signature|sig"
    r"|x-api-key|x-goog-api-key)"
)
_RULES = (
    # Authorization: Bearer abc, Proxy-Authorization: Basic abc, Cookie: a=b; c=d
    (re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)(?:[\w-]+\s+)?[^\s'\",;}]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)[^\n'\"}]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # http://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,30}://)[^\s/@'\"]+@"), rf"\1{HIDDEN}@"),
    # api_key=..., "password": "...", OPENAI_API_KEY='...'
    (re.compile(rf"(?i)(?<![^\W_])({_NAMES_OF_KEYS}['\"]?\s*[:=]\s*)(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s'\",;&}})]+)"),
     rf"\1{HIDDEN}"),
    # keys that can be told by their looks
    (re.compile(r"\b(?:sk|pk|rk|gsk|hf|ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_][\w-]{6,}"), HIDDEN),
    (re.compile(r"\bAIza[\w-]{20,}|\bA(?:KIA|SIA)[A-Z0-9]{12,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"), HIDDEN),
)  # fmt: skip


def redact(text: str) -> str:
    """``text`` without keys, bearer tokens, passwords and the user part of addresses; idempotent.

    >>> redact("GET https://me:pw@host/v1?api_key=abc with Bearer abcdefgh1234")
    'GET https://[hidden]@host/v1?api_key=[hidden] with Bearer [hidden]'
    """
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats a record and its traceback (never local variables) without secrets and without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(clean(super().format(record), multiline=True))
