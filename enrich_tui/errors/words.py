"""Classification by words: the last resort, by whole words, and never by the name of a file or by quoted text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from enrich_tui.errors.http import problem_of_status
from enrich_tui.errors.messages import describe
from enrich_tui.errors.values import ErrorType

LIMIT = 2000
"""Characters that are looked at: an error says what it is at its beginning."""

# What an error quotes, names of files, paths and addresses are other people's words.
_FOREIGN = re.compile(
    r"\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)|`[^`\n]*`|“[^”\n]*”|‘[^’\n]*’|«[^»\n]*»"
    r"|\S*[/\\]\S*"
    r"|\S+\.(?=\w*[A-Za-z])\w{2,5}(?!\w)"
)
_SEPARATORS = re.compile(r"[_\-\s]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STATUS = re.compile(r"\b(?:http(?: error)?|status(?: code)?|error code)[ :=]{1,3}([45]\d\d)\b")

_MEANS = r"(?:costs?|budget|quota|billing|credits?|credit balance|spend(?:ing)?|funds|payments?)"
_LACK = (
    r"(?:exceed(?:s|ed|ing)?|limits?|caps?|reached|exhausted|insufficient|too (?:low|high)|out of|over|threshold"
    r"|maximum|used up|depleted|inactive|not active|hard)"
)
_MACHINE = r"insufficient quota|billing hard limit reached|billing not active|quota exceeded|credit balance too low"
_UPTO = r"(?: \w+){0,4}? "
_BAD = r"(?:invalid|incorrect|missing|expired|revoked|wrong|bad|no)"

# In this order: the first that matches counts.
_WORDS: tuple[tuple[ErrorType, tuple[str, ...]], ...] = (
    (ErrorType.COST_EXCEEDED, (_MACHINE,)),
    (
        ErrorType.RATE_LIMIT,
        (
            r"rate limit(?:s|ed|ing)?",
            r"too many requests",
            r"throttl(?:ed|ing)",
            r"(?:requests|tokens) per (?:second|minute|hour|day)",
        ),
    ),
    (ErrorType.COST_EXCEEDED, (f"{_MEANS}{_UPTO}{_LACK}", f"{_LACK}{_UPTO}{_MEANS}", r"payment required")),
    (
        ErrorType.INVALID_API_KEY,
        (
            rf"{_BAD}(?: \w+)? api key",
            rf"api key{_UPTO}(?:{_BAD}|not (?:valid|found|set|configured)|required|refused|rejected)",
            r"unauthori[sz]ed",
            r"authentication (?:failed|error|required)",
            r"invalid (?:authentication|credentials)",
        ),
    ),
    (
        ErrorType.NETWORK_TIMEOUT,
        (
            r"timed out|time ?out|deadline exceeded",
            r"connection (?:was )?(?:refused|reset|aborted|closed|lost|error|failed)",
            r"network (?:is )?(?:unreachable|error|down|failure)",
            r"host (?:not found|unreachable)|name resolution|getaddrinfo|socket hang up|fetch failed",
            r"e(?:timedout|connreset|connrefused|notfound)",
        ),
    ),
    (
        ErrorType.SERVICE_UNAVAILABLE,
        (
            r"(?:service|server|temporarily|currently)(?: is)?(?: \w+)? (?:unavailable|overloaded|busy|down)",
            r"bad gateway|internal server error|at capacity|overloaded",
        ),
    ),
    (ErrorType.OUT_OF_MEMORY, (r"out of memory|cannot allocate memory|unable to allocate|bad alloc",)),
    (
        ErrorType.WORKER_CRASHED,
        (r"(?:worker|process)(?: \w+)? (?:crashed|died|was killed)", r"segmentation fault|broken process pool"),
    ),
    (ErrorType.AUDIO_FAILED, (r"audio(?: \w+)? failed|transcription failed",)),
    (ErrorType.VIDEO_FAILED, (r"video(?: \w+)? failed|chaptering failed",)),
    (ErrorType.SUMMARY_FAILED, (r"summary(?: \w+)? failed",)),
    (ErrorType.CANVAS_FAILED, (r"canvas(?: \w+)? failed",)),
    (
        ErrorType.MALFORMED_DATA,
        (
            r"malformed|corrupt(?:ed)?|not valid json",
            r"(?:invalid|unsupported|bad)(?: \w+)? (?:data|json|format|input|file|media|codec)",
            r"pars(?:e|ing) (?:error|failed)|(?:could not|cannot|failed to) (?:be )?(?:parse|decode)d?",
            r"unexpected (?:token|end of)",
        ),
    ),
)
_KINDS = tuple((kind, re.compile(rf"\b(?:{'|'.join(patterns)})\b")) for kind, patterns in _WORDS)

_REFUSALS = re.compile(rf"(?:{_MACHINE}|payment required|billing error)(?: error)?")


def refuses(codes: Iterable[str]) -> bool:
    """True where one of a server's error codes means that it will not work for this account."""
    return any(_REFUSALS.fullmatch(_SEPARATORS.sub(" ", code)) for code in codes)


def kind_of_words(text: str) -> ErrorType | None:
    """What an error's own text says, or None.

    >>> kind_of_words("Rate limit exceeded"), kind_of_words("costume.mp4 failed"), kind_of_words("file 502.wav")
    (<ErrorType.RATE_LIMIT: 'rate-limit'>, None, None)
    """
    own = _FOREIGN.sub(" ", text[:LIMIT])
    plain = _SEPARATORS.sub(" ", _CAMEL.sub(" ", own)).strip().lower()
    for kind, pattern in _KINDS:
        if pattern.search(plain) and not (kind is ErrorType.COST_EXCEEDED and "disk quota" in plain):
            return kind
    if (found := _STATUS.search(plain)) is not None:
        problem = problem_of_status(int(found[1]))
        return describe(problem).type if problem else ErrorType.MALFORMED_DATA
    return None
