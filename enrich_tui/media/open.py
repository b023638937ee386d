"""The one way in which recordings are opened. They come from anywhere, so nothing in them is trusted.

FFmpeg gets a file that is already open, the one demuxer that the first bytes call for, a short list of decoders, and no
way to open anything else: whatever a file refers to, neither the network nor another file is touched.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

import av
from av.audio.stream import AudioStream
from av.codec import Codec, CodecContext
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.magic import HEAD, Container, container_of, id3_size, is_playlist

MAX_PIXELS = 8192 * 4608
"""Largest picture that is decoded: a little more than 8K."""
TOO_MANY_PIXELS: dict[str, str | int | float] = {"what": "to be decoded", "limit": "8192 x 4608 pixels"}
MAX_STREAMS = 64
MAX_CHANNELS = 64
MAX_SAMPLE_RATE = 768_000
MAX_TAGS = 64 * 1024**2
"""Longest ID3 tag in bytes; it may hold a cover picture."""

_AUDIO = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,eac3,flac,gsm_ms,mp1,mp1float,mp2,mp2float,"
    "mp3,mp3float,nellymoser,opus,pcm_alaw,pcm_bluray,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,"
    "pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,speex,vorbis,wmapro,wmav1,wmav2,wmavoice"
)
_VIDEO = (
    "av1,cinepak,camstudio,dvvideo,ffv1,flashsv,flashsv2,flv,gif,h263,h264,hevc,huffyuv,ffvhuff,libdav1d,mjpeg,"
    "mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v2,msrle,msvideo1,png,prores,qtrle,rawvideo,theora,utvideo,vc1,vp6f,"
    "vp8,vp9,wmv1,wmv2,wmv3,zmbv"
)
AUDIO_DECODERS = frozenset(_AUDIO.split(","))
"""FFmpeg's names of the decoders that sound may use."""
VIDEO_DECODERS = frozenset(_VIDEO.split(","))
"""FFmpeg's names of the decoders that pictures may use."""

_OPTIONS = {
    "protocol_whitelist": "",
    "codec_whitelist": f"{_AUDIO},{_VIDEO}",
    "max_streams": str(MAX_STREAMS + 1),
    "max_pixels": str(MAX_PIXELS),
    "enable_drefs": "1",  # so that a reference to another file is refused below rather than read past
}
_SEARCHING = {"analyzeduration": "20000000", "probesize": str(32 * 1024**2)}
"""For streams of packets: how far the first whole picture is looked for, in microseconds and bytes."""
_NOT_REGULAR = {errno.ENXIO, errno.EISDIR, errno.ENODEV, errno.EOPNOTSUPP}


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a recording for reading; closes it at the end.

    Streams are chosen with :func:`audio_streams` and :func:`video_stream`, which hold their decoders to the limits.
    Raises :class:`StageError`: ``FILE_MISSING``, ``PERMISSION``, ``IO_ERROR``, ``EMPTY_FILE``, ``NOT_MEDIA``,
    ``UNSAFE_CONTAINER`` (a link, or something that names other files), ``TOO_LARGE``, ``CODEC``.
    """
    with open_regular(path) as file:
        container = _open_container(file, _recognise(file))
        try:
            if len(container.streams) > MAX_STREAMS:
                raise StageError(Problem.TOO_LARGE, facts={"what": "to be decoded", "limit": f"{MAX_STREAMS} tracks"})
            for stream in container.streams:
                if is_known(stream):
                    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            yield container
        finally:
            container.close()


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; its folder may be reached through links, the file itself may not be one.

    Raises :class:`StageError` as :func:`open_media` does.
    """
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
        flags |= getattr(os, name, 0)
    if not hasattr(os, "O_NOFOLLOW") and path.is_symlink():
        raise StageError(Problem.UNSAFE_CONTAINER, detail="a symbolic link")
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _refused(error) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size > 0:
        return os.fdopen(descriptor, "rb", buffering=0)
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise StageError(Problem.EMPTY_FILE)
    raise StageError(Problem.NOT_MEDIA, detail="not a regular file")


def audio_streams(container: InputContainer) -> tuple[AudioStream, ...]:
    """The sound tracks that can be decoded. Empty where there is no sound.

    Raises :class:`StageError` ``CODEC`` where there is sound but none of it is in an accepted format.
    """
    streams = container.streams.audio
    usable = tuple(stream for stream in streams if _decoder(stream) in AUDIO_DECODERS and _sound_limits(stream))
    if streams and not usable:
        raise _not_accepted(streams[0])
    return usable


