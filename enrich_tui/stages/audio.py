"""The audio stage: everything that was said in a session, and what can be said about its sound."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.media.decode import decode_audio
from enrich_tui.media.probe import probe
from enrich_tui.model import Notice, Session, StageOutput, StageTask
from enrich_tui.stages import KeepingReport, Report, memory_identity
from enrich_tui.stages.results import REVIEW, SUBTITLES, TRANSCRIPT, Segment, Transcript
from enrich_tui.stages.speech import formats, playable
from enrich_tui.stages.speech.captions import choose, language_of, read_captions
from enrich_tui.stages.speech.engine import warm
from enrich_tui.stages.speech.memory import HEARD, Memory
from enrich_tui.stages.speech.models import engine_name, locate
from enrich_tui.stages.speech.review import Levels, joined, review
from enrich_tui.stages.speech.transcribe import Listener, Track
from enrich_tui.stages.summarize.language import guess_language, tokens
from enrich_tui.store.outputs import write_text
from enrich_tui.text import clean

_FILES = {
    "transcript": TRANSCRIPT,
    "transcript_vtt": "transcript.vtt",
    "transcript_srt": SUBTITLES,
    "transcript_txt": "transcript.txt",
    "review": REVIEW,
}


@dataclass(frozen=True)
class _Source:
    """A recording with sound."""

    path: Path
    weight: float
    """How much of the work it is: seconds, or a guess at them from its size."""


def run(task: StageTask, report: KeepingReport) -> StageOutput:
    """Transcribe a session, or take over the captions beside it, and review its sound.

    Several recordings are tracks on one time line; one that sounds like another (the sound of a call, saved beside its
    video) is left out. Raises :class:`StageError`, ``NO_STREAM`` (facts: what=sound) where nothing has sound.
    """
    began = time.monotonic()
    config = task.config.audio
    notices: list[Notice] = []
    captions, language = _captions(task, notices)
    sources, refused = _sources(task.session, notices)
    if not sources and not (captions and (refused is None or refused.problem is Problem.NO_STREAM)):
        raise refused or StageError(Problem.NO_INPUT)
    engine = name = None
    if not captions:
        name, model = engine_name(), locate(config)
        report(0.0, "loading the model")
        engine = warm(model, task.threads)
        name = f"{name} {model.name}"
        report(0.0, "listening")
    memory = Memory(
        task.session.output / HEARD,
        memory_identity(task.stage, task.config),
        size=task.session.size,
        fresh=task.fresh,
    )
    listener = Listener(engine, config, memory)
    told = memory.telling(report)
    wanted = playable.names(task.session.audio)
    listening = 1.0 - playable.SHARE if any(wanted) else 1.0

    def heard_of(fraction: float, message: str = "") -> None:
        told(fraction * listening, message)

    with contextlib.closing(memory):
        tracks = _listen(listener, sources, notices, heard_of)
    heard = [segment for track in tracks for segment in track.segments]
    transcript = Transcript(
        origin="captions" if captions else "speech",
        language=language if captions else listener.language if heard else config.language,
        language_probability=listener.probability if heard else None,
        duration=round(max((track.duration for track in tracks), default=captions[-1].end if captions else 0.0), 3),
        engine=name or "captions",
        tracks=tuple(clean(track.path.name) for track in tracks),
        segments=_merged(captions or heard),
    )

    def copied(fraction: float) -> None:
        told(listening + (1.0 - listening) * fraction)

    copies = playable.copies(task.session.audio, wanted, task.session.output, copied)
    found = review(transcript, joined(span for track in tracks for span in track.voiced), [t.levels for t in tracks])
    found = found.model_copy(update={"playable": copies})
    _write(task.session.output, transcript, found.model_dump_json(indent=1))
    memory.finish()
    seconds = sum(track.duration for track in tracks)
    told(1.0)
    return StageOutput(
        outputs=dict(_FILES) | {f"playable_{number}": name for number, name in enumerate(copies, 1) if name},
        engine=transcript.engine,
        media_seconds=seconds or None,
        notices=tuple(notices),
        facts={
            "words": found.words,
            "language": transcript.language,
            "speech_seconds": found.speech_seconds,
            "speed": round(seconds / max(1e-3, time.monotonic() - began), 1),
        },
    )


def _sources(session: Session, notices: list[Notice]) -> tuple[list[_Source], StageError | None]:
    """The recordings that have sound, and why there is none if there is none.

    A broken recording is left out with a notice as long as another one has sound.
    """
    sources: list[_Source] = []
    broken: list[StageError] = []
    silent = False
    for path in session.recordings:
        try:
            info = probe(path)
        except StageError as error:
            broken.append(error)
            continue
        silent = silent or not info.audio
        if info.audio:
            sources.append(_Source(path, info.duration or info.size / 32_000))
    if sources:
        notices += [Notice(problem=error.problem, facts=error.facts) for error in broken]
    if silent and not broken:
        return sources, StageError(Problem.NO_STREAM, facts={"what": "sound"})
    return sources, broken[0] if broken else None


def _listen(listener: Listener, sources: Sequence[_Source], notices: list[Notice], report: Report) -> list[Track]:
    tracks: list[Track] = []
    broken: list[StageError] = []
    whole = sum(source.weight for source in sources) or 1.0
    past = furthest = 0.0
    for source in sources:

        def told(fraction: float, past: float = past, weight: float = source.weight) -> None:
            nonlocal furthest
            furthest = max(furthest, min(1.0, (past + weight * fraction) / whole))
            report(furthest)

        track = Track(source.path, len(tracks))
        try:
            if not _is_heard(source.path, tracks):
                listener.hear(track, told)
                tracks.append(track)
                notices += track.notices
        except StageError as error:
            if error.problem in {Problem.MODEL_LANGUAGE, Problem.OUT_OF_MEMORY}:
                raise
            broken.append(error)
        past += source.weight
    if broken and not tracks:
        raise broken[0]
    notices += [Notice(problem=error.problem, facts=error.facts) for error in broken]
    return tracks


def _is_heard(path: Path, tracks: Sequence[Track]) -> bool:
    """True where a recording has the same sound as a track; finding out takes a thousandth of the time it plays."""
    if not tracks:
        return False
    levels = Levels()
    for block in decode_audio(path):
        levels.add(block)
    return any(levels.same_as(track.levels) for track in tracks)


def _captions(task: StageTask, notices: list[Notice]) -> tuple[list[Segment], str | None]:
    """The captions beside the recording, if there are any that can be read, and their language."""
    session, config = task.session, task.config.audio
    path = choose(session.captions, session.recordings, config.language)
    if path is None:
        return [], None
    problem = Problem.CAPTIONS_UNREADABLE
    try:
        captions = read_captions(path)
    except StageError as error:
        captions = ()
        if error.problem is Problem.PERMISSION:
            problem = error.problem
    if not captions:
        notices.append(Notice(problem=problem, facts={"file": clean(path.name, 80)}))
    segments = [Segment(id=0, start=caption.start, end=caption.end, text=caption.text) for caption in captions]
    words = (word for caption in captions for word in tokens(caption.text))
    return segments, language_of(path) or config.language or guess_language(words)


def _merged(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    ordered = sorted(segments, key=lambda segment: (segment.start, segment.track))
    return tuple(segment.model_copy(update={"id": number}) for number, segment in enumerate(ordered))


def _write(folder: Path, transcript: Transcript, found: str) -> None:
    write_text(folder / _FILES["transcript_vtt"], formats.vtt(transcript))
    write_text(folder / _FILES["transcript_srt"], formats.srt(transcript))
    write_text(folder / _FILES["transcript_txt"], formats.paragraphs(transcript))
    write_text(folder / _FILES["review"], found)
    write_text(folder / _FILES["transcript"], transcript.model_dump_json(indent=1))
