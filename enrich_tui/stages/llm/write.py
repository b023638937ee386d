"""Has a summary written: the transcript goes to the server in portions, and what comes back is put together again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import ValidationError

from enrich_tui.errors.problems import Problem, StageError
from enrich_tui.model import StageOutput, StageTask
from enrich_tui.stages import KeepingReport, Report, memory_identity, summary
from enrich_tui.stages.llm.answers import LISTED, Kept, Told, keep
from enrich_tui.stages.llm.keys import find_key
from enrich_tui.stages.llm.lines import Line, fitted, portions, size, spoken_lines
from enrich_tui.stages.llm.prompts import GATHERED, SPOKEN, question
from enrich_tui.stages.llm.server import Server
from enrich_tui.stages.material import Material, gather
from enrich_tui.stages.results import Chapter, Summary
from enrich_tui.stages.speech.memory import ANSWERED, Memory
from enrich_tui.stages.summarize.extractive import summarize
from enrich_tui.stages.summarize.keywords import keywords
from enrich_tui.stages.summarize.language import stop_words, tokens
from enrich_tui.stages.summarize.titles import titles
from enrich_tui.store.owner import check


class _Part(NamedTuple):
    """What is read at a time."""

    lines: Sequence[Line]
    text: str
    chapters: Sequence[Chapter] = ()


class _Read(NamedTuple):
    """What there is to go by."""

    material: Material
    lines: list[Line]
    parts: list[_Part]
    memory: Memory | None
    """What was answered to parts already; None where there is only one."""


async def write(task: StageTask, report: KeepingReport) -> StageOutput:
    """Write the same files as :mod:`enrich_tui.stages.summary`; without speech, its words are the summary.

    Only what was said is sent, and the times of chapters; of what is read in parts, no part is sent twice. Raises
    ``StageError``, and what ``check`` of the library's owner raises. Cancelling ends the request that is out.
    """
    config = task.config.summary
    read = await asyncio.to_thread(_read, task)
    if not read.lines:
        return await _to_its_end(_kept_here, task, report)
    told = read.memory.telling(report) if read.memory else report
    with contextlib.closing(read.memory) if read.memory else contextlib.nullcontext():
        async with Server(config, await asyncio.to_thread(find_key, config)) as server:
            kept = await _Reader(server, task, read, told).whole()
    return await _to_its_end(_write_down, task, read, kept, told)


async def _to_its_end(work: Callable[..., StageOutput], *arguments: Any) -> StageOutput:
    """Do what writes files in a thread; where this is cancelled, too, none is written any more when it is over."""
    writing = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(writing)
    finally:
        await asyncio.wait({writing})


class _Reader:
    """Has the parts of a session read one after the other, then what came of them, until one summary is left."""

    def __init__(self, server: Server, task: StageTask, read: _Read, report: Report) -> None:
        self._server = server
        self._task = task
        self._config = task.config.summary
        self._memory = read.memory
        self._parts = read.parts
        self._language = read.material.transcript.language if read.material.transcript else None
        self._report = report
        self._asked = 0
        self._fraction = 0.0

    async def whole(self) -> Kept:
        """The summary of it all. Raises ``StageError``."""
        kept = await self._each(self._parts, SPOKEN)
        named = {number: title for one in kept for number, title in one.titles.items()}
        while len(kept) > 1:
            kept = await self._each(_gathered(kept, self._config.window), GATHERED)
        if not kept:
            raise StageError(Problem.BAD_ANSWER, detail="Nothing that the model said could be used.")
        return kept[0]._replace(titles=named)

    async def _each(self, parts: Sequence[_Part], what: str) -> list[Kept]:
        made = []
        for number, part in enumerate(parts):
            words = f"part {number + 1} of {len(parts)}" if len(parts) > 1 else ""
            left = len(parts) - number + (len(parts) > 1)  # what is gathered has to be read once more, at least
            self._fraction = max(self._fraction, self._asked / (self._asked + left))
            self._report(self._fraction, words)
            kept = await self._one(part, what)
            self._asked += 1
            if not kept.empty:
                made.append(kept)
        return made

    async def _one(self, part: _Part, what: str) -> Kept:
        count, numbers = self._config.sentences, [chapter.index for chapter in part.chapters]
        key = ""
        if self._memory is not None:
            key = self._memory.key(what, part.text, self._language, count, *numbers)
            with contextlib.suppress(ValidationError):  # there is none, or it is none
                return keep(Told.model_validate(self._memory.recall(key)), part.lines, numbers, count)
        asked = question(part.text, what, count=count, language=self._language, chapters=part.chapters)
        told = await self._server.ask(asked, Told)
        kept = keep(told, part.lines, numbers, count)
        if self._memory is not None and not kept.empty:
            await asyncio.to_thread(self._remember, self._memory, key, told)
        return kept

    def _remember(self, memory: Memory, key: str, told: Told) -> None:
        _still_ours(self._task)
        memory.keep(key, told.model_dump(mode="json"))


def _gathered(kept: Sequence[Kept], window: int) -> list[_Part]:
    """What was made of some parts, as text to be read; each takes at most a third of a portion, so there get fewer."""
    notes = [_note(one, window // 3) for one in kept]
    return [
        _Part([line for one in kept[cut] for line in one.lines], "\n".join(notes[cut]))
        for cut in portions(notes, window)
    ]


def _note(kept: Kept, most: int) -> str:
    told = "\n".join((fitted(kept.overview, most // 2), *(line.shown for line in kept.lines)))
    return fitted(told, most)


def _read(task: StageTask) -> _Read:
    config = task.config.summary
    material = gather(task.session)
    lines = spoken_lines(material.transcript, config.window // 3)
    shown = [line.shown for line in lines]
    if sum(map(size, shown)) > config.limit:
        raise StageError(Problem.TOO_LONG, facts={"setting": "stage.summary.limit", "change": "higher"})
    parts = [_Part(lines[cut], "\n".join(shown[cut])) for cut in portions(shown, config.window)]
    memory = None
    if len(parts) > 1:
        identity = memory_identity(task.stage, task.config)
        memory = Memory(task.session.output / ANSWERED, identity, size=task.session.size, fresh=task.fresh)
    return _Read(material, lines, _with_chapters(parts, material), memory)


def _with_chapters(parts: list[_Part], material: Material) -> list[_Part]:
    """Each chapter of a video is named by the part in which its middle lies."""
    known = material.chapters
    if known is None or known.video is None or len(known.chapters) < 2:
        return parts
    starts = [0.0, *(part.lines[0].start for part in parts[1:]), float("inf")]
    return [
        part._replace(
            chapters=[one for one in known.chapters if begin <= (one.start + max(one.start, one.end)) / 2 < end]
        )
        for part, (begin, end) in zip(parts, pairwise(starts), strict=True)
    ]


def _write_down(task: StageTask, read: _Read, kept: Kept, report: Report) -> StageOutput:
    session, material, config = task.session, read.material, task.config.summary
    _still_ours(task)
    noted = summarize(replace(material, transcript=None, chapters=None), session.title, config.sentences)
    said = [line.text for line in read.lines]
    language = material.transcript.language if material.transcript else None
    actions = (*kept.actions, *(noted.actions[:LISTED] if noted else ()))
    written = Summary(
        engine=config.writer,
        method="model",
        title=noted.title if noted else session.title,
        overview=kept.overview,
        points=kept.points,
        keywords=keywords(said, stop_words(language, [tokens(text) for text in said])),
        actions=actions,
        questions=kept.questions,
    )
    made = summary.write_down(session, material, written, _titles(material, kept.titles), report)
    if read.memory is not None:
        read.memory.finish()
    return made


def _titles(material: Material, named: dict[int, str]) -> list[str | None]:
    """The model's titles for chapters, no two alike, and where it gave none that of the words themselves."""
    known = material.chapters
    if known is None or material.transcript is None:
        return []
    made: list[str | None] = []
    for chapter, other in zip(known.chapters, titles(known.chapters, material.transcript), strict=True):
        title = named.get(chapter.index) or other
        made.append(None if title in made else title)
    return made


def _kept_here(task: StageTask, report: Report) -> StageOutput:
    _still_ours(task)
    return summary.run(task, report)


def _still_ours(task: StageTask) -> None:
    """Raise where the library has gone to another program: nothing more may be written."""
    if task.fence is not None:
        check(task.fence)