def video_stream(container: InputContainer) -> VideoStream:
    """The first moving picture; cover pictures do not count.

    Raises :class:`StageError`: ``NO_STREAM`` (facts: what=picture), ``CODEC``, ``TOO_LARGE``.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise StageError(Problem.NO_STREAM, facts={"what": "picture"})
    usable = [stream for stream in streams if _decoder(stream) in VIDEO_DECODERS]
    if not usable:
        raise _not_accepted(streams[0])
    stream = usable[0]
    if stream.width * stream.height > MAX_PIXELS:
        raise StageError(Problem.TOO_LARGE, facts=TOO_MANY_PIXELS)
    return stream


def is_cover(stream: VideoStream) -> bool:
    """True for a still picture that belongs to a sound file."""
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def _not_accepted(stream: AudioStream | VideoStream) -> StageError:
    known = is_known(stream) and _decoder(stream) not in AUDIO_DECODERS  # else its rate or its channels are beyond all
    return StageError(Problem.CODEC, facts={"codec": codec_of(stream)} if known else {})


def codec_of(stream: Stream) -> str:
    """The name of a stream's format, as FFmpeg calls it; ``unknown`` where it has no decoder for it."""
    codec = _codec(stream)
    return codec.canonical_name if codec is not None else "unknown"


def is_known(stream: Stream) -> bool:
    """False where FFmpeg has no decoder for a stream; nothing else is known about it then, not even its size."""
    return _codec(stream) is not None


def _decoder(stream: Stream) -> str:
    codec = _codec(stream)
    return codec.name if codec is not None else "unknown"


def _codec(stream: Stream) -> Codec | None:
    context: CodecContext | None = getattr(stream, "codec_context", None)  # None without a decoder, despite its type
    return context.codec if context is not None else None


def _sound_limits(stream: AudioStream) -> bool:
    return 0 < stream.channels <= MAX_CHANNELS and 0 < stream.sample_rate <= MAX_SAMPLE_RATE


def _recognise(file: BinaryIO) -> Container:
    """Look at the first bytes, and leave the file at its beginning."""
    try:
        head = file.read(HEAD)
        tags = id3_size(head)
        if tags > MAX_TAGS:
            raise StageError(Problem.NOT_MEDIA, detail="an ID3 tag of unlikely size")
        if tags:
            file.seek(tags)
            head = file.read(HEAD)
        file.seek(0)
    except OSError as error:
        raise StageError(Problem.IO_ERROR, detail=str(error)) from error
    found = container_of(head)
    if found is None:
        raise StageError(Problem.UNSAFE_CONTAINER if is_playlist(head) else Problem.NOT_MEDIA)
    return found


def _open_container(file: BinaryIO, form: Container) -> InputContainer:
    asked: list[str] = []

    def refuse(url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
        asked.append(url)
        raise PermissionError(errno.EACCES, "a recording may not open anything else")

    try:
        return av.open(
            file,
            "r",
            format=form,
            options=_OPTIONS | (_SEARCHING if form in {"mpeg", "mpegts"} else {}),
            metadata_errors="replace",
            buffer_size=128 * 1024,
            io_open=refuse,
        )
    except (av.error.FFmpegError, OSError, ValueError, MemoryError) as error:
        if asked:
            raise StageError(Problem.UNSAFE_CONTAINER, detail=str(error)) from error
        told = media_error(error)
        if told.problem is Problem.DAMAGED:  # nothing of it is known, so that it may as well be no recording
            told = StageError(Problem.NOT_MEDIA, detail=told.detail)
        raise told from error


def media_error(error: Exception) -> StageError:
    """What a failure of the media library means. Its own names mislead: damaged sound is a "PermissionError" there."""
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        return StageError(Problem.OUT_OF_MEMORY, detail=detail)
    if isinstance(error, av.error.DecoderNotFoundError | av.error.PatchWelcomeError):
        return StageError(Problem.CODEC, facts={"codec": "unknown"}, detail=detail)
    beyond = isinstance(error, OSError) and error.errno in {errno.EINVAL, errno.EOVERFLOW}  # a place that cannot be
    if isinstance(error, OSError) and not (beyond or isinstance(error, av.error.FFmpegError)):
        return StageError(Problem.IO_ERROR, detail=detail)
    return StageError(Problem.DAMAGED, detail=detail)


def _refused(error: OSError) -> StageError:
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return StageError(Problem.FILE_MISSING, detail=detail)
    if error.errno == errno.ELOOP:
        return StageError(Problem.UNSAFE_CONTAINER, detail=detail)
    if isinstance(error, PermissionError):
        return StageError(Problem.PERMISSION, detail=detail)
    if error.errno in _NOT_REGULAR:
        return StageError(Problem.NOT_MEDIA, detail=detail)
    return StageError(Problem.IO_ERROR, detail=detail)
