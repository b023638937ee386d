"""By what an exception is known: its class's name, its error number, its server's error code. Nothing is imported."""

from __future__ import annotations

import errno

from enrich_tui.errors.problems import Problem

# Class names of Python's and of usual libraries' exceptions (PyAV's, httpx's, requests', urllib3's, aiohttp's,
# openai's and its likes, Google's), looked up along the class's ancestors.
NAMES: dict[str, Problem] = {
    # network
    "TimeoutException": Problem.NETWORK,
    "TimeoutError": Problem.NETWORK,
    "Timeout": Problem.NETWORK,
    "APITimeoutError": Problem.NETWORK,
    "APIConnectionError": Problem.NETWORK,
    "ServerTimeoutError": Problem.NETWORK,
    "ConnectionError": Problem.NETWORK,
    "ClientConnectionError": Problem.NETWORK,
    "ClientPayloadError": Problem.NETWORK,
    "TransportError": Problem.NETWORK,
    "NetworkError": Problem.NETWORK,
    "ProtocolError": Problem.NETWORK,
    "NewConnectionError": Problem.NETWORK,
    "MaxRetryError": Problem.NETWORK,
    "IncompleteRead": Problem.NETWORK,
    "HTTPException": Problem.NETWORK,
    "ChunkedEncodingError": Problem.NETWORK,
    "ConnectTimeout": Problem.NETWORK,
    "ReadTimeout": Problem.NETWORK,
    "WriteTimeout": Problem.NETWORK,
    "PoolTimeout": Problem.NETWORK,
    "ConnectError": Problem.NETWORK,
    "ReadError": Problem.NETWORK,
    "WriteError": Problem.NETWORK,
    "RemoteProtocolError": Problem.NETWORK,
    "ClientConnectorError": Problem.NETWORK,
    "ServerDisconnectedError": Problem.NETWORK,
    "DeadlineExceeded": Problem.NETWORK,
    "gaierror": Problem.NETWORK,
    "SSLError": Problem.NETWORK,
    "URLError": Problem.NETWORK,
    # services
    "RateLimitError": Problem.RATE_LIMIT,
    "TooManyRequests": Problem.RATE_LIMIT,
    "ResourceExhausted": Problem.RATE_LIMIT,
    "AuthenticationError": Problem.KEY_REFUSED,
    "PermissionDeniedError": Problem.KEY_REFUSED,
    "Unauthenticated": Problem.KEY_REFUSED,
    "InternalServerError": Problem.SERVICE_UNAVAILABLE,
    "ServiceUnavailableError": Problem.SERVICE_UNAVAILABLE,
    "ServiceUnavailable": Problem.SERVICE_UNAVAILABLE,
    "OverloadedError": Problem.SERVICE_UNAVAILABLE,
    "APIResponseValidationError": Problem.BAD_ANSWER,
    "LengthFinishReasonError": Problem.BAD_ANSWER,
    "ContentFilterFinishReasonError": Problem.BAD_ANSWER,
    "DecodingError": Problem.BAD_ANSWER,
    "ContentDecodingError": Problem.BAD_ANSWER,
    "TooManyRedirects": Problem.BAD_ANSWER,
    "UnsupportedProtocol": Problem.BAD_ANSWER,
    "InvalidURL": Problem.BAD_ANSWER,
    # models that are not on this machine
    "HFValidationError": Problem.MODEL_MISSING,
    "EntryNotFoundError": Problem.MODEL_MISSING,
    "LocalEntryNotFoundError": Problem.MODEL_MISSING,
    "RepositoryNotFoundError": Problem.MODEL_MISSING,
    "OfflineModeIsEnabled": Problem.MODEL_MISSING,
    # processes
    "BrokenExecutor": Problem.WORKER_CRASHED,
    "PoolShutdownError": Problem.CANCELLED,
    "IncompleteReadError": Problem.WORKER_CRASHED,
}

CODES: dict[str, Problem] = {
    "rate_limit_exceeded": Problem.RATE_LIMIT,
    "rate_limit_error": Problem.RATE_LIMIT,
    "invalid_api_key": Problem.KEY_REFUSED,
    "authentication_error": Problem.KEY_REFUSED,
    "overloaded_error": Problem.SERVICE_UNAVAILABLE,
    "server_error": Problem.SERVICE_UNAVAILABLE,
}
"""Error codes of servers, where there is no HTTP status (in a stream)."""

PYAV: dict[str, Problem] = {
    "MemoryError": Problem.OUT_OF_MEMORY,
    "DecoderNotFoundError": Problem.CODEC,
    "UnknownCodecError": Problem.CODEC,
    "PatchWelcomeError": Problem.CODEC,
    "StreamNotFoundError": Problem.NO_STREAM,
    "ProtocolNotFoundError": Problem.UNSAFE_CONTAINER,
    "HTTPError": Problem.UNSAFE_CONTAINER,
    "FileNotFoundError": Problem.FILE_MISSING,
    "EOFError": Problem.TRUNCATED,
    "InvalidDataError": Problem.NOT_MEDIA,
    "DemuxerNotFoundError": Problem.NOT_MEDIA,
    "FFmpegError": Problem.DAMAGED,  # its PermissionError, too: that is about damaged sound, not about the file
}

FILE_ERRNO: dict[int, Problem] = {
    errno.ENOSPC: Problem.DISK_FULL,
    getattr(errno, "EDQUOT", errno.ENOSPC): Problem.DISK_FULL,
    errno.ENOENT: Problem.FILE_MISSING,
    errno.ENOTDIR: Problem.FILE_MISSING,
    errno.EACCES: Problem.PERMISSION,
    errno.EPERM: Problem.PERMISSION,
    errno.EROFS: Problem.PERMISSION,
    errno.ENOMEM: Problem.OUT_OF_MEMORY,
}
"""What error numbers mean to a stage, which works on files of this machine only."""

ERRNO: dict[int, Problem] = FILE_ERRNO | {
    errno.EFBIG: Problem.DISK_FULL,
    errno.EISDIR: Problem.NOT_MEDIA,
    errno.ELOOP: Problem.UNSAFE_CONTAINER,
    errno.ETIMEDOUT: Problem.NETWORK,
    errno.ECONNREFUSED: Problem.NETWORK,
    errno.ECONNRESET: Problem.NETWORK,
    errno.ECONNABORTED: Problem.NETWORK,
    errno.ENETUNREACH: Problem.NETWORK,
    errno.ENETDOWN: Problem.NETWORK,
    errno.EHOSTUNREACH: Problem.NETWORK,
    errno.EPIPE: Problem.NETWORK,
}
"""What error numbers mean where nothing else is known of the error."""

MALFORMED = frozenset(
    (
        "JSONDecodeError",
        "UnicodeError",
        "ValidationError",
        "TOMLDecodeError",
        "ParseError",
        "EOFError",
        "BadZipFile",
        "UnidentifiedImageError",
    )
)
"""Names of classes that say that some data is not what it should be."""
